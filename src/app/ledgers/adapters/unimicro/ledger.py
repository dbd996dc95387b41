"""A ledger on the Unimicro platform: open invoices, loose lines of the customers' accounts, and payments registered on an invoice.

What is open is invoices with something left *and* lines of the customers' accounts that belong to none: only together are they what the
account shows. Balances are those of now; the platform tells no earlier ones of documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from app.ledgers.adapters.unimicro import rows
from app.ledgers.adapters.unimicro.balances import bank_balances, receivables_balance
from app.ledgers.adapters.unimicro.filters import AnyOf, Condition, Row, UnfilteredError, changed_since, instant_of, where
from app.ledgers.adapters.unimicro.payments import Payments
from app.ledgers.adapters.unimicro.wire import PAGE_SIZE, GoneError, Wire, reading
from app.ledgers.calls import Pause
from app.ledgers.capabilities import Capabilities, CredentialKind, Finding, OpenItems, PaymentWrite, Since
from app.ledgers.oauth import OAuthClient
from app.ledgers.ports import (
    BankBalance,
    BookState,
    Changes,
    CredentialStore,
    ItemState,
    Ledger,
    LedgerCompany,
    LedgerCustomer,
    LedgerItem,
    LiveItem,
    PaymentOrder,
    PostingReceipt,
    Probe,
    SupplierItem,
)
from app.net.errors import BrokenError, RefusedError
from app.net.http import HttpClient, backoff
from app.values.clock import Clock

#: how far a cursor steps back: the platform's clock is not ours, and a change shows when it is committed
OVERLAP = timedelta(minutes=15)
#: a ledger that has reminded so lately is taken to remind on
REMINDS_WITHIN = timedelta(days=60)
INVOICE_EXPAND = "Payments,CustomerInvoiceReminders"
CUSTOMER_EXPAND = "Info,Info.InvoiceAddress,Info.DefaultEmail,Info.DefaultPhone"
OF_CUSTOMERS = Condition("SubAccount.CustomerID", "gt", 0)
OF_SUPPLIERS = Condition("SubAccount.SupplierID", "gt", 0)
#: `ne` leaves out rows where the field is empty, so what is left is asked for as above or below zero
SOMETHING_LEFT = AnyOf((Condition("RestAmount", "gt", 0), Condition("RestAmount", "lt", 0)))


class UnimicroLedger(Ledger):
    """One user's consent at one brand, covering the companies that let us in. An item is an invoice's id, or a line's with its prefix."""

    capabilities = Capabilities(
        ledger="unimicro", label="Unimicro", credential_kind=CredentialKind.OAUTH_CODE, multi_company=True, max_concurrency=2,
        open_items=OpenItems.CURRENT, payment_write=PaymentWrite.INVOICE, finding=Finding.ALIKE, reads_own_reminders=True,
        customers_since=Since.INSTANT, changes=Since.INSTANT, reverses=True, supplier_items=True, bank_balances=True,
        receivables_balance=True,
    )  # fmt: skip

    def __init__(
        self,
        http: HttpClient,
        store: CredentialStore,
        clock: Clock,
        *,
        oauth: OAuthClient,
        brand: str,
        label: str,
        page_size: int = PAGE_SIZE,
        pause: Pause = backoff,
    ) -> None:
        """`http` has the address of the brand's interface; `brand` and `label` are our name for it and people's."""
        self.capabilities = replace(UnimicroLedger.capabilities, ledger=brand, label=label)
        self._wire = Wire(http, store, clock, oauth, page_size, pause)
        self._payments = Payments(self._wire)
        self._clock = clock
        self._site = http.base_url.removesuffix("/api")
        self._currencies: dict[str, dict[int, str]] = {}
        self._bases: dict[str, str] = {}

    def list_companies(self) -> list[LedgerCompany]:
        found = self._wire.companies()
        with reading("companies"):
            return [rows.company_of(row) for row in found]

    def probe(self, company: str) -> Probe:
        """May we read what we need, are the books closed for today, and does the ledger remind by itself?"""
        label = self.capabilities.label
        try:
            locked = self._payments.locked_through(company)
            for entity in ("customers", "invoices", "journalentrylines", "payments"):
                self._wire.page(company, entity, where())
            reminds = self._reminds(company)
        except RefusedError as refusal:
            return Probe(False, (str(refusal),))
        problems = []
        if locked is not None and locked >= self._clock.today():
            problems.append(f"The books are locked through {locked.isoformat()} in {label}, so payments cannot be posted.")
        if reminds:
            problems.append(f"{label} has sent reminders of its own lately: switch its reminders off, or stop them for each customer.")
        return Probe(True, tuple(problems), ("invoicereminders",) if reminds else ())

    def fetch_customers(self, company: str, changed_since_: datetime | None = None) -> Iterator[LedgerCustomer]:
        """How date-times are written in a filter is not documented for certain: where ours is not understood, all customers are read."""
        reminds = self._reminds(company)
        asked = where() if changed_since_ is None else where(changed_since(changed_since_, "Info"))
        try:
            found = list(self._wire.rows(company, "customers", asked, CUSTOMER_EXPAND))
        except UnfilteredError:
            found = list(self._wire.rows(company, "customers", where(), CUSTOMER_EXPAND))
        for row in found:
            with reading("a customer"):
                yield rows.customer_of(row, reminds)

    def fetch_open_items(self, company: str, as_of: date) -> Iterator[LedgerItem]:
        """Lines before invoices: a credit that is tied in between shows on both sides; the customer then seems to owe less, not more."""
        currencies, base = self._money(company)
        lines = list(self._wire.rows(company, "journalentrylines", where(OF_CUSTOMERS, SOMETHING_LEFT), "SubAccount"))
        invoices = list(self._wire.rows(company, "invoices", where(Condition("RestAmount", "gt", 0)), INVOICE_EXPAND))
        with reading("open items"):
            listed = [row for row in invoices if row["StatusCode"] != rows.DRAFT and not row.get("Deleted")]
            named = {(row["CustomerID"], row["InvoiceNumber"]) for row in listed}
            items = [rows.invoice_item(row, currencies, base) for row in listed]
            items += [rows.line_item(row, currencies, base) for row in lines if rows.is_loose(row, named)]
        yield from (item for item in items if item.issued_on is None or item.issued_on <= as_of)

    def fetch_changes(self, company: str, cursor: str | None) -> Changes:
        """Invoices and loose lines made or touched since. The next cursor goes by the platform's own clock, as far as rows tell it."""
        if cursor is None:
            return Changes((self._clock.now() - OVERLAP).astimezone(UTC).isoformat())
        with reading("a cursor"):
            since = instant_of(cursor)
        currencies, base = self._money(company)
        lines = list(self._wire.rows(company, "journalentrylines", where(OF_CUSTOMERS, changed_since(since)), "SubAccount"))
        invoices = list(self._wire.rows(company, "invoices", where(changed_since(since)), INVOICE_EXPAND))
        with reading("changes"):
            gone = tuple(str(row["ID"]) for row in invoices if row["StatusCode"] == rows.DRAFT or row.get("Deleted"))
            listed = [row for row in invoices if str(row["ID"]) not in gone and ore_not_below_zero(row)]
            named = {(row["CustomerID"], row["InvoiceNumber"]) for row in listed}
            items = [rows.invoice_item(row, currencies, base) for row in listed]
            # a credit that is used up is told too, with nothing left: it may be known as open
            items += [rows.line_item(row, currencies, base) for row in lines if rows.is_loose(row, named) or rows.is_credit(row)]
            seen = [instant_of(mark) for row in (*lines, *invoices) for mark in (row.get("CreatedAt"), row.get("UpdatedAt")) if mark]
        newest = max([since, self._clock.now() - OVERLAP, *(mark - OVERLAP for mark in seen)])
        return Changes(newest.astimezone(UTC).isoformat(), tuple(items), gone)

    def receivables_balance(self, company: str, as_of: date) -> int:
        return receivables_balance(self._wire, company, as_of)

    def fetch_supplier_items(self, company: str, as_of: date) -> Iterator[SupplierItem]:
        """What is left on the suppliers' accounts now, of what was booked by that day."""
        currencies, _ = self._money(company)
        asked = where(OF_SUPPLIERS, Condition("RestAmount", "lt", 0), Condition("FinancialDate", "le", as_of))
        for row in self._wire.rows(company, "journalentrylines", asked, "SubAccount"):
            with reading("a supplier's line"):
                yield rows.supplier_item(row, currencies)

    def bank_balances(self, company: str, as_of: date) -> tuple[BankBalance, ...]:
        _, base = self._money(company)
        return bank_balances(self._wire, company, as_of, base)

    def read_book(self, company: str, as_of: date) -> BookState:
        """Bank reconciliation and vouchers in waiting are not read: not known, never "all is well"."""
        return BookState(link=f"{self._site}/#/")

    def read_item(self, company: str, item: str, invoice_id: str | None) -> LiveItem:
        try:
            if item.startswith(rows.LINE):
                line = self._wire.one(company, "journalentrylines", item.removeprefix(rows.LINE))
                with reading("a line"):
                    return rows.live_line(line)
            invoice = self._wire.one(company, "invoices", item, INVOICE_EXPAND)
        except GoneError:
            return LiveItem(ItemState.GONE, 0, None)
        with reading("an invoice"):
            credits = self._credits(company, invoice) if invoice.get("CreditedAmount") else []
            return rows.live_invoice(invoice, credits)

    def register_payment(self, company: str, order: PaymentOrder) -> PostingReceipt:
        """In the company's own currency only: another needs a rate, and who is to bear the difference."""
        currencies, base = self._money(company)
        return self._payments.register(company, order, currencies, base)

    def find_payment(self, company: str, order: PaymentOrder) -> PostingReceipt | None:
        return self._payments.find(company, order)

    def reverse_payment(self, company: str, order: PaymentOrder, receipt: PostingReceipt, on: date) -> PostingReceipt:
        return self._payments.reverse(company, order, receipt, on)

    def close(self) -> None:
        """Nothing to give back: the HTTP client is shared by all openings and belongs to whoever made it."""

    def _credits(self, company: str, invoice: Row) -> list[Row]:
        asked = where(Condition("InvoiceReferenceID", "eq", int(invoice["ID"])))
        return list(self._wire.rows(company, "invoices", asked))

    def _reminds(self, company: str) -> bool:
        """Whether the ledger has sent a reminder by itself within `REMINDS_WITHIN`."""
        since = Condition("RemindedDate", "ge", self._clock.today() - REMINDS_WITHIN)
        found = self._wire.page(company, "invoicereminders", where(since), top=50)
        with reading("reminders"):
            return any(since.holds(row) and row.get("StatusCode") not in rows.UNSENT for row in found)

    def _money(self, company: str) -> tuple[Mapping[int, str], str]:
        """Currencies by the company's ids of them, and its own."""
        if company not in self._currencies:
            found = list(self._wire.rows(company, "currency-codes"))
            with reading("currencies"):
                codes = {row["ID"]: str(row["Code"]) for row in found}
                self._bases[company] = codes[self._wire.settings(company)["BaseCurrencyCodeID"]]
                self._currencies[company] = codes
        return self._currencies[company], self._bases[company]


def ore_not_below_zero(row: Row) -> bool:
    """Credit notes are invoices too; what is left of one stands on the account as a line."""
    rest: object = row["TaxInclusiveAmountCurrency"]
    if isinstance(rest, int | Decimal):
        return rest >= 0
    raise BrokenError("invoices: an amount is no number")
