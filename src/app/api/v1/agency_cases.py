"""Agency cases: claims that were handed over, mirrored from the agency."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal, cast

import msgspec
from litestar import Request, Response, get, post
from litestar.params import JSONBody, QueryParameter

from app.agencies import orders, queries
from app.agencies.capabilities import OrderKind
from app.agencies.doors import Agencies
from app.agencies.models import CaseOrderRow
from app.agencies.queries import CaseLine
from app.api.idempotency import Repeatable
from app.api.paging import AskedPage
from app.api.problems import CONFLICT, ProblemError, invalid
from app.api.v1.words import Id, OfClaim, OfCompany, Ore, Words
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Agency cases"
CaseState = Literal[
    "planned", "awaiting", "registered", "in_collection", "legal", "paused", "paid", "withdrawn", "closed", "refused", "in_doubt",
    "cancelled",
]  # fmt: skip


class AgencyCaseOut(msgspec.Struct, frozen=True):
    """A case at a collection agency. `outstanding_ore` is what the agency still demands, its own costs included.

    `in_doubt`: nobody can tell whether the agency has it; it is being found out before anything is sent again.
    """

    id: uuid.UUID
    company_id: uuid.UUID
    claim_id: uuid.UUID
    open_item_id: uuid.UUID
    debtor_id: uuid.UUID
    debtor_name: str
    invoice: str | None
    agency: str
    external_id: str | None
    state: CaseState
    agency_text: str | None
    principal_ore: Ore
    outstanding_ore: int | None
    currency: str
    problem: str | None
    planned_at: datetime
    handed_over_at: datetime | None
    updated_at: datetime | None
    closed_at: datetime | None


class AgencyCasePage(msgspec.Struct, frozen=True):
    """Some cases, newest first; `next_cursor` gives those before them."""

    items: list[AgencyCaseOut]
    next_cursor: str | None


class PaidOutOut(msgspec.Struct, frozen=True):
    """The case's line of a payout. Only the principal is posted on the invoice."""

    settlement_external_id: str
    settled_on: date
    paid_on: date
    principal_ore: Ore
    interest_ore: Ore
    fees_ore: Ore
    problem: str | None


class ReportedPaymentOut(msgspec.Struct, frozen=True):
    """A payment the company got itself, as it was reported to the agency."""

    paid_on: date
    amount_ore: Ore
    state: str
    problem: str | None


class CaseOrderOut(msgspec.Struct, frozen=True):
    """What was asked of the agency: `sent` when it was taken, or told by a person."""

    id: uuid.UUID
    kind: str
    text: str
    ordered_by: str
    state: Literal["planned", "sent", "refused", "unknown", "review", "cancelled"]
    problem: str | None
    planned_at: datetime
    done_at: datetime | None


class CaseOrderIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked for and why; the agency reads `text`. `told_by_hand`: this agency takes no such order from a program, and a person has
    told it."""

    kind: Literal["pause", "resume", "withdraw", "message"]
    text: Words
    told_by_hand: bool = False


class AgencyCaseDetailOut(msgspec.Struct, frozen=True):
    """A case with what came of it. `documents_missing`: how many documents have not reached the agency."""

    case: AgencyCaseOut
    documents_missing: int
    paid_out: list[PaidOutOut]
    reported: list[ReportedPaymentOut]
    orders: list[CaseOrderOut]


@get("/agency-cases", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listAgencyCases", tags=[TAG])
def list_agency_cases(
    work: Work,
    paging: AskedPage,
    company_id: OfCompany = None,
    claim_id: OfClaim = None,
    in_state: Annotated[CaseState | None, QueryParameter(name="state", description="Only in this state.")] = None,
) -> AgencyCasePage:
    """Cases, perhaps of one company or claim."""
    page = queries.cases(
        work, company_id=company_id, claim_id=claim_id, states=None if in_state is None else (in_state,), cursor=paging.after_text,
        limit=paging.position.limit,
    )  # fmt: skip
    return AgencyCasePage([case_of(row) for row in page.rows], paging.sealed_text(page.next_cursor))


@get("/agency-cases/{case_id:uuid}", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getAgencyCase", tags=[TAG])
def get_agency_case(work: Work, case_id: Id) -> AgencyCaseDetailOut:
    """One case, with payouts and reported payments."""
    found = queries.case(work, case_id)
    return AgencyCaseDetailOut(
        case_of(found.line),
        found.documents_missing,
        [
            PaidOutOut(
                one.settlement_external_id, one.settled_on, one.paid_on, one.principal_ore, one.interest_ore, one.fees_ore, one.problem
            )
            for one in found.paid_out
        ],
        [ReportedPaymentOut(one.paid_on, one.amount_ore, one.state, one.problem) for one in found.reported],
        [_order(one) for one in orders.orders_of(work, case_id)],
    )  # fmt: skip


@post(
    "/agency-cases/{case_id:uuid}/orders", status_code=201, sync_to_thread=True, guards=[requires(Permission.HAND_OVER)],
    operation_id="orderAgency", tags=[TAG],
)  # fmt: skip
def give_order(
    request: Request[Any, Any, Any], work: Work, idempotency: Repeatable, case_id: Id, data: JSONBody[CaseOrderIn]
) -> Response[CaseOrderOut]:
    """Ask the agency to pause, go on, give the case back, or read a message. What the case is afterwards, the agency says.

    409 when the agency does not work on the case, or the same is under way.
    """

    agencies: Agencies = request.app.state.agencies

    def ask() -> CaseOrderOut:
        try:
            made = orders.give(work, agencies, case_id, OrderKind(data.kind), data.text, told_by_hand=data.told_by_hand)
        except orders.OrderError as fault:
            raise (invalid(fault.field, str(fault)) if fault.field else ProblemError(CONFLICT, str(fault))) from fault
        return next(_order(one) for one in orders.orders_of(work, case_id) if one.id == made)

    return idempotency.once(work, 201, ask)


def _order(row: CaseOrderRow) -> CaseOrderOut:
    return CaseOrderOut(row.id, row.kind, row.text_, row.ordered_by, cast("Any", row.state), row.problem, row.planned_at, row.done_at)


def case_of(row: CaseLine) -> AgencyCaseOut:
    return AgencyCaseOut(
        id=row.id, company_id=row.company_id, claim_id=row.claim_id, open_item_id=row.open_item_id, debtor_id=row.debtor_id,
        debtor_name=row.debtor_name, invoice=row.document_number, agency=row.agency, external_id=row.external_id,
        state=cast("CaseState", row.state), agency_text=row.agency_text, principal_ore=row.principal_ore,
        outstanding_ore=row.outstanding_ore, currency=row.currency, problem=row.problem, planned_at=row.planned_at,
        handed_over_at=row.handed_over_at, updated_at=row.updated_at, closed_at=row.closed_at,
    )  # fmt: skip


HANDLERS = (list_agency_cases, get_agency_case, give_order)
