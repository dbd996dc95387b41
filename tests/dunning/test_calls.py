"""The phone task: a rule asks somebody to call, and what came of the call takes the follow-up on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.db.unit_of_work import Database
from app.dunning import calls, claims, nightly
from app.dunning.arrangements import Term
from app.dunning.calls import CallError
from app.dunning.holds import HoldError
from app.dunning.law import Law
from app.dunning.models import ArrangementRow, Claim, Dispute, PhoneCall
from support import make

#: a call on the twentieth day, then a reminder
STEPS = [
    {"kind": "phone_call", "after_days": 20, "deadline_days": 5, "tone": "neutral", "channels": [], "fee": False, "interest": False},
    {
        "kind": "reminder", "after_days": 21, "deadline_days": 14, "tone": "neutral", "channels": ["email"], "fee": False,
        "interest": False,
    },
]  # fmt: skip


def called_for(database: Database, number: int = 1, *, overdue: int = 23) -> list[Claim]:
    """So many claims of one company whose rules ask for a call now."""
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    make.company_link(database, make.connection(database, bureau), company, synced_at=database.clock.now())
    make.policy(database, company, wishes={"steps": STEPS})
    found = []
    for _ in range(number):
        item = make.open_item(database, make.debtor(database, company), due_on=database.clock.today() - timedelta(days=overdue))
        found.append(make.claim(database, item, decided_at=database.clock.now() - timedelta(hours=1)))
    with database.begin(make.scope(company)) as work:
        claims.evaluate(work, [one.id for one in found], Law())
    return found


def now(database: Database, claim: Claim) -> tuple[str, str]:
    with database.begin(make.scope(claim)) as work:
        row = work.session.execute(select(Claim).where(Claim.id == claim.id)).scalar_one()
        return row.step, row.reasons[0]["code"]


def call(database: Database, claim: Claim, outcome: str, note: str = "", promised: Term | None = None) -> None:
    database.clock.move(timedelta(minutes=1))
    with database.begin(make.scope(claim)) as work:
        calls.record(work, claim.id, outcome, note, promised)
        claims.evaluate(work, [claim.id], Law())


@pytest.mark.parametrize("outcome", ["reached", "wrong_number"])
def test_a_call_that_was_made_ends_the_task_and_the_ladder_goes_on(database: Database, outcome: str) -> None:
    (claim,) = called_for(database)
    assert now(database, claim) == ("ask_person", "call_due")
    call(database, claim, outcome)
    assert now(database, claim) == ("send_reminder", "reminder_due")


def test_who_was_not_reached_is_called_again_and_when_the_days_are_over_the_ladder_goes_on_by_itself(database: Database) -> None:
    (claim,) = called_for(database)
    for _ in range(2):
        call(database, claim, "not_reached")
        assert now(database, claim) == ("ask_person", "call_due")
    (late,) = called_for(database, overdue=26)
    assert now(database, late) == ("send_reminder", "reminder_due")


def test_a_promise_on_the_phone_makes_the_follow_up_wait_for_it(database: Database) -> None:
    (claim,) = called_for(database)
    call(database, claim, "promise", "På fredag", Term(database.clock.today() + timedelta(days=4), 500_000))
    assert now(database, claim) == ("wait", "promised")
    with database.begin(make.scope(claim)) as work:
        assert work.session.execute(select(ArrangementRow.note).where(ArrangementRow.claim_id == claim.id)).scalar_one() == "På fredag"


def test_an_objection_on_the_phone_stops_the_claim(database: Database) -> None:
    (claim,) = called_for(database)
    call(database, claim, "dispute", "Varene kom aldri")
    assert now(database, claim) == ("ask_person", "disputed")
    with database.begin(make.scope(claim)) as work:
        assert work.session.execute(select(Dispute.text_).where(Dispute.claim_id == claim.id)).scalar_one() == "Varene kom aldri"


@pytest.mark.parametrize(("outcome", "field"), [("promise", "promised_on"), ("dispute", "note"), ("sang", "outcome")])
def test_what_is_not_told_fully_is_refused_by_its_field_and_nothing_is_kept(database: Database, outcome: str, field: str) -> None:
    (claim,) = called_for(database)
    with pytest.raises((CallError, HoldError)) as refused:
        call(database, claim, outcome)
    assert refused.value.field == field
    with database.begin(make.scope(claim)) as work:
        assert work.session.execute(select(PhoneCall.id).where(PhoneCall.claim_id == claim.id)).all() == []


def test_a_call_is_noted_once_and_only_where_one_is_asked_for(database: Database) -> None:
    (claim,) = called_for(database)
    with database.begin(make.scope(claim)) as work:
        calls.record(work, claim.id, "reached", "")
    with pytest.raises(CallError), database.begin(make.scope(claim)) as work:
        calls.record(work, claim.id, "reached", "")
    (young,) = called_for(database, overdue=5)
    with pytest.raises(CallError), database.begin(make.scope(young)) as work:
        calls.record(work, young.id, "reached", "")


def test_the_night_tells_a_called_claim_from_its_like(database: Database) -> None:
    called, other = called_for(database, 2)
    with database.begin(make.scope(called)) as work:
        calls.record(work, called.id, "reached", "")
    database.clock.move(timedelta(minutes=1))
    with database.begin(make.scope(called)) as work:
        nightly.evaluate(work, [called.id, other.id], Law(), nightly.Answers())
    assert now(database, called)[0] == "send_reminder"
    assert now(database, other) == ("ask_person", "call_due")


def test_another_bureau_neither_sees_nor_makes_the_call(database: Database) -> None:
    (claim,) = called_for(database)
    stranger: Any = make.bureau(database)
    with pytest.raises(LookupError), database.begin(make.scope(stranger)) as work:
        calls.record(work, claim.id, "reached", "")
