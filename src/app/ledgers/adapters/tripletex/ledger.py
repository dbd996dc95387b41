"""Tripletex API v2 as a `Ledger`: open posts as of a day, invoices, customers, and payments registered on an invoice.

What is open is taken from the postings, not from the invoices: unmatched payments and credits stand only there. Payments have no object of
their own; they are the other lines of the invoice and of the close group that nets it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.ledgers.adapters.tripletex import accounts, reversal
from app.ledgers.adapters.tripletex.accounts import LONG_AGO, RECEIVABLES_FROM, RECEIVABLES_TO
from app.ledgers.adapters.tripletex.hooks import TripletexHooks
from app.ledgers.adapters.tripletex.items import INVOICE, NOTICED, PAYMENT, items_of, live_of
from app.ledgers.adapters.tripletex.readiness import book_state
from app.ledgers.adapters.tripletex.wire import GoneError, Pause, ResultTooLargeError, Row, Wire, day_of, ore_of, reading
from app.ledgers.capabilities import Capabilities, CredentialField, CredentialKind, Finding, OpenItems, PaymentWrite, Since
from app.ledgers.errors import PermissionMissingError
from app.ledgers.ports import (
    Address,
    BankBalance,
    BookState,
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
from app.net.errors import RefusedError, UnknownOutcomeError
from app.net.http import HttpClient, backoff
from app.settings import LedgerApp
from app.values.clock import Clock

LINE_FIELDS = (
    "id,version,date,description,account(number),customer(id),voucher(id),amount,amountCurrency,currency(code),closeGroup(id,date),"
    "invoiceNumber,termOfPayment,type"
)
INVOICE_FIELDS = (
    "id,version,invoiceNumber,invoiceDate,invoiceDueDate,kid,customer(id),voucher(id),currency(code),creditedInvoice,isCharged,"
    "amountCurrency,amountCurrencyOutstanding,reminders(reminderDate,type,charge,termOfPayment)"
)
LIVE_FIELDS = (
    "id,version,invoiceDueDate,isCharged,isCredited,amountCurrencyOutstanding,reminders(reminderDate,type,charge,termOfPayment),"
    "postings(id,date,description,type,amountCurrency,closeGroup(id,postings(id,date,description,type,amountCurrency)))"
)
CUSTOMER_FIELDS = "*,postalAddress(*,country(isoAlpha2Code)),physicalAddress(*,country(isoAlpha2Code))"
IDS_PER_CALL = 100


def vendor(apps: Mapping[str, LedgerApp], clock: Clock) -> tuple[Vendor, ...]:
    """Tripletex as wired: opened by a pasted employee key, beside our own consumer key."""
    app = apps["tripletex"]
    http = HttpClient(app.api_url)

    def opened(store: CredentialStore) -> Ledger:
        return TripletexLedger(http, store, clock, consumer_token=app.keys["consumer_token"])

    def wire(store: CredentialStore) -> Wire:
        return Wire(http, store, clock, app.keys["consumer_token"])

    hooks = TripletexHooks(wire, sends_plainly=app.api_url.startswith("http://"))
    return (Vendor(TripletexLedger.capabilities, opened, hooks=hooks, offered=app.registered),)


class TripletexLedger(Ledger):
    """One employee key. The credential holds `employee_token`; `session_token`, `session_expires`, `own_company`, `employee` are added."""

    capabilities = Capabilities(
        ledger="tripletex",
        label="Tripletex",
        credential_kind=CredentialKind.PASTED_SECRET,
        multi_company=True,
        max_concurrency=2,
        open_items=OpenItems.AS_OF,
        payment_write=PaymentWrite.INVOICE,
        finding=Finding.OUR_KEY,
        reads_own_reminders=True,
        fields=(CredentialField("employee_token"),),
        customers_since=Since.INSTANT,
        webhooks=True,
        reverses=True,
        pays_foreign=True,
        supplier_items=True,
        bank_balances=True,
        receivables_balance=True,
    )

    def __init__(
        self,
        http: HttpClient,
        store: CredentialStore,
        clock: Clock,
        *,
        consumer_token: str,
        page_size: int = 1000,
        pause: Pause = backoff,
    ) -> None:
        self._wire = Wire(http, store, clock, consumer_token, page_size, pause)
        self._clock = clock
        self._is_test = consumer_token.startswith("test-")
        self._payment_types: dict[str, list[Row]] = {}
        #: the accounts that customers' open lines were found on, by company
        self._customer_accounts: dict[str, set[int]] = {}

    def list_companies(self) -> list[LedgerCompany]:
        """The clients ticked for an accountant's key, and the key's own company where it may be read (an accountant's own may not)."""
        own, _ = self._wire.own()
        found = self._wire.all("0", "/company/>withLoginAccess", {"fields": "id,name,organizationNumber"})
        try:
            found = [self._wire.value(own, f"/company/{own}", {"fields": "id,name,organizationNumber"}), *found]
        except PermissionMissingError:
            if not found:
                raise
        with reading("companies"):
            return [LedgerCompany(str(c["id"]), c["name"], c["organizationNumber"] or None, is_test=self._is_test) for c in found]

    def probe(self, company: str) -> Probe:
        problems: list[str] = []
        switches: set[str] = set()
        try:
            self._payment_type(company, "NOK")
            self._wire.get(company, "/ledger/posting/openPost", {"date": self._clock.today().isoformat(), "from": 0, "count": 1})
            for customer in self.fetch_customers(company):
                switches.update(customer.own_dunning)
        except RefusedError as refusal:
            problems.append(str(refusal))
        if switches:
            problems.append(f"Tripletex sends its own reminders to some customers ({', '.join(sorted(switches))}): turn them off there")
        return Probe(ok=not problems, problems=tuple(problems), own_dunning=tuple(sorted(switches)))

    def fetch_customers(self, company: str, changed_since: datetime | None = None) -> Iterator[LedgerCustomer]:
        """All customers, or those changed since. In a company with more than one query may match, those with open posts."""
        params: dict[str, Any] = {"fields": CUSTOMER_FIELDS}
        if changed_since is not None:
            # the vendor does not name the time zone of its date-times: as UTC it can only be asked too much, not too little
            params["changedSince"] = changed_since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        try:
            rows: Iterable[Row] = self._wire.all(company, "/customer", params)
        except ResultTooLargeError:
            rows = self._owing_customers(company)
        for row in rows:
            with reading("a customer"):
                yield _customer(row)

    def fetch_open_items(self, company: str, as_of: date) -> Iterator[LedgerItem]:
        lines = self._open_lines(company, as_of)
        invoices = self._invoices_behind(company, lines)
        with reading("open posts"):
            yield from items_of(lines, invoices, compare=as_of >= self._clock.today())

    def receivables_balance(self, company: str, as_of: date) -> int:
        return accounts.receivables_ore(self._wire, company, as_of, self._customer_accounts.get(company, ()))

    def fetch_supplier_items(self, company: str, as_of: date) -> Iterator[SupplierItem]:
        return accounts.supplier_items(self._wire, company, as_of)

    def bank_balances(self, company: str, as_of: date) -> tuple[BankBalance, ...]:
        return accounts.bank_balances(self._wire, company, as_of)

    def read_book(self, company: str, as_of: date) -> BookState:
        return book_state(self._wire, company, as_of, self._types(company))

    def read_item(self, company: str, item: str, invoice_id: str | None) -> LiveItem:
        """By the invoice where there is one, else by the posting itself."""
        try:
            if invoice_id is not None:
                row = self._wire.value(company, f"/invoice/{_plain(invoice_id)}", {"fields": LIVE_FIELDS})
                with reading("an invoice"):
                    return live_of(row)
            line = self._wire.value(company, f"/ledger/posting/{_plain(item)}", {"fields": LINE_FIELDS})
        except GoneError:
            return LiveItem(ItemState.GONE, 0, None)
        with reading("a posting"):
            closed = line["closeGroup"] is not None
            left = 0 if closed else ore_of(line["amountCurrency"])
            return LiveItem(ItemState.PAID if closed else ItemState.OPEN, left, day_of(line["termOfPayment"]), version=str(line["version"]))

    def register_payment(self, company: str, order: PaymentOrder) -> PostingReceipt:
        """Against the payment type of a bank account in the order's currency: the vendor takes the amount in that account's currency."""
        if order.amount_ore <= 0:
            raise RefusedError("a payment must be above zero")
        kroner, part = divmod(order.amount_ore, 100)
        amount = f"{kroner}.{part:02d}"
        params = {
            "paymentDate": order.paid_on.isoformat(),
            "paymentTypeId": self._payment_type(company, order.currency),
            "paidAmount": amount,
            "paidAmountCurrency": None if order.currency == "NOK" else amount,
        }
        answer = self._wire.put(company, f"/invoice/{_plain(order.invoice_id)}/:payment", params)
        postings = [p["id"] for p in (answer.get("value") or {}).get("postings") or [] if isinstance(p, dict) and "id" in p]
        return PostingReceipt(str(max(postings)) if postings else f"invoice {order.invoice_id}", order.paid_on)

    def find_payment(self, company: str, order: PaymentOrder) -> PostingReceipt | None:
        """The vendor has no place for our key, so a payment is known by invoice, date, amount, and that our own employee key booked it.

        None like that: certainly not done. One: that is it. Several, or one whose maker the ledger does not tell: `UnknownOutcomeError`, a
        person must look.
        """
        fields = "id,postings(id,date,type,amountCurrency,changes)"
        try:
            invoice = self._wire.value(company, f"/invoice/{_plain(order.invoice_id)}", {"fields": fields})
        except GoneError as gone:
            raise UnknownOutcomeError(f"invoice {order.invoice_id} is gone; whether the payment was booked cannot be told") from gone
        _, employee = self._wire.own()
        with reading("the payments of an invoice"):
            alike = [p for p in invoice["postings"] if _is_alike(p, order)]
            makers = {p["id"]: _maker(p) for p in alike}
        ours = [posting for posting, maker in makers.items() if maker == employee]
        if len(ours) == 1:
            return PostingReceipt(str(ours[0]), order.paid_on)
        if ours or None in makers.values():
            raise UnknownOutcomeError(
                f"invoice {order.invoice_id} has {len(alike)} payments of that amount on that day; a person must look"
            )
        return None

    def reverse_payment(self, company: str, order: PaymentOrder, receipt: PostingReceipt, on: date) -> PostingReceipt:
        return reversal.reverse(self._wire, company, order, receipt, on)

    def close(self) -> None:
        """Nothing to give back: the HTTP client is shared by all openings and belongs to whoever made it."""

    def _open_lines(self, company: str, as_of: date) -> list[Row]:
        """The customer lines open at the end of the day (the vendor's date is exclusive); from all postings where that list is too long."""
        beyond = as_of + timedelta(days=1)
        params = {"accountNumberFrom": RECEIVABLES_FROM, "accountNumberTo": RECEIVABLES_TO, "fields": LINE_FIELDS}
        try:
            lines = self._wire.all(company, "/ledger/posting/openPost", {**params, "date": beyond.isoformat()})
        except ResultTooLargeError:
            names = ("dateFrom", "dateTo")
            every = self._wire.windows(company, "/ledger/posting", params, LONG_AGO, beyond, names)
            with reading("postings"):
                lines = [line for line in every if line["closeGroup"] is None or line["closeGroup"]["date"] >= beyond.isoformat()]
        with reading("postings"):
            mine = [line for line in lines if line.get("customer")]
            self._customer_accounts[company] = {int(line["account"]["number"]) for line in mine}
        return mine

    def _invoices_behind(self, company: str, lines: list[Row]) -> list[Row]:
        """The invoice list has no way to ask for open ones: fetch the months that have open invoice lines, neighbours in one go."""
        with reading("postings"):
            months = sorted({date.fromisoformat(line["date"]).replace(day=1) for line in lines if line["type"] == INVOICE})
        spans: list[tuple[date, date]] = []
        for month in months:
            after = (month + timedelta(days=32)).replace(day=1)
            if spans and spans[-1][1] == month:
                spans[-1] = (spans[-1][0], after)
            else:
                spans.append((month, after))
        names = ("invoiceDateFrom", "invoiceDateTo")
        fields = {"fields": INVOICE_FIELDS}
        return [row for first, beyond in spans for row in self._wire.windows(company, "/invoice", fields, first, beyond, names)]

    def _owing_customers(self, company: str) -> Iterator[Row]:
        with reading("postings"):
            ids = sorted({str(line["customer"]["id"]) for line in self._open_lines(company, self._clock.today())})
        for start in range(0, len(ids), IDS_PER_CALL):
            yield from self._wire.all(company, "/customer", {"id": ",".join(ids[start : start + IDS_PER_CALL]), "fields": CUSTOMER_FIELDS})

    def _payment_type(self, company: str, currency: str) -> int:
        """Ids differ from company to company, and so do names: take the first that debits a bank account in that currency."""
        types = self._types(company)
        with reading("payment types"):
            fit = [
                (not t["debitAccount"]["isBankAccount"], t["sequence"], t["debitAccount"]["number"], t["id"])
                for t in types
                if (t["currencyCode"] or "NOK") == currency and (t["debitAccount"]["isBankAccount"] or t["debitAccount"]["number"] == 1920)
            ]
            if fit:
                return int(min(fit)[-1])
        raise RefusedError(f"there is no payment type for a bank account in {currency}: make one in Tripletex under invoice settings")

    def _types(self, company: str) -> list[Row]:
        if company not in self._payment_types:
            fields = "id,description,currencyCode,sequence,debitAccount(id,number,isBankAccount)"
            self._payment_types[company] = self._wire.all(company, "/invoice/paymentType", {"fields": fields})
        return self._payment_types[company]


def _customer(row: Row) -> LedgerCustomer:
    address = next(
        (a for a in (row["postalAddress"], row["physicalAddress"]) if a and (a.get("postalCode") or a.get("addressLine1"))), None
    )
    return LedgerCustomer(
        external_id=str(row["id"]),
        number=str(row["customerNumber"]) if row["customerNumber"] else None,
        name=row["name"],
        organisation_number=row["organizationNumber"] or None,
        is_person=row["isPrivateIndividual"],
        email=row["overdueNoticeEmail"] or row["invoiceEmail"] or row["email"] or None,
        phone=row["phoneNumberMobile"] or row["phoneNumber"] or None,
        address=Address() if address is None else _address(address),
        language={"NO": "nb", "EN": "en"}.get(row["language"]),
        own_dunning=tuple(flag for flag in NOTICED if row.get(flag)),
        inactive=row["isInactive"],
        version=str(row["version"]),
    )


def _address(row: Row) -> Address:
    lines = tuple(line for line in (row["addressLine1"], row["addressLine2"]) if line)
    country = (row.get("country") or {}).get("isoAlpha2Code") or "NO"
    return Address(lines, row["postalCode"] or None, row["city"] or None, country)


def _is_alike(posting: Row, order: PaymentOrder) -> bool:
    same = posting["date"] == order.paid_on.isoformat() and ore_of(posting["amountCurrency"]) == -order.amount_ore
    return bool(same and posting["type"] == PAYMENT)


def _maker(posting: Row) -> int | None:
    made = [change["employeeId"] for change in posting.get("changes") or [] if change["changeType"] == "CREATE"]
    return int(made[0]) if made else None


def _plain(identifier: str) -> str:
    """Ids go into a path: only digits may."""
    if not identifier.isdigit():
        raise RefusedError("that is not a Tripletex id")
    return identifier
