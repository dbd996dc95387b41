"""From PowerOffice Go's customer sub-ledger entries to open items: what is left, what it was matched with, what Go itself has sent. Pure.

An entry never changes; what is left of it does, when it is matched with entries of the opposite sign that share its match id. `Balance` is
in the client's own currency whatever the invoice's is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from app.ledgers.ports import (
    Confidence,
    ItemKind,
    ItemState,
    LedgerItem,
    LedgerNotice,
    LedgerNoticeKind,
    LedgerPayment,
    LiveItem,
)
from app.net.errors import BrokenError
from app.values.money import ore_from_decimal

HOME_CURRENCY = "NOK"
INVOICE, CREDIT_NOTE = "OutgoingInvoice", "OutgoingCreditNote"
#: vouchers by which money comes in; by others an invoice may be settled too, but not by what we would call a payment
MONEY = frozenset({"IncomingOcrGiro", "BankJournal", "IncomingPayments", "CashJournal"})
NOTICES = {
    "OutgoingPaymentReminder": LedgerNoticeKind.REMINDER,
    "OutgoingNoticeOfDebtCollection": LedgerNoticeKind.COLLECTION_WARNING,
    "OutgoingPaymentDemand": LedgerNoticeKind.COLLECTION,
    "OutgoingWarrantOfExecution": LedgerNoticeKind.COLLECTION,
}


class Entry(msgspec.Struct, rename="pascal", kw_only=True, frozen=True):
    """One line of the customer sub-ledger. Signed: what the customer owes is positive."""

    id: int
    voucher_id: str
    voucher_type: str
    voucher_date: date
    posting_date: date
    amount: Decimal
    balance: Decimal
    last_changed_date_time_offset: datetime
    currency_amount: Decimal | None = None
    currency_code: str | None = None
    cid: str | None = None
    customer_id: int | None = None
    customer_account_no: int | None = None
    due_date: date | None = None
    invoice_no: str | None = None
    match_id: int | None = None
    is_write_off: bool | None = None
    external_import_reference: str | None = None

    @property
    def currency(self) -> str:
        return self.currency_code or HOME_CURRENCY

    @property
    def is_foreign(self) -> bool:
        return self.currency != HOME_CURRENCY

    @property
    def original_ore(self) -> int:
        return ore_of(self.amount if self.currency_amount is None else self.currency_amount)

    @property
    def is_touched(self) -> bool:
        """Whether something has been matched with it."""
        return self.match_id is not None and self.balance != self.amount

    @property
    def kind(self) -> ItemKind:
        if self.voucher_type == INVOICE:
            return ItemKind.INVOICE
        if self.voucher_type == CREDIT_NOTE:
            return ItemKind.CREDIT_NOTE
        return ItemKind.PAYMENT if self.voucher_type in MONEY and self.amount < 0 else ItemKind.OTHER


def ore_of(amount: Decimal) -> int:
    """Øre, or minor units of another currency; a finer amount is `BrokenError`."""
    try:
        return ore_from_decimal(amount)
    except ValueError as fault:
        raise BrokenError("PowerOffice Go tells an amount with more than two decimals") from fault


@dataclass(frozen=True, slots=True)
class Claim:
    """What reminders are told by: the customer, and the marks of the invoice."""

    customer_id: int | None
    number: str | None
    kid: str | None
    due_on: date | None


def item_of(entry: Entry, matched: Sequence[Entry], reminders: Iterable[Entry]) -> LedgerItem:
    """`matched`: all entries that share its match id, itself among them; `reminders`: what Go has sent to its customers."""
    remaining, doubts = _remaining(entry, matched)
    if entry.kind is ItemKind.OTHER and entry.amount > 0:
        doubts.append(
            "it is a fee or interest of a reminder sent from PowerOffice Go"
            if entry.voucher_type in NOTICES
            else "it is booked without an invoice in PowerOffice Go"
        )
        if entry.due_date is None:
            doubts.append("it has no due date")
    claim = Claim(entry.customer_id, entry.invoice_no, entry.cid, entry.due_date)
    return LedgerItem(
        external_id=str(entry.id),
        customer_id="" if entry.customer_id is None else str(entry.customer_id),
        kind=entry.kind,
        document_number=entry.invoice_no or None,
        kid=entry.cid or None,
        issued_on=entry.voucher_date,
        due_on=entry.due_date,
        original_ore=entry.original_ore,
        remaining_ore=remaining,
        currency=entry.currency,
        confidence=(Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)[min(len(doubts), 2)],
        doubts=tuple(doubts),
        payments=payments_of(matched, entry.original_ore - remaining) if entry.kind is ItemKind.INVOICE else (),
        own_notices=notices_of(claim, reminders) if entry.kind is ItemKind.INVOICE else (),
        account=None if entry.customer_account_no is None else str(entry.customer_account_no),
        version=entry.last_changed_date_time_offset.isoformat(),
        invoice_id=entry.voucher_id if entry.kind in (ItemKind.INVOICE, ItemKind.CREDIT_NOTE) else None,
        base_remaining_ore=ore_of(entry.balance) if entry.is_foreign else None,
    )


def payments_of(matched: Iterable[Entry], settled_ore: int) -> tuple[LedgerPayment, ...]:
    """What settled so much of an invoice, oldest first. Of an entry that was matched with more than this invoice, the part that fits."""
    found: list[LedgerPayment] = []
    left = settled_ore
    for entry in sorted((one for one in matched if one.original_ore < 0), key=lambda one: (one.posting_date, one.id)):
        part = min(left, -entry.original_ore)
        if part <= 0:
            break
        left -= part
        kind = ItemKind.OTHER if entry.is_write_off else entry.kind
        found.append(LedgerPayment(str(entry.id), entry.posting_date, part, kind, entry.invoice_no))
    return tuple(found)


def notices_of(claim: Claim, reminders: Iterable[Entry]) -> tuple[LedgerNotice, ...]:
    """What Go has sent about the claim, oldest first.

    A reminder that names neither invoice nor KID may be about any claim of the customer that was due then: it counts for all of them, but
    never as the warning (inkassovarsel) that the law wants for each.
    """
    found: list[LedgerNotice] = []
    for one in sorted(reminders, key=lambda one: (one.voucher_date, one.id)):
        if one.voucher_type not in NOTICES or one.customer_id != claim.customer_id:
            continue
        kind, fee = NOTICES[one.voucher_type], ore_of(one.amount)
        if one.invoice_no or one.cid:
            if (one.invoice_no or claim.number) == claim.number and (one.cid or claim.kid) == claim.kid:
                found.append(LedgerNotice(one.voucher_date, kind, fee, one.due_date))
        elif claim.due_on is not None and claim.due_on < one.voucher_date:
            vague = kind if kind is LedgerNoticeKind.COLLECTION else LedgerNoticeKind.REMINDER
            found.append(LedgerNotice(one.voucher_date, vague, None, one.due_date))
    return tuple(found)


def _remaining(entry: Entry, matched: Sequence[Entry]) -> tuple[int, list[str]]:
    """In the entry's currency; the ledger tells it in the client's own only."""
    if not entry.is_foreign:
        return ore_of(entry.balance), []
    if not entry.is_touched:
        return entry.original_ore, []
    same_way = [one for one in matched if (one.amount > 0) == (entry.amount > 0) and one.amount != 0]
    if len(same_way) == 1 and all(one.currency == entry.currency for one in matched):
        return sum(one.original_ore for one in matched), []
    part = (Decimal(entry.original_ore) * entry.balance / entry.amount).quantize(Decimal(1), ROUND_HALF_UP)
    return int(part), ["PowerOffice Go tells what is left in kroner only; the amount in the invoice's currency is worked out from it"]


class InvoiceRow(msgspec.Struct, rename="pascal", kw_only=True, frozen=True):
    """An invoice or credit note as `/OutgoingInvoices` tells it; its id is the voucher's."""

    id: str
    total_amount: Decimal
    total_posted_amount: Decimal
    is_reversed: bool
    voucher_type: str
    voucher_date: date
    due_date: date | None = None
    balance: Decimal | None = None
    balance_last_changed_date_time_offset: datetime | None = None
    match_id: int | None = None
    invoice_no: int | None = None
    cid: str | None = None
    currency_code: str | None = None
    customer_id: int | None = None
    customer_no: int | None = None


def live_of(invoice: InvoiceRow, matched: Sequence[Entry], reminders: Iterable[Entry]) -> LiveItem:
    """One invoice as it stands now. A balance that is gone by a write-off, a reversal or an entry of an unknown kind is never "paid"."""
    own = next((one for one in matched if one.voucher_id.lower() == invoice.id.lower()), None)
    version = None if invoice.balance_last_changed_date_time_offset is None else invoice.balance_last_changed_date_time_offset.isoformat()
    number = None if invoice.invoice_no is None else str(invoice.invoice_no)
    notices = notices_of(Claim(invoice.customer_id, number, invoice.cid, invoice.due_date), reminders)
    if invoice.balance is None:
        return LiveItem(ItemState.GONE, 0, invoice.due_date, (), version, notices)
    sign = -1 if invoice.voucher_type == CREDIT_NOTE else 1
    total = sign * abs(ore_of(invoice.total_amount))
    remaining = total if own is None else _remaining(own, matched)[0]
    if own is None and (invoice.currency_code or HOME_CURRENCY) == HOME_CURRENCY:
        remaining = ore_of(invoice.balance)
    payments = payments_of(matched, total - remaining)
    return LiveItem(_state(invoice, remaining, total, payments, matched), remaining, invoice.due_date, payments, version, notices)


def _state(invoice: InvoiceRow, remaining: int, total: int, payments: Sequence[LedgerPayment], matched: Iterable[Entry]) -> ItemState:
    if invoice.is_reversed:
        return ItemState.CREDITED
    if remaining != 0:
        return ItemState.OPEN
    if any(one.is_write_off for one in matched) or sum(one.amount_ore for one in payments) < total:
        return ItemState.GONE
    kinds = {one.kind for one in payments}
    if ItemKind.OTHER in kinds:
        return ItemState.GONE
    return ItemState.PAID if ItemKind.PAYMENT in kinds else ItemState.CREDITED
