"""Posting a payment in the ledger: once per business fact, whatever happens on the way."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.jobs.models import Effect
from app.ledgers import postings
from app.ledgers.models import Posting
from app.receivables.models import OpenItem
from support.town import Town

PAY = "/:payment"


@pytest.fixture
def invoice(town: Town) -> dict[str, Any]:
    made = town.invoice(town.customer(), overdue=20)
    town.sync("dunning.evaluate_company")
    return made


def plan(town: Town, invoice: dict[str, Any], key: str = "settlement:1:1", amount_ore: int = 400_000) -> uuid.UUID | None:
    with town.begin() as work:
        item = town.item_of(work, invoice)
        return postings.plan_payment(
            work, item, amount_ore, town.clock.today(), "Oppgjør fra inkasso", reason="agency_settlement", business_key=key
        )


def effect(town: Town) -> Effect:
    return town.effects(postings.KIND)[-1]


def posted(town: Town) -> list[Posting]:
    with town.begin() as work:
        return list(work.session.execute(select(Posting).order_by(Posting.id)).scalars())


def payments(town: Town, invoice: dict[str, Any]) -> list[int]:
    lines = town.outside.control.get(f"/books/invoices/{invoice['id']}")["lines"]
    return [-line["amount_ore"] for line in lines if line["kind"] == "payment"]


def test_a_payment_is_posted_once_and_read_back(town: Town, invoice: dict[str, Any]) -> None:
    assert plan(town, invoice) is not None
    assert plan(town, invoice) is None
    town.work_off()
    town.ring("effects.sweep_bureau")
    town.perform(effect(town))
    assert payments(town, invoice) == [400_000]
    (row,) = posted(town)
    assert (row.state, row.posted_at is not None, row.external_id is not None) == ("posted", True, True)
    with town.begin() as work:
        assert work.session.execute(select(OpenItem.remaining_ore)).scalar_one() == 600_000


def test_the_same_fact_with_another_amount_is_a_mistake(town: Town, invoice: dict[str, Any]) -> None:
    plan(town, invoice)
    with pytest.raises(ValueError, match="another content"):
        plan(town, invoice, amount_ore=1)
    with pytest.raises(ValueError, match="positive"):
        plan(town, invoice, "other", 0)


def test_an_answer_lost_after_the_act_is_looked_up_and_nothing_is_posted_twice(town: Town, invoice: dict[str, Any]) -> None:
    town.outside.control.fault(PAY, "drop_after")
    plan(town, invoice)
    assert town.perform(effect(town)) == "unknown"
    assert [row.state for row in posted(town)] == ["unknown"]
    assert town.perform(effect(town)) == "sent"
    assert [row.state for row in posted(town)] == ["posted"]
    assert payments(town, invoice) == [400_000]


def test_an_answer_lost_before_the_act_is_looked_up_and_the_payment_is_posted_then(town: Town, invoice: dict[str, Any]) -> None:
    town.outside.control.fault(PAY, "drop_before")
    plan(town, invoice)
    assert [town.perform(effect(town)) for _ in range(3)] == ["unknown", "planned", "sent"]
    assert payments(town, invoice) == [400_000]


def test_a_payment_that_the_ledger_has_already_is_not_posted(town: Town, invoice: dict[str, Any]) -> None:
    plan(town, invoice)
    town.pay(invoice, 700_000)
    assert town.perform(effect(town)) == "cancelled"
    assert payments(town, invoice) == [700_000]
    (row,) = posted(town)
    assert row.state == "cancelled"
    assert row.problem is not None and "posted another way" in row.problem


def test_a_closed_period_is_refused_and_shown(town: Town, invoice: dict[str, Any]) -> None:
    town.outside.control.put(f"/books/companies/{town.book}/lock", {"until": town.clock.today().isoformat()})
    plan(town, invoice)
    assert town.perform(effect(town)) == "refused"
    (row,) = posted(town)
    assert (row.state, bool(row.problem)) == ("refused", True)
    assert payments(town, invoice) == []


def test_one_write_at_a_time_per_company(town: Town, invoice: dict[str, Any]) -> None:
    other = town.invoice(town.customer(), overdue=20)
    town.sync("dunning.evaluate_company")
    plan(town, invoice, "settlement:1:1")
    plan(town, other, "settlement:1:2")
    first, second = town.effects(postings.KIND)
    town.outside.control.fault(PAY, "slow", seconds=1.5)
    ended: dict[uuid.UUID, str] = {}

    def perform(one: Effect) -> None:
        ended[one.id] = town.perform(one)

    workers = [threading.Thread(target=perform, args=(one,)) for one in (first, second)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sorted(ended.values()) == ["planned", "sent"]
    town.clock.move(timedelta(minutes=1))
    assert {town.perform(one) for one in (first, second)} == {"sent"}
    assert (payments(town, invoice), payments(town, other)) == ([400_000], [400_000])


def test_while_one_outcome_is_unknown_nothing_else_is_posted_for_the_company(town: Town, invoice: dict[str, Any]) -> None:
    other = town.invoice(town.customer(), overdue=20)
    town.sync("dunning.evaluate_company")
    plan(town, invoice, "settlement:1:1")
    plan(town, other, "settlement:1:2")
    first, second = town.effects(postings.KIND)
    town.outside.control.fault(PAY, "drop_after")
    assert town.perform(first) == "unknown"
    assert town.perform(second) == "planned"
    assert town.perform(first) == "sent"
    town.clock.move(timedelta(minutes=1))
    assert town.perform(second) == "sent"


def test_a_revoked_key_keeps_the_posting_until_the_ledger_is_connected_again(town: Town, invoice: dict[str, Any]) -> None:
    plan(town, invoice)
    town.outside.control.delete(f"/tripletex/keys/{town.key}")
    town.outside.control.delete("/tripletex/sessions")
    assert town.perform(effect(town)) == "planned"
    assert "connected again" in str(effect(town).reason)
    assert payments(town, invoice) == []
