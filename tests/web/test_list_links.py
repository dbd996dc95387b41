"""The links of the weekly list's e-mail: one list, until its deadline, and only a form acts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.dunning.models import ListEntry
from app.tenants.models import AuditEntry
from app.web.list_links import LinkError, make_links, open_link, seal
from support import make
from support.pages import SECRET, words_of


@pytest.fixture
def token(scene):
    return seal(scene.bureau.id, scene.company.id, scene.weekly.id, scene.weekly.deadline_at, SECRET)


@pytest.fixture
def state(database, scene):
    def read():
        with database.begin(make.scope(scene.bureau)) as work:
            return work.session.execute(
                select(ListEntry.state, ListEntry.note, ListEntry.decided_by).where(ListEntry.id == scene.entry.id)
            ).one()

    return read


def test_a_sealed_link_opens_what_was_sealed(scene, token, clock):
    link = open_link(token, SECRET, clock.now())
    assert (link.bureau_id, link.company_id, link.list_id) == (scene.bureau.id, scene.company.id, scene.weekly.id)


def test_a_changed_foreign_or_old_link_opens_nothing(scene, token, clock):
    for wrong in (token[:-1], token[:-2] + "AA", "B" + token[1:], "", "x", "æøå", token + "AAAA"):
        with pytest.raises(LinkError) as fault:
            open_link(wrong, SECRET, clock.now())
        assert not fault.value.expired
    with pytest.raises(LinkError):
        open_link(token, b"another secret", clock.now())
    with pytest.raises(LinkError) as late:
        open_link(token, SECRET, scene.weekly.deadline_at)
    assert late.value.expired


def test_the_links_of_the_mail_are_below_the_public_address(scene):
    links = make_links("https://reskontro.example/", SECRET)
    facts = (scene.bureau.id, scene.company.id, scene.weekly.id)
    whole = links.list_url(*facts, scene.weekly.deadline_at)
    assert whole.startswith("https://reskontro.example/l/")
    assert links.stop_url(*facts, scene.entry.id, scene.weekly.deadline_at) == f"{whole}/stop/{scene.entry.id}"


def test_opening_the_link_asks_and_does_nothing(browse, scene, token, state):
    browser = browse()
    for path in (f"/l/{token}", f"/l/{token}/stop/{scene.entry.id}"):
        for _ in range(2):
            answer = browser.get(path)
            assert answer.status_code == 200
            assert "Østfold Elektro AS" in answer.text
    assert browser.get(f"/l/{token}/undo/{scene.entry.id}").status_code in {404, 405}
    assert state().state == "ready"


def test_the_form_stops_in_the_companys_name_without_a_login(browse, scene, token, state, database):
    browser = browse()
    answer = browser.post(f"/l/{token}/stop/{scene.entry.id}", data={"note": "Kunden har reklamert"})
    assert answer.headers["location"] == f"/l/{token}?said=stopped"
    assert tuple(state()) == ("stopped", "Kunden har reklamert", "Ærlig Handel AS (link)")
    with database.begin(make.scope(scene.bureau)) as work:
        line = work.session.execute(select(AuditEntry).where(AuditEntry.action == "list.stopped")).scalar_one()
    assert (line.actor_kind, line.actor_name) == ("link", "Ærlig Handel AS (link)")
    assert "Angre" in browser.get(f"/l/{token}").text
    browser.post(f"/l/{token}/undo/{scene.entry.id}")
    browser.post(f"/l/{token}/approve")
    assert state().state == "approved"


def test_the_link_reaches_no_other_list_company_or_page(browse, scene, token, database, neighbour):
    sister = make.company(database, scene.bureau)
    item = make.open_item(database, make.debtor(database, sister))
    hers = make.list_entry(database, make.weekly_list(database, sister), make.claim(database, item), item)
    older = make.weekly_list(database, scene.company, week="2026-W01")
    own_item = make.open_item(database, scene.debtor)
    own_older = make.list_entry(database, older, make.claim(database, own_item), own_item)
    browser = browse()
    for entry in (hers, own_older, neighbour.list_entry):
        assert browser.get(f"/l/{token}/stop/{entry.id}").status_code == 404
        assert browser.post(f"/l/{token}/stop/{entry.id}").status_code == 404
    assert browser.get("/ready").status_code == 303
    assert browser.get(f"/claims/{scene.claim.id}").status_code == 303


def test_after_the_deadline_the_link_says_so(browse, scene, token, clock, state):
    clock.move(timedelta(days=3))
    answer = browse().get(f"/l/{token}")
    assert answer.status_code == 410
    assert "åpner ingenting lenger" in words_of(answer.text)
    assert browse().post(f"/l/{token}/stop/{scene.entry.id}").status_code == 410
    assert state().state == "ready"


def test_another_site_cannot_press_the_button(browse, scene, token, state):
    answer = browse().post(f"/l/{token}/stop/{scene.entry.id}", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert state().state == "ready"
