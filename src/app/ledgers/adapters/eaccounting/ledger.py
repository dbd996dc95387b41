"""Visma eAccounting (in Sweden: Spiris), API v2: one company for each consent, invoices with what remains, payments on an invoice.

The refresh token is a new one at every renewal, and the one before is dead: two renewals side by side would lose the company. The
credential store renews one at a time; nothing here may go around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from app.ledgers.adapters.eaccounting.rows import (
    DEPOSIT,
    LEDGER_ITEM,
    RECEIVABLES,
    AccountRow,
    BankAccountRow,
    CustomerRow,
    InvoiceRow,
    LedgerItemRow,
    SettingsRow,
    SupplierInvoiceRow,
    VoucherRow,
    bank_balances,
    credits_of,
    item_of,
    items_of,
    live_of,
    ore_of,
)
from app.ledgers.adapters.eaccounting.wire import PAGE_SIZE, GoneError, Identified, instant, midnight, refusal_of, row_of, rows_of
from app.ledgers.calls import Calls, Pause
from app.ledgers.capabilities import Capabilities, CredentialKind, Finding, OpenItems, PaymentWrite, Since
from app.ledgers.errors import CursorExpiredError
from app.ledgers.oauth import OAuthClient, OAuthEndpoints
from app.ledgers.ports import (
    BankBalance,
    Changes,
    Credential,
    CredentialStore,
    ItemState,
    Ledger,
    LedgerCompany,
    LedgerCustomer,
    LedgerItem,
    LiveItem,
    PaymentOrder,
    PostingReceipt,
    PostingState,
    Probe,
    SupplierItem,
)
from app.ledgers.vendors import Vendor
from app.net.errors import RefusedError, UnknownOutcomeError
from app.net.http import HttpClient, backoff
from app.settings import LedgerApp
from app.values.clock import Clock

API_URL = "https://eaccountingapi.vismaonline.com/v2"
LOGIN_URL = "https://identity.vismaonline.com/connect"
SCOPE = "ea:api offline_access ea:sales ea:accounting_readonly ea:purchase"
#: the vendor's own name for "choose a company in eAccounting", and that the user is asked which
CHOICE = {"acr_values": "service:44643EB1-3F76-4C1C-A672-402AE8085934", "prompt": "select_account"}
OVERLAP = timedelta(minutes=15)
PARTIAL, COMPLETE = 1, 2


def endpoints(login_url: str = LOGIN_URL) -> OAuthEndpoints:
    """Codes live for five minutes; a refresh token for one use."""
    login = login_url.rstrip("/")
    return OAuthEndpoints(f"{login}/authorize?{urlencode(CHOICE)}", f"{login}/token", f"{login}/revocation", scope=SCOPE, pkce=False)


def vendor(apps: Mapping[str, LedgerApp], clock: Clock) -> tuple[Vendor, ...]:
    """eAccounting as wired: opened by a user's consent for one company."""
    app = apps["eaccounting"]
    http = HttpClient(app.api_url)
    oauth = OAuthClient(
        HttpClient(app.login_url), endpoints(app.login_url), clock, client_id=app.keys["client_id"], client_secret=app.keys["client_secret"]
    )

    def opened(store: CredentialStore) -> Ledger:
        return EAccountingLedger(http, store, clock, oauth=oauth)

    return (Vendor(EAccountingLedger.capabilities, opened, oauth, app.registered),)


class EAccountingLedger(Ledger):
    """One user's consent for one company, which is named by its organisation number; the token tells the vendor which it is."""

    capabilities = Capabilities(
        ledger="eaccounting", label="Visma eAccounting", credential_kind=CredentialKind.OAUTH_CODE, multi_company=False, max_concurrency=4,
        open_items=OpenItems.CURRENT, payment_write=PaymentWrite.INVOICE, finding=Finding.ALIKE, reads_own_reminders=False,
        loose_credits=False, dates_payments=False, customers_since=Since.INSTANT, changes=Since.INSTANT, pays_foreign=True,
        supplier_items=True, bank_balances=True, receivables_balance=True,
    )  # fmt: skip

    def __init__(
        self,
        http: HttpClient,
        store: CredentialStore,
        clock: Clock,
        *,
        oauth: OAuthClient,
        page_size: int = PAGE_SIZE,
        pause: Pause = backoff,
    ) -> None:
        self._calls = Calls(http, store, clock, sign=_signed, refusal=refusal_of, renew=oauth.refresh, pause=pause)
        self._clock, self._page_size = clock, page_size

    def list_companies(self) -> list[LedgerCompany]:
        return [row_of(self._calls, "/companysettings", SettingsRow).ours()]

    def probe(self, company: str) -> Probe:
        try:
            row_of(self._calls, "/companysettings", SettingsRow)
            accounts = self._rows("/bankaccounts", BankAccountRow)
        except RefusedError as refusal:
            return Probe(False, (str(refusal),))
        if any(account.takes("NOK") for account in accounts):
            return Probe(True)
        return Probe(True, ("The company has no active bank account in eAccounting, so payments cannot be posted there.",))

    def fetch_customers(self, company: str, changed_since: datetime | None = None) -> Iterator[LedgerCustomer]:
        where = None if changed_since is None else f"ChangedUtc ge {instant(changed_since)}"
        for row in self._rows("/customers", CustomerRow, where):
            yield row.ours()

    def fetch_open_items(self, company: str, as_of: date) -> Iterator[LedgerItem]:
        """What is open now and was issued by that day. Invoices are asked for from the oldest open one."""
        open_rows = [row for row in self._rows("/customerledgeritems", LedgerItemRow) if row.remaining_ore]
        if not open_rows:
            return
        first = min(row.invoice_date.date() for row in open_rows)
        invoices = self._rows("/customerinvoices", InvoiceRow, f"InvoiceDate ge {midnight(first)}")
        for item in items_of(invoices, open_rows):
            if item.remaining_ore and (item.issued_on is None or item.issued_on <= as_of):
                yield item

    def fetch_changes(self, company: str, cursor: str | None) -> Changes:
        """Invoices by the vendor's own mark of change. What has no invoice behind it is seen by the whole list only."""
        if cursor is None:
            return Changes((self._clock.now() - OVERLAP).isoformat())
        since = _moment(cursor)
        changed = self._rows("/customerinvoices", InvoiceRow, f"ModifiedUtc gt {instant(since)}")
        newest = max((_utc(row.modified_utc) for row in changed if row.modified_utc is not None), default=since)
        items = tuple(item_of(row, self._credits(row)) for row in changed)
        return Changes(max(since, newest - OVERLAP).isoformat(), items)

    def receivables_balance(self, company: str, as_of: date) -> int:
        return sum(ore_of(row.balance) for row in self._balances(as_of) if row.account_number in RECEIVABLES)

    def fetch_supplier_items(self, company: str, as_of: date) -> Iterator[SupplierItem]:
        for row in self._rows("/supplierinvoices", SupplierInvoiceRow):
            item = row.ours()
            if item.remaining_ore and (row.invoice_date is None or row.invoice_date.date() <= as_of):
                yield item

    def bank_balances(self, company: str, as_of: date) -> tuple[BankBalance, ...]:
        return bank_balances(self._rows("/bankaccounts", BankAccountRow), self._balances(as_of), as_of)

    def read_item(self, company: str, item: str, invoice_id: str | None) -> LiveItem:
        try:
            if invoice_id is not None:
                invoice = self._invoice(invoice_id)
                return live_of(invoice, self._credits(invoice))
            row = row_of(self._calls, f"/customerledgeritems/{_guid(item.removeprefix(LEDGER_ITEM))}", LedgerItemRow)
        except GoneError:
            return LiveItem(ItemState.GONE, 0, None)
        told = row.ours()
        return LiveItem(ItemState.OPEN if told.remaining_ore else ItemState.GONE, told.remaining_ore, told.due_on, version=told.version)

    def register_payment(self, company: str, order: PaymentOrder) -> PostingReceipt:
        """On the invoice, from the bank account in its currency. Our key goes into the reference."""
        if order.amount_ore <= 0:
            raise RefusedError("a payment must be above zero")
        if order.paid_on > self._clock.today():
            raise RefusedError("eAccounting takes no payment dated ahead: wait until that day")
        invoice = self._invoice(order.invoice_id)
        if order.amount_ore > invoice.remaining_ore or order.currency != invoice.currency_code:
            raise RefusedError("the payment is more than what remains of the invoice in eAccounting, or in another currency")
        payment = {
            "CompanyBankAccountId": self._bank_account(order.currency), "PaymentDate": order.paid_on.isoformat(),
            "PaymentAmount": order.amount_ore / 100, "PaymentCurrency": order.currency, "Reference": order.our_key,
            "PaymentType": COMPLETE if order.amount_ore == invoice.remaining_ore else PARTIAL,
        }  # fmt: skip
        self._calls.send("POST", f"/customerinvoices/{invoice.id}/payments", json_body=payment)
        # the answer repeats the payment and names no row of the books
        return PostingReceipt(order.our_key, order.paid_on, state=PostingState.MATCHED)

    def find_payment(self, company: str, order: PaymentOrder) -> PostingReceipt | None:
        """Among that day's deposits: one that carries our key is it. One of that amount without it may be somebody else's: a person must
        look. None of that amount: certainly not done."""
        beyond = order.paid_on + timedelta(days=1)
        where = f"VoucherDate ge {midnight(order.paid_on)} and VoucherDate lt {midnight(beyond)} and VoucherType eq {DEPOSIT}"
        deposits = self._rows("/vouchers", VoucherRow, where)
        if any(row.carries(order.our_key) for row in deposits):
            return PostingReceipt(order.our_key, order.paid_on, state=PostingState.MATCHED)
        if order.currency != "NOK" or any(row.credits(order.amount_ore) for row in deposits):
            raise UnknownOutcomeError("a deposit that day may be our payment, and eAccounting does not tell: a person must look")
        return None

    def close(self) -> None:
        """Nothing to give back: the HTTP client is shared by all openings."""

    def _rows(self, path: str, shape: type[Identified], where: str | None = None) -> list[Identified]:
        return rows_of(self._calls, path, shape, self._page_size, where)

    def _balances(self, as_of: date) -> list[AccountRow]:
        return self._rows(f"/accountbalances/{as_of.isoformat()}", AccountRow)

    def _invoice(self, invoice_id: str) -> InvoiceRow:
        return row_of(self._calls, f"/customerinvoices/{_guid(invoice_id)}", InvoiceRow)

    def _credits(self, invoice: InvoiceRow) -> list[InvoiceRow]:
        """The credit notes of an invoice of which something is gone, by the customer's notes since it was made."""
        if invoice.is_credit_invoice or invoice.remaining_ore == invoice.total_ore:
            return []
        since = "" if invoice.invoice_date is None else f" and InvoiceDate ge {midnight(invoice.invoice_date.date())}"
        notes = self._rows("/customerinvoices", InvoiceRow, f"CustomerId eq {_guid(invoice.customer_id)}{since}")
        return list(credits_of(notes).get(invoice.id, ()))

    def _bank_account(self, currency: str) -> str:
        usable = [a for a in self._rows("/bankaccounts", BankAccountRow) if a.takes(currency)]
        chosen = [a for a in usable if a.is_default_cheque_account] or usable
        if len(chosen) != 1:
            raise RefusedError(
                f"It cannot be told which bank account in eAccounting payments in {currency} belong on. Mark one as the default there."
            )
        return chosen[0].id


def _signed(credential: Credential) -> Mapping[str, str]:
    return {"authorization": f"Bearer {credential.values['access_token']}", "accept": "application/json"}


def _guid(text: str) -> str:
    """Ids go into a path or a filter: only what a GUID is made of may."""
    if not re.fullmatch(r"[0-9a-fA-F-]{36}", text):
        raise RefusedError("this row has no invoice in eAccounting, so no payment can be registered on it")
    return text


def _moment(cursor: str) -> datetime:
    try:
        return _utc(datetime.fromisoformat(cursor))
    except ValueError as fault:
        raise CursorExpiredError("the cursor is not one of ours") from fault


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
