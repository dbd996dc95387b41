"""Following a posting through a ledger's own queue: taken in is not booked, and booked is not tied to the invoice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.jobs.effects import Performers
from app.ledgers import following, postings, sync
from app.ledgers.models import Posting
from app.ledgers.ports import PostingReceipt, PostingState
from app.portfolio import worklist
from app.portfolio.waiting_shape import Kind
from app.receivables import book
from support.town import Town


class Queue:
    """The town's ledger behind a queue that says what a test tells it to."""

    def __init__(self, inner: Any, says: list[PostingReceipt]) -> None:
        self.inner, self.says = inner, says

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def register_payment(self, company: str, order: Any) -> PostingReceipt:
        return PostingReceipt("q-1", order.paid_on, state=PostingState.ACCEPTED)

    def posting_status(self, company: str, order: Any, receipt: PostingReceipt) -> PostingReceipt:
        assert receipt.external_id
        return self.says[-1]


@pytest.fixture
def says(town: Town) -> list[PostingReceipt]:
    return [PostingReceipt("q-1", town.clock.today(), state=PostingState.ACCEPTED)]


@pytest.fixture
def door(town: Town, says: list[PostingReceipt]) -> sync.Doorway:
    inner = town.door.ledgers

    class Queues:
        def open(self, ledger: str, store: Any) -> Any:
            return Queue(inner.open(ledger, store), says)

        def known(self) -> Any:
            return inner.known()

    made = sync.Doorway(town.door.begin, Queues(), town.door.vault)  # type: ignore[arg-type]
    town.resources.of(Performers)[postings.KIND] = postings.PaymentPoster(made)
    return made


@pytest.fixture
def posting(town: Town, door: sync.Doorway) -> Posting:
    invoice = town.invoice(town.customer(), overdue=20)
    town.sync("dunning.evaluate_company")
    with town.begin() as work:
        item = town.item_of(work, invoice)
        postings.plan_payment(work, item, 400_000, town.clock.today(), "Oppgjør", reason="agency_settlement", business_key="s:1")
    assert town.perform(town.effects(postings.KIND)[-1]) == "sent"
    return row(town)


def row(town: Town) -> Posting:
    with town.begin() as work:
        found: Posting = work.session.execute(select(Posting)).scalar_one()
        return found


def waiting(town: Town, kind: Kind) -> list[str]:
    with town.begin() as work:
        return [one.what for one in worklist.worklist(work) if one.kind is kind]


def test_what_is_taken_in_is_asked_about_until_it_is_tied_to_the_invoice(
    town: Town, door: sync.Doorway, posting: Posting, says: list[PostingReceipt]
) -> None:
    assert (posting.state, posting.external_id) == ("accepted", "q-1")
    with town.begin() as work:
        assert following.due(work) == []
    town.clock.move(timedelta(minutes=11))
    with town.begin() as work:
        assert following.due(work) == [posting.id]
    assert following.ask(door, town.bureau.id, posting.id) == "accepted"
    with town.begin() as work:
        assert following.due(work) == []
    says.append(PostingReceipt("v-7", town.clock.today(), state=PostingState.POSTED))
    assert following.ask(door, town.bureau.id, posting.id) == "unmatched"
    assert row(town).external_id == "v-7"
    assert waiting(town, Kind.POSTING) == []
    town.clock.move(timedelta(days=3))
    assert waiting(town, Kind.POSTING) == ["unmatched"]
    says.append(replace(says[-1], state=PostingState.MATCHED))
    assert following.ask(door, town.bureau.id, posting.id) == "posted"
    assert following.ask(door, town.bureau.id, posting.id) == "posted"
    assert waiting(town, Kind.POSTING) == []


def test_a_booked_payment_that_the_invoice_shows_is_tied(
    town: Town, door: sync.Doorway, posting: Posting, says: list[PostingReceipt]
) -> None:
    says.append(PostingReceipt("v-7", town.clock.today(), state=PostingState.POSTED))
    with town.begin() as work:
        facts = [book.PaymentFacts("p-1", "ledger", "payment", posting.paid_on, posting.amount_ore)]
        book.mirror_payments(work, town.company.id, posting.open_item_id, facts)
    assert following.ask(door, town.bureau.id, posting.id) == "posted"


def test_what_the_queue_throws_out_comes_to_a_person_with_the_ledgers_words(
    town: Town, door: sync.Doorway, posting: Posting, says: list[PostingReceipt]
) -> None:
    says.append(PostingReceipt("q-1", date(2026, 11, 23), ("Customer 10001 is closed.",), PostingState.REJECTED))
    assert following.ask(door, town.bureau.id, posting.id) == "refused"
    assert row(town).problem == "Customer 10001 is closed."
    assert town.effects(postings.KIND)[-1].state == "refused"
    assert waiting(town, Kind.REFUSED) == [postings.KIND]


def test_a_closed_period_is_told_with_the_way_out(town: Town) -> None:
    invoice = town.invoice(town.customer(), overdue=20)
    town.sync("dunning.evaluate_company")
    with town.begin() as work:
        item = town.item_of(work, invoice)
        postings.plan_payment(work, item, 400_000, town.clock.today(), "Oppgjør", reason="agency_settlement", business_key="s:2")
    town.outside.control.put(f"/books/companies/{town.book}/lock", {"until": town.clock.today().isoformat()})
    assert town.perform(town.effects(postings.KIND)[-1]) == "refused"
    assert "closed on" in str(row(town).problem) and "Open the period" in str(row(town).problem)
