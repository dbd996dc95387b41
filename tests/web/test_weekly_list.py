"""The weekly list in the browser: stop, undo, approve; nothing by a GET; nothing after the deadline."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.dunning.models import ListEntry
from support import make
from support.pages import words_of


@pytest.fixture
def state(database, scene):
    def read(entry=None):
        with database.begin(make.scope(scene.bureau)) as work:
            row = work.session.execute(select(ListEntry).where(ListEntry.id == (entry or scene.entry).id)).scalar_one()
        return row.state, row.note, row.decided_by

    return read


def test_the_page_says_what_goes_out_when_how_and_why(browse, scene):
    text = words_of(browse(scene.admin).get(f"/ready?claim={scene.claim.id}").text)
    for words in ("Ærlig Handel AS", "Østfold Elektro AS", "12 345,67", "Brev og e-post", "inkassoloven § 9", "Godkjenn 1 varsel"):
        assert words in text
    assert "forfalt for 30 dager siden" in text


def test_stopping_keeps_the_row_struck_out_with_a_way_back(browse, scene, state):
    browser = browse(scene.admin)
    answer = browser.submit(f"/entries/{scene.entry.id}/stop")
    assert (answer.status_code, answer.headers["location"]) == (303, "/ready?said=stopped")
    page = browser.get(answer.headers["location"]).text
    assert "data-stopped" in page
    assert "Angre" in page
    assert "Stoppet. Den blir stående" in page
    assert state() == ("stopped", None, scene.admin.name)
    browser.submit(f"/entries/{scene.entry.id}/reason", **{f"note-{scene.entry.id}": "Avtalt på telefon"})
    assert state()[:2] == ("stopped", "Avtalt på telefon")
    browser.submit(f"/entries/{scene.entry.id}/undo")
    assert state()[:2] == ("ready", None)


def test_htmx_gets_the_row_and_the_figures_with_the_focus_on_the_way_back(browse, scene):
    answer = browse(scene.admin).submit(f"/entries/{scene.entry.id}/stop", htmx=True)
    assert answer.status_code == 201 or answer.status_code == 200
    assert answer.text.lstrip().startswith("<tr")
    assert "hx-swap-oob" in answer.text
    assert "data-focus" in answer.text
    assert "Stoppet: faktura" in answer.headers["HX-Trigger"].encode().decode("unicode_escape")


def test_approving_one_all_or_the_chosen_ones(browse, scene, database, state):
    browser = browse(scene.admin)
    item = make.open_item(database, scene.debtor)
    other = make.list_entry(database, scene.weekly, make.claim(database, item), item)
    browser.submit(f"/entries/{scene.entry.id}/approve")
    assert (state()[0], state(other)[0]) == ("approved", "ready")
    browser.submit(f"/entries/{scene.entry.id}/undo")
    answer = browser.submit(f"/lists/{scene.weekly.id}/approve", entry=[str(other.id)])
    assert answer.headers["location"] == "/ready?said=approved&n=1"
    assert (state()[0], state(other)[0]) == ("ready", "approved")
    assert browser.submit(f"/lists/{scene.weekly.id}/approve").headers["location"] == "/ready?said=nothing-chosen&n=0"
    assert state()[0] == "ready"
    browser.submit("/ready/approve")
    assert state()[0] == "approved"


def test_stopping_the_chosen_ones_touches_only_this_list(browse, scene, state, neighbour):
    browser = browse(scene.admin)
    answer = browser.submit(f"/lists/{scene.weekly.id}/stop", entry=[str(scene.entry.id), str(neighbour.list_entry.id), "nonsense"])
    assert answer.headers["location"] == "/ready?said=stopped-many&n=1"
    assert state()[0] == "stopped"


def test_a_get_never_acts(browse, scene, state):
    browser = browse(scene.admin)
    for path in (f"/entries/{scene.entry.id}/stop", f"/lists/{scene.weekly.id}/approve", "/ready/approve"):
        assert browser.get(path).status_code in {404, 405}
    assert state()[0] == "ready"


def test_after_the_deadline_nothing_changes_and_the_reader_is_told(browse, scene, clock, state):
    clock.move(timedelta(days=2, hours=1))
    browser = browse(scene.admin)
    answer = browser.submit(f"/entries/{scene.entry.id}/stop")
    assert answer.status_code == 303
    assert "Fristen for denne listen er ute" in browser.get(answer.headers["location"]).text
    assert browser.submit(f"/entries/{scene.entry.id}/stop", htmx=True).status_code == 409
    assert state()[0] == "ready"


def test_an_invoice_paid_since_is_shown_as_paid_and_not_counted(browse, scene, database):
    from app.receivables import book

    with database.begin(make.scope(scene.bureau)) as work:
        book.set_state(work, scene.item.id, "paid", remaining_ore=0)
    text = words_of(browse(scene.admin).get("/ready").text)
    assert "Betalt" in text
    assert "0 går videre" in text


def test_what_was_left_out_is_named(browse, scene, database):
    company = make.company(database, scene.bureau, name="Åsgård Bakeri AS")
    reasons = [{"code": "settled", "source": "", "params": {}}]
    make.weekly_list(database, company, left_out=[{"claim_id": None, "number": "20991", "debtor": "Solsiden", "reasons": reasons}])
    text = words_of(browse(scene.admin).get("/ready").text)
    assert "20991 Solsiden: Regnskapet viser ingenting åpent" in text


def test_a_companys_own_page_shows_its_list_alone(browse, scene):
    browser = browse(scene.admin)
    assert "Østfold Elektro AS" in browser.get(f"/companies/{scene.company.id}/list").text
