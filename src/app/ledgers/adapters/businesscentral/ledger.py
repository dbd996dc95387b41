"""Business Central, API v2.0, as a `Ledger`: invoices with what remains of them, credit memos, customers, and payments by a journal.

The standard interface has no customer ledger entries: money and credit that nobody has applied to an invoice is not seen, a payment is
seen only as a smaller remainder, and there is no field for KID. All of this is said by `capabilities` and by the probe.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

from app.ledgers.adapters.businesscentral import journal
from app.ledgers.adapters.businesscentral.rows import (
    CREDIT_MEMO,
    OWED,
    by_invoice,
    customer_of,
    item_of,
    live_memo,
    live_of,
    memo_item,
    organisation_number,
    owner_of,
    supplier_item,
)
from app.ledgers.adapters.businesscentral.wire import (
    PAGE_SIZE,
    NotFoundError,
    Row,
    Wire,
    entity,
    ore_of,
    quoted,
    reading,
    refusal_of,
)
from app.ledgers.calls import Calls, Pause
from app.ledgers.capabilities import Capabilities, CredentialKind, Finding, OpenItems, PaymentWrite, Since
from app.ledgers.errors import PermissionMissingError
from app.ledgers.oauth import OAuthClient, OAuthEndpoints
from app.ledgers.ports import (
    BankBalance,
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
    Probe,
    SupplierItem,
)
from app.ledgers.vendors import Vendor
from app.net.errors import RefusedError, UnsupportedError
from app.net.http import HttpClient, backoff
from app.settings import LedgerApp
from app.values.clock import Clock

LOGIN_URL = "https://login.microsoftonline.com/organizations/oauth2/v2.0"
SCOPE = "https://api.businesscentral.dynamics.com/.default offline_access"
#: kundefordringer, and bankinnskudd and kontanter, in the Norwegian standard chart of accounts (NS 4102)
RECEIVABLES = ("1500", "1599")
BANK = ("1900", "1999")
#: how far back a reminder of its own tells that a company uses them
REMINDERS_BACK = timedelta(days=180)
OWN_REMINDERS = "reminders"
#: https://learn.microsoft.com/entra/identity-platform/refresh-tokens: 90 days, and each use brings a fresh token
UNUSED_FOR = timedelta(days=90)
LIMITS = (
    "Business Central's standard interface shows no customer ledger entries and no KID: money and credit memos that are not applied to an"
    " invoice are not seen here. Apply them in Business Central before reminders go out."
)
DUNS = "Business Central has itself sent this company's customers reminders with a fee: stop that there, or they are reminded twice."
MEMO_FIELDS = (
    "id,number,creditMemoDate,postingDate,customerId,billToCustomerId,currencyCode,totalAmountIncludingTax,status,invoiceNumber,"
    "lastModifiedDateTime"
)


def endpoints(login_url: str = LOGIN_URL) -> OAuthEndpoints:
    """Microsoft Entra for any organisation. It takes no token back: the consent is withdrawn under the user's own account there."""
    return OAuthEndpoints(f"{login_url}/authorize", f"{login_url}/token", scope=SCOPE, unused_for=UNUSED_FOR)


def vendor(apps: Mapping[str, LedgerApp], clock: Clock) -> tuple[Vendor, ...]:
    """Business Central as wired: opened by a user's consent."""
    app = apps["businesscentral"]
    http = HttpClient(app.api_url)
    oauth = OAuthClient(
        HttpClient(app.login_url), endpoints(app.login_url), clock, client_id=app.keys["client_id"], client_secret=app.keys["client_secret"]
    )

    def opened(store: CredentialStore) -> Ledger:
        return BusinessCentralLedger(http, store, clock, oauth=oauth)

    return (Vendor(BusinessCentralLedger.capabilities, opened, oauth, app.registered),)


class BusinessCentralLedger(Ledger):
    """One user's consent, covering the companies he may see in every environment of his tenant."""

    capabilities = Capabilities(
        ledger="businesscentral", label="Business Central", credential_kind=CredentialKind.OAUTH_CODE, multi_company=True,
        max_concurrency=5, open_items=OpenItems.CURRENT, payment_write=PaymentWrite.VOUCHER, finding=Finding.OUR_KEY,
        reads_own_reminders=False, loose_credits=False, dates_payments=False, tells_kid=False, customers_since=Since.INSTANT,
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
        calls = Calls(http, store, clock, sign=_sign, refusal=refusal_of, renew=oauth.refresh, pause=pause)
        self._wire, self._clock = Wire(calls, page_size), clock

    def list_companies(self) -> list[LedgerCompany]:
        found: list[LedgerCompany] = []
        for place in self._wire.environments():
            with reading("environments"):
                tenant, name, is_test = str(place["aadTenantId"]), str(place["name"]), str(place["type"]).lower() != "production"
            for row in self._wire.companies(tenant, name):
                with reading("companies"):
                    found.append(self._company(f"{tenant}:{name}:{row['id']}", row["displayName"] or row["name"], is_test))
        return found

    def probe(self, company: str) -> Probe:
        try:
            self._information(company)
            self._wire.first(company, "/salesInvoices", select="id")
            account = journal.pattern_account(self._wire, company)
            since = (self._clock.today() - REMINDERS_BACK).isoformat()
            reminded = self._wire.first(company, "/generalLedgerEntries", filter=f"documentType eq 'Reminder' and postingDate ge {since}")
        except RefusedError as refusal:
            return Probe(False, (str(refusal),))
        problems = (LIMITS, *((journal.NO_PATTERN,) if account is None else ()), *((DUNS,) if reminded is not None else ()))
        return Probe(True, problems, () if reminded is None else (OWN_REMINDERS,))

    def fetch_customers(self, company: str, changed_since: datetime | None = None) -> Iterator[LedgerCustomer]:
        since = {} if changed_since is None else {"filter": f"lastModifiedDateTime ge {changed_since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        for row in self._wire.all(company, "/customers", **since):
            with reading("customers"):
                yield customer_of(row)

    def fetch_open_items(self, company: str, as_of: date) -> Iterator[LedgerItem]:
        """Posted invoices that are not closed, and credit memos that are not used up, as they stand now."""
        owed = " or ".join(f"status eq {quoted(status)}" for status in OWED)
        invoices = self._wire.all(company, "/salesInvoices", filter=owed)
        with reading("credit memos"):
            memos = by_invoice(self._wire.all(company, "/salesCreditMemos", select=MEMO_FIELDS))
        for row in invoices:
            with reading("sales invoices"):
                item = item_of(row, memos.get(row["number"], ()))
            if item.remaining_ore:
                yield item
        for row in (memo for group in memos.values() for memo in group):
            with reading("credit memos"):
                if row["status"] == "Open":
                    yield memo_item(row)

    def read_item(self, company: str, item: str, invoice_id: str | None) -> LiveItem:
        is_memo = item.startswith(CREDIT_MEMO)
        path = entity("salesCreditMemos" if is_memo else "salesInvoices", item.removeprefix(CREDIT_MEMO))
        try:
            row = self._wire.one(company, path)
        except NotFoundError:
            self._see(company)
            return LiveItem(ItemState.GONE, 0, None)
        with reading("a sales document"):
            if is_memo:
                return live_memo(row)
            return live_of(row, self._memos_of(company, row["number"]))

    def register_payment(self, company: str, order: PaymentOrder) -> PostingReceipt:
        with reading("a sales invoice"):
            row = self._wire.one(company, entity("salesInvoices", order.invoice_id))
            currency, customer = row["currencyCode"], owner_of(row)
        home = self._information(company)["currencyCode"] or "NOK"
        if not order.currency == currency == home:
            raise UnsupportedError("A payment in another currency than the company's cannot be posted to Business Central from here.")
        return journal.post_payment(self._wire, company, order, customer)

    def find_payment(self, company: str, order: PaymentOrder) -> PostingReceipt | None:
        return journal.look_up(self._wire, company, order)

    def receivables_balance(self, company: str, as_of: date) -> int:
        return sum(self._balances(company, RECEIVABLES, as_of).values())

    def bank_balances(self, company: str, as_of: date) -> tuple[BankBalance, ...]:
        """By the general ledger, in the company's currency: bank accounts themselves tell no balance."""
        held = self._balances(company, BANK, as_of)
        filtered = f"number ge {quoted(BANK[0])} and number le {quoted(BANK[1])}"
        with reading("accounts"):
            names = {row["number"]: row["displayName"] for row in self._wire.all(company, "/accounts", filter=filtered)}
        currency = self._information(company)["currencyCode"] or "NOK"
        return tuple(BankBalance(number, names.get(number, number), held[number], as_of, currency) for number in sorted(held))

    def fetch_supplier_items(self, company: str, as_of: date) -> Iterator[SupplierItem]:
        """Posted and not closed. A part that is paid is not told, so each stands with its whole amount."""
        for row in self._wire.all(company, "/purchaseInvoices", filter=f"status eq 'Open' and postingDate le {as_of.isoformat()}"):
            with reading("purchase invoices"):
                yield supplier_item(row)

    def close(self) -> None:
        """The HTTP client is shared by all openings and belongs to whoever made it."""

    def _company(self, company: str, name: str, is_test: bool) -> LedgerCompany:
        try:
            facts = self._information(company)
        except PermissionMissingError:
            return LedgerCompany(company, name, None, has_api_access=False, is_test=is_test)
        number = organisation_number(facts["taxRegistrationNumber"])
        return LedgerCompany(company, name, number, is_test=is_test, base_currency=facts["currencyCode"] or "NOK")

    def _information(self, company: str) -> Row:
        found = self._wire.first(company, "/companyInformation")
        with reading("company information"):
            return {name: (found or {})[name] for name in ("taxRegistrationNumber", "currencyCode")}

    def _memos_of(self, company: str, number: str) -> list[Row]:
        rows = self._wire.all(company, "/salesCreditMemos", filter=f"invoiceNumber eq {quoted(number)}", select=MEMO_FIELDS)
        return list(by_invoice(rows).get(number, ()))

    def _balances(self, company: str, span: tuple[str, str], as_of: date) -> dict[str, int]:
        filtered = f"accountNumber ge {quoted(span[0])} and accountNumber le {quoted(span[1])} and postingDate le {as_of.isoformat()}"
        found: dict[str, int] = defaultdict(int)
        rows = self._wire.all(company, "/generalLedgerEntries", filter=filtered, select="id,accountNumber,debitAmount,creditAmount")
        with reading("general ledger entries"):
            for row in rows:
                found[row["accountNumber"]] += ore_of(row["debitAmount"]) - ore_of(row["creditAmount"])
        return found

    def _see(self, company: str) -> None:
        """Raise unless the company itself is in sight: then what is missing is missing in it."""
        try:
            self._information(company)
        except NotFoundError:
            raise PermissionMissingError("The company is no longer among those this connection may see in Business Central.") from None


def _sign(credential: Credential) -> Mapping[str, str]:
    return {"authorization": f"Bearer {credential.values['access_token']}"}
