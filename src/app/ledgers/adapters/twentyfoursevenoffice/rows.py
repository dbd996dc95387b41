"""What 24SevenOffice's lines and cards mean in our words. Pure.

The ledger knows lines, not invoices: an invoice is a line on a receivables account, and what was paid or credited on it are the other lines
of the same link. A link is given a new number each time something is added to it, and its lines stay open until they net to zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from app.ledgers.adapters.twentyfoursevenoffice.soap import Node
from app.ledgers.ports import Address, ItemKind, LedgerCustomer
from app.values.calendar import OSLO
from app.values.money import ore_from_decimal
from app.values.organisation_number import parse_organisation_number

HOME_CURRENCY = "NOK"
#: the cards' fields we ask for
CARD_FIELDS = ("Id", "Name", "FirstName", "OrganizationNumber", "Type", "Addresses", "PhoneNumbers", "EmailAddresses", "DateChanged")
INVOICE, CREDIT_NOTE, PAYMENT = "InvoiceCustomer", "CreditnoteCustomer", "Payment"
#: what the ledger books when it reminds: a fee, or a note without one
NOTICES = ("ReminderFee", "ReminderNote")
#: kinds that take something off an invoice; against their usual sign they take that back
SETTLING = {
    CREDIT_NOTE: ItemKind.CREDIT_NOTE,
    PAYMENT: ItemKind.PAYMENT,
    "DifferenceInbound": ItemKind.OTHER,
    "InvoiceLoss": ItemKind.OTHER,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a voucher on a customer's or supplier's account. Debit is positive, øre of `currency`; `link` 0: tied to nothing."""

    id: str
    transaction: str
    account: int
    on: date
    due_on: date | None
    amount_ore: int
    currency: str
    link: int
    number: str | None
    kid: str | None
    kind: str
    customer: str | None
    comment: str
    open: bool
    changed: str

    @property
    def external_id(self) -> str:
        """Found again by the voucher's number; which of all its lines it is says the line's own id."""
        return f"{self.transaction}:{self.id}"

    @property
    def settles(self) -> ItemKind:
        return SETTLING.get(self.kind, ItemKind.OTHER)


def lines_of(rows: Iterable[Node]) -> list[Line]:
    """All but those that are hidden, which stand in no account any more."""
    return [_line(row) for row in rows if not row.is_true("Hidden")]


def ore_of(text: str) -> int:
    """Øre of an xs:decimal in major units; more than two decimals is a ValueError, but for zeros at the end."""
    return ore_from_decimal(Decimal(text))


def day_of(text: str | None) -> date | None:
    """The Norwegian day of an xs:dateTime. The vendor says that it tells instants in UTC: midnight in Oslo is late the day before.

    Midnight without a zone is the day itself; .NET's smallest date stands for none.
    """
    if text is None or text.startswith("0001-01-01"):
        return None
    told = datetime.fromisoformat(text)
    if told.tzinfo is None and told.time() == time():
        return told.date()
    return (told if told.tzinfo is not None else told.replace(tzinfo=UTC)).astimezone(OSLO).date()


def customer_of(card: Node, active: bool) -> LedgerCustomer:
    """The card of a company or a person; its id is the customer's number, too."""
    number, person = organisation_number(card.text("OrganizationNumber")), card.text("Type") == "Consumer"
    first = card.text("FirstName") if person else None
    return LedgerCustomer(
        card.needed("Id"), card.needed("Id"), " ".join(part for part in (first, card.needed("Name")) if part), number,
        True if person else False if number is not None or card.text("Type") == "Business" else None,
        email=_first(card, "EmailAddresses", ("Invoice", "Primary", "Work", "Home")),
        phone=_first(card, "PhoneNumbers", ("Mobile", "Primary", "Work", "Home")),
        address=_address(card), inactive=not active, version=card.text("DateChanged"),
    )  # fmt: skip


def organisation_number(text: str | None) -> str | None:
    try:
        return parse_organisation_number(text or "")
    except ValueError:
        return None


def _line(row: Node) -> Line:
    on = day_of(row.needed("Date"))
    if on is None:
        raise ValueError("a line without a day")
    return Line(
        id=row.needed("Id").lower(),
        transaction=row.needed("TransactionNo"),
        account=int(row.needed("AccountNo")),
        on=on,
        due_on=day_of(row.text("DueDate")),
        amount_ore=ore_of(row.needed("Amount")),
        currency=row.text("Currency") or HOME_CURRENCY,
        link=max(0, int(row.text("LinkId") or 0)),
        number=row.text("InvoiceNo"),
        kid=row.text("OCR"),
        kind=row.text("SystemType") or "",
        customer=next((one.text("Value") for one in row.each("Dimensions/Dimension") if one.text("Type") == "Customer"), None),
        comment=row.text("Comment") or "",
        open=row.is_true("Open"),
        changed=row.text("DateChanged") or "",
    )


def _first(card: Node, group: str, names: tuple[str, ...]) -> str | None:
    return next((value for name in names if (value := card.text(f"{group}/{name}/Value")) is not None), None)


def _address(card: Node) -> Address:
    """Where invoices go, else where mail goes."""
    where = next(
        (f"Addresses/{name}" for name in ("Invoice", "Post", "Visit") if card.text(f"Addresses/{name}/PostalCode")), "Addresses/Post"
    )
    street = card.text(f"{where}/Street")
    lines = tuple(part for part in (street or "").splitlines() if part.strip())
    city = card.text(f"{where}/PostalArea") or card.text(f"{where}/City")
    return Address(lines, card.text(f"{where}/PostalCode"), city, card.text(f"{where}/Country") or "NO")
