"""Amili AutoCollect (NO), API `collection/v1`: what is written is answered later, in batches, and found by our own reference.

Let in by keys of one's own (`Access.OWN`): Amili gives out a client id, a secret and an organisation's id (orgId) together, and nothing
public speaks of one key that opens every creditor. A bureau that has one client for all its companies writes it down in its own agreement;
each company's agreement names its orgId. A case is known by its number there: settlements and people name no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from app.agencies.adapters.amili import rows
from app.agencies.adapters.amili.hooks import AmiliHooks
from app.agencies.adapters.amili.rows import Batch
from app.agencies.adapters.amili.wire import Tokens, Wire, need, objects
from app.agencies.capabilities import Access, AccessField, AgencyCapabilities, OrderKind, ReportKind, Takeover
from app.agencies.ports import (
    Agency,
    AgencyAccess,
    CaseOrder,
    CaseReceipt,
    CaseState,
    CaseUpdate,
    DirectPayment,
    HandoverPackage,
    Settlement,
)
from app.agencies.vendors import AgencyVendor
from app.net.errors import BrokenError, RefusedError, TryLaterError, UnknownOutcomeError, UnsupportedError
from app.net.http import HttpClient
from app.settings import LedgerApp
from app.values.calendar import oslo_date
from app.values.clock import Clock

#: the agency's clock may run behind ours by this much before a look-up could miss a batch
CLOCK_MARGIN = timedelta(days=2)
#: a batch that is queued longer than this is looked for no more by readings of changes
BATCH_LIFE = timedelta(days=14)
SETTLED_WITHIN = timedelta(days=60)
#: paths below a case: pages of the vendor's documentation name the acts, their paths and bodies are not public (assumed)
ORDER_PATHS: Mapping[OrderKind, str] = {
    OrderKind.PAUSE: "pause",
    OrderKind.RESUME: "resume",
    OrderKind.WITHDRAW: "withdraw",
    OrderKind.RELEASE: "accept-debt-collection-list",
    OrderKind.STOP: "reject-debt-collection-list",
}
ENDS = (CaseState.CLOSED, CaseState.PAID, CaseState.WITHDRAWN)


class AmiliAgency(Agency):
    """One organisation at Amili. It sends the collection warning itself where none has been sent."""

    capabilities = AgencyCapabilities(
        agency="amili",
        label="Amili",
        access=Access.OWN,
        fields=(AccessField("client_id"), AccessField("client_secret", secret=True)),
        answers_later=True,
        takeovers=frozenset({Takeover.WARNING, Takeover.PAYMENT_DEMAND}),
        lists_book=True,
        reports=frozenset(ReportKind),
        orders=frozenset(ORDER_PATHS),
        finds_orders=True,
        settles=True,
        payout_marks=("AMILI",),
    )

    def __init__(self, http: HttpClient, tokens: Tokens, client: tuple[str, str], clock: Clock) -> None:
        """`http` has the API's base address, `client` is id and secret: who comes with them sees the organisations they open."""
        self._http, self._tokens, self._client, self._clock = http, tokens, client, clock

    def register(self, package: HandoverPackage) -> CaseReceipt:
        """A batch of one: 202 says that it will be looked at. `changes` hears what became of it."""
        return CaseReceipt(
            self._hand_in(self._at(package.creditor_id), "/invoices", rows.invoice_of(package)), CaseState.AWAITING, rows.UNFINISHED
        )

    def find(self, creditor_id: str, our_reference: str, planned_at: datetime) -> CaseReceipt | None:
        """The invoice by our reference, then the batches that may hold it: in this order nothing passes between two looks."""
        wire = self._at(creditor_id)
        case = self._case(wire, our_reference)
        if case is not None:
            return CaseReceipt(rows.number_of(case), rows.state_of(case), rows.text_of(case))
        known = self._invoice(wire, our_reference)
        if known is not None:
            return CaseReceipt(str(need(known, "id")), CaseState.AWAITING, str(known.get("status")))
        waiting = False
        for batch in self._batches(wire, "INVOICE", planned_at - CLOCK_MARGIN):
            if our_reference in batch.taken or any(key == our_reference for key, _ in batch.refused):
                # also where it is refused: the next reading of changes says so, and why
                return CaseReceipt(batch.id, CaseState.AWAITING, batch.status)
            waiting = waiting or not batch.is_finished
        if waiting:
            raise TryLaterError("Amili has a batch in its queue, and does not tell yet what is in it")
        return None

    def changes(self, creditor_id: str, since: datetime | None) -> list[CaseUpdate]:
        """Every case as it stands: the list cannot be asked for what has changed. Then what batches refused since the last reading."""
        wire, read_at = self._at(creditor_id), self._clock.now()
        cases = [rows.case_update(row, read_at) for row in wire.rows("/cases", {})]
        there = {one.our_reference for one in cases if one.our_reference is not None}
        refused = [
            update
            for batch in self._batches(wire, "INVOICE", None if since is None else since - CLOCK_MARGIN, ended=True)
            for update in self._refusals(wire, batch, there, read_at)
        ]
        return [*refused, *cases]

    def book(self, creditor_id: str) -> list[CaseUpdate]:
        read_at = self._clock.now()
        found = [rows.case_update(row, read_at) for row in self._at(creditor_id).rows("/cases", {})]
        return [one for one in found if one.state not in ENDS]

    def report_payment(self, payment: DirectPayment) -> None:
        """Done only when its batch says so; one that still waits is of unknown outcome, and looked up later."""
        wire = self._at(payment.creditor_id)
        path, body = self._report(wire, payment)
        batch = self._batch(wire, self._hand_in(wire, path, body), after_write=True)
        if not batch.is_finished:
            raise UnknownOutcomeError("Amili has taken the report to be looked at, and has not said yet whether it holds")
        self._hold(batch, payment.our_key)

    def find_payment(self, payment: DirectPayment) -> bool:
        """`RefusedError` when it was told and Amili said no: telling it again would not help."""
        kind = "PAYMENT" if payment.kind is ReportKind.PAYMENT else "CORRECTION"
        waiting = False
        # it was told after the money came
        since = datetime.combine(payment.paid_on, datetime.min.time(), self._clock.now().tzinfo) - CLOCK_MARGIN
        for batch in self._batches(self._at(payment.creditor_id), kind, since):
            if payment.our_key in batch.taken:
                return True
            self._hold(batch, payment.our_key, alone=False)
            waiting = waiting or not batch.is_finished
        if waiting:
            raise TryLaterError("Amili has a report in its queue, and does not tell yet what is in it")
        return False

    def order(self, order: CaseOrder) -> str:
        """Amili gives such an act no number of its own."""
        if order.kind not in ORDER_PATHS:
            raise UnsupportedError("Amili takes no such order")
        wire = self._at(order.creditor_id)
        case = self._need_case(wire, order.our_reference, order.external_id)
        wire.write(f"/cases/{need(case, 'caseId')}/{ORDER_PATHS[order.kind]}", {"reason": order.text})
        return order.our_key

    def find_order(self, order: CaseOrder) -> str | None:
        """Told by where the case stands now; the answers to the list leave it alike, so only that one of them came can be seen."""
        case = self._need_case(self._at(order.creditor_id), order.our_reference, order.external_id)
        state, listed = rows.state_of(case), rows.is_on_the_list(case)
        if order.kind in (OrderKind.RELEASE, OrderKind.STOP):
            if listed:
                return None
            if (state in (CaseState.IN_COLLECTION, CaseState.LEGAL)) == (order.kind is OrderKind.RELEASE):
                return order.our_key
            raise BrokenError("the case has left Amili's list, and it cannot be told whether by our answer")
        done = {
            OrderKind.PAUSE: state is CaseState.PAUSED,
            OrderKind.RESUME: state is not CaseState.PAUSED,
            OrderKind.WITHDRAW: state is CaseState.WITHDRAWN,
        }
        return order.our_key if done[order.kind] else None

    def settlements(self, creditor_id: str) -> list[Settlement]:
        """Amili keeps no mark of what is booked: the last sixty days, told again each time."""
        today = oslo_date(self._clock.now())
        # the agency's day may have begun before ours
        asked = {"fromDate": (today - SETTLED_WITHIN).isoformat(), "toDate": (today + timedelta(days=1)).isoformat()}
        found = self._at(creditor_id).rows("/settlements", asked, turning="pageToken", size="pageSize")
        return [rows.settlement_of(row) for row in found]

    def close(self) -> None:
        """Nothing to do: the line to the agency is shared by all who open it."""

    def _at(self, creditor_id: str) -> Wire:
        return Wire(self._http, self._tokens, self._client, creditor_id)

    @staticmethod
    def _hand_in(wire: Wire, path: str, row: dict[str, Any]) -> str:
        """The batch's id. A 202 that names no batch leaves the outcome to be looked up."""
        told = wire.write(path, {path[1:]: [row]})
        try:
            return str(need(told.get("data"), "batchId"))
        except BrokenError as fault:
            raise UnknownOutcomeError(f"POST {path}: taken, but the answer names no batch") from fault

    def _report(self, wire: Wire, payment: DirectPayment) -> tuple[str, dict[str, Any]]:
        invoices = objects(self._need_case(wire, payment.our_reference, payment.external_id), "invoices")
        ours = [one for one in invoices if one.get("uniqueSourceInvoiceId") == payment.our_reference] or invoices[:1]
        if not ours:
            raise BrokenError("the case at Amili has no invoice")
        said = {
            "invoiceId": need(ours[0], "invoiceId"),
            "amount": rows.kroner(payment.amount_ore),
            "currency": str((ours[0].get("currency") or {}).get("code") or "NOK"),
            "date": payment.paid_on.isoformat(),
            "description": payment.text,
        }
        if payment.kind is ReportKind.PAYMENT:
            return "/payments", {**said, "type": "DIRECT_PAYMENT", "uniqueSourcePaymentId": payment.our_key}
        return "/corrections", {**said, "uniqueSourceCorrectionId": payment.our_key}

    @staticmethod
    def _hold(batch: Batch, our_key: str, *, alone: bool = True) -> None:
        """`alone`: the batch is known to hold our row and no other, so a refusal without a key is ours, too."""
        for key, why in batch.refused:
            if key == our_key or (key is None and alone):
                raise RefusedError(f"Amili does not take it: {why}")
        if alone and batch.status == rows.FAILED:
            raise RefusedError("Amili does not take it, and does not say why")

    def _refusals(self, wire: Wire, batch: Batch, there: set[str], read_at: datetime) -> Iterator[CaseUpdate]:
        """A refused row of an invoice that is there nevertheless was its double. A row without our reference is ours if it is the only
        one."""
        for key, why in batch.refused:
            if key is None and batch.rows > 1:
                continue
            if key is not None and (key in there or self._invoice(wire, key) is not None):
                continue
            yield CaseUpdate(batch.id, key, CaseState.REFUSED, why, None, read_at)
        if batch.status == rows.FAILED and not batch.refused:
            yield CaseUpdate(batch.id, None, CaseState.REFUSED, "Amili did not take the batch, and does not say why", None, read_at)

    def _batches(self, wire: Wire, kind: str, since: datetime | None, *, ended: bool = False) -> Iterator[Batch]:
        """Batches made since then, newest first, each read whole; with `ended` those that ended since then, and not altogether well."""
        oldest = None if since is None else (since - BATCH_LIFE if ended else since)
        for row in wire.rows("/batches", {"Type": kind, "SortDirection": "DESC"}):
            known = rows.batch_of(row)
            if oldest is not None and known.created_at < oldest:
                return
            if ended and (known.status not in (rows.PARTLY, rows.FAILED) or _ended_before(known, since)):
                continue
            yield self._batch(wire, known.id)

    @staticmethod
    def _batch(wire: Wire, batch_id: str, *, after_write: bool = False) -> Batch:
        try:
            return rows.batch_of(need(wire.read(f"/batches/{batch_id}"), "data"))
        except (TryLaterError, BrokenError, RefusedError) as fault:
            if after_write:
                raise UnknownOutcomeError(f"Amili has taken it to be looked at, but does not tell of it: {fault}") from fault
            raise

    @staticmethod
    def _invoice(wire: Wire, our_reference: str) -> dict[str, Any] | None:
        """Whether an invoice tells our reference is not published: one that tells another is none of ours."""
        for row in wire.rows("/invoices", {"UniqueSourceInvoiceId": our_reference}, size=None):
            if row.get("uniqueSourceInvoiceId") in (None, our_reference):
                return row
        return None

    @staticmethod
    def _case(wire: Wire, our_reference: str) -> dict[str, Any] | None:
        """A filter that is not heeded would give other people's cases, so the answer is held against the question."""
        for row in wire.rows("/cases", {"UniqueSourceInvoiceId": our_reference}):
            if any(one.get("uniqueSourceInvoiceId") == our_reference for one in objects(row, "invoices")):
                return row
        return None

    def _need_case(self, wire: Wire, our_reference: str, number: str) -> dict[str, Any]:
        found = self._case(wire, our_reference) if our_reference else None
        if found is None:
            asked = wire.rows("/cases", {"CaseNumber": number})
            found = next((row for row in asked if rows.number_of(row) == number), None)
        if found is None:
            raise RefusedError(f"Amili has no case {number}")
        return found


def vendor(apps: Mapping[str, LedgerApp], clock: Clock) -> AgencyVendor:
    app = apps["amili"]
    http, tokens = HttpClient(app.api_url), Tokens(HttpClient(app.login_url), clock)

    def opener(access: AgencyAccess) -> AmiliAgency:
        client = (access.setup["client_id"], access.secrets["client_secret"])
        return AmiliAgency(http, tokens, client, clock)

    return AgencyVendor(AmiliAgency.capabilities, opener, AmiliHooks())


def _ended_before(batch: Batch, instant: datetime | None) -> bool:
    return instant is not None and batch.finished_at is not None and batch.finished_at < instant
