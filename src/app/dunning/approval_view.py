"""What is asked of whom, and what the waiting has cost: for pages, mails and the API. Read-only."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from app.db.paging import Page, Position
from app.db.unit_of_work import UnitOfWork
from app.dunning.approval_models import ApprovalRequest, ApprovalVerdict
from app.dunning.approvals import Voice
from app.dunning.delay import Lost, Waited, cost_of, lost_to
from app.dunning.models import Claim
from app.dunning.statutes.rates import RATES, Rates
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Company, User
from app.values.calendar import oslo_date

_Owner = aliased(User)
_Asked = aliased(User)
#: nobody answers more in a day
ROWS_MAX = 500


@dataclass(frozen=True, slots=True)
class WaitingApproval:
    """One question that waits. Amounts in øre; `lost_ore` is what the waiting has cost so far, `per_day_ore` what a day more costs."""

    request: ApprovalRequest
    company_name: str
    debtor_id: uuid.UUID
    debtor_name: str
    invoice: str
    due_on: date | None
    remaining_ore: int
    owner_name: str | None
    asked_name: str | None
    days: int
    lost_ore: int
    per_day_ore: int


@dataclass(frozen=True, slots=True)
class LostLine:
    """What was lost in one company to one approver; without an approver, in the company as a whole."""

    company_id: uuid.UUID
    company_name: str
    approver_name: str | None
    lost: Lost


def waiting(
    work: UnitOfWork, *, company_id: uuid.UUID | None = None, asked_id: uuid.UUID | None = None, claim_id: uuid.UUID | None = None,
    rates: Rates = RATES,
) -> list[WaitingApproval]:  # fmt: skip
    """The dearest delay first. `asked_id`: only what this person is asked, himself or as a stand-in. One query."""
    query = _questions().where(ApprovalRequest.closed_at.is_(None), Company.closed_at.is_(None))
    if company_id is not None:
        query = query.where(ApprovalRequest.company_id == company_id)
    if claim_id is not None:
        query = query.where(ApprovalRequest.claim_id == claim_id)
    if asked_id is not None:
        query = query.where(or_(ApprovalRequest.asked_id == asked_id, ApprovalRequest.owner_id == asked_id))
    rows = work.session.execute(query.order_by(OpenItem.remaining_ore.desc(), ApprovalRequest.id).limit(ROWS_MAX)).all()
    return [_waiting(row, work.today(), rates) for row in rows]


def page_of(work: UnitOfWork, position: Position, *, company_id: uuid.UUID | None = None, rates: Rates = RATES) -> Page[WaitingApproval]:
    """What waits, the oldest question first, page by page."""
    query = _questions().where(ApprovalRequest.closed_at.is_(None))
    if company_id is not None:
        query = query.where(ApprovalRequest.company_id == company_id)
    if position.after is not None:
        query = query.where(ApprovalRequest.id > position.after)
    rows = list(work.session.execute(query.order_by(ApprovalRequest.id).limit(position.limit + 1)).all())
    more, rows = len(rows) > position.limit, rows[: position.limit]
    return Page(tuple(_waiting(row, work.today(), rates) for row in rows), rows[-1][0].id if more else None)


def mine(work: UnitOfWork, voice: Voice, found: Sequence[WaitingApproval]) -> list[WaitingApproval]:
    """Those this voice may answer."""
    return [one for one in found if voice.may_answer(one.request)]


def find(work: UnitOfWork, request_id: uuid.UUID) -> tuple[ApprovalRequest, ApprovalVerdict | None]:
    """A question and its answer, if there is one. LookupError when it does not exist in this scope."""
    row = work.session.execute(
        select(ApprovalRequest, ApprovalVerdict)
        .outerjoin(ApprovalVerdict, ApprovalVerdict.request_id == ApprovalRequest.id)
        .where(ApprovalRequest.id == request_id)
    ).one_or_none()
    if row is None:
        raise LookupError("no such request")
    return row[0], row[1]


def count_for(work: UnitOfWork, user_id: uuid.UUID | None) -> int:
    """How many questions wait for this person."""
    query = select(func.count()).where(ApprovalRequest.closed_at.is_(None), ApprovalRequest.asked_id == user_id)
    return int(work.session.execute(query).scalar_one())


def history(work: UnitOfWork, claim_id: uuid.UUID) -> list[tuple[ApprovalRequest, ApprovalVerdict | None, str | None]]:
    """All that was asked about a claim, with the answer and the name of who was asked, oldest first."""
    rows = work.session.execute(
        select(ApprovalRequest, ApprovalVerdict, User.name)
        .outerjoin(ApprovalVerdict, ApprovalVerdict.request_id == ApprovalRequest.id)
        .outerjoin(User, User.id == ApprovalRequest.asked_id)
        .where(ApprovalRequest.claim_id == claim_id)
        .order_by(ApprovalRequest.id)
    ).all()
    return [(request, verdict, name) for request, verdict, name in rows]


def lost(
    work: UnitOfWork, since: date, *, company_id: uuid.UUID | None = None, rates: Rates = RATES
) -> tuple[list[LostLine], list[LostLine]]:
    """Days and kroner lost to approval since that day, by company and by company and approver, the dearest first. One query."""
    query = (
        select(ApprovalRequest, ApprovalVerdict, Company.name, _Asked.name)
        .join(Company, Company.id == ApprovalRequest.company_id)
        .outerjoin(ApprovalVerdict, ApprovalVerdict.request_id == ApprovalRequest.id)
        .outerjoin(_Asked, _Asked.id == ApprovalRequest.asked_id)
        .where(
            func.coalesce(ApprovalRequest.closed_at, work.now()) >= datetime.combine(since, datetime.min.time(), tzinfo=work.now().tzinfo)
        )
    )
    if company_id is not None:
        query = query.where(ApprovalRequest.company_id == company_id)
    companies: dict[tuple[uuid.UUID, str], list[Waited]] = defaultdict(list)
    people: dict[tuple[uuid.UUID, str, str], list[Waited]] = defaultdict(list)
    for request, verdict, company_name, asked_name in work.session.execute(query).all():
        one = _waited(request, verdict, work.today())
        companies[(request.company_id, company_name)].append(one)
        people[(request.company_id, company_name, asked_name or "")].append(one)
    by_company = [LostLine(key[0], key[1], None, lost_to(waits, rates)) for key, waits in companies.items()]
    by_person = [LostLine(key[0], key[1], key[2], lost_to(waits, rates)) for key, waits in people.items()]
    return sorted(by_company, key=_dearest), sorted(by_person, key=_dearest)


def _dearest(line: LostLine) -> tuple[int, int, str, str]:
    return (-line.lost.ore, -line.lost.days, line.company_name, line.approver_name or "")


def _waited(request: ApprovalRequest, verdict: ApprovalVerdict | None, today: date) -> Waited:
    ended = request.closed_at if verdict is None else verdict.given_at
    return Waited(
        f"{request.claim_id}:{request.step}:{request.round}:{request.turn}", request.principal_ore, oslo_date(request.asked_at),
        today if ended is None else oslo_date(ended), ended is None,
    )  # fmt: skip


def _questions() -> Select[*tuple[Any, ...]]:
    columns: Select[*tuple[Any, ...]] = select(
        ApprovalRequest, Company.name, Debtor.id, Debtor.name, func.coalesce(OpenItem.document_number, OpenItem.external_id),
        OpenItem.due_on, OpenItem.remaining_ore, _Owner.name, _Asked.name,
    )  # fmt: skip
    return (
        columns.join(Claim, Claim.id == ApprovalRequest.claim_id)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .join(Debtor, Debtor.id == Claim.debtor_id)
        .join(Company, Company.id == ApprovalRequest.company_id)
        .outerjoin(_Owner, _Owner.id == ApprovalRequest.owner_id)
        .outerjoin(_Asked, _Asked.id == ApprovalRequest.asked_id)
    )


def _waiting(row: Any, today: date, rates: Rates) -> WaitingApproval:
    request, company, debtor_id, debtor, invoice, due_on, remaining, owner, asked = row
    asked_on = oslo_date(request.asked_at)
    so_far, _ = cost_of(Waited("", remaining, asked_on, today), rates)
    a_day, _ = cost_of(Waited("", remaining, today - timedelta(days=1), today), rates)
    return WaitingApproval(
        request, company, debtor_id, debtor, invoice, due_on, remaining, owner, asked, (today - asked_on).days, so_far, a_day
    )
