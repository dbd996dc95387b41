"""Fiken, API v2: OAuth2, whole øre, dates without a time of day, and one request at a time for each Fiken user.

What is owed is read from `sales`, of which invoices are only a view: a sale made outside Fiken has no invoice but is owed all the same.
Fiken shows balances as they are now, tells nothing of its own reminders, and gives a payment no reference of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from app.ledgers.adapters.fiken.balances import ACCOUNT, BANKS_FROM, BANKS_TO, CUSTOMERS, LOOSE, BalanceRow, explained, loose_items
from app.ledgers.adapters.fiken.calls import MODULE_MISSING, PAGE_SIZE, FikenCalls, NotFoundError
from app.ledgers.adapters.fiken.changes import changes_of, cursor_day, day_before
from app.ledgers.adapters.fiken.queue import UserQueue, user_queue
from app.ledgers.adapters.fiken.rows import (
    CREDIT_NOTE,
    HOME_CURRENCY,
    BankAccountRow,
    CompanyRow,
    ContactRow,
    CreditNoteRow,
    InvoiceRow,
    PaymentRow,
    PurchaseRow,
    SaleRow,
)
from app.ledgers.capabilities import Capabilities, CredentialKind, Finding, OpenItems, PaymentWrite, Since
from app.ledgers.errors import AuthRevokedError, ModuleMissingError, PermissionMissingError
from app.ledgers.oauth import OAuthClient, OAuthEndpoints
from app.ledgers.ports import (
    BankBalance,
    BankState,
    BookState,
    Changes,
    CredentialStore,
    ItemState,
    Ledger,
    LedgerCompany,
    LedgerCustomer,
    LedgerItem,
    LedgerPayment,
    LiveItem,
    PaymentOrder,
    PostingReceipt,
    Probe,
    SupplierItem,
)
from app.ledgers.vendors import Vendor
from app.net.errors import RefusedError, UnknownOutcomeError, UnsupportedError
from app.net.http import HttpClient
from app.settings import LedgerApp
from app.values.calendar import oslo_date
from app.values.clock import Clock

SITE_URL = "https://fiken.no"
API_URL = "https://api.fiken.no/api/v2"


def endpoints(site_url: str = SITE_URL) -> OAuthEndpoints:
    """Fiken's OAuth: no scopes, no PKCE, `state` again with the code, and a revocation that is authenticated by the token itself."""
    site = site_url.rstrip("/")
    return OAuthEndpoints(
        f"{site}/oauth/authorize", f"{site}/oauth/token", f"{site}/oauth/revoke", pkce=False, state_with_code=True, revoke_style="bearer"
    )


def vendor(apps: Mapping[str, LedgerApp], clock: Clock) -> tuple[Vendor, ...]:
    """Fiken as wired: opened by a user's consent, one request at a time for each of them."""
    app = apps["fiken"]
    http = HttpClient(app.api_url)
    oauth = OAuthClient(
        HttpClient(app.login_url), endpoints(app.login_url.removesuffix("/oauth")), clock,
        client_id=app.keys["client_id"], client_secret=app.keys["client_secret"],
    )  # fmt: skip

    def opened(store: CredentialStore) -> Ledger:
        return FikenLedger(http, store, clock, oauth=oauth, queue=user_queue(store.owner))

    return (Vendor(FikenLedger.capabilities, opened, oauth, app.registered),)


class FikenLedger(Ledger):
    """One user's consent, covering the companies he ticked. A company is named by its slug, an item by its sale's id."""

    capabilities = Capabilities(
        ledger="fiken", label="Fiken", credential_kind=CredentialKind.OAUTH_CODE, multi_company=True, max_concurrency=1,
        open_items=OpenItems.CURRENT, payment_write=PaymentWrite.INVOICE, finding=Finding.ALIKE, reads_own_reminders=False,
        customers_since=Since.DATE, changes=Since.DATE, supplier_items=True, bank_balances=True, receivables_balance=True,
    )  # fmt: skip

    def __init__(
        self,
        http: HttpClient,
        store: CredentialStore,
        clock: Clock,
        *,
        oauth: OAuthClient,
        queue: UserQueue,
        payment_accounts: Mapping[str, str] | None = None,
        page_size: int = PAGE_SIZE,
    ) -> None:
        """`http` has the API's base address; `payment_accounts`: company slug to the account ("1920:10001") that money comes in on."""
        self._clock = clock
        self._calls = FikenCalls(http, store, clock, oauth, queue, page_size)
        self._payment_accounts = dict(payment_accounts or {})

    def list_companies(self) -> list[LedgerCompany]:
        return [company.ours() for company in self._calls.pages("/companies", CompanyRow)]

    def probe(self, company: str) -> Probe:
        try:
            if not self._calls.get(_path(company), CompanyRow).has_api_access:
                return Probe(False, (MODULE_MISSING,))
            accounts = self._calls.pages(_path(company, "bankAccounts"), BankAccountRow, inactive="false")
        except NotFoundError:
            return Probe(False, ("The company is not among those this connection may see. Tick it in Fiken under Apps with access.",))
        except (AuthRevokedError, ModuleMissingError, PermissionMissingError) as fault:
            return Probe(False, (str(fault),))
        if any(_takes_payments(a) for a in accounts):
            return Probe(True)
        return Probe(True, ("The company has no active bank account in Fiken, so payments cannot be posted there.",))

    def fetch_customers(self, company: str, changed_since: datetime | None = None) -> Iterator[LedgerCustomer]:
        """Fiken dates a change without an hour, so everything changed since the start of that day (Oslo) is read."""
        since = None if changed_since is None else oslo_date(changed_since).isoformat()
        for contact in self._calls.pages(_path(company, "contacts"), ContactRow, customer="true", lastModifiedGe=since):
            yield contact.ours()

    def fetch_open_items(self, company: str, as_of: date) -> Iterator[LedgerItem]:
        """Open sales and credit notes dated up to that day, with the balance they have *now*: Fiken keeps no earlier one."""
        sales = list(self._calls.pages(_path(company, "sales"), SaleRow, settled="false"))
        notes = [n for n in self._calls.pages(_path(company, "creditNotes"), CreditNoteRow, settled="false") if n.remaining]
        # a credit note may show up among the sales too, below zero: it is listed once, as the credit note it is
        told = {n.own_sale.sale_id for n in notes if n.own_sale is not None}
        sales = [s for s in sales if s.is_open and s.sale_id not in told and (s.date is None or s.date <= as_of)]
        notes = [n for n in notes if n.issue_date is None or n.issue_date <= as_of]
        yield from (sale.ours() for sale in sales)
        yield from (note.ours() for note in notes)
        yield from self._loose(company, as_of, sales, notes)

    def fetch_changes(self, company: str, cursor: str | None) -> Changes:
        """Sales and credit notes changed since a day. The cursor is the newest day Fiken has told of, less one: a day has no hours in it.

        Loose money on a customer's account is seen by the next snapshot only.
        """
        since = day_before(self._clock.today()) if cursor is None else cursor_day(cursor)
        if cursor is None:
            return Changes(since.isoformat())
        asked = {"lastModifiedGe": since.isoformat()}
        sales = self._calls.pages(_path(company, "sales"), SaleRow, **asked)
        notes = self._calls.pages(_path(company, "creditNotes"), CreditNoteRow, **asked)
        return changes_of(sales, notes, since)

    def receivables_balance(self, company: str, as_of: date) -> int:
        """All customers' accounts together."""
        return sum(row.balance for row in self._balances(company, as_of, ACCOUNT, ACCOUNT) if row.code.startswith(CUSTOMERS))

    def fetch_supplier_items(self, company: str, as_of: date) -> Iterator[SupplierItem]:
        """Purchases from suppliers dated up to that day, with what is left of them *now*."""
        for row in self._calls.pages(_path(company, "purchases"), PurchaseRow, paid="false", dateLe=as_of.isoformat()):
            if row.kind == "supplier" and row.remaining > 0:
                yield row.ours()

    def bank_balances(self, company: str, as_of: date) -> tuple[BankBalance, ...]:
        """By the books, in kroner: Fiken's own list of bank balances is what somebody has typed in."""
        names = {a.account_code: a.name for a in self._calls.pages(_path(company, "bankAccounts"), BankAccountRow, inactive="false")}
        held = self._balances(company, as_of, BANKS_FROM, BANKS_TO)
        return tuple(BankBalance(row.code, names[row.code], row.balance, as_of) for row in held if row.code in names)

    def read_book(self, company: str, as_of: date) -> BookState:
        """Fiken tells how far each bank account is reconciled, and nothing of what waits to be posted."""
        accounts = [a for a in self._calls.pages(_path(company, "bankAccounts"), BankAccountRow, inactive="false") if _takes_payments(a)]
        banks = tuple(BankState(a.account_code, a.reconciled_date) for a in accounts)
        return BookState(banks, link=f"{SITE_URL}/foretak/{quote(company, safe='')}")

    def read_item(self, company: str, item: str, invoice_id: str | None) -> LiveItem:
        """`PAID` and `CREDITED` only when payments or credit notes account for it; ticked off by hand, written off or deleted is `GONE`."""
        if item.startswith(LOOSE):
            return self._live_loose(company, item)
        try:
            if item.startswith(CREDIT_NOTE):
                return self._calls.get(_path(company, "creditNotes", item.removeprefix(CREDIT_NOTE)), CreditNoteRow).live()
            sale = self._calls.get(_path(company, "sales", item), SaleRow)
        except NotFoundError:
            self._see(company)
            return LiveItem(ItemState.GONE, 0, None)
        if sale.is_open:
            return LiveItem(ItemState.OPEN, sale.remaining, sale.due_date, sale.payments, sale.version, sale.own_notices)
        if sale.deleted or sale.write_off:
            return LiveItem(ItemState.GONE, 0, sale.due_date, sale.payments, sale.version)
        state, payments = self._why_closed(company, sale)
        return LiveItem(state, 0, sale.due_date, payments, sale.version)

    def register_payment(self, company: str, order: PaymentOrder) -> PostingReceipt:
        """On the account named for the company, else the one the invoice asked to be paid to, else the only one there is."""
        if order.currency != HOME_CURRENCY:
            raise UnsupportedError("Fiken wants to know how many kroner came in for a payment in another currency: register it there")
        body: dict[str, Any] = {
            "date": order.paid_on.isoformat(),
            "account": self._payment_account(company, order.invoice_id),
            "amount": order.amount_ore,
        }
        reply = self._calls.send("POST", _path(company, "sales", order.invoice_id, "payments"), json_body=body)
        made = reply.headers.get("location", "").rstrip("/").rpartition("/")[2]
        if made.isdigit():
            return PostingReceipt(made, order.paid_on)
        found = self.find_payment(company, order)
        if found is None:
            raise UnknownOutcomeError("Fiken took the payment but does not show it")
        return found

    def find_payment(self, company: str, order: PaymentOrder) -> PostingReceipt | None:
        """Looked for by date, amount and account, because Fiken's payments carry no reference of ours.

        Raises `UnknownOutcomeError` when several fit, when one fits but for its account, and when the sale is gone.
        """
        try:
            shown = self._calls.get(_path(company, "sales", order.invoice_id, "payments"), list[PaymentRow])
        except NotFoundError:
            raise UnknownOutcomeError("the sale is no longer in Fiken, so its payments cannot be read") from None
        like = (order.paid_on, order.amount_ore, order.currency)
        same = [p for p in shown if (p.date, p.amount, p.currency or HOME_CURRENCY) == like]
        if not same:
            return None
        if len(same) > 1 or same[0].account != self._payment_account(company, order.invoice_id):
            raise UnknownOutcomeError("Fiken shows payments of that date and amount, and it cannot be told whether one is ours")
        return PostingReceipt(str(same[0].payment_id), order.paid_on)

    def close(self) -> None:
        """Nothing to give back: the HTTP client is shared by all openings and belongs to whoever made it."""

    def _loose(self, company: str, as_of: date, sales: list[SaleRow], notes: list[CreditNoteRow]) -> Iterator[LedgerItem]:
        told = explained(sales, notes)
        less = [b for b in self._balances(company, as_of, ACCOUNT, ACCOUNT) if b.balance < told.get(b.code, 0)]
        if not less:
            return
        contacts = self._calls.pages(_path(company, "contacts"), ContactRow, customer="true")
        owners = {c.customer_account_code: str(c.contact_id) for c in contacts if c.customer_account_code}
        yield from loose_items(less, told, owners)

    def _balances(self, company: str, as_of: date, first: str, last: str) -> list[BalanceRow]:
        span = {"fromAccount": first, "toAccount": last, "date": as_of.isoformat()}
        return self._calls.pages(_path(company, "accountBalances"), BalanceRow, **span)

    def _live_loose(self, company: str, item: str) -> LiveItem:
        """Tied to a document meanwhile, or still loose: only the whole account tells."""
        found = next((i for i in self.fetch_open_items(company, self._clock.today()) if i.external_id == item), None)
        if found is None:
            return LiveItem(ItemState.PAID, 0, None)
        return LiveItem(ItemState.OPEN, found.remaining_ore, None, version=found.version)

    def _why_closed(self, company: str, sale: SaleRow) -> tuple[ItemState, tuple[LedgerPayment, ...]]:
        paid = sum(p.amount_ore for p in sale.payments)
        if not sale.is_foreign and 0 < sale.gross <= paid:
            return ItemState.PAID, sale.payments
        invoice = self._invoice_of(company, sale)
        notes = [] if invoice is None else [str(n) for n in invoice.associated_credit_notes]
        credits = tuple(
            self._calls.get(_path(company, "creditNotes", note), CreditNoteRow).as_payment(self._clock.today()) for note in notes
        )  # fmt: skip
        seen = sale.payments + credits
        accounted = sale.is_foreign or sum(p.amount_ore for p in seen) >= sale.gross
        if not accounted or not seen:
            return ItemState.GONE, seen
        return (ItemState.PAID if paid > 0 else ItemState.CREDITED), seen

    def _invoice_of(self, company: str, sale: SaleRow) -> InvoiceRow | None:
        if sale.kind != "invoice" or not sale.sale_number:
            return None
        found = self._calls.pages(_path(company, "invoices"), InvoiceRow, invoiceNumber=sale.sale_number)
        return next((i for i in found if i.sale is not None and i.sale.sale_id == sale.sale_id), None)

    def _payment_account(self, company: str, sale_id: str) -> str:
        if company in self._payment_accounts:
            return self._payment_accounts[company]
        accounts = [a for a in self._calls.pages(_path(company, "bankAccounts"), BankAccountRow, inactive="false") if _takes_payments(a)]
        if len(accounts) > 1:
            invoice = self._invoice_of(company, self._calls.get(_path(company, "sales", sale_id), SaleRow))
            asked = None if invoice is None else invoice.bank_account_number
            accounts = [a for a in accounts if asked and a.bank_account_number == asked]
        if len(accounts) != 1:
            raise RefusedError("It cannot be told which bank account in Fiken payments belong on. Choose one for the company.")
        return accounts[0].account_code

    def _see(self, company: str) -> None:
        """Raise unless the company itself is in sight: then what is missing is missing in it."""
        try:
            self._calls.get(_path(company), CompanyRow)
        except NotFoundError:
            raise PermissionMissingError("The company is no longer among those this connection may see in Fiken.") from None


def _path(company: str, *parts: str) -> str:
    if not all(part.strip(".") for part in (company, *parts)):
        raise RefusedError("an empty id cannot be looked up in Fiken")
    return "/companies/" + "/".join(quote(part, safe="") for part in (company, *parts))


def _takes_payments(account: BankAccountRow) -> bool:
    return not account.inactive and (account.type or "normal") == "normal"
