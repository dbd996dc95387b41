"""What Visma.net's documents mean in our words. Pure.

A document is told by type, number and when it was made: a number may be given again, and is then another document.
"""

from __future__ import annotations

from collections.abc import Iterable

from app.ledgers.adapters.vismanet.wire import Row, day_of, ore_of
from app.ledgers.ports import (
    Address,
    Confidence,
    ItemKind,
    ItemState,
    LedgerCustomer,
    LedgerItem,
    LedgerNotice,
    LedgerNoticeKind,
    LedgerPayment,
    LiveItem,
    SupplierItem,
)
from app.values.organisation_number import parse_organisation_number

HOME_CURRENCY = "NOK"
INVOICE, CREDIT_NOTE, PAYMENT = "Invoice", "CreditNote", "Payment"
#: documents that are booked; the others (Hold, Balanced, Voided, …) are not owed
BOOKED = ("Open", "Closed")
#: what a customer's dunning letters go out by
NOTICED = ("printDunningLetters", "sendDunningLettersViaEmail")
#: the documents that stand to a customer's credit
CREDITS = {CREDIT_NOTE: ItemKind.CREDIT_NOTE, "CreditWriteOff": ItemKind.OTHER, PAYMENT: ItemKind.PAYMENT, "Prepayment": ItemKind.PAYMENT}
SETTLING = {"CreditNote": ItemKind.CREDIT_NOTE, "Payment": ItemKind.PAYMENT, "Prepayment": ItemKind.PAYMENT}
FOREIGN = "The invoice is in another currency, and Visma.net is not clear about which of its two amounts is in which: compare it there."


def item_id(row: Row) -> str:
    return f"{row['documentType']}:{row['referenceNumber']}:{row['createdDateTime']}"


def customer_of(row: Row) -> LedgerCustomer:
    address, contact = row["invoiceAddress"] or row["mainAddress"] or {}, row["invoiceContact"] or row["mainContact"] or {}
    number = organisation_number(row["corporateId"])
    lines = tuple(line for line in (address.get(f"addressLine{n}") for n in (1, 2, 3)) if line)
    return LedgerCustomer(
        row["number"], row["number"], row["name"], number,
        # Visma.net does not say what a customer is: a number tells it is no private person, its absence tells nothing
        None if number is None else False,
        email=contact.get("email") or None, phone=contact.get("phone1") or None,
        address=Address(lines, address.get("postalCode") or None, address.get("city") or None, _country(address)),
        own_dunning=tuple(name for name in NOTICED if row.get(name)), inactive=row["status"] == "Inactive",
        version=row["lastModifiedDateTime"],
    )  # fmt: skip


def invoice_item(row: Row) -> LedgerItem:
    remaining, due, foreign = ore_of(row["balance"]), day_of(row["documentDueDate"]), row["currencyId"] != HOME_CURRENCY
    doubts = ((FOREIGN,) if foreign else ()) + (("The invoice has no due date in Visma.net.",) if due is None else ())
    return LedgerItem(
        item_id(row), row["customer"]["number"], ItemKind.INVOICE, row["referenceNumber"], row["paymentReference"] or None,
        day_of(row["documentDate"]), due, ore_of(row["amount"]), remaining, currency=row["currencyId"],
        confidence=Confidence.LOW if doubts else Confidence.HIGH, doubts=doubts, payments=payments_of(row), own_notices=notices_of(row),
        version=row["lastModifiedDateTime"], base_remaining_ore=ore_of(row["balanceInCurrency"]) if foreign else None,
    )  # fmt: skip


def document_item(row: Row) -> LedgerItem:
    """A document beside the invoices: a credit note, or the ledger's own charge for paying late."""
    sign = -1 if row["documentType"] in CREDITS else 1
    foreign = row["currencyId"] != HOME_CURRENCY
    due = day_of(row["documentDueDate"]) if sign > 0 else None
    doubts = ((FOREIGN,) if foreign else ()) + (("It is not an invoice in Visma.net.",) if sign > 0 else ())
    return LedgerItem(
        item_id(row), row["customer"]["number"], CREDITS.get(row["documentType"], ItemKind.OTHER), row["referenceNumber"], None,
        day_of(row["documentDate"]), due, sign * ore_of(row["amount"]), sign * ore_of(row["balance"]), currency=row["currencyId"],
        confidence=Confidence.LOW if doubts else Confidence.HIGH, doubts=doubts, version=row["lastModifiedDateTime"],
        base_remaining_ore=sign * ore_of(row["balanceInCurrency"]) if foreign else None,
    )  # fmt: skip


def payment_item(row: Row) -> LedgerItem:
    """Money that came in, or the part of it, that is applied to nothing."""
    return LedgerItem(
        f"{row['type']}:{row['refNbr']}:", row["customer"]["number"], ItemKind.PAYMENT, row["refNbr"], None,
        day_of(row["applicationDate"]), None, -ore_of(row["paymentAmount"]), -ore_of(row["availableBalance"]), currency=row["currency"],
        version=row["lastModifiedDateTime"],
    )  # fmt: skip


def live_invoice(row: Row) -> LiveItem:
    if row["status"] not in BOOKED:
        return LiveItem(ItemState.GONE, 0, day_of(row["documentDueDate"]), version=row["lastModifiedDateTime"])
    remaining, payments = ore_of(row["balance"]), payments_of(row)
    return LiveItem(
        _state(remaining, ore_of(row["amount"]), payments), remaining, day_of(row["documentDueDate"]), payments,
        row["lastModifiedDateTime"], notices_of(row),
    )  # fmt: skip


def live_document(item: LedgerItem, status: str) -> LiveItem:
    """What is used up is neither paid nor credited, but no claim hangs on it."""
    if status not in BOOKED:
        return LiveItem(ItemState.GONE, 0, item.due_on, version=item.version)
    state = ItemState.OPEN if item.remaining_ore else ItemState.CREDITED if item.original_ore < 0 else ItemState.PAID
    return LiveItem(state, item.remaining_ore, item.due_on, version=item.version)


def payments_of(row: Row) -> tuple[LedgerPayment, ...]:
    """What is applied to the invoice and booked, oldest first; what was voided is left out."""
    found = [
        LedgerPayment(
            f"{one['docType']}:{one['refNbr']}", on, ore_of(one["amountPaid"]), SETTLING.get(one["docType"], ItemKind.OTHER),
            one.get("invoiceText") or one.get("paymentRef") or None,
        )
        for one in row["applications"] or ()
        if one["released"] and not one["voided"] and (on := day_of(one["applicationDate"])) is not None
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda payment: (payment.paid_on, payment.external_id)))


def notices_of(row: Row) -> tuple[LedgerNotice, ...]:
    """Dunning letters: how many levels have been reached, and the day of the last. A collection case is Visma's own."""
    level = int(row["dunningLetterLevel"] or 0)
    letters = [LedgerNotice(None)] * (level - 1) + ([LedgerNotice(day_of(row["dunningLetterDate"]))] if level > 0 else [])
    case = (row.get("debtCollection") or {}).get("caseNumber")
    return tuple(letters) + ((LedgerNotice(None, LedgerNoticeKind.COLLECTION),) if case else ())


def supplier_items(rows: Iterable[Row]) -> Iterable[SupplierItem]:
    """What is owed; a credit note of a supplier's stands below zero."""
    for row in rows:
        owed = ore_of(row["balance"]) * (1 if row["documentType"] in ("Invoice", "CreditAdj") else -1)
        if row["status"] == "Open" and owed:
            yield SupplierItem(
                f"{row['documentType']}:{row['referenceNumber']}", row["supplier"]["name"],
                row["supplierReference"] or row["referenceNumber"], day_of(row["dueDate"]), owed, row["currencyId"],
            )  # fmt: skip


def organisation_number(text: str | None) -> str | None:
    try:
        return parse_organisation_number(text or "")
    except ValueError:
        return None


def _state(remaining: int, total: int, payments: tuple[LedgerPayment, ...]) -> ItemState:
    if remaining > 0:
        return ItemState.OPEN
    money = sum(p.amount_ore for p in payments if p.kind is ItemKind.PAYMENT)
    credit = sum(p.amount_ore for p in payments if p.kind is ItemKind.CREDIT_NOTE)
    if money + credit < total:
        return ItemState.GONE
    return ItemState.PAID if money > 0 else ItemState.CREDITED


def _country(address: Row) -> str:
    return str((address.get("country") or {}).get("id") or "NO")
