"""From one customer's lines and balances to his open items, each with a confidence. Pure.

SAF-T Financial has no list of open items, so they are rebuilt. Whatever happens, a customer's items add up to his stated closing
balance; what the lines do not explain is an item of its own that says so.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.ledgers.ports import Confidence, ItemKind
from app.ledgers.saft.documents import Document, Identity, gather
from app.ledgers.saft.records import BalanceDifference, Doubt, PaymentTerms, SaftCustomer, SaftItem, SaftLine
from app.ledgers.saft.settling import settle

_WORST_FIRST = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)
_LOW = frozenset({
    Doubt.NO_REFERENCE, Doubt.NO_DUE_DATE, Doubt.SHARED_REFERENCE, Doubt.PAID_BY_AMOUNT, Doubt.EQUAL_AMOUNT_PAID, Doubt.MAY_BE_PAID,
    Doubt.OPENING, Doubt.OPENING_SET_OFF, Doubt.DIFFERENCE, Doubt.EXCHANGE_DIFFERENCE,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Derived:
    """A customer's open items, oldest first, and what his balance lacks or has too much, if anything."""

    items: tuple[SaftItem, ...]
    difference: BalanceDifference | None


def derive_items(customer: SaftCustomer, lines: Sequence[SaftLine], period_start: date) -> Derived:
    """The open items behind the closing balance. Without a stated opening balance, what the lines leave unexplained stands in for it."""
    moved = sum(line.amount_ore for line in lines)
    derived = (customer.opening_ore or 0) + moved
    residual = customer.closing_ore - derived if customer.closing_ore is not None else 0
    gathered = gather(lines)
    opening_ore = customer.opening_ore if customer.opening_ore is not None else residual
    opening = _balance_row("opening", Doubt.OPENING, opening_ore, period_start)
    rest = _balance_row("difference", Doubt.DIFFERENCE, residual if customer.opening_ore is not None else 0, period_start)
    settle(gathered, opening)
    shared = [credit for mark in gathered.shared for credit in mark.credits]
    rows = [row for row in (opening, *gathered.documents, *shared, *gathered.loose, rest) if row and row.remaining_ore]
    _mark_uncertain_account(rows, customer, rest)
    items = tuple(_item_of(row, customer) for row in rows)
    difference = BalanceDifference(customer.card.external_id, None, customer.closing_ore or 0, derived) if rest else None
    return Derived(items, difference)


def propose_due(issued_on: date, terms: PaymentTerms) -> date | None:
    """A proposal only: with a free billing month (fri leveringsmåned) the terms count from the end of the invoice's month."""
    if terms.days is None and terms.months is None and not terms.free_billing_month:
        return None
    start = issued_on.replace(day=_last_day(issued_on.year, issued_on.month)) if terms.free_billing_month else issued_on
    month = start.month - 1 + (terms.months or 0)
    year, month = start.year + month // 12, month % 12 + 1
    day = _last_day(year, month) if terms.free_billing_month else min(start.day, _last_day(year, month))
    return date(year, month, day) + timedelta(days=terms.days or 0)


def _balance_row(key: str, doubt: Doubt, amount_ore: int, on: date) -> Document | None:
    if amount_ore == 0:
        return None
    return Document(key, Identity.OPENING, on, original_ore=amount_ore, remaining_ore=amount_ore, doubts=[doubt])


def _mark_uncertain_account(rows: Sequence[Document], customer: SaftCustomer, rest: Document | None) -> None:
    """What is doubtful about the whole account. An unallocated credit makes low what it could have paid, oldest first, and medium what
    it could not reach; a credit that names its own document is a certain fact and does neither."""
    for row in rows:
        if rest and row is not rest:
            row.doubt(Doubt.NOT_RECONCILED)
        if customer.closing_ore is None:
            row.doubt(Doubt.NO_CLOSING_BALANCE)
    unallocated = [row for row in rows if row.remaining_ore < 0 and row.identity >= Identity.VOUCHER]
    reach = -sum(row.remaining_ore for row in unallocated)
    for row in sorted((row for row in rows if row.remaining_ore > 0), key=lambda row: (row.issued_on, row.key)):
        if unallocated:
            row.doubt(Doubt.MAY_BE_PAID if reach > 0 else Doubt.CREDIT_ELSEWHERE)
            reach -= row.remaining_ore
    for row in rows:
        if row.remaining_ore < 0 and row.original_ore < 0 and row.identity is not Identity.OPENING:
            row.doubt(Doubt.UNALLOCATED)


def _item_of(row: Document, customer: SaftCustomer) -> SaftItem:
    is_balance = row.identity is Identity.OPENING
    proposed = None if row.due_on or is_balance or row.remaining_ore < 0 else propose_due(row.issued_on, customer.terms)
    _doubt_document(row, proposed)
    return SaftItem(
        key=f"{customer.card.external_id}/{row.key}",
        customer_id=customer.card.external_id,
        kind=row.kind if not is_balance else ItemKind.OTHER,
        document_number=row.number,
        kid=row.kid,
        due=row.due_on,
        proposed_due=proposed,
        issued_on=None if is_balance else row.issued_on,
        original_ore=row.original_ore,
        remaining_ore=row.remaining_ore,
        currency=row.currency,
        confidence=_confidence(row.doubts),
        doubts=tuple(row.doubts),
        payments=tuple(row.payments),
        account=row.account,
    )


def _doubt_document(row: Document, proposed: date | None) -> None:
    if row.identity is Identity.VOUCHER:
        row.doubt(Doubt.NO_REFERENCE)
    elif row.identity in {Identity.KID, Identity.CROSS}:
        row.doubt(Doubt.ONLY_KID)
    if row.due_on is None and row.identity is not Identity.OPENING and row.remaining_ore > 0:
        row.doubt(Doubt.DUE_DATE_GUESSED if proposed else Doubt.NO_DUE_DATE)
    if row.due_on and row.due_on < row.issued_on:
        row.doubt(Doubt.DUE_BEFORE_ISSUED)
    if row.currency != "NOK" and row.foreign == 0:
        row.doubt(Doubt.EXCHANGE_DIFFERENCE)


def _confidence(doubts: Sequence[Doubt]) -> Confidence:
    """High without any doubt, low with one that concerns what is owed or when, medium otherwise."""
    return min(
        (Confidence.LOW if doubt in _LOW else Confidence.MEDIUM for doubt in doubts), key=_WORST_FIRST.index, default=Confidence.HIGH
    )


def _last_day(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]
