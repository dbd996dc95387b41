"""From Tripletex's open lines and invoices to open items: which payment and which credit note belongs to which invoice. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from app.ledgers.adapters.tripletex.wire import Row, day_of, ore_of
from app.ledgers.ports import Confidence, ItemKind, ItemState, LedgerItem, LedgerNotice, LedgerNoticeKind, LedgerPayment, LiveItem

INVOICE = "OUTGOING_INVOICE_CUSTOMER_POSTING"
PAYMENT = "INCOMING_PAYMENT"
HOME_CURRENCY = "NOK"
#: the vendor's own reminder switches on a customer card
NOTICED = ("isAutomaticSoftReminderEnabled", "isAutomaticReminderEnabled", "isAutomaticNoticeOfDebtCollectionEnabled")

NOTICE_KINDS = {
    "SOFT_REMINDER": LedgerNoticeKind.SOFT_REMINDER, "REMINDER": LedgerNoticeKind.REMINDER,
    "NOTICE_OF_DEBT_COLLECTION": LedgerNoticeKind.COLLECTION_WARNING, "DEBT_COLLECTION": LedgerNoticeKind.COLLECTION,
}  # fmt: skip


def items_of(lines: Iterable[Row], invoices: Iterable[Row], *, compare: bool) -> Iterator[LedgerItem]:
    """One item per invoice with its open payments and credit notes taken off, one for every line that belongs to none.

    With `compare` each remaining amount is held against the ledger's own; a difference is a doubt, not an error. What nets to zero is not
    an open item.
    """
    by_voucher, by_number = _indexed(invoices)
    by_id = {row["id"]: row for row in by_voucher.values()}
    groups: dict[tuple[str, int], list[Row]] = {}
    heads: dict[int, Row] = {}
    for line in lines:
        if (invoice := by_voucher.get(_voucher(line))) is not None and line["type"] == INVOICE and not invoice["creditedInvoice"]:
            heads.setdefault(invoice["id"], line)
    for line in lines:
        owner = _owner(line, by_voucher, by_number)
        tied = owner is not None and owner in heads
        groups.setdefault(("invoice", owner) if owner is not None and tied else ("line", line["id"]), []).append(line)
    for (kind, key), members in groups.items():
        item = _invoice_item(by_id[key], heads[key], members, compare) if kind == "invoice" else _lone_item(members[0], by_voucher)
        if item.remaining_ore:
            yield item


def live_of(invoice: Row) -> LiveItem:
    """One invoice as it stands now. A preliminary one does not exist for us."""
    due, version = day_of(invoice["invoiceDueDate"]), str(invoice["version"])
    if not invoice["isCharged"]:
        return LiveItem(ItemState.GONE, 0, due, version=version)
    lines = {line["id"]: line for line in invoice["postings"]}
    for line in invoice["postings"]:
        for other in (line.get("closeGroup") or {}).get("postings") or ():
            lines.setdefault(other["id"], other)
    remaining = ore_of(invoice["amountCurrencyOutstanding"])
    payments = payments_of(lines.values())
    return LiveItem(_state(remaining, payments, invoice), remaining, due, payments, version, _notices(invoice))


def payments_of(lines: Iterable[Row]) -> tuple[LedgerPayment, ...]:
    """What came in, oldest first. A payment that was reversed is left out together with its reversal."""
    incoming = sorted((line for line in lines if ore_of(line["amountCurrency"])), key=lambda line: (line["date"], line["id"]))
    kept: list[Row] = []
    for line in incoming:
        amount = ore_of(line["amountCurrency"])
        if amount < 0:
            kept.append(line)
        elif line["type"] == PAYMENT:
            reversed_one = next((k for k in reversed(kept) if ore_of(k["amountCurrency"]) == -amount and k["type"] == PAYMENT), None)
            if reversed_one is not None:
                kept.remove(reversed_one)
    return tuple(
        LedgerPayment(
            str(line["id"]), date.fromisoformat(line["date"]), -ore_of(line["amountCurrency"]), _kind(line), line["description"] or None
        )
        for line in kept
    )


def _invoice_item(invoice: Row, head: Row, members: list[Row], compare: bool) -> LedgerItem:
    remaining = sum(ore_of(line["amountCurrency"]) for line in members)
    doubts: list[str] = []
    if any(line["currency"]["code"] != head["currency"]["code"] for line in members):
        remaining = ore_of(invoice["amountCurrencyOutstanding"])
        doubts.append("its lines are in more than one currency; the ledger's own outstanding amount is used")
    elif compare and remaining != ore_of(invoice["amountCurrencyOutstanding"]):
        doubts.append("the ledger's own outstanding amount differs from the open postings")
    return LedgerItem(
        external_id=str(head["id"]),
        customer_id=str(head["customer"]["id"]),
        kind=ItemKind.INVOICE,
        document_number=str(invoice["invoiceNumber"]),
        kid=invoice["kid"] or None,
        issued_on=day_of(invoice["invoiceDate"]),
        due_on=day_of(invoice["invoiceDueDate"]) or day_of(head["termOfPayment"]),
        original_ore=ore_of(invoice["amountCurrency"]),
        remaining_ore=remaining,
        currency=head["currency"]["code"],
        confidence=Confidence.MEDIUM if doubts else Confidence.HIGH,
        doubts=tuple(doubts),
        payments=payments_of(line for line in members if line is not head),
        own_notices=_notices(invoice),
        account=str(head["account"]["number"]),
        version=f"{invoice['version']}.{head['version']}",
        invoice_id=str(invoice["id"]),
        base_remaining_ore=_base(head, members),
    )


def _lone_item(line: Row, by_voucher: dict[int, Row]) -> LedgerItem:
    """A line that belongs to no open invoice: an unmatched payment, a credit, or a claim that was booked without an invoice."""
    amount = ore_of(line["amountCurrency"])
    document = by_voucher.get(_voucher(line))
    due = day_of(line["termOfPayment"])
    doubts: list[str] = []
    if amount > 0:
        doubts.append("it is booked without an invoice in Tripletex")
        if due is None:
            doubts.append("it has no due date")
    number = str(document["invoiceNumber"]) if document is not None else line["invoiceNumber"] or None
    return LedgerItem(
        external_id=str(line["id"]),
        customer_id=str(line["customer"]["id"]),
        kind=_kind(line),
        document_number=None if number == "0" else number,
        kid=(document or {}).get("kid") or None,
        issued_on=date.fromisoformat(line["date"]),
        due_on=due,
        original_ore=amount,
        remaining_ore=amount,
        currency=line["currency"]["code"],
        confidence=(Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)[len(doubts)],
        doubts=tuple(doubts),
        account=str(line["account"]["number"]),
        version=str(line["version"]),
        invoice_id=None if document is None else str(document["id"]),
        base_remaining_ore=_base(line, [line]),
    )


def _base(head: Row, members: list[Row]) -> int | None:
    """The same in the company's own currency, where the document is in another."""
    return None if head["currency"]["code"] == HOME_CURRENCY else sum(ore_of(line["amount"]) for line in members)


def _indexed(invoices: Iterable[Row]) -> tuple[dict[int, Row], dict[tuple[int, str], Row]]:
    charged = [row for row in invoices if row["isCharged"]]
    by_voucher = {row["voucher"]["id"]: row for row in charged if row["voucher"]}
    by_number = {(row["customer"]["id"], str(row["invoiceNumber"])): row for row in charged}
    return by_voucher, by_number


def _owner(line: Row, by_voucher: dict[int, Row], by_number: dict[tuple[int, str], Row]) -> int | None:
    """The invoice a line counts against: its own, the one it credits, or the one whose number a payment carries."""
    document = by_voucher.get(_voucher(line)) or by_number.get((line["customer"]["id"], str(line["invoiceNumber"] or "")))
    return None if document is None else int(document["creditedInvoice"] or document["id"])


def _kind(line: Row) -> ItemKind:
    if line["type"] == PAYMENT:
        return ItemKind.PAYMENT
    if line["type"] == INVOICE:
        return ItemKind.INVOICE if ore_of(line["amountCurrency"]) > 0 else ItemKind.CREDIT_NOTE
    return ItemKind.OTHER


def _state(remaining: int, payments: tuple[LedgerPayment, ...], invoice: Row) -> ItemState:
    if remaining > 0:
        return ItemState.OPEN
    money = any(payment.kind is ItemKind.PAYMENT for payment in payments)
    credit = invoice["isCredited"] or any(payment.kind is ItemKind.CREDIT_NOTE for payment in payments)
    return ItemState.CREDITED if credit and not money else ItemState.PAID


def _notices(invoice: Row) -> tuple[LedgerNotice, ...]:
    """What was sent from the ledger, oldest first. `charge` is the fee of that one notice, without interest."""
    found = [
        LedgerNotice(
            date.fromisoformat(row["reminderDate"]), NOTICE_KINDS[row["type"]], ore_of(row["charge"]), day_of(row["termOfPayment"])
        )
        for row in invoice["reminders"] or ()
    ]
    return tuple(sorted(found, key=lambda one: one.on or date.min))


def _voucher(line: Row) -> int:
    return int((line["voucher"] or {}).get("id") or 0)
