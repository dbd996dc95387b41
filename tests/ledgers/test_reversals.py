"""Taking a payment of ours back: by a person with a reason, once, whatever happens on the way."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from app.ledgers import postings, reversals
from app.ledgers.models import Posting
from support.town import Town

BACK = "/:reverse"


@pytest.fixture
def invoice(town: Town) -> dict[str, Any]:
    made = town.invoice(town.customer(), overdue=20)
    town.sync("dunning.evaluate_company")
    with town.begin() as work:
        item = town.item_of(work, made)
        postings.plan_payment(work, item, 400_000, town.clock.today(), "Oppgjør", reason="agency_settlement", business_key="s:1")
    town.perform(town.effects(postings.KIND)[-1])
    return made


def row(town: Town) -> Posting:
    with town.begin() as work:
        found: Posting = work.session.execute(select(Posting)).scalar_one()
        return found


def ask(town: Town, reason: str = "Feil sak") -> Posting:
    with town.begin() as work:
        return reversals.plan_reversal(work, town.company.id, row(town).id, reason)


def remaining(town: Town, invoice: dict[str, Any]) -> int:
    return int(town.outside.control.get(f"/books/invoices/{invoice['id']}")["remaining_ore"])


def test_a_payment_is_taken_back_once_with_a_reason(town: Town, invoice: dict[str, Any]) -> None:
    assert (row(town).state, remaining(town, invoice)) == ("posted", 600_000)
    with pytest.raises(reversals.ReversalError, match="why"):
        ask(town, " ")
    ask(town)
    ask(town, "Enda en gang")
    (effect,) = town.effects(postings.REVERSAL_KIND)
    assert town.perform(effect) == "sent"
    town.work_off()
    found = row(town)
    assert (found.state, found.reversal, found.reversal_reason) == ("reversed", "done", "Feil sak")
    assert remaining(town, invoice) == 1_000_000
    with town.begin() as work:
        assert town.item_of(work, invoice).remaining_ore == 1_000_000
        with pytest.raises(LookupError):
            reversals.plan_reversal(work, uuid.uuid4(), found.id, "x")


def test_an_answer_lost_after_the_act_takes_it_back_no_second_time(town: Town, invoice: dict[str, Any]) -> None:
    ask(town)
    town.outside.control.fault(BACK, "drop_after")
    (effect,) = town.effects(postings.REVERSAL_KIND)
    states = [town.perform(effect) for _ in range(3)]
    assert (states[0], states[-1]) == ("unknown", "sent")
    assert remaining(town, invoice) == 1_000_000


def test_what_is_not_booked_is_not_taken_back(town: Town, invoice: dict[str, Any]) -> None:
    with town.begin() as work:
        work.session.execute(select(Posting)).scalar_one().state = "accepted"
    with pytest.raises(reversals.ReversalError, match="booked"):
        ask(town)
    assert town.effects(postings.REVERSAL_KIND) == []
