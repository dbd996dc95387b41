"""The phone task on its page: whom to call, what to say, and what came of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.dunning.models import ArrangementRow, PhoneCall
from app.dunning.reasons import because
from support import make
from support.pages import words_of


@pytest.fixture
def asked(scene, database):
    """A claim on which the rules ask somebody to call."""
    item = make.open_item(database, make.debtor(database, scene.company, name="Bø Bygg AS", phone="22 33 44 55"))
    reason = because("call_due", until_on=database.clock.today()).as_json()
    return make.claim(database, item, step="ask_person", reasons=[reason])


def test_it_says_whom_to_call_and_the_outcome_stands_in_the_history(browse, scene, asked, database):
    browser = browse(scene.admin)
    assert f"/claims/{asked.id}/call" in browser.get(f"/claims/{asked.id}").text
    page = browser.get(f"/claims/{asked.id}/call")
    assert 'href="tel:22334455"' in page.text
    assert "Du ringer for Ærlig Handel AS." in words_of(page.text)
    assert browser.submit(f"/claims/{asked.id}/call", outcome="not_reached", note="Telefonsvarer").status_code == 303
    history = words_of(browser.get(f"/claims/{asked.id}").text)
    assert "Oppringt: ikke nådd" in history
    assert "Telefonsvarer" in history
    with database.begin(make.scope(scene.bureau)) as work:
        call = work.session.execute(select(PhoneCall).where(PhoneCall.claim_id == asked.id)).scalar_one()
    assert (call.outcome, call.called_by) == ("not_reached", scene.admin.name)


def test_a_promise_needs_a_day_and_an_amount_and_loses_nothing_typed(browse, scene, asked, database):
    browser, path = browse(scene.admin), f"/claims/{asked.id}/call"
    for form, said in (
        ({}, "Oppgi dagen og beløpet som ble lovet."), ({"promised_on": "snart"}, "Skriv datoen"),
        ({"promised_on": "01.12.2026", "promised": "mye"}, "Skriv et beløp i kroner"),
        ({"promised_on": "01.01.2020", "promised": "100"}, "i dag eller senere"),
    ):  # fmt: skip
        answer = browser.submit(path, outcome="promise", note="Skulle betale", **form)
        assert answer.status_code == 422, form
        assert said in answer.text
        assert "Skulle betale" in answer.text
    assert browser.submit(path, outcome="promise", note="Skulle betale", promised_on="01.12.2026", promised="5 000").status_code == 303
    with database.begin(make.scope(scene.bureau)) as work:
        assert work.session.execute(select(ArrangementRow.kind).where(ArrangementRow.claim_id == asked.id)).scalars().all() == ["promise"]


def test_a_reader_sees_the_task_and_notes_nothing(browse, scene, asked, database):
    browser = browse(make.member(database, scene.bureau, role="reader"))
    assert browser.get(f"/claims/{asked.id}/call").status_code == 200
    assert browser.submit(f"/claims/{asked.id}/call", outcome="reached").status_code == 403


def test_where_no_call_is_asked_for_the_page_says_so(browse, scene):
    assert "Det er ikke bedt om noen samtale" in browse(scene.admin).get(f"/claims/{scene.claim.id}/call").text
