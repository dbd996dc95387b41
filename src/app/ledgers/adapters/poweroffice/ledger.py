"""PowerOffice Go, API v2: the customer sub-ledger as of any day, and payments posted as bank vouchers that carry our key.

What is read comes from a copy of the books that lags a little behind: what was just written may not be seen yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from app.ledgers.adapters.poweroffice.clients import LOST, Client, ClientStore, clients_of
from app.ledgers.adapters.poweroffice.entries import CREDIT_NOTE, INVOICE, NOTICES, Entry, InvoiceRow, item_of, live_of, ore_of
from app.ledgers.adapters.poweroffice.onboarding import Onboarding
from app.ledgers.adapters.poweroffice.pace import PacedHttp, shared_pace
from app.ledgers.adapters.poweroffice.rows import (
    BalanceRow,
    BankAccountRow,
    CustomerRow,
    InformationRow,
    SupplierEntry,
    TrialRow,
    VatCodeRow,
    VoucherRow,
    bank_balances,
)
from app.ledgers.adapters.poweroffice.wire import (
    PAGE_SIZE,
    DuplicateError,
    GoneError,
    Shape,
    at_least_a_second,
    decoded,
    refusal_of,
    row_of,
    rows_of,
)
from app.ledgers.calls import Calls, Pause
from app.ledgers.capabilities import Capabilities, CredentialKind, Finding, OpenItems, PaymentWrite, Since
from app.ledgers.errors import AuthRevokedError, CursorExpiredError, PermissionMissingError
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
from app.net.errors import BrokenError, RefusedError, UnknownOutcomeError
from app.net.http import HttpClient, backoff
from app.settings import LedgerApp
from app.values.clock import Clock

#: how far what is read may lag behind what was written; nobody says how much, so this is generous
LAG = timedelta(seconds=20)
OVERLAP = timedelta(minutes=15)
#: before any book in Go
LONG_AGO = date(2000, 1, 1)
#: the code of the Norwegian tax authority's list for "no VAT treatment" (SAF-T code 0)
NO_VAT = "0"
#: the kind of voucher that we make
OURS = "BankJournal"


def vendor(apps: Mapping[str, LedgerApp], clock: Clock) -> tuple[Vendor, ...]:
    """PowerOffice Go as wired: opened by onboarding, at one pace for everybody."""
    app = apps["poweroffice"]
    key = app.keys["subscription_key"]
    http = PacedHttp(app.api_url, shared_pace(key), headers={"ocp-apim-subscription-key": key})

    def opened(store: CredentialStore) -> Ledger:
        return PowerOfficeLedger(http, store, clock, application_key=app.keys["application_key"], login_url=app.login_url)

    return (Vendor(PowerOfficeLedger.capabilities, opened, Onboarding(http, app.keys["application_key"]), app.registered),)


class PowerOfficeLedger(Ledger):
    """One onboarding, covering the clients that were chosen. A company is named by a fingerprint of its client key."""

    capabilities = Capabilities(
        ledger="poweroffice", label="PowerOffice Go", credential_kind=CredentialKind.REDIRECT_ONBOARDING, multi_company=True,
        max_concurrency=4, open_items=OpenItems.AS_OF, payment_write=PaymentWrite.VOUCHER, finding=Finding.OUR_KEY,
        reads_own_reminders=True, reminds_by_default=True, customers_since=Since.INSTANT, changes=Since.INSTANT, reverses=True,
        pays_foreign=True, supplier_items=True, bank_balances=True, receivables_balance=True,
    )  # fmt: skip

    def __init__(
        self,
        http: HttpClient,
        store: CredentialStore,
        clock: Clock,
        *,
        application_key: str,
        login_url: str,
        page_size: int = PAGE_SIZE,
        pause: Pause = backoff,
    ) -> None:
        """`http` has the API's base address and sends our subscription key; `login_url`: where `/Token` is."""
        self._http, self._store, self._clock = http, store, clock
        self._application_key, self._login_url = application_key, login_url.rstrip("/")
        self._page_size, self._pause = page_size, pause

    def list_companies(self) -> list[LedgerCompany]:
        """The clients that still let us in. One that took its key back is left out."""
        clients = clients_of(self._store.load().values)
        found = [company for one in clients if (company := self._company(one)) is not None]
        if not found:
            raise AuthRevokedError(LOST)
        return found

    def probe(self, company: str) -> Probe:
        try:
            problems = row_of(self._calls(company), "/ClientIntegrationInformation", InformationRow).problems()
            switches = sorted({switch for customer in self.fetch_customers(company) for switch in customer.own_dunning})
        except RefusedError as refusal:
            return Probe(False, (str(refusal),))
        if switches:
            problems.append(f"PowerOffice Go may remind or hand over some customers by itself ({', '.join(switches)}): turn that off there")
        return Probe(not problems, tuple(problems), tuple(switches))

    def fetch_customers(self, company: str, changed_since: datetime | None = None) -> Iterator[LedgerCustomer]:
        """All cards are asked for and the changed ones picked here: the vendor's own filter misses a changed address."""
        for row in self._rows(company, "/Customers", CustomerRow):
            if changed_since is None or row.changed_at >= changed_since:
                yield row.ours()

    def fetch_open_items(self, company: str, as_of: date) -> Iterator[LedgerItem]:
        entries = self._rows(company, "/Customerledger/OpenItems", Entry, date=as_of.isoformat())
        yield from self._items(company, entries, as_of)

    def fetch_changes(self, company: str, cursor: str | None) -> Changes:
        """Entries booked or matched since, by the sub-ledger's own mark, which `/OutgoingInvoices` repeats as that of its balance."""
        if cursor is None:
            return Changes((self._clock.now() - OVERLAP).isoformat())
        since = _instant(cursor)
        entries = self._rows(
            company, "/Customerledger/Statement", Entry, fromDate=LONG_AGO.isoformat(), toDate=self._far(),
            lastChangedDateTimeOffsetGreaterThan=_stamp(since),
        )  # fmt: skip
        newest = max((entry.last_changed_date_time_offset for entry in entries), default=since)
        return Changes(max(since, newest - OVERLAP).isoformat(), tuple(self._items(company, entries, None)))

    def receivables_balance(self, company: str, as_of: date) -> int:
        rows = self._rows(company, "/Customerledger/CustomerBalances", BalanceRow, "CustomerId", date=as_of.isoformat())
        return sum(ore_of(row.balance) for row in rows)

    def fetch_supplier_items(self, company: str, as_of: date) -> Iterator[SupplierItem]:
        for entry in self._rows(company, "/Supplierledger/OpenItems", SupplierEntry, date=as_of.isoformat()):
            yield entry.ours()

    def bank_balances(self, company: str, as_of: date) -> tuple[BankBalance, ...]:
        accounts = self._rows(company, "/ClientBankAccounts", BankAccountRow)
        numbers = sorted({str(a.general_ledger_account_no) for a in accounts if a.general_ledger_account_no is not None})
        if not numbers:
            return ()
        trial = self._rows(company, "/TrialBalance", TrialRow, "AccountId", date=as_of.isoformat(), accountNos=",".join(numbers))
        return bank_balances(accounts, trial, as_of)

    def read_item(self, company: str, item: str, invoice_id: str | None) -> LiveItem:
        """By the invoice where there is one; an entry without one is looked for among what is open today, and is GONE when not there."""
        if invoice_id is None:
            return self._live_entry(company, item)
        try:
            invoice = row_of(self._calls(company), f"/OutgoingInvoices/{_guid(invoice_id)}", InvoiceRow)
        except GoneError:
            return LiveItem(ItemState.GONE, 0, None)
        matched = self._matched(company, invoice.match_id)
        reminders = [] if invoice.customer_no is None else self._reminders(company, invoice.voucher_date, str(invoice.customer_no))
        return live_of(invoice, matched, reminders)

    def register_payment(self, company: str, order: PaymentOrder) -> PostingReceipt:
        """A bank voucher: money on the bank account, and a line on the customer that names the invoice, by which Go matches the two."""
        if order.amount_ore <= 0:
            raise RefusedError("a payment must be above zero")
        calls = self._calls(company)
        invoice = row_of(calls, f"/OutgoingInvoices/{_guid(order.invoice_id)}", InvoiceRow)
        if invoice.invoice_no is None or invoice.customer_id is None:
            raise RefusedError("the invoice has no number or no customer in PowerOffice Go, so no payment can be registered on it")
        customer = row_of(calls, f"/Customers/{invoice.customer_id}", CustomerRow)
        bank, vat = self._bank_account(company, order.currency), self._no_vat(company)
        amount, shared = order.amount_ore / 100, {"PostingDate": order.paid_on.isoformat(), "VatId": vat, "Description": order.text}
        mark = {"InvoiceNo": str(invoice.invoice_no)} | ({"Cid": invoice.cid} if invoice.cid else {})
        voucher = {
            "VoucherDate": order.paid_on.isoformat(), "CurrencyCode": order.currency, "Description": order.text,
            "ExternalImportReference": order.our_key,
            "VoucherLines": [
                {**shared, "AccountId": bank, "CurrencyAmount": amount},
                {**shared, **mark, "AccountId": customer.subledger_account_id, "CurrencyAmount": -amount},
            ],
        }  # fmt: skip
        try:
            made = decoded(calls.send("POST", "/Vouchers/BankJournals", json_body=voucher), VoucherRow)
        except BrokenError as fault:
            raise UnknownOutcomeError(f"the answer to the posting could not be read: {fault}") from fault
        except DuplicateError as fault:
            return self._already_there(company, order, fault)
        return PostingReceipt(made.id, order.paid_on, state=PostingState.POSTED)

    def find_payment(self, company: str, order: PaymentOrder) -> PostingReceipt | None:
        """By our key. What is read lags, so "not there" is only said when it is still so a while later; and should it come even later, the
        vendor refuses a second voucher with the same key."""
        found = self._by_our_key(company, order)
        if found is None:
            self._pause(1, LAG)
            found = self._by_our_key(company, order)
        return found

    def posting_status(self, company: str, order: PaymentOrder, receipt: PostingReceipt) -> PostingReceipt:
        """Only a reversal is taken in before it is booked."""
        if receipt.state is not PostingState.ACCEPTED or not self._is_reversed(company, receipt.external_id):
            return receipt
        return PostingReceipt(receipt.external_id, receipt.posted_on, receipt.messages, PostingState.POSTED)

    def reverse_payment(self, company: str, order: PaymentOrder, receipt: PostingReceipt, on: date) -> PostingReceipt:
        """Go books the opposite voucher, on a day of its own choosing. A voucher that is reversed already is found, not reversed again."""
        voucher = _guid(receipt.external_id)
        if self._is_reversed(company, voucher):
            return PostingReceipt(voucher, on, state=PostingState.POSTED)
        reply = self._calls(company).send("POST", f"/Vouchers/Reverse/{voucher}")
        return PostingReceipt(voucher, on, state=PostingState.ACCEPTED if reply.status == 202 else PostingState.POSTED)

    def close(self) -> None:
        """Nothing to give back: the HTTP client and the pace are shared by all openings."""

    def _calls(self, company: str) -> Calls:
        store = ClientStore(self._store, company)
        return Calls(
            self._http, store, self._clock, sign=_signed, refusal=refusal_of, renew=self._new_token, wait=at_least_a_second,
            pause=self._pause,
        )  # fmt: skip

    def _new_token(self, current: Credential) -> Credential:
        """The application key is the client's name, and the client key its secret."""
        endpoints = OAuthEndpoints("", f"{self._login_url}/Token", pkce=False, secret_is_consent=True)
        key = current.values["client_key"]
        return OAuthClient(self._http, endpoints, self._clock, client_id=self._application_key, client_secret=key).own_token(current.values)

    def _company(self, client: Client) -> LedgerCompany | None:
        try:
            told = row_of(self._calls(client.id), "/ClientIntegrationInformation", InformationRow)
        except (AuthRevokedError, PermissionMissingError):
            return None
        name = told.client_name or client.name
        return LedgerCompany(client.id, name, client.organisation_number, is_test="/demo/" in f"{self._http.base_url.lower()}/")

    def _rows(self, company: str, path: str, shape: type[Shape], order_by: str = "Id", **params: str) -> list[Shape]:
        return rows_of(self._calls(company), path, shape, self._page_size, order_by, **params)

    def _items(self, company: str, entries: list[Entry], as_of: date | None) -> Iterator[LedgerItem]:
        invoices = [entry for entry in entries if entry.voucher_type == INVOICE]
        first = min((entry.voucher_date for entry in invoices), default=None)
        reminders = [] if first is None else self._reminders(company, first)
        for entry in entries:
            matched = [one for one in self._group_of(company, entry) if as_of is None or one.posting_date <= as_of]
            yield item_of(entry, matched, [one for one in reminders if as_of is None or one.voucher_date <= as_of])

    def _group_of(self, company: str, entry: Entry) -> list[Entry]:
        """What it was matched with, where that tells us something: payments of an invoice, and what is left of a foreign amount."""
        wanted = entry.is_touched and entry.balance != 0 and (entry.voucher_type in (INVOICE, CREDIT_NOTE) or entry.is_foreign)
        return self._matched(company, entry.match_id) if wanted else []

    def _matched(self, company: str, match_id: int | None) -> list[Entry]:
        return [] if match_id is None else self._rows(company, "/Customerledger/EntriesByMatchId", Entry, matchId=str(match_id))

    def _reminders(self, company: str, since: date, customer_number: str | None = None) -> list[Entry]:
        narrowed = {} if customer_number is None else {"customerNos": customer_number}
        return self._rows(
            company, "/Customerledger/Statement", Entry, fromDate=since.isoformat(), toDate=self._far(), voucherTypes=",".join(NOTICES),
            **narrowed,
        )  # fmt: skip

    def _live_entry(self, company: str, item: str) -> LiveItem:
        for entry in self._rows(company, "/Customerledger/OpenItems", Entry, date=self._far()):
            if str(entry.id) == item:
                told = item_of(entry, self._group_of(company, entry), ())
                return LiveItem(ItemState.OPEN, told.remaining_ore, told.due_on, version=told.version)
        return LiveItem(ItemState.GONE, 0, None)

    def _bank_account(self, company: str, currency: str) -> int:
        usable = [a for a in self._rows(company, "/ClientBankAccounts", BankAccountRow) if a.takes(currency)]
        chosen = [a for a in usable if a.is_primary_account] or usable
        if len(chosen) != 1 or chosen[0].general_ledger_account_id is None:
            raise RefusedError(
                f"It cannot be told which bank account in PowerOffice Go payments in {currency} belong on. Mark one as the primary account."
            )
        return chosen[0].general_ledger_account_id

    def _no_vat(self, company: str) -> int:
        for row in self._rows(company, "/VatCodes", VatCodeRow):
            if row.code == NO_VAT:
                return row.id
        raise RefusedError("PowerOffice Go has no VAT code 0 (no VAT treatment) for this client, so payments cannot be posted.")

    def _by_our_key(self, company: str, order: PaymentOrder) -> PostingReceipt | None:
        on = order.paid_on.isoformat()
        entries = self._rows(company, "/Customerledger/Statement", Entry, fromDate=on, toDate=on, onlyCreatedByCurrentIntegration="true")
        ours = {e.voucher_id for e in entries if e.voucher_type == OURS and e.external_import_reference == order.our_key}
        return PostingReceipt(min(ours), order.paid_on, state=PostingState.POSTED) if ours else None

    def _already_there(self, company: str, order: PaymentOrder, fault: DuplicateError) -> PostingReceipt:
        found = self.find_payment(company, order)
        if found is None:
            raise UnknownOutcomeError(f"PowerOffice Go says that our voucher exists, but does not show it yet: {fault}") from fault
        return found

    def _is_reversed(self, company: str, voucher: str) -> bool:
        return bool(row_of(self._calls(company), f"/Vouchers/BankJournals/{_guid(voucher)}", VoucherRow).is_reversed)

    def _far(self) -> str:
        """A day no posting is later than, so that one dated ahead is seen too."""
        return (self._clock.today() + timedelta(days=366)).isoformat()


def _signed(credential: Credential) -> Mapping[str, str]:
    return {"authorization": f"Bearer {credential.values['access_token']}", "accept": "application/json"}


def _guid(text: str) -> str:
    """Ids go into a path: only what a GUID is made of may."""
    if not re.fullmatch(r"[0-9a-fA-F-]{36}", text):
        raise RefusedError("this row has no invoice in PowerOffice Go, so no payment can be registered on it")
    return text


def _instant(cursor: str) -> datetime:
    try:
        found = datetime.fromisoformat(cursor)
    except ValueError as fault:
        raise CursorExpiredError("the cursor is not one of ours") from fault
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
