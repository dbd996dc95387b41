"""Visma.net ERP as a `Ledger`: one company for each connection, opened by our own key for the company that has approved us.

What is open is read in three lists: invoices (with KID, dunning letters and what is applied to them), the other customer documents, and
payments that are not used up.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from app.ledgers.adapters.vismanet import payments
from app.ledgers.adapters.vismanet.rows import (
    BOOKED,
    CREDIT_NOTE,
    INVOICE,
    PAYMENT,
    customer_of,
    document_item,
    invoice_item,
    item_id,
    live_document,
    live_invoice,
    organisation_number,
    payment_item,
    supplier_items,
)
from app.ledgers.adapters.vismanet.wire import PAGE_SIZE, NotFoundError, Wire, reading
from app.ledgers.calls import Pause
from app.ledgers.capabilities import Capabilities, CredentialField, CredentialKind, Finding, OpenItems, PaymentWrite, Since
from app.ledgers.errors import PermissionMissingError
from app.ledgers.oauth import OAuthClient, OAuthEndpoints
from app.ledgers.ports import (
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
from app.ledgers.vendors import Vendor
from app.net.errors import BrokenError, RefusedError
from app.net.http import HttpClient, backoff
from app.settings import LedgerApp
from app.values.calendar import OSLO
from app.values.clock import Clock

SCOPE = "vismanet_erp_service_api:read vismanet_erp_service_api:create vismanet_erp_service_api:update"
#: Visma does not say in which time zone it dates changes: so much earlier is asked, which is too much rather than too little
ZONE_UNKNOWN = timedelta(hours=2)
OVERLAP = timedelta(minutes=15)
MOMENT = "%Y-%m-%d %H:%M:%S"
DOCUMENT_PATHS = {
    CREDIT_NOTE: "/v1/customerCreditNote", "DebitNote": "/v1/customerDebitNote", "OverdueCharge": "/v1/customerOverdueCharge",
    "CreditWriteOff": "/v1/customerCreditWriteOff",
}  # fmt: skip
EXPANDED = {"expandApplications": "true", "expandDunningInformation": "true"}


def endpoints(login_url: str) -> OAuthEndpoints:
    return OAuthEndpoints(f"{login_url}/authorize", f"{login_url}/token", scope=SCOPE, pkce=False)


def company_of(tenant: str) -> str:
    """How we name the company: the tenant's id itself opens the door, so it is shown to nobody."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"vismanet:{tenant.strip().lower()}"))


def vendor(apps: Mapping[str, LedgerApp], clock: Clock) -> tuple[Vendor, ...]:
    """Visma.net as wired: our own key, and the id of a company that has approved us."""
    app = apps["vismanet"]
    http = HttpClient(app.api_url)
    oauth = OAuthClient(
        HttpClient(app.login_url), endpoints(app.login_url), clock, client_id=app.keys["client_id"], client_secret=app.keys["client_secret"]
    )

    def opened(store: CredentialStore) -> Ledger:
        return VismaNetLedger(http, store, clock, oauth=oauth)

    return (Vendor(VismaNetLedger.capabilities, opened, offered=app.registered),)


class VismaNetLedger(Ledger):
    """One tenant. Its id is kept as a secret: together with our key it is all that is asked for, so who knows it gets in."""

    capabilities = Capabilities(
        ledger="vismanet", label="Visma.net ERP", credential_kind=CredentialKind.APP_CREDENTIALS, multi_company=False, max_concurrency=2,
        open_items=OpenItems.CURRENT, payment_write=PaymentWrite.INVOICE, finding=Finding.OUR_KEY, reads_own_reminders=True,
        fields=(CredentialField("tenant_id"),), customers_since=Since.INSTANT, changes=Since.INSTANT, supplier_items=True,
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
        self._wire, self._clock = Wire(http, store, clock, oauth, page_size, pause), clock

    def list_companies(self) -> list[LedgerCompany]:
        """The tenant's first organisation gives it its name."""
        found = sorted(self._wire.all("/v1/organization"), key=lambda row: str(row.get("organizationCd")))
        with reading("organisations"):
            first = found[0]
            number = organisation_number(first["corporateId"])
            return [LedgerCompany(company_of(self._wire.tenant), first["name"], number, base_currency=first["baseCurrency"] or "NOK")]

    def probe(self, company: str) -> Probe:
        switches: set[str] = set()
        try:
            for customer in self.fetch_customers(company):
                switches.update(customer.own_dunning)
        except RefusedError as refusal:
            return Probe(False, (str(refusal),))
        names = tuple(sorted(switches))
        problem = f"Visma.net may send dunning letters to some customers ({', '.join(names)}): turn them off on their cards."
        return Probe(True, (problem,) if names else (), names)

    def fetch_customers(self, company: str, changed_since: datetime | None = None) -> Iterator[LedgerCustomer]:
        self._is(company)
        for row in self._wire.all("/v1/customer", **_since(changed_since)):
            with reading("customers"):
                yield customer_of(row)

    def fetch_open_items(self, company: str, as_of: date) -> Iterator[LedgerItem]:
        self._is(company)
        for item, status in self._documents(status="Open"):
            if status == "Open" and item.remaining_ore:
                yield item

    def fetch_changes(self, company: str, cursor: str | None) -> Changes:
        """The cursor is a moment by Visma's own clock: the newest change seen, a little before it."""
        self._is(company)
        if cursor is None:
            return Changes(_asked(self._clock.now() - OVERLAP))
        try:
            newest = datetime.fromisoformat(cursor) + OVERLAP
        except ValueError as fault:
            raise BrokenError("that is not a cursor of ours") from fault
        items = [item for item, status in self._documents(**_changed(cursor)) if status in BOOKED]
        with reading("changes"):
            newest = max([newest, *(datetime.fromisoformat(str(item.version)) for item in items)])
        return Changes((newest - OVERLAP).strftime(MOMENT), tuple(items))

    def fetch_supplier_items(self, company: str, as_of: date) -> Iterator[SupplierItem]:
        self._is(company)
        rows = self._wire.all("/v1/supplierdocument", status="Open")
        with reading("supplier documents"):
            yield from supplier_items(rows)

    def read_item(self, company: str, item: str, invoice_id: str | None) -> LiveItem:
        self._is(company)
        kind, number, made = _parts(item)
        try:
            row = self._wire.one("/v1/customerinvoice" if kind == INVOICE else DOCUMENT_PATHS.get(kind, payments.PATH), number)
        except NotFoundError:
            return LiveItem(ItemState.GONE, 0, None)
        with reading("a document"):
            if kind not in (INVOICE, *DOCUMENT_PATHS):
                return live_document(payment_item(row), row["status"])
            if row["createdDateTime"] != made:
                return LiveItem(ItemState.GONE, 0, None)
            return live_invoice(row) if kind == INVOICE else live_document(document_item(row), row["status"])

    def register_payment(self, company: str, order: PaymentOrder) -> PostingReceipt:
        self._is(company)
        _, number, made = _parts(order.invoice_id)
        invoice = self._wire.one("/v1/customerinvoice", number)
        with reading("an invoice"):
            if item_id(invoice) != order.invoice_id or made != invoice["createdDateTime"]:
                raise RefusedError(f"Invoice {number} in Visma.net is not the one this payment was for.")
        return payments.post_payment(self._wire, order, invoice)

    def find_payment(self, company: str, order: PaymentOrder) -> PostingReceipt | None:
        self._is(company)
        return payments.find_payment(self._wire, order, _parts(order.invoice_id)[1])

    def close(self) -> None:
        """The HTTP client is shared by all openings and belongs to whoever made it."""

    def _documents(self, **filters: str) -> Iterator[tuple[LedgerItem, str]]:
        """Every document with its status. The list of all kinds also holds the invoices, which are read with more in their own."""
        for row in self._wire.all("/v1/customerinvoice", **EXPANDED, **filters):
            with reading("invoices"):
                if row["documentType"] == INVOICE:
                    yield invoice_item(row), row["status"]
        for row in self._wire.all("/v1/customerdocument", **filters):
            with reading("customer documents"):
                if row["documentType"] in DOCUMENT_PATHS:
                    yield document_item(row), row["status"]
        for row in self._wire.all(payments.PATH, **filters):
            with reading("payments"):
                if row["type"] in (PAYMENT, "Prepayment"):
                    yield payment_item(row), row["status"]

    def _is(self, company: str) -> None:
        if company != company_of(self._wire.tenant):
            raise PermissionMissingError("This connection is to another company in Visma.net.")


def _since(instant: datetime | None) -> dict[str, str]:
    return {} if instant is None else _changed(_asked(instant))


def _changed(moment: str) -> dict[str, str]:
    return {"lastModifiedDateTime": moment, "lastModifiedDateTimeCondition": ">="}


def _asked(instant: datetime) -> str:
    return (instant.astimezone(OSLO) - ZONE_UNKNOWN).strftime(MOMENT)


def _parts(item: str) -> tuple[str, str, str]:
    parts = item.split(":", 2)
    if len(parts) != 3:
        raise RefusedError("that is not a document in Visma.net")
    return parts[0], parts[1], parts[2]
