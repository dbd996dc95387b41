"""Steps that wait for a person's yes: what is asked of whom, the answer, and what the waiting has cost."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal, cast

import msgspec
from litestar import Request, get, put
from litestar.exceptions import PermissionDeniedException
from litestar.params import JSONBody, QueryParameter

from app.api.paging import AskedPage
from app.api.problems import CONFLICT, ProblemError
from app.api.v1.words import Id, Note, OfCompany, Ore
from app.dunning import approval_view, approvals
from app.dunning.approval_models import ApprovalRequest, ApprovalVerdict
from app.dunning.approval_view import LostLine, WaitingApproval
from app.dunning.approvals import Voice
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Approvals"
Approver = Literal["manager", "bureau"]
Answer = Literal["yes", "no"]
LOST_DAYS = 90


class WaitingOut(msgspec.Struct, frozen=True):
    """A step that waits for a yes: `manager` is the debtor's account manager, `bureau` the bureau, its ledger owner first.

    `asked`: who is asked now, null where it is the bureau as a whole. `lost_ore`: late interest of the days waited so far.
    """

    id: uuid.UUID
    company_id: uuid.UUID
    claim_id: uuid.UUID
    debtor_id: uuid.UUID
    debtor_name: str
    invoice: str
    remaining_ore: Ore
    step: str
    round: int
    approver: Approver
    asked: str | None
    asked_at: datetime
    escalated_at: datetime | None
    days: int
    lost_ore: Ore


class WaitingPage(msgspec.Struct, frozen=True):
    """Some of what waits, the oldest question first; `next_cursor` gives those after them."""

    items: list[WaitingOut]
    next_cursor: str | None


class VerdictIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`yes`: the step goes on. `no`: the claim is stopped with the reason, through `until` or until somebody lets it go on."""

    answer: Answer
    reason: Note = ""
    until: date | None = None


class VerdictOut(msgspec.Struct, frozen=True):
    """What was answered, by whom. `silence`: the company's rule counted silence as a yes."""

    id: uuid.UUID
    claim_id: uuid.UUID
    answer: Literal["yes", "no", "silence"]
    reason: str | None
    given_by: str
    given_at: datetime


class LostOut(msgspec.Struct, frozen=True):
    """Days and øre lost to waiting in one company; with `approver`, to that person alone (an empty name: the bureau as a whole).

    `incomplete`: the late interest rate of some days is not confirmed.
    """

    company_id: uuid.UUID
    company_name: str
    approver: str | None
    questions: int
    still_open: int
    days: int
    lost_ore: Ore
    incomplete: bool


class LostReport(msgspec.Struct, frozen=True):
    """The cost of waiting since a day, the dearest first."""

    since: date
    companies: list[LostOut]
    approvers: list[LostOut]


@get("/approvals", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listApprovals", tags=[TAG])
def list_approvals(work: Work, paging: AskedPage, company_id: OfCompany = None) -> WaitingPage:
    """What waits for a yes now, perhaps in one company."""
    return paging.listed(WaitingPage, approval_view.page_of(work, paging.position, company_id=company_id), _waiting)


@put(
    "/approvals/{approval_id:uuid}/verdict", sync_to_thread=True, guards=[requires(Permission.APPROVE)], operation_id="answerApproval",
    tags=[TAG],
)  # fmt: skip
def answer_approval(request: Request[Any, Any, Any], work: Work, approval_id: Id, data: JSONBody[VerdictIn]) -> VerdictOut:
    """Answer. A key answers for the bureau; for a named person only an administrator's key does. Once: 409 afterwards."""
    try:
        count = approvals.answer(
            work, Voice.of(request.user), [approval_id], yes=data.answer == "yes", reason=data.reason, until=data.until
        )
    except PermissionError as fault:
        raise PermissionDeniedException("somebody else is asked") from fault
    if not count:
        raise ProblemError(CONFLICT, "It has been answered, or is not asked any more.")
    asked, verdict = approval_view.find(work, approval_id)
    return _verdict(asked, cast("ApprovalVerdict", verdict))


@get("/approvals/lost", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getApprovalDelays", tags=[TAG])
def get_approval_delays(
    work: Work, company_id: OfCompany = None,
    since: Annotated[date | None, QueryParameter(description="From this day on; left out: the last 90 days.")] = None,
) -> LostReport:  # fmt: skip
    """Days and kroner lost to approval, by company and by approver: principal x days x the late interest rate."""
    begin = since or work.today() - timedelta(days=LOST_DAYS)
    by_company, by_person = approval_view.lost(work, begin, company_id=company_id)
    return LostReport(begin, [_lost(line) for line in by_company], [_lost(line) for line in by_person])


def _waiting(one: WaitingApproval) -> WaitingOut:
    asked = one.request
    return WaitingOut(
        asked.id, asked.company_id, asked.claim_id, one.debtor_id, one.debtor_name, one.invoice, one.remaining_ore, asked.step, asked.round,
        cast("Approver", asked.approver), one.asked_name, asked.asked_at, asked.escalated_at, one.days, one.lost_ore,
    )  # fmt: skip


def _verdict(asked: ApprovalRequest, verdict: ApprovalVerdict) -> VerdictOut:
    return VerdictOut(
        asked.id, asked.claim_id, cast("Literal['yes', 'no', 'silence']", verdict.verdict), verdict.reason, verdict.given_by,
        verdict.given_at,
    )  # fmt: skip


def _lost(line: LostLine) -> LostOut:
    lost = line.lost
    return LostOut(
        line.company_id, line.company_name, line.approver_name, lost.questions, lost.still_open, lost.days, lost.ore, lost.incomplete
    )


HANDLERS = (list_approvals, answer_approval, get_approval_delays)
