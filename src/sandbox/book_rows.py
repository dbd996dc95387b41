"""What stands in the reference ledger: companies, customers, documents, voucher lines and close groups.

Amounts are integer øre (minor units) of the document's currency, with `base_ore` beside them in the company's own. Debit is positive.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

Source = Literal["OCR", "BANK", "MANUAL"]
PostingKind = Literal["invoice", "credit_note", "payment", "other"]


class BooksError(Exception):
    """The books refuse: `code` is one of not_found, duplicate, locked, invalid."""

    def __init__(self, code: Literal["not_found", "duplicate", "locked", "invalid"], detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Row(msgspec.Struct, kw_only=True):
    """What every row has: an id unique in the whole sandbox, a version that grows with each change, and when that was (UTC)."""

    id: int
    version: int = 1
    changed_at: datetime


class BankAccount(Row):
    """A place money can come in: a bank account or the till. `code` is the account in the chart of accounts."""

    company: int
    name: str
    code: str
    account_number: str | None = None
    currency: str = "NOK"
    #: the last day of the newest reconciliation that is closed, and of the newest bank movement matched since
    closed_through: date | None = None
    matched_on: date | None = None
    #: somebody matches it diligently: always up to so many days ago
    matched_days_ago: int | None = None
    #: what it held before the first voucher here
    opening_ore: int = 0


class Company(Row):
    vendor: str
    name: str
    organisation_number: str | None = None
    currency: str = "NOK"
    locked_until: date | None = None
    is_test: bool = False
    modules: list[str] = []
    #: the ledger's own reminder switches that are on for the whole company (the vendor's names for them)
    own_dunning: list[str] = []
    #: document number -> id, so that a number is given once
    numbers: dict[int, int] = {}


class Customer(Row):
    company: int
    number: int
    name: str
    organisation_number: str | None = None
    is_person: bool = False
    email: str | None = None
    phone: str | None = None
    address_lines: list[str] = []
    postal_code: str | None = None
    city: str | None = None
    country: str = "NO"
    language: str = "NO"
    #: the ledger's own reminder switches that are on for this customer (the vendor's names for them)
    own_dunning: list[str] = []
    inactive: bool = False


class Invoice(Row):
    """An invoice, or with `credits` a credit note (amount below zero). `charged` is false for a preliminary one, which has no postings."""

    company: int
    customer: int
    number: int
    kid: str | None
    issued_on: date
    due_on: date
    amount_ore: int
    currency: str = "NOK"
    rate: Decimal = Decimal(1)
    charged: bool = True
    credits: int | None = None
    credited: bool = False
    postings: list[int] = []
    reminders: list[int] = []


class Posting(Row):
    """One line of a voucher. `invoice` is what the line is matched to (an unmatched payment: none), `document` what the line stands for."""

    company: int
    voucher: int
    on: date
    account: str
    amount_ore: int
    base_ore: int
    currency: str = "NOK"
    customer: int | None = None
    invoice: int | None = None
    document: int | None = None
    kind: PostingKind = "other"
    due_on: date | None = None
    text: str = ""
    source: Source | None = None
    bank_account: int | None = None
    #: what whoever booked it by an interface called it
    reference: str | None = None
    close_group: int | None = None
    reversed_by: int | None = None


class CloseGroup(Row):
    """Lines of one customer that net to zero. Dated by its last line."""

    company: int
    on: date
    postings: list[int]


class Reminder(Row):
    """A reminder that the ledger itself has sent."""

    company: int
    invoice: int
    on: date
    kind: str = "REMINDER"
    charge_ore: int = 0
    deadline_on: date | None = None


class SupplierInvoice(Row):
    """What the company owes a supplier. `paid_on` set: it owes no more. Stands beside the vouchers; only liquidity looks at it."""

    company: int
    supplier: str
    number: str
    issued_on: date
    due_on: date
    amount_ore: int
    currency: str = "NOK"
    paid_on: date | None = None


class UnpostedVoucher(Row):
    """A voucher that somebody has begun and nobody has posted: it changes no balance. `account` is where its one shown line stands."""

    company: int
    on: date
    account: str
    customer: int | None = None


class BooksState(msgspec.Struct):
    last_id: int = 41_000_000
    companies: dict[int, Company] = {}
    bank_accounts: dict[int, BankAccount] = {}
    customers: dict[int, Customer] = {}
    invoices: dict[int, Invoice] = {}
    postings: dict[int, Posting] = {}
    close_groups: dict[int, CloseGroup] = {}
    reminders: dict[int, Reminder] = {}
    unposted: dict[int, UnpostedVoucher] = {}
    supplier_invoices: dict[int, SupplierInvoice] = {}
