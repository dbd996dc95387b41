"""What eAccounting answers, field by field, and the same in our words. Pure. Only what is used is declared.

It tells of an invoice what remains and never when the rest was paid, nor by what. Credit notes point at the invoice they credit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec

from app.ledgers.ports import (
    Address,
    BankBalance,
    Confidence,
    ItemKind,
    ItemState,
    LedgerCompany,
    LedgerCustomer,
    LedgerItem,
    LedgerPayment,
    LiveItem,
    SupplierItem,
)
from app.net.errors import BrokenError
from app.values.money import ore_from_decimal

#: an open item that no invoice in eAccounting stands behind is told by this and its own id
LEDGER_ITEM = "ledger-"
#: money on a bank account by a registered payment (VoucherType)
DEPOSIT = 10
RECEIVABLES = range(1500, 1600)
NO_INVOICE = "It is in eAccounting's customer ledger without an invoice made there (as from an earlier system)."


def ore_of(amount: Decimal) -> int:
    """Øre, or minor units of another currency; a finer amount is `BrokenError`."""
    try:
        return ore_from_decimal(amount)
    except ValueError as fault:
        raise BrokenError("eAccounting tells an amount with more than two decimals") from fault


class InvoiceRow(msgspec.Struct, rename="pascal", kw_only=True, frozen=True):
    """An invoice, or with `is_credit_invoice` a credit note. Amounts of a credit note may be told with either sign."""

    id: str
    customer_id: str
    currency_code: str
    total_amount: Decimal
    total_amount_invoice_currency: Decimal
    remaining_amount: Decimal
    remaining_amount_invoice_currency: Decimal
    is_credit_invoice: bool = False
    invoice_number: int | None = None
    invoice_date: datetime | None = None
    due_date: datetime | None = None
    payment_reference_number: str | None = None
    referring_invoice_id: str | None = None
    voucher_id: str | None = None
    modified_utc: datetime | None = None

    @property
    def total_ore(self) -> int:
        return _signed(self.total_amount_invoice_currency, self.is_credit_invoice)

    @property
    def remaining_ore(self) -> int:
        """Below zero on an invoice: the customer has paid too much."""
        return _signed(self.remaining_amount_invoice_currency, self.is_credit_invoice)

    @property
    def due_on(self) -> date | None:
        return None if self.due_date is None else self.due_date.date()

    @property
    def version(self) -> str:
        return f"{'' if self.modified_utc is None else self.modified_utc.isoformat()}/{self.remaining_ore}/{self.due_on}"


class LedgerItemRow(msgspec.Struct, rename="pascal", kw_only=True, frozen=True):
    id: str
    customer_id: str
    currency_code: str
    total_amount_invoice_currency: Decimal
    remaining_amount_invoice_currency: Decimal
    is_credit_invoice: bool
    invoice_number: int
    invoice_date: datetime
    due_date: datetime | None = None
    payment_reference_number: str | None = None
    voucher_id: str | None = None
    modified_utc: datetime | None = None

    @property
    def remaining_ore(self) -> int:
        return _signed(self.remaining_amount_invoice_currency, self.is_credit_invoice)

    def ours(self) -> LedgerItem:
        remaining, due = self.remaining_ore, None if self.due_date is None else self.due_date.date()
        total = _signed(self.total_amount_invoice_currency, self.is_credit_invoice)
        return LedgerItem(
            external_id=LEDGER_ITEM + self.id, customer_id=self.customer_id,
            kind=ItemKind.CREDIT_NOTE if self.is_credit_invoice else ItemKind.INVOICE, document_number=str(self.invoice_number),
            kid=self.payment_reference_number or None, issued_on=self.invoice_date.date(), due_on=due, original_ore=total,
            remaining_ore=remaining, currency=self.currency_code, confidence=Confidence.LOW if due is None else Confidence.MEDIUM,
            doubts=(NO_INVOICE,), version=f"{remaining}/{due}", settled_ore=total - remaining or None,
        )  # fmt: skip


class CustomerRow(msgspec.Struct, rename="pascal", kw_only=True):
    id: str
    name: str
    is_private_person: bool | None = None
    is_active: bool = True
    customer_number: str | None = None
    corporate_identity_number: str | None = None
    email_address: str | None = None
    telephone: str | None = None
    mobile_phone: str | None = None
    invoice_address1: str | None = None
    invoice_address2: str | None = None
    invoice_postal_code: str | None = None
    invoice_city: str | None = None
    invoice_country_code: str | None = None
    sales_document_language: str | None = None
    changed_utc: datetime | None = None

    def ours(self) -> LedgerCustomer:
        lines = tuple(line for line in (self.invoice_address1, self.invoice_address2) if line)
        return LedgerCustomer(
            external_id=self.id, number=self.customer_number or None, name=self.name,
            organisation_number=None if self.is_private_person else digits(self.corporate_identity_number),
            is_person=self.is_private_person, email=self.email_address or None, phone=self.mobile_phone or self.telephone or None,
            address=Address(lines, self.invoice_postal_code or None, self.invoice_city or None, self.invoice_country_code or "NO"),
            language={"no": "nb", "nb": "nb", "en": "en"}.get((self.sales_document_language or "").lower()), inactive=not self.is_active,
            version=None if self.changed_utc is None else self.changed_utc.isoformat(),
        )  # fmt: skip


class SettingsRow(msgspec.Struct, rename="pascal", kw_only=True):
    name: str
    corporate_identity_number: str | None = None
    currency_code: str | None = None

    def ours(self) -> LedgerCompany:
        number = digits(self.corporate_identity_number)
        return LedgerCompany(number or "company", self.name, number, base_currency=self.currency_code or "NOK")


class BankAccountRow(msgspec.Struct, rename="pascal", kw_only=True):
    id: str
    name: str
    ledger_account_number: int
    bank_account_type: int
    is_active: bool = True
    is_default_cheque_account: bool = False
    currency_code: str | None = None

    def takes(self, currency: str) -> bool:
        """Money comes in on cheque accounts (1), and in other currencies on currency accounts (4)."""
        return self.is_active and self.bank_account_type == (1 if currency == "NOK" else 4) and self.currency_code in (None, currency)


class AccountRow(msgspec.Struct, rename="pascal", kw_only=True):
    account_number: int
    balance: Decimal

    @property
    def id(self) -> str:
        return str(self.account_number)


class SupplierInvoiceRow(msgspec.Struct, rename="pascal", kw_only=True):
    id: str
    remaining_amount_invoice_currency: Decimal
    is_credit_invoice: bool = False
    currency_code: str | None = None
    supplier_name: str | None = None
    invoice_number: str | None = None
    invoice_date: datetime | None = None
    due_date: datetime | None = None

    def ours(self) -> SupplierItem:
        owed = _signed(self.remaining_amount_invoice_currency, self.is_credit_invoice)
        due = None if self.due_date is None else self.due_date.date()
        return SupplierItem(self.id, self.supplier_name or "", self.invoice_number or None, due, owed, self.currency_code or "NOK")


class VoucherLineRow(msgspec.Struct, rename="pascal", kw_only=True):
    account_number: int
    credit_amount: Decimal | None = None
    transaction_text: str | None = None


class VoucherRow(msgspec.Struct, rename="pascal", kw_only=True):
    id: str
    voucher_text: str = ""
    rows: list[VoucherLineRow] = []

    def carries(self, key: str) -> bool:
        return any(key in text for text in (self.voucher_text, *(row.transaction_text or "" for row in self.rows)))

    def credits(self, amount_ore: int) -> bool:
        """Whether so much is taken off the receivables."""
        return any(
            row.account_number in RECEIVABLES and row.credit_amount is not None and ore_of(row.credit_amount) == amount_ore
            for row in self.rows
        )


def items_of(invoices: Sequence[InvoiceRow], open_rows: Iterable[LedgerItemRow]) -> Iterator[LedgerItem]:
    """Invoices and credit notes, and what the customer ledger has beside them."""
    credits = credits_of(invoices)
    known = {row.voucher_id for row in invoices if row.voucher_id}
    for invoice in invoices:
        yield item_of(invoice, credits.get(invoice.id, ()))
    for row in open_rows:
        if row.remaining_ore and row.voucher_id not in known:
            yield row.ours()


def credits_of(invoices: Iterable[InvoiceRow]) -> Mapping[str, Sequence[InvoiceRow]]:
    found: dict[str, list[InvoiceRow]] = defaultdict(list)
    for row in invoices:
        if row.is_credit_invoice and row.referring_invoice_id:
            found[row.referring_invoice_id].append(row)
    return found


def item_of(invoice: InvoiceRow, credits: Sequence[InvoiceRow]) -> LedgerItem:
    settled, payments = _settled(invoice, credits)
    doubts = ("The invoice has no due date in eAccounting.",) if invoice.due_on is None else ()
    foreign = invoice.currency_code != "NOK"
    return LedgerItem(
        external_id=invoice.id, customer_id=invoice.customer_id,
        kind=ItemKind.CREDIT_NOTE if invoice.is_credit_invoice else ItemKind.INVOICE,
        document_number=None if invoice.invoice_number is None else str(invoice.invoice_number),
        kid=invoice.payment_reference_number or None, issued_on=None if invoice.invoice_date is None else invoice.invoice_date.date(),
        due_on=invoice.due_on, original_ore=invoice.total_ore, remaining_ore=invoice.remaining_ore, currency=invoice.currency_code,
        confidence=Confidence.LOW if doubts else Confidence.HIGH, doubts=doubts, payments=payments, version=invoice.version,
        invoice_id=invoice.id, base_remaining_ore=_signed(invoice.remaining_amount, invoice.is_credit_invoice) if foreign else None,
        settled_ore=settled or None,
    )  # fmt: skip


def live_of(invoice: InvoiceRow, credits: Sequence[InvoiceRow]) -> LiveItem:
    """Nothing left: credited where credit notes cover it all, else paid, which is what eAccounting calls it too."""
    settled, payments = _settled(invoice, credits)
    if invoice.remaining_ore > 0 or (invoice.is_credit_invoice and invoice.remaining_ore):
        state = ItemState.OPEN
    elif invoice.is_credit_invoice or not settled:
        state = ItemState.CREDITED if payments or invoice.is_credit_invoice else ItemState.GONE
    else:
        state = ItemState.PAID
    return LiveItem(state, invoice.remaining_ore, invoice.due_on, payments, invoice.version, settled_ore=settled or None)


def bank_balances(accounts: Iterable[BankAccountRow], balances: Iterable[AccountRow], as_of: date) -> tuple[BankBalance, ...]:
    """By the account in the chart, in kroner; tax accounts (7) are no bank."""
    held = {row.account_number: row for row in balances}
    names = {a.ledger_account_number: a.name for a in accounts if a.is_active and a.bank_account_type != 7}
    return tuple(
        BankBalance(str(number), name, ore_of(held[number].balance) if number in held else 0, as_of)
        for number, name in sorted(names.items())
    )


def digits(text: str | None) -> str | None:
    found = "".join(c for c in text or "" if c.isdigit())
    return found or None


def _signed(amount: Decimal, is_credit: bool) -> int:
    """Nobody says whether a credit note's amounts stand below zero, so either is read."""
    return -abs(ore_of(amount)) if is_credit else ore_of(amount)


def _settled(invoice: InvoiceRow, credits: Sequence[InvoiceRow]) -> tuple[int, tuple[LedgerPayment, ...]]:
    """How much is settled beside the credit notes, and these as payments. A note never counts for more than it was used for."""
    gone = max(invoice.total_ore - invoice.remaining_ore, 0)
    found: list[LedgerPayment] = []
    for note in credits:
        used = min(gone, note.remaining_ore - note.total_ore)
        if used > 0 and note.invoice_date is not None:
            gone -= used
            number = None if note.invoice_number is None else str(note.invoice_number)
            found.append(LedgerPayment(note.id, note.invoice_date.date(), used, ItemKind.CREDIT_NOTE, number))
    return gone, tuple(found)
