"""Asking the ledger about one item right before something leaves the house."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.ledgers import live, sync
from app.ledgers.live import FILE_FRESH, StaleBookError
from app.ledgers.models import CompanyLink
from app.ledgers.ports import ItemState, LedgerItem, LiveItem
from app.net.errors import TryLaterError
from app.receivables.models import OpenItem
from support.town import Town


@pytest.fixture
def invoice(town: Town) -> dict[str, Any]:
    made = town.invoice(town.customer(), overdue=20)
    town.sync("dunning.evaluate_company")
    town.clock.move(timedelta(minutes=10))
    return made


def item(town: Town) -> OpenItem:
    with town.begin() as work:
        found: OpenItem = work.session.execute(select(OpenItem)).scalar_one()
        return found


def test_what_the_ledger_says_now_is_remembered_with_its_payments(town: Town, invoice: dict[str, Any]) -> None:
    town.pay(invoice, 400_000)
    assert live.read_live(town.door, town.bureau.id, item(town).id) == "open"
    assert (item(town).remaining_ore, item(town).read_live_at, item(town).changed_at) == (600_000, town.clock.now(), town.clock.now())
    town.pay(invoice, 600_000)
    assert live.read_live(town.door, town.bureau.id, item(town).id) == "paid"
    assert item(town).closed_at == town.clock.now()


def test_an_answer_that_changes_nothing_is_no_change(town: Town, invoice: dict[str, Any]) -> None:
    before = item(town).changed_at
    assert live.read_live(town.door, town.bureau.id, item(town).id) == "open"
    assert item(town).changed_at == before


def test_a_deleted_invoice_is_unexplained_and_keeps_its_amount(town: Town, invoice: dict[str, Any]) -> None:
    town.outside.control.delete(f"/books/invoices/{invoice['id']}")
    assert live.read_live(town.door, town.bureau.id, item(town).id) == "unexplained"
    assert item(town).remaining_ore == invoice["amount_ore"]


def test_the_ledgers_own_reminders_are_remembered(town: Town, invoice: dict[str, Any]) -> None:
    today = town.clock.today()
    town.outside.control.post("/books/reminders", {"invoice": invoice["id"], "on": today.isoformat(), "charge_ore": 3_800})
    live.read_live(town.door, town.bureau.id, item(town).id)
    assert item(town).ledger_reminders == [today]
    day = today.isoformat()
    assert item(town).ledger_notices == [{"on": day, "kind": "reminder", "fee_ore": 3_800, "deadline_on": day}]


def test_a_ledger_that_does_not_answer_changes_nothing(town: Town, invoice: dict[str, Any]) -> None:
    before = item(town)
    town.outside.control.fault("GET /tripletex/v2/invoice", "drop_before", times=20)
    with pytest.raises(TryLaterError):
        live.read_live(town.door, town.bureau.id, before.id)
    assert item(town).read_live_at == before.read_live_at


def test_a_list_older_than_the_answer_does_not_open_a_paid_invoice_again(town: Town, invoice: dict[str, Any]) -> None:
    old = item(town)
    seen_at = town.clock.now()
    town.clock.move(timedelta(minutes=1))
    town.pay(invoice)
    live.read_live(town.door, town.bureau.id, old.id)
    with town.begin() as work:
        listed = LedgerItem(
            old.external_id, str(invoice["customer"]), sync_kind(), old.document_number, old.kid, old.issued_on, old.due_on,
            old.original_ore, old.original_ore, invoice_id=old.invoice_external_id,
        )  # fmt: skip
        sync.mirror_page(work, town.company.id, [listed], seen_at)
    assert (item(town).state, item(town).remaining_ore) == ("paid", 0)
    with town.begin() as work:
        sync.mirror_page(work, town.company.id, [listed], town.clock.now() + timedelta(minutes=1))
    assert (item(town).state, item(town).remaining_ore) == ("open", invoice["amount_ore"]), "a payment taken back is seen again"


def test_an_answer_that_comes_late_does_not_write_over_what_was_asked_after_it(town: Town, invoice: dict[str, Any]) -> None:
    asked_at, old = town.clock.now(), item(town)
    town.clock.move(timedelta(minutes=1))
    town.pay(invoice)
    assert live.read_live(town.door, town.bureau.id, old.id) == "paid"
    town.clock.move(timedelta(minutes=1))
    with town.begin() as work:
        late = LiveItem(ItemState.OPEN, old.remaining_ore, old.due_on)
        assert sync.remember_live(work, town.company.id, old.id, late, asked_at) == "paid"
    assert (item(town).state, item(town).remaining_ore) == ("paid", 0)


def sync_kind() -> Any:
    from app.ledgers.ports import ItemKind

    return ItemKind.INVOICE


def test_gone_is_never_paid(town: Town, invoice: dict[str, Any]) -> None:
    with town.begin() as work:
        assert sync.remember_live(work, town.company.id, item(town).id, LiveItem(ItemState.GONE, 0, None), work.now()) == "unexplained"
    assert item(town).remaining_ore == invoice["amount_ore"]


def test_a_book_from_a_file_is_fresh_for_two_days(town: Town, invoice: dict[str, Any]) -> None:
    with town.begin() as work:
        work.session.execute(select(CompanyLink)).scalar_one().company_id = None
    assert live.read_live(town.door, town.bureau.id, item(town).id) == "open"
    town.clock.move(FILE_FRESH)
    with pytest.raises(StaleBookError) as stale:
        live.read_live(town.door, town.bureau.id, item(town).id)
    assert stale.value.after == timedelta(hours=6)
