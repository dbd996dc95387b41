"""How far a book has come, asked through each vendor's own door: what it tells, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from app.ledgers.ports import BankState, BookState, ItemKind, ItemState, LedgerNotice
from support.fiken import fiken_door
from support.ledger_door import NOW, TODAY, Story
from support.sandbox import borrowed_sandbox
from support.tripletex import tripletex_door
from support.vendor_specs import vendor_spec


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with borrowed_sandbox(lambda: NOW) as sandbox:
        yield sandbox.url


@pytest.fixture
def tripletex(base: str) -> Iterator[Story]:
    with tripletex_door(base) as door:
        yield Story(door)


@pytest.fixture
def fiken(base: str) -> Iterator[Story]:
    with fiken_door(base) as door:
        yield Story(door)


def reconcile(story: Story, **days: str) -> None:
    story.control.put(f"/books/companies/{story.company}/reconciliation", days)


def test_tripletex_tells_the_end_of_the_last_closed_reconciliation(tripletex: Story) -> None:
    reconcile(tripletex, closed_through="2026-10-31")
    assert tripletex.connect().read_book(tripletex.external, TODAY).banks == (BankState("1920", date(2026, 10, 31)),)


def test_tripletex_tells_the_newest_match_of_a_reconciliation_that_is_still_open(tripletex: Story) -> None:
    reconcile(tripletex, closed_through="2026-10-31", matched_on="2026-11-17")
    assert tripletex.connect().read_book(tripletex.external, TODAY).banks == (BankState("1920", date(2026, 11, 17)),)


def test_a_bank_that_was_never_reconciled_has_no_day(tripletex: Story, fiken: Story) -> None:
    assert tripletex.connect().read_book(tripletex.external, TODAY).banks == (BankState("1920", None),)
    assert fiken.connect().read_book(fiken.external, TODAY).banks == (BankState("1920:10001", None),)


def test_tripletex_tells_what_is_not_posted_on_customers_and_bank(tripletex: Story) -> None:
    ledger = tripletex.connect()
    told = ledger.read_book(tripletex.external, TODAY)
    assert (told.unposted, told.unposted_since) == (0, None)
    for account, days, customer in (("1920", 3, None), ("1500", 9, tripletex.customer), ("4000", 30, None)):
        body = {"company": tripletex.company, "on": (TODAY - timedelta(days=days)).isoformat(), "account": account, "customer": customer}
        tripletex.control.post("/books/unposted-vouchers", body)
    told = ledger.read_book(tripletex.external, TODAY)
    assert (told.unposted, told.unposted_since) == (2, TODAY - timedelta(days=9))


def test_what_is_asked_of_tripletex_is_what_it_wrote_down(tripletex: Story) -> None:
    judge = vendor_spec("tripletex", nulls=True)
    reconcile(tripletex, closed_through="2026-10-31", matched_on="2026-11-17")
    tripletex.control.post("/books/unposted-vouchers", {"company": tripletex.company, "on": TODAY.isoformat()})
    tripletex.connect().read_book(tripletex.external, TODAY)
    assert tripletex.door.recorders[0].problems(judge, "/tripletex/v2") == []


def test_fiken_tells_the_day_of_reconciliation_and_nothing_of_what_waits(fiken: Story) -> None:
    reconcile(fiken, closed_through="2026-11-12")
    told = fiken.connect().read_book(fiken.external, TODAY)
    assert told == BookState((BankState("1920:10001", date(2026, 11, 12)),), None, None, f"https://fiken.no/foretak/{fiken.external}")


def test_what_is_asked_of_fiken_is_what_it_wrote_down(fiken: Story) -> None:
    judge = vendor_spec("fiken", required=False)
    reconcile(fiken, closed_through="2026-11-12")
    fiken.control.post("/books/payments", {"customer": fiken.customer, "amount_ore": 5_000, "on": "2026-11-02"})
    ledger = fiken.connect()
    ledger.read_book(fiken.external, TODAY)
    list(ledger.fetch_open_items(fiken.external, TODAY))
    assert fiken.door.recorders[0].problems(judge, "/fiken/api/v2") == []


def test_money_on_a_customers_account_in_fiken_that_no_document_explains_is_an_item(fiken: Story) -> None:
    invoice = fiken.invoice(125_000)
    ledger = fiken.connect()
    assert [item.kind for item in ledger.fetch_open_items(fiken.external, TODAY)] == [ItemKind.INVOICE]
    payment = fiken.control.post("/books/payments", {"customer": fiken.customer, "amount_ore": 125_000, "on": "2026-11-02"})
    loose = next(item for item in ledger.fetch_open_items(fiken.external, TODAY) if item.kind is ItemKind.PAYMENT)
    assert (loose.remaining_ore, loose.customer_id) == (-125_000, str(fiken.customer))
    assert ledger.read_item(fiken.external, loose.external_id, None).state is ItemState.OPEN
    fiken.control.post(f"/books/payments/{payment['id']}/match", {"invoice": invoice["id"]})
    assert list(ledger.fetch_open_items(fiken.external, TODAY)) == []
    assert ledger.read_item(fiken.external, loose.external_id, None).state is ItemState.PAID


def test_loose_credit_notes_and_payments_in_fiken_are_told_apart(fiken: Story) -> None:
    fiken.control.post("/fiken/credit-notes", {"customer": fiken.customer, "amount_ore": 30_000, "issued_on": "2026-11-01"})
    fiken.control.post("/books/payments", {"customer": fiken.customer, "amount_ore": 5_000, "on": "2026-11-02"})
    items = {item.kind: item.remaining_ore for item in fiken.connect().fetch_open_items(fiken.external, TODAY)}
    assert items == {ItemKind.CREDIT_NOTE: -30_000, ItemKind.PAYMENT: -5_000}


def test_a_reminder_attached_in_fiken_has_neither_day_nor_fee(fiken: Story) -> None:
    invoice = fiken.invoice()
    fiken.control.put(f"/fiken/sales/{invoice['id']}/reminded", {})
    ledger = fiken.connect()
    (item,) = ledger.fetch_open_items(fiken.external, TODAY)
    assert item.own_notices == (LedgerNotice(None),)
    assert ledger.read_item(fiken.external, item.external_id, item.invoice_id).own_notices == (LedgerNotice(None),)
