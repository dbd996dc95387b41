"""Three hundred companies and one change, as an administrator makes it."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.dunning import policies
from app.dunning.models import PolicyRow
from support import make
from support.pages import words_of


@pytest.fixture
def sister(database, scene):
    return make.company(database, scene.bureau, name="Søster AS")


def tones(database, *companies):
    with database.begin(make.scope(companies[0])) as work:
        found = policies.for_companies(work, [one.id for one in companies])
    return [found[one.id].policy.said()["tone"] for one in companies]


def test_she_looks_at_what_would_happen_saves_it_and_finds_it_among_the_deviations(browse, scene, sister, database):
    browser = browse(scene.admin)
    seen = browser.submit("/rules/many", who="all", tone="firm")
    assert seen.status_code == 200
    words = words_of(seen.text)
    assert "Klienter som endres 2" in words
    assert "Tone Vennlig Bestemt 2" in words
    with database.begin(make.scope(scene.bureau)) as work:
        assert work.session.execute(select(PolicyRow)).first() is None
    fingerprint = re.search(r'name="fingerprint" value="(\w+)"', seen.text)[1]
    saved = browser.submit("/rules/many", who="all", tone="firm", step="save", fingerprint=fingerprint)
    assert saved.status_code == 303
    after = words_of(browser.get(saved.headers["location"]).text)
    assert "De nye reglene er lagret for 2 klienter" in after
    assert "2 klienter avviker" in after
    assert "Søster AS Tone Bestemt Vennlig" in after
    assert tones(database, scene.company, sister) == ["firm", "firm"]


def test_she_sends_one_company_back_to_the_standard_from_the_list_of_deviations_and_comes_back_there(browse, scene, sister, database):
    browser = browse(scene.admin)
    browser.submit(f"/companies/{sister.id}/rules", tone="firm", reminder="no")
    page = browser.get("/rules/deviations?field=tone&sort=-since")
    assert "Søster AS" in words_of(page.text)
    assert "Send purring først Nei" not in words_of(page.text)
    back = browser.submit(f"/companies/{sister.id}/rules/clear", field="tone", back="/rules/deviations?field=tone&sort=-since")
    assert back.headers["location"].startswith("/rules/deviations?field=tone&sort=-since")
    assert "Ingen treff" in words_of(browser.get("/rules/deviations?field=tone").text)
    assert tones(database, sister) == ["friendly"]
    assert browser.submit("/rules/many", who="deviating", reset="reminder").status_code == 200


def test_the_list_is_sorted_and_filtered_by_its_address(browse, scene, sister):
    browser = browse(scene.admin)
    for company, tone in ((scene.company, "firm"), (sister, "neutral")):
        browser.submit(f"/companies/{company.id}/rules", tone=tone)
    up, down = (words_of(browser.get(f"/rules/deviations?sort={sort}").text) for sort in ("company", "-company"))
    assert up.rindex("Søster AS Tone") < up.rindex("Ærlig Handel AS Tone")
    assert down.rindex("Søster AS Tone") > down.rindex("Ærlig Handel AS Tone")
    only = words_of(browser.get("/rules/deviations?q=søs").text)
    assert "1 klient avviker" in only
    assert browser.get("/rules/deviations?sort=shoes").status_code == 404


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"who": "all"}, "Sett en verdi for minst én regel"), ({"who": "picked", "tone": "firm"}, "Velg minst én klient."),
        ({"who": "all", "warning_deadline_days": "3"}, "Loven krever minst 14 dager (inkassoloven 1988 § 9)"),
        ({"who": "all", "minimum_ore": "mye"}, "Skriv et beløp i kroner"), ({"who": "all", "reminders_max": "99"}, "utenfor grensene"),
        ({"who": "all", "tone": "firm", "reset": "tone"}, "Enten sett en verdi eller gå tilbake"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_and_nothing_is_lost(browse, scene, form, says):
    answer = browse(scene.admin).submit("/rules/many", **form | {"grace_business_days": "4"} if "who" in form and len(form) > 1 else form)
    assert answer.status_code == 422
    assert says in words_of(answer.text)


def test_a_change_that_somebody_else_came_before_is_shown_again_and_not_made(browse, scene, database):
    browser = browse(scene.admin)
    seen = browser.submit("/rules/many", who="all", tone="firm")
    fingerprint = re.search(r'name="fingerprint" value="(\w+)"', seen.text)[1]
    browser.submit(f"/companies/{scene.company.id}/rules", reminder="no")
    again = browser.submit("/rules/many", who="all", tone="firm", step="save", fingerprint=fingerprint)
    assert "Noen har endret disse reglene siden du så på dem" in words_of(again.text)
    assert tones(database, scene.company) == ["friendly"]


def test_only_who_may_change_settings_changes_many(browse, scene, database, neighbour):
    handler = browse(make.member(database, scene.bureau, role="manager"))
    assert handler.get("/rules/many").status_code == 403
    assert handler.submit("/rules/many", who="all", tone="firm").status_code == 403
    seen = browse(scene.admin).submit("/rules/many", who="picked", company=str(neighbour.company.id), tone="firm")
    assert seen.status_code == 422
    assert "NABO" not in seen.text
