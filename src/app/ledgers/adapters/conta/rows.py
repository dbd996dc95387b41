"""What Conta's rows mean in our words. Pure.

An invoice tells what remains of it, and by its status why it is closed. Conta gives overdue invoices to an agency of its own choosing
(Kravia) or sells them (Easybank), and creates reminders.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from app.ledgers.adapters.conta.wire import Row
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
)
from app.values.money import ore_from_decimal
from app.values.organisation_number import parse_organisation_number

HOME_CURRENCY = "NOK"
OPEN = frozenset({"INVOICE_CREATED", "PAYMENT_REMINDER_CREATED"})
#: given to an agency, or sold to a bank: another's to collect
GIVEN_AWAY = frozenset({"SENT_TO_KRAVIA", "BEING_SENT_TO_KRAVIA", "SOLD_TO_EASYBANK"})
BY_PAYMENT, BY_CREDIT_NOTE = "CLOSED_BY_PAYMENT", "CLOSED_BY_CREDIT_NOTE"
#: closed without a payment of the customer's that Conta shows: never taken for paid
UNEXPLAINED = frozenset({"CLOSED_FROM_REGNSKAP", "WRITTEN_OFF_AS_LOSS", "CLOSED_BY_EASYBANK", "BEING_CREATED"})


def company_of(row: Row) -> LedgerCompany:
    name = row.get("name") or row.get("orgName") or ""
    return LedgerCompany(str(row["id"]), str(name), organisation_number(row.get("orgNo")))


def customer_of(row: Row) -> LedgerCustomer:
    """From the customer's own page: the list has no address. Mail goes to the mailing address where there is one."""
    business = row["customerType"] == "ORGANIZATION"
    return LedgerCustomer(
        external_id=str(row["id"]),
        number=None,
        name=row["name"],
        organisation_number=organisation_number(row.get("orgNo")) if business else None,
        is_person=not business,
        email=row.get("emailAddress") or None,
        phone=row.get("phoneNo") or None,
        address=_address(row, "mailingAddress" if row.get("mailingAddressLine1") else "customerAddress"),
        inactive=row.get("isActive") is False,
    )


def is_open(row: Row) -> bool:
    """Whether something of it is still to be settled. A status nobody has told us of counts as open where something remains."""
    closed = row["status"] in UNEXPLAINED or row["status"] in (BY_PAYMENT, BY_CREDIT_NOTE)
    return not closed and ore_of(row["sumRemaining"]) != 0


def item_of(row: Row, payments: tuple[LedgerPayment, ...]) -> LedgerItem:
    remaining = ore_of(row["sumRemaining"])
    due, doubts = day_of(row.get("invoiceDueDate")), _doubts(row)
    return LedgerItem(
        external_id=str(row["id"]),
        customer_id=str(row["customerId"]),
        kind=ItemKind.INVOICE if remaining > 0 else ItemKind.CREDIT_NOTE if row.get("type") == "CREDIT" else ItemKind.OTHER,
        document_number=str(row["invoiceNo"]),
        kid=row.get("kid") or None,
        issued_on=day_of(row["invoiceDate"]),
        due_on=due,
        original_ore=ore_of(row["sumTotal"]),
        remaining_ore=remaining,
        currency=currency_of(row),
        confidence=Confidence.LOW if due is None or currency_of(row) != HOME_CURRENCY else Confidence.MEDIUM if doubts else Confidence.HIGH,
        doubts=doubts,
        payments=payments,
        own_notices=notices_of(row),
        version=version_of(row),
    )


def live_of(row: Row, payments: tuple[LedgerPayment, ...]) -> LiveItem:
    """Closed by payment or credit note in Conta's own words, and the payments are there to be seen; else `GONE`."""
    due, notices, version = day_of(row.get("invoiceDueDate")), notices_of(row), version_of(row)
    if is_open(row):
        return LiveItem(ItemState.OPEN, ore_of(row["sumRemaining"]), due, payments, version, notices)
    money = sum(one.amount_ore for one in payments)
    state = ItemState.GONE
    if row["status"] == BY_PAYMENT and money > 0:
        state = ItemState.PAID
    elif row["status"] == BY_CREDIT_NOTE:
        state = ItemState.PAID if money > 0 else ItemState.CREDITED
    elif row["status"] in OPEN and 0 < ore_of(row["sumTotal"]) <= money:
        # nothing remains, and the status has not come along yet
        state = ItemState.PAID
    return LiveItem(state, 0, due, payments, version, notices)


def payments_of(told: Iterable[Row], invoice: str, foreign: bool) -> tuple[LedgerPayment, ...]:
    """The parts of payments that fall on this invoice, oldest first; each is known by the id of its payment."""
    found = [
        LedgerPayment(str(payment["id"]), _day(part["date"]), ore_of(part["amountForeignCurrency" if foreign else "amount"]))
        for payment in told
        for part in payment["partialPayments"]
        if str(part["invoiceId"]) == invoice
    ]
    return tuple(sorted(found, key=lambda one: (one.paid_on, int(one.external_id))))


def notices_of(row: Row) -> tuple[LedgerNotice, ...]:
    """Conta tells of its latest reminder: in lists with day, fee and deadline, on the invoice's own page inside a part of its own."""
    found: list[LedgerNotice] = []
    reminder = row.get("invoicePaymentReminder") or {}
    day, fee = row.get("paymentReminderDate"), row.get("paymentReminderFee")
    if day or reminder or row["status"] == "PAYMENT_REMINDER_CREATED":
        found.append(LedgerNotice(day_of(day), LedgerNoticeKind.REMINDER, None if fee is None else ore_of(fee), _deadline(row)))
    if row["status"] in GIVEN_AWAY or row.get("kraviaInvoiceStatus"):
        found.append(LedgerNotice(None, LedgerNoticeKind.COLLECTION))
    return tuple(found)


def currency_of(row: Row) -> str:
    return str(row.get("invoiceCurrency") or HOME_CURRENCY)


def version_of(row: Row) -> str:
    """Conta has no mark of change: what matters to us, written side by side."""
    return f"{row['status']}/{row['sumRemaining']}/{row.get('invoiceDueDate')}"


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


def _deadline(row: Row) -> date | None:
    return day_of(row.get("paymentReminderDueDate"))


def _doubts(row: Row) -> tuple[str, ...]:
    told = (
        (not row.get("invoiceDueDate"), "The invoice has no due date in Conta."),
        (currency_of(row) != HOME_CURRENCY, "Conta does not say in which currency the sums of a foreign invoice are."),
        (row["status"] not in OPEN | GIVEN_AWAY, f"Conta gives the invoice a status we do not know ({str(row['status'])[:40]})."),
    )
    return tuple(text for holds, text in told if holds)


def _address(row: Row, kind: str) -> Address:
    country = str(row.get(f"{kind}Country") or "").strip()
    code = "NO" if country.casefold() in ("", "no", "norge", "noreg", "norway") else country.upper() if len(country) == 2 else "ZZ"
    lines = (row.get(f"{kind}Line1"), row.get(f"{kind}Line2"), country if code == "ZZ" else None)
    return Address(tuple(line for line in lines if line), row.get(f"{kind}Postcode") or None, row.get(f"{kind}City") or None, code)
