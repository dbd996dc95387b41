"""What Unimicro's rows mean in our words. Pure.

Amounts come twice: `X` in the company's currency, `XCurrency` in the document's. An invoice knows what remains of it; money and credit
notes tied to none stand on the customer's account as lines with a remaining amount below zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from app.ledgers.adapters.unimicro.filters import Row, dig
from app.ledgers.ports import (
    Address,
    Confidence,
    ItemKind,
    ItemState,
    LedgerCompany,
    LedgerCustomer,
    LedgerItem,
    LedgerNotice,
    LedgerNoticeKind,
    LedgerPayment,
    LiveItem,
    SupplierItem,
)
from app.values.money import ore_from_decimal
from app.values.organisation_number import parse_organisation_number

#: invoices and lines are numbered apart, so a line's id is told by this
LINE = "line-"
DRAFT, PAID, SOLD = 42001, 42004, 42005
#: `CollectorStatusCode`: reminded, given to an agency, registered for factoring, sent to factoring
REMINDED, COLLECTED = 42501, (42502, 42503, 42504)
#: of its reminders, those registered are not yet sent, and those that failed never were
UNSENT = (42101, 42105)
REMINDER_TO_AGENCY = 42106
LINE_MARKED, LINE_CREDITED = 31003, 31004
#: customers that are neither blocked, inactive nor deleted (30001 is active)
CUSTOMER_INACTIVE = (50001, 90001)
#: what may be lacking when the platform itself calls an invoice paid (rounding to whole kroner)
ROUNDING_ORE = 99


def company_of(row: Row) -> LedgerCompany:
    return LedgerCompany(
        str(row["Key"]), row.get("Name") or "", organisation_number(row.get("OrganizationNumber")), is_test=bool(row.get("IsTest"))
    )


def customer_of(row: Row, ledger_reminds: bool) -> LedgerCustomer:
    """`ledger_reminds`: the company has been seen to remind from there, so that a customer without a stop will be reminded."""
    info = row.get("Info") or {}
    number, email = row.get("CustomerNumber"), row.get("ReminderEmailAddress") or dig(info, "DefaultEmail.EmailAddress")
    return LedgerCustomer(
        external_id=str(row["ID"]),
        number=None if number is None else str(number),
        name=info.get("Name") or "",
        organisation_number=organisation_number(row.get("OrgNumber")),
        is_person=row.get("IsPrivate"),
        email=email or None,
        phone=dig(info, "DefaultPhone.Number") or None,
        address=_address(info.get("InvoiceAddress")),
        language={"no": "nb", "nb": "nb", "nn": "nn", "en": "en"}.get((row.get("Localization") or "")[:2].lower()),
        own_dunning=("DontSendReminders",) if ledger_reminds and not row.get("DontSendReminders") else (),
        inactive=bool(row.get("Deleted")) or row.get("StatusCode") in CUSTOMER_INACTIVE,
        version=row.get("UpdatedAt") or row.get("CreatedAt"),
    )


def invoice_item(row: Row, currencies: Mapping[int, str], base: str) -> LedgerItem:
    doubts = _doubts(row)
    foreign = currencies[row["CurrencyCodeID"]] != base
    return LedgerItem(
        external_id=str(row["ID"]),
        customer_id=str(row["CustomerID"]),
        kind=ItemKind.INVOICE,
        document_number=row["InvoiceNumber"] or None,
        kid=row.get("PaymentID") or None,
        issued_on=day_of(row["InvoiceDate"]),
        due_on=day_of(row["PaymentDueDate"]),
        original_ore=ore_of(row["TaxInclusiveAmountCurrency"]),
        remaining_ore=ore_of(row["RestAmountCurrency"]),
        currency=currencies[row["CurrencyCodeID"]],
        confidence=Confidence.LOW if row["PaymentDueDate"] is None else Confidence.MEDIUM if doubts else Confidence.HIGH,
        doubts=doubts,
        payments=payments_of(row),
        own_notices=notices_of(row),
        version=version_of(row),
        base_remaining_ore=ore_of(row["RestAmount"]) if foreign else None,
    )


def line_item(row: Row, currencies: Mapping[int, str], base: str) -> LedgerItem:
    """A line that belongs to no invoice: money or a credit note to the customer's good, or a claim booked without one."""
    remaining = ore_of(row["RestAmountCurrency"])
    claim = remaining > 0
    currency = currencies[row["CurrencyCodeID"]]
    return LedgerItem(
        external_id=LINE + str(row["ID"]),
        customer_id=str(row["SubAccount"]["CustomerID"]),
        kind=_line_kind(row, claim),
        document_number=row.get("InvoiceNumber") or None,
        kid=row.get("PaymentID") or None,
        issued_on=day_of(row["FinancialDate"]),
        due_on=day_of(row.get("DueDate")) if claim else None,
        original_ore=ore_of(row["AmountCurrency"]),
        remaining_ore=remaining,
        currency=currency,
        confidence=Confidence.LOW if claim else Confidence.HIGH,
        doubts=("It is booked on the customer's account in Unimicro without an invoice.",) if claim else (),
        version=version_of(row),
        base_remaining_ore=ore_of(row["RestAmount"]) if currency != base else None,
    )


def is_loose(line: Row, invoices: Iterable[tuple[Any, Any]]) -> bool:
    """Does a line with something left stand for itself? `invoices`: (customer, number) of those that are listed as invoices."""
    if line.get("StatusCode") == LINE_MARKED:
        return False
    if ore_of(line["RestAmountCurrency"]) < 0:
        return True
    tied = line.get("CustomerInvoiceID") or (line["SubAccount"]["CustomerID"], line.get("InvoiceNumber")) in invoices
    return not tied


def is_credit(line: Row) -> bool:
    return ore_of(line["AmountCurrency"]) < 0


def live_invoice(row: Row, credits: Iterable[Row]) -> LiveItem:
    """`credits`: the credit notes that name this invoice. What is gone from it without them or payments is `GONE`, never paid."""
    due, version = day_of(row["PaymentDueDate"]), version_of(row)
    remaining, notices = ore_of(row["RestAmountCurrency"]), notices_of(row)
    if row.get("Deleted") or row.get("StatusCode") == DRAFT:
        return LiveItem(ItemState.GONE, 0, due, version=version)
    paid = payments_of(row)
    payments = (*paid, *(_credit(note) for note in credits if not note.get("Deleted") and note.get("StatusCode") != DRAFT))
    if remaining > 0:
        return LiveItem(ItemState.OPEN, remaining, due, payments, version, notices)
    money, credited = sum(one.amount_ore for one in paid), ore_of(row.get("CreditedAmountCurrency") or 0)
    lacking = ore_of(row["TaxInclusiveAmountCurrency"]) - money - abs(credited)
    allowed = ROUNDING_ORE if row.get("StatusCode") == PAID else 0
    written_off = row.get("WriteoffJournalEntryID") or row.get("WriteoffPaymentJournalEntryID")
    if written_off or lacking > allowed:
        return LiveItem(ItemState.GONE, 0, due, payments, version, notices)
    return LiveItem(ItemState.PAID if money > 0 else ItemState.CREDITED, 0, due, payments, version, notices)


def live_line(row: Row) -> LiveItem:
    """A credit that is used up has served; a claim that was marked off by hand is not known to be paid."""
    remaining, due = ore_of(row["RestAmountCurrency"]), day_of(row.get("DueDate"))
    if remaining and row.get("StatusCode") != LINE_MARKED and not row.get("Deleted"):
        return LiveItem(ItemState.OPEN, remaining, due, version=version_of(row))
    if row.get("StatusCode") == LINE_CREDITED:
        return LiveItem(ItemState.CREDITED, 0, due, version=version_of(row))
    used = is_credit(row) and not row.get("Deleted")
    return LiveItem(ItemState.PAID if used else ItemState.GONE, 0, due, version=version_of(row))


def supplier_item(row: Row, currencies: Mapping[int, str]) -> SupplierItem:
    return SupplierItem(
        str(row["ID"]), row["SubAccount"].get("AccountName") or "", row.get("InvoiceNumber") or None, day_of(row.get("DueDate")),
        -ore_of(row["RestAmountCurrency"]), currencies[row["CurrencyCodeID"]],
    )  # fmt: skip


def payments_of(row: Row) -> tuple[LedgerPayment, ...]:
    """Money on an invoice, oldest first."""
    found = [
        LedgerPayment(str(one["ID"]), _day(one["PaymentDate"]), ore_of(one["AmountCurrency"]), text=one.get("Description") or None)
        for one in row.get("Payments") or ()
        if not one.get("Deleted")
    ]
    return tuple(sorted(found, key=lambda one: (one.paid_on, int(one.external_id))))


def notices_of(row: Row) -> tuple[LedgerNotice, ...]:
    """What was sent from the ledger, oldest first; an agency or a factoring company of the ledger's is a notice too."""
    found = [
        LedgerNotice(
            day_of(one["RemindedDate"]),
            LedgerNoticeKind.COLLECTION if one.get("StatusCode") == REMINDER_TO_AGENCY else LedgerNoticeKind.REMINDER,
            ore_of(one.get("ReminderFeeCurrency") or 0),
            day_of(one.get("DueDate")),
        )
        for one in row.get("CustomerInvoiceReminders") or ()
        if not one.get("Deleted") and one.get("StatusCode") not in UNSENT
    ]
    given = row.get("CollectorStatusCode") in COLLECTED or row.get("ExternalDebtCollectionReference") or row.get("StatusCode") == SOLD
    if given and not any(one.kind is LedgerNoticeKind.COLLECTION for one in found):
        found.append(LedgerNotice(None, LedgerNoticeKind.COLLECTION))
    if row.get("CollectorStatusCode") == REMINDED and not found:
        found.append(LedgerNotice(None))
    return tuple(sorted(found, key=lambda one: one.on or date.max))


def version_of(row: Row) -> str:
    """Changes whenever something that matters to us does."""
    return f"{row.get('UpdatedAt') or row.get('CreatedAt')}/{row['RestAmountCurrency']}"


def ore_of(amount: Any) -> int:
    """A JSON number in major units as øre; more than two decimals is a ValueError."""
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
        raise TypeError("not a number")
    return ore_from_decimal(Decimal(amount))


def day_of(text: Any) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def organisation_number(text: Any) -> str | None:
    try:
        return parse_organisation_number(str(text or ""))
    except ValueError:
        return None


def _day(text: Any) -> date:
    return date.fromisoformat(text[:10])


def _credit(note: Row) -> LedgerPayment:
    amount = abs(ore_of(note["TaxInclusiveAmountCurrency"]))
    return LedgerPayment(str(note["ID"]), _day(note["InvoiceDate"]), amount, ItemKind.CREDIT_NOTE, note.get("InvoiceNumber"))


def _line_kind(row: Row, claim: bool) -> ItemKind:
    if claim:
        return ItemKind.OTHER
    return ItemKind.CREDIT_NOTE if row.get("CustomerInvoiceID") and not row.get("PaymentReferenceID") else ItemKind.PAYMENT


def _doubts(row: Row) -> tuple[str, ...]:
    told = (
        (row["PaymentDueDate"] is None, "The invoice has no due date in Unimicro."),
        (row.get("StatusCode") is None, "Unimicro does not tell the status of the invoice."),
        (row.get("StatusCode") == SOLD, "The invoice is sold: the claim is another's."),
        (row.get("CreatedFromJournalEntry"), "The invoice was made from a voucher, not sent from Unimicro."),
    )
    return tuple(text for holds, text in told if holds)


def _address(row: Row | None) -> Address:
    if not row:
        return Address()
    lines = tuple(line for name in ("AddressLine1", "AddressLine2", "AddressLine3") if (line := row.get(name)))
    return Address(lines, row.get("PostalCode") or None, row.get("City") or None, row.get("CountryCode") or "NO")
