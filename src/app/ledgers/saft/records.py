"""What is read from and derived out of a SAF-T file, as plain values. Money is signed integer øre in NOK: what is owed is positive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from app.ledgers.ports import Confidence, ItemKind, LedgerCompany, LedgerCustomer, LedgerPayment
from app.net.errors import BrokenError


class SaftError(BrokenError):
    """The file cannot be read as SAF-T Financial, or must not be. The text names the file and, where known, the line."""

    def __init__(self, detail: str, *, file: str | None = None, line: int | None = None) -> None:
        place = f"{file}, line {line}" if file and line else file or ""
        super().__init__(f"{place}: {detail}" if place else detail)
        self.file = file
        self.line = line


class Doubt(StrEnum):
    """Why an item is not certain. Whole sentences without figures, so that they can be translated as they stand."""

    NO_REFERENCE = "The ledger gives no invoice number or KID for this item, only a voucher."
    NO_DUE_DATE = "The ledger gives no due date and no payment terms."
    DUE_DATE_GUESSED = "The due date is only a proposal from the customer's payment terms."
    DUE_BEFORE_ISSUED = "The due date lies before the invoice date."
    SEVERAL_DUE_DATES = "The ledger gives several due dates; the latest is used."
    ONLY_KID = "The item is identified by KID or cross reference only."
    PAID_BY_KID = "A payment was matched by KID or cross reference, not by invoice number."
    PAID_BY_VOUCHER = "A payment was matched by voucher number only."
    SHARED_REFERENCE = "Several documents share the KID or cross reference of a payment; the oldest was taken to be paid first."
    PAID_BY_AMOUNT = "A payment without reference was set off against this item: only a proposal."
    EQUAL_AMOUNT_PAID = "A payment without reference equals this item and another one; which of them is paid is unknown."
    MAY_BE_PAID = "The customer has an unallocated credit that may cover this item."
    CREDIT_ELSEWHERE = "The customer has an unallocated credit."
    UNALLOCATED = "The file does not say what this credit belongs to."
    OPENING = "Opening balance: the file does not say which documents it consists of or when they fell due."
    OPENING_SET_OFF = "Payments for documents from before the period were set off against the opening balance."
    DIFFERENCE = "The closing balance differs from opening balance and transactions by this amount."
    NOT_RECONCILED = "The customer's transactions do not explain his closing balance."
    NO_CLOSING_BALANCE = "The file states no closing balance for this customer."
    EXCHANGE_DIFFERENCE = "Settled in its own currency; what is left in kroner is an exchange difference."
    MIXED_CURRENCIES = "The document has lines in more than one currency."


class SaftLine(NamedTuple):
    """One line of a voucher that names a customer. `foreign` is the signed amount in `currency` in its hundredths, if not NOK."""

    customer_id: str
    account: str
    journal: str
    transaction: str
    on: date
    amount_ore: int
    kind: ItemKind
    currency: str = "NOK"
    foreign: int | None = None
    reference: str | None = None
    kid: str | None = None
    cross: str | None = None
    source: str | None = None
    due_on: date | None = None


class AccountBalance(NamedTuple):
    """One receivables account of one customer as the master file states it. None: not stated."""

    account: str | None
    opening_ore: int | None
    closing_ore: int | None


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """`PartyInfo/PaymentTerms`. With a free billing month the days count from the end of the invoice's month."""

    days: int | None = None
    months: int | None = None
    free_billing_month: bool = False


@dataclass(frozen=True, slots=True)
class SaftCustomer:
    """A customer card with what the file states about his account. Balances are None where the file states none."""

    card: LedgerCustomer
    terms: PaymentTerms = PaymentTerms()
    opening_ore: int | None = None
    closing_ore: int | None = None

    @property
    def payment_terms_days(self) -> int | None:
        return self.terms.days


@dataclass(frozen=True, slots=True)
class SaftItem:
    """A derived open item. `due` is the file's own date; `proposed_due` a guess that must never start anything by itself.

    `key` identifies the document within the company and stays the same when the same data is imported again.
    """

    key: str
    customer_id: str
    kind: ItemKind
    document_number: str | None
    kid: str | None
    due: date | None
    proposed_due: date | None
    issued_on: date | None
    original_ore: int
    remaining_ore: int
    currency: str
    confidence: Confidence
    doubts: tuple[Doubt, ...] = ()
    payments: tuple[LedgerPayment, ...] = ()
    account: str | None = None


@dataclass(frozen=True, slots=True)
class BalanceDifference:
    """What the file states and what its transactions add up to, where the two differ. One of customer and account is set."""

    customer_id: str | None
    account: str | None
    stated_ore: int
    derived_ore: int


@dataclass(frozen=True, slots=True)
class SaftImport:
    """The whole result of reading. The items of a customer sum exactly to his closing balance, where one is stated."""

    company: LedgerCompany
    period_start: date
    period_end: date
    version: str
    customers: tuple[SaftCustomer, ...]
    items: tuple[SaftItem, ...]
    unknowns: tuple[str, ...]
    differences: tuple[BalanceDifference, ...]

    @property
    def organisation_number(self) -> str:
        return self.company.external_id
