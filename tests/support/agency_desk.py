"""A desk for tests of the agency and the claim's way to it: a company with one overdue claim, and agencies and ledgers to choose from."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from sqlalchemy import select, update

from app.agencies.adapters.kravia import KraviaAgency
from app.agencies.capabilities import Access, AgencyCapabilities, OrderKind, ReportKind
from app.agencies.doors import Agencies, Key
from app.agencies.models import AgencyCase, Agreement
from app.agencies.performers import agency_performers
from app.agencies.ports import (
    Agency,
    Attachment,
    CaseOrder,
    CaseReceipt,
    CaseState,
    CaseUpdate,
    DebtorDetails,
    DirectPayment,
    HandoverPackage,
    Settlement,
)
from app.agencies.vendors import AgencyHooks
from app.db.unit_of_work import Database, UnitOfWork
from app.db.vault import Vault, new_key
from app.dunning.models import Claim
from app.jobs.effects import Performers
from app.jobs.models import Effect
from app.jobs.resources import Resources
from app.ledgers import postings, sync
from app.ledgers.adapters.tripletex import TripletexLedger
from app.ledgers.capabilities import Capabilities
from app.ledgers.credentials import binding
from app.ledgers.doors import Ledgers
from app.ledgers.ports import CredentialStore, Ledger
from app.net.errors import OutsideError, RefusedError, TryLaterError, UnknownOutcomeError, UnsupportedError
from app.net.http import HttpClient
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Bureau, Company
from app.values.clock import Clock
from support import make
from support.drain import drain
from support.sandbox import Control

NOT_OURS = frozenset(
    {"dunning.evaluate_item", "dunning.evaluate_company", "dunning.delivery_failed", "credit.check_new_debtors", "agencies.watch_payments"}
)


PAPER = AgencyCapabilities(
    agency="paper", label="Paper", access=Access.PARTNER, attaches=True, lists_book=True,
    reports=frozenset({ReportKind.PAYMENT, ReportKind.CREDIT_NOTE}),
    settles=True, marks_booked=True, finds_orders=True,
    orders=frozenset({OrderKind.PAUSE, OrderKind.RESUME, OrderKind.WITHDRAW, OrderKind.MESSAGE}), payout_marks=("PAPIRINKASSO",),
)  # fmt: skip
LATER = datetime(2026, 12, 1, tzinfo=UTC)


@dataclass
class PaperAgency(Agency):
    """An agency in memory. `loses_next_answer` acts and then says nothing, as a time-out does."""

    cases: dict[str, HandoverPackage] = field(default_factory=dict)
    states: dict[str, CaseState] = field(default_factory=dict)
    documents: dict[str, list[str]] = field(default_factory=dict)
    payments: list[DirectPayment] = field(default_factory=list)
    payouts: list[Settlement] = field(default_factory=list)
    ordered: list[CaseOrder] = field(default_factory=list)
    booked: dict[str, str] = field(default_factory=dict)
    refuses: str | None = None
    takes_no_documents: bool = False
    loses_next_answer: bool = False
    registrations: int = 0
    outstanding_ore: int = 12_345
    book_trouble: OutsideError | None = None
    busy_once: bool = False
    #: payouts that are not told yet
    collected: list[Settlement] = field(default_factory=list)
    capabilities: AgencyCapabilities = PAPER

    def register(self, package: HandoverPackage) -> CaseReceipt:
        if self.refuses:
            raise RefusedError(self.refuses)
        if self.busy_once:
            self.busy_once = False
            raise TryLaterError("come later")
        self.registrations += 1
        number = str(1000 + len(self.cases))
        self.cases[number] = package
        self.states[number] = CaseState.REGISTERED
        self._answer()
        return CaseReceipt(number, CaseState.REGISTERED, "Registrert")

    def find(self, creditor_id: str, our_reference: str, planned_at: datetime) -> CaseReceipt | None:
        for number, package in self.cases.items():
            if (package.creditor_id, package.our_reference) == (creditor_id, our_reference):
                return CaseReceipt(number, self.states[number], "Registrert")
        return None

    def attach(self, external_id: str, attachment: Attachment) -> None:
        if self.takes_no_documents:
            raise UnknownOutcomeError("no answer")
        self.documents.setdefault(external_id, []).append(attachment.name)

    def changes(self, creditor_id: str, since: datetime | None) -> list[CaseUpdate]:
        return [
            CaseUpdate(number, package.our_reference, self.states[number], self.states[number].value, self.outstanding_ore, LATER)
            for number, package in self.cases.items()
            if package.creditor_id == creditor_id
        ]

    def book(self, creditor_id: str) -> list[CaseUpdate]:
        if self.book_trouble is not None:
            raise self.book_trouble
        ended = (CaseState.PAID, CaseState.WITHDRAWN, CaseState.CLOSED, CaseState.REFUSED)
        found = [one for one in self.changes(creditor_id, None) if one.state not in ended]
        return [replace(one, principal_ore=self._principal_left(one.external_id)) for one in found]

    def _principal_left(self, number: str) -> int:
        return self.cases[number].principal_ore - sum(one.amount_ore for one in self.payments if one.external_id == number)

    def report_payment(self, payment: DirectPayment) -> None:
        self.payments.append(payment)
        self._answer()

    def find_payment(self, payment: DirectPayment) -> bool:
        return any(known.our_key == payment.our_key for known in self.payments)

    def order(self, order: CaseOrder) -> str:
        if order.kind not in self.capabilities.orders:
            raise UnsupportedError("by telephone, please")
        self.ordered.append(order)
        ends = {OrderKind.PAUSE: CaseState.PAUSED, OrderKind.RESUME: CaseState.IN_COLLECTION, OrderKind.WITHDRAW: CaseState.WITHDRAWN}
        if order.kind in ends:
            self.states[order.external_id] = ends[order.kind]
        self._answer()
        return f"o{len(self.ordered)}"

    def find_order(self, order: CaseOrder) -> str | None:
        found = [number for number, one in enumerate(self.ordered, start=1) if one.our_key == order.our_key]
        return f"o{found[0]}" if found else None

    def settlements(self, creditor_id: str) -> list[Settlement]:
        others = {number for number, case in self.cases.items() if case.creditor_id != creditor_id}
        waiting = [one for one in self.payouts if one.external_id not in self.booked]
        return [one for one in waiting if not others & {line.external_case_id for line in one.lines}]

    def mark_booked(self, settlement_id: str, our_reference: str) -> None:
        if self.booked.setdefault(settlement_id, our_reference) != our_reference:
            raise RefusedError("booked under another id")
        self._answer()

    def close(self) -> None:
        return

    def _answer(self) -> None:
        if self.loses_next_answer:
            self.loses_next_answer = False
            raise UnknownOutcomeError("no answer came")


@dataclass
class OneAgency:
    """A door to a single agency, whatever the agreement calls it."""

    agency: Agency
    telling: AgencyHooks | None = None

    def known(self) -> tuple[AgencyCapabilities, ...]:
        return (replace(self.agency.capabilities, agency="kravia"),)

    def hooks(self, agency: str) -> AgencyHooks | None:
        return self.telling

    def open(self, key: Key) -> Agency:
        if key.agency != "kravia":
            raise KeyError(key.agency)
        return self.agency


@dataclass
class SandboxLedgers:
    """Tripletex in the sandbox."""

    base: str | None
    clock: Clock

    def known(self) -> tuple[Capabilities, ...]:
        return ()

    def open(self, ledger: str, store: CredentialStore) -> Ledger:
        if self.base is None:
            raise KeyError(ledger)
        return TripletexLedger(
            HttpClient(f"{self.base}/tripletex/v2", timeout_seconds=5), store, self.clock, consumer_token="test-consumer"
        )


@dataclass
class Desk:
    """One company, its debtor and claim, and everything to hand it over with. `unwanted`: claims the room above wants no more, and why."""

    resources: Resources
    bureau: Bureau
    company: Company
    agreement: Agreement
    debtor: Debtor
    item: OpenItem
    claim: Claim
    agencies: Agencies
    unwanted: dict[uuid.UUID, str]

    @property
    def database(self) -> Database:
        return self.resources.database

    def work(self) -> Any:
        return self.database.begin(make.scope(self.bureau))

    def read(self, table: type[Any], *order: Any, **where: Any) -> list[Any]:
        with self.work() as work:
            query = select(table).order_by(*order, table.id)
            for name, value in where.items():
                query = query.where(getattr(table, name) == value)
            return list(work.session.execute(query).scalars())

    def change(self, row: Any, **values: Any) -> None:
        with self.work() as work:
            work.session.execute(update(type(row)).where(type(row).id == row.id).values(**values))

    def package(self, **changes: Any) -> HandoverPackage:
        return replace(package(self.read(OpenItem, id=self.item.id)[0], self.debtor), **changes)

    def run(self, leaving: frozenset[str] = frozenset()) -> Any:
        return drain(self.resources, leaving=NOT_OURS | leaving)

    def ring(self, name: str, **ids: str) -> Any:
        """Ring one job and run all that it rings."""
        with self.work() as work:
            work.enqueue(name, bureau_id=str(self.bureau.id), **ids)
        return drain(self.resources, leaving=NOT_OURS - {name})

    def the_case(self) -> AgencyCase:
        return self.read(AgencyCase, AgencyCase.planned_at, AgencyCase.closed_at, claim_id=self.claim.id)[-1]

    def effects(self, kind: str) -> list[Effect]:
        return self.read(Effect, Effect.planned_at, Effect.business_key, kind=kind)


def desk(
    resources: Resources, agency: Agency, *, base: str | None = None, creditor_ref: str = "7", item: Mapping[str, Any] | None = None
) -> Desk:
    """A desk whose book comes from a file, until `connect_tripletex` gives it a ledger."""
    database = resources.database
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    agreement = make.agreement(database, company, creditor_ref=creditor_ref)
    debtor = make.debtor(database, company)
    open_item = make.open_item(database, debtor, **(item or {}))
    claim = make.claim(database, open_item)
    agencies, unwanted = OneAgency(agency), dict[uuid.UUID, str]()
    vault = Vault(new_key())
    door = sync.Doorway(resources.begin, SandboxLedgers(base, resources.clock), vault)
    resources.provide(Ledgers, door.ledgers)
    resources.provide(Vault, vault)
    resources.provide(Agencies, agencies)

    def still_wanted(_work: UnitOfWork, claim_id: uuid.UUID) -> str | None:
        return unwanted.get(claim_id)

    performers = agency_performers(door, agencies, still_wanted)
    resources.of(Performers).update({**performers, postings.KIND: postings.PaymentPoster(door)})
    return Desk(resources, bureau, company, agreement, debtor, open_item, claim, agencies, unwanted)


def connect_tripletex(desk: Desk, control: Control) -> int:
    """Give the desk's company a book in Tripletex with the claim's invoice in it, mirror it, and return the invoice's id there."""
    company = control.post("/books/companies", {"vendor": "tripletex", "name": desk.company.name})["id"]
    token = f"test-{desk.company.id}"
    control.post("/tripletex/keys", {"company": company, "token": token})
    customer = control.post(
        "/books/customers",
        {"company": company, "name": desk.debtor.name, "organisation_number": desk.debtor.organisation_number},
    )["id"]
    facts = {
        "customer": customer,
        "amount_ore": desk.item.original_ore,
        "issued_on": str(desk.item.issued_on),
        "due_on": str(desk.item.due_on),
    }
    invoice = control.post("/books/invoices", facts)["id"]
    connection = make.connection(desk.database, desk.bureau)
    vault = desk.resources.of(Vault)
    sealed = vault.seal({"employee_token": token}, binding(desk.bureau.id, connection.id))
    desk.change(connection, credential=sealed)
    make.company_link(desk.database, connection, desk.company, external_id=str(company))
    door = sync.Doorway(desk.resources.begin, desk.resources.of(Ledgers), vault)  # type: ignore[type-abstract]
    # the invoice made from a file belongs to no ledger: it must not be looked for in this one
    desk.change(desk.item, state="paid", remaining_ore=0)
    assert sync.sync_company(door, desk.bureau.id, desk.company.id) == "done"
    desk.item = desk.read(OpenItem, company_id=desk.company.id, state="open")[0]
    desk.debtor = desk.read(Debtor, id=desk.item.debtor_id)[0]
    desk.change(desk.debtor, address_lines=["Bryggen 7"], postal_code="5003", city="Bergen")
    desk.claim = make.claim(desk.database, desk.item)
    desk.run()
    return int(invoice)


def kravia(base: str) -> KraviaAgency:
    return KraviaAgency(HttpClient(f"{base}/kravia/api/v2", timeout_seconds=5), "kravia-sandbox-token")


def package(item: OpenItem, debtor: Debtor) -> HandoverPackage:
    """A plain package for this invoice."""
    return HandoverPackage(
        our_reference="", creditor_id="",
        debtor=DebtorDetails(
            debtor.name, debtor.number, False, debtor.organisation_number, debtor.email, debtor.phone, "Bryggen 7", "5003", "Bergen"
        ),
        invoice_number=item.document_number or item.external_id, invoice_date=item.issued_on or date(2026, 10, 1),
        due_date=item.due_on or date(2026, 10, 15), principal_ore=item.remaining_ore, original_ore=item.original_ore, currency="NOK",
        kid=item.kid, description="Faktura", notices=(), interest_from=item.due_on or date(2026, 10, 15), interest_ore=1_234,
        claims_compensation=False, creditor_vat_liable=True,
    )  # fmt: skip


def plain(package: HandoverPackage) -> dict[str, Any]:
    """The package as the claim's room hands it in: JSON without what the agency room fills in itself."""
    whole: dict[str, Any] = msgspec.to_builtins(package)
    return {name: value for name, value in whole.items() if name not in ("our_reference", "creditor_id", "attachments")}
