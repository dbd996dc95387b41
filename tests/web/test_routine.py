"""The written routine on its page and as a file."""

from __future__ import annotations

from app.dunning import routines
from app.dunning.law import Law
from support import make
from support.pages import words_of


def test_she_reads_the_routine_changes_a_rule_and_finds_the_old_version_again(browse, scene, database):
    browser, path = browse(scene.admin), f"/companies/{scene.company.id}/routine"
    assert "Slik innstillingene er nå" in words_of(browser.get(path).text)
    with database.begin(make.scope(scene.bureau)) as work:
        routines.keep(work, Law())
    assert "Versjon 1, " in words_of(browser.get(path).text)
    browser.submit(f"/companies/{scene.company.id}/rules", grace_business_days="9")
    changed = words_of(browser.get(path).text)
    assert "Innstillingene er endret siden versjon 1" in changed
    assert "9 virkedager etter siste frist" in changed
    old = words_of(browser.get(f"{path}?version=1").text)
    assert "3 virkedager etter siste frist" in old
    assert browser.get(f"{path}?version=2").status_code == 404
    for asked in ("?language=nb", "?language=en&version=1"):
        answer = browser.get(f"{path}/document{asked}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF")
    assert browser.get(f"{path}/document?language=xx").status_code == 404


def test_the_companys_own_people_get_their_own_file_and_nobody_elses(browse, scene, database, neighbour):
    sister = make.company(database, scene.bureau, name="Søster AS")
    browser = browse(make.member(database, scene.bureau, company=scene.company))
    assert browser.get(f"/companies/{scene.company.id}/routine/document").status_code == 200
    assert browser.get(f"/companies/{scene.company.id}/routine").status_code == 404
    for other in (sister, neighbour.company):
        assert browser.get(f"/companies/{other.id}/routine/document").status_code == 404
