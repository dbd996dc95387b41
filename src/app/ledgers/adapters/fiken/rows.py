"""What Fiken answers, field by field, and the same in our words. Pure: nothing here asks anybody.

Only what is used is declared. Amounts are whole øre, as Fiken sends them; a field of another kind fails the reading.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import msgspec
from babel import Locale

from app.ledgers.ports import (
    Address,
    Confidence,
    ItemKind,
    ItemState,
    LedgerCompany,
    LedgerCustomer,
    LedgerItem,
    LedgerNotice,
    LedgerPayment,
    LiveItem,
    SupplierItem,
)
from app.values.organisation_number import parse_organisation_number

#: sales and credit notes are numbered apart, so a credit note's id is told by this
CREDIT_NOTE = "creditNote-"
HOME_CURRENCY = "NOK"
COUNTRY_UNKNOWN = "ZZ"

# under another name, because rows have fields called `date`
Day = date


class CompanyRow(msgspec.Struct, rename="camel", kw_only=True):
    slug: str
    name: str = ""
    organization_number: str | None = None
    has_api_access: bool = False
    test_company: bool = False

    def ours(self) -> LedgerCompany:
        number = _organisation_number(self.organization_number)
        return LedgerCompany(self.slug, self.name, number, self.has_api_access, self.test_company)


class AddressRow(msgspec.Struct, rename="camel", kw_only=True):
    street_address: str | None = None
    street_address_line2: str | None = None
    post_code: str | None = None
    city: str | None = None
    country: str | None = None

    def ours(self) -> Address:
        code = country_code(self.country)
        lines = (self.street_address, self.street_address_line2, self.country if code == COUNTRY_UNKNOWN else None)
        return Address(tuple(line for line in lines if line), self.post_code or None, self.city or None, code)


class ContactRow(msgspec.Struct, rename="camel", kw_only=True):
    contact_id: int
    name: str
    organization_number: str | None = None
    customer_number: int | None = None
    customer_account_code: str | None = None
    email: str | None = None
    phone_number: str | None = None
    address: AddressRow = msgspec.field(default_factory=AddressRow)
    language: str | None = None
    inactive: bool = False
    last_modified_date: Day | None = None

    def ours(self) -> LedgerCustomer:
        number = _organisation_number(self.organization_number)
        return LedgerCustomer(
            str(self.contact_id),
            None if self.customer_number is None else str(self.customer_number),
            self.name,
            number,
            # Fiken does not say what a contact is: a number tells it is no private person, its absence tells nothing
            None if number is None else False,
            email=self.email or None,
            phone=self.phone_number or None,
            address=self.address.ours(),
            language={"norwegian": "nb", "english": "en"}.get((self.language or "").lower()),
            inactive=self.inactive,
            version=None if self.last_modified_date is None else self.last_modified_date.isoformat(),
        )


class PaymentRow(msgspec.Struct, rename="camel", kw_only=True):
    date: Day
    account: str
    amount: int
    payment_id: int | None = None
    currency: str | None = None

    def ours(self) -> LedgerPayment:
        return LedgerPayment(str(self.payment_id), self.date, self.amount)


class AttachmentRow(msgspec.Struct, rename="camel", kw_only=True):
    type: str | None = None


class SaleRow(msgspec.Struct, rename="camel", kw_only=True):
    """A sale, with or without an invoice made in Fiken."""

    sale_id: int
    kind: str | None = None
    sale_number: str | None = None
    date: Day | None = None
    due_date: Day | None = None
    kid: str | None = None
    net_amount: int = 0
    vat_amount: int = 0
    currency: str = HOME_CURRENCY
    settled: bool = False
    write_off: bool = False
    deleted: bool = False
    outstanding_balance: int
    outstanding_balance_in_currency: int | None = None
    total_paid_in_currency: int | None = None
    customer: ContactRow | None = None
    sale_payments: list[PaymentRow] = []
    sale_attachments: list[AttachmentRow] = []
    last_modified_date: Day | None = None

    @property
    def gross(self) -> int:
        return self.net_amount + self.vat_amount

    @property
    def is_foreign(self) -> bool:
        return self.currency != HOME_CURRENCY

    @property
    def remaining(self) -> int:
        if self.is_foreign and self.outstanding_balance_in_currency is not None:
            return self.outstanding_balance_in_currency
        return self.outstanding_balance

    @property
    def is_open(self) -> bool:
        return not (self.settled or self.write_off or self.deleted) and self.outstanding_balance != 0

    @property
    def payments(self) -> tuple[LedgerPayment, ...]:
        return tuple(p.ours() for p in self.sale_payments)

    @property
    def own_notices(self) -> tuple[LedgerNotice, ...]:
        """Reminders that Fiken has sent are attached to the sale, without a day and without a fee."""
        return tuple(LedgerNotice(None) for a in self.sale_attachments if a.type == "reminder")

    @property
    def version(self) -> str:
        """Changes whenever something that matters to us does; Fiken's own mark of change is only a date."""
        return f"{self.last_modified_date}/{self.outstanding_balance}/{self.due_date}/{len(self.sale_payments)}"

    def ours(self) -> LedgerItem:
        confidence, doubts = self._doubts()
        currency = self.currency if self.is_foreign and self.outstanding_balance_in_currency is not None else HOME_CURRENCY
        return LedgerItem(
            str(self.sale_id),
            "" if self.customer is None else str(self.customer.contact_id),
            ItemKind.INVOICE if self.remaining > 0 else ItemKind.OTHER,
            self.sale_number or None,
            self.kid or None,
            self.date,
            self.due_date,
            self.remaining + (self.total_paid_in_currency or 0) if currency != HOME_CURRENCY else self.gross,
            self.remaining,
            currency=currency,
            confidence=confidence,
            doubts=doubts,
            payments=self.payments,
            own_notices=self.own_notices,
            account=None if self.customer is None else self.customer.customer_account_code,
            version=self.version,
            base_remaining_ore=None if currency == HOME_CURRENCY else self.outstanding_balance,
        )

    def _doubts(self) -> tuple[Confidence, tuple[str, ...]]:
        doubts: list[str] = []
        confidence = Confidence.HIGH
        if self.own_notices:
            doubts.append("A reminder sent from Fiken is attached; Fiken does not say when it was sent or what it charged.")
        if self.is_foreign:
            confidence = Confidence.MEDIUM
            doubts.append("The original amount is worked out from what is paid and what remains, because the sale is in another currency.")
        if self.due_date is None or self.customer is None:
            confidence = Confidence.LOW
            doubts.append("The sale has no due date or no customer in Fiken.")
        return confidence, tuple(doubts)


class CreditNoteRow(msgspec.Struct, rename="camel", kw_only=True):
    credit_note_id: int
    credit_note_number: int
    gross: int
    currency: str = HOME_CURRENCY
    issue_date: Day | None = None
    kid: str | None = None
    settled: bool = False
    customer: ContactRow
    sale: SaleRow | None = None
    last_modified_date: Day | None = None

    @property
    def own_sale(self) -> SaleRow | None:
        """The credit note's own row among the sales, which is below zero; a sale above zero is the one it credits."""
        return self.sale if self.sale is not None and self.sale.gross < 0 else None

    @property
    def remaining(self) -> int:
        """What the customer still has to his credit, below zero."""
        if self.settled:
            return 0
        return self.own_sale.remaining if self.own_sale is not None else -abs(self.gross)

    def ours(self) -> LedgerItem:
        known = self.own_sale is not None
        return LedgerItem(
            CREDIT_NOTE + str(self.credit_note_id),
            str(self.customer.contact_id),
            ItemKind.CREDIT_NOTE,
            str(self.credit_note_number),
            self.kid or None,
            self.issue_date,
            None,
            -abs(self.gross),
            self.remaining,
            currency=self.currency,
            confidence=Confidence.HIGH if known else Confidence.MEDIUM,
            doubts=() if known else ("Fiken does not say how much of the credit note is used.",),
            account=self.customer.customer_account_code,
            version=self._version,
        )

    def as_payment(self, fallback_on: Day) -> LedgerPayment:
        on = self.issue_date or fallback_on
        return LedgerPayment(
            CREDIT_NOTE + str(self.credit_note_id), on, abs(self.gross), ItemKind.CREDIT_NOTE, f"{self.credit_note_number}"
        )

    def live(self) -> LiveItem:
        return LiveItem(ItemState.CREDITED if self.settled else ItemState.OPEN, self.remaining, None, version=self._version)

    @property
    def _version(self) -> str:
        return f"{self.last_modified_date}/{self.settled}/{self.remaining}"


class InvoiceRow(msgspec.Struct, rename="camel", kw_only=True):
    invoice_id: int
    associated_credit_notes: list[int] = []
    bank_account_number: str | None = None
    sale: SaleRow | None = None


class PurchaseLineRow(msgspec.Struct, rename="camel", kw_only=True):
    net_price: int = 0
    vat: int = 0
    net_price_in_currency: int | None = None
    vat_in_currency: int | None = None


class PurchaseRow(msgspec.Struct, rename="camel", kw_only=True):
    """A purchase (kjøp). What is left of it is worked out: Fiken tells its lines and its payments."""

    purchase_id: int
    kind: str
    paid: bool
    date: Day
    currency: str = HOME_CURRENCY
    identifier: str | None = None
    due_date: Day | None = None
    supplier: ContactRow | None = None
    lines: list[PurchaseLineRow] = []
    payments: list[PaymentRow] = []
    deleted: bool = False
    settled: bool = False

    @property
    def remaining(self) -> int:
        if self.paid or self.settled or self.deleted:
            return 0
        return sum(self._gross(line) for line in self.lines) - sum(p.amount for p in self.payments)

    def ours(self) -> SupplierItem:
        name = "" if self.supplier is None else self.supplier.name
        return SupplierItem(str(self.purchase_id), name, self.identifier or None, self.due_date, self.remaining, self.currency)

    def _gross(self, line: PurchaseLineRow) -> int:
        if self.currency == HOME_CURRENCY or line.net_price_in_currency is None:
            return line.net_price + line.vat
        return line.net_price_in_currency + (line.vat_in_currency or 0)


class BankAccountRow(msgspec.Struct, rename="camel", kw_only=True):
    account_code: str
    name: str = ""
    bank_account_number: str | None = None
    inactive: bool = False
    type: str | None = None
    reconciled_date: Day | None = None


@lru_cache(maxsize=512)
def country_code(name: str | None) -> str:
    """The two letters of a country that Fiken names in words ("Norway", "Norge"); none means Norway, and ZZ a name nobody knows."""
    wanted = (name or "").strip()
    if not wanted:
        return "NO"
    if len(wanted) == 2 and wanted.isalpha():
        return wanted.upper()
    for language in ("en", "nb"):
        for code, known in Locale.parse(language).territories.items():
            if len(code) == 2 and known.casefold() == wanted.casefold():
                return str(code)
    return COUNTRY_UNKNOWN


def _organisation_number(text: str | None) -> str | None:
    try:
        return parse_organisation_number(text or "")
    except ValueError:
        return None
