"""What doors may read of the follow-up: lists of claims, one claim with its history, the weekly lists, and what waits for a person."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select

from app.agencies.models import AgencyCase
from app.db.unit_of_work import UnitOfWork
from app.dunning.claim_list import (
    AGES,
    AT_AGENCY,
    STANDINGS,
    ClaimFilter,
    ClaimPage,
    ClaimRow,
    CursorError,
    list_claims,
)
from app.dunning.claim_view import AmountsToday, ClaimDetail, DeliveryLine, ListLine, NoticeLine, amounts_on, claim_detail
from app.dunning.list_view import LeftOut, ListedClaim, ShownList, find_list, latest_list, list_of_entry, open_lists
from app.dunning.models import Claim, ListEntry, WeeklyList
from app.dunning.timeline import Event, timeline

__all__ = [
    "AGES", "STANDINGS", "AmountsToday", "ClaimDetail", "ClaimFilter", "ClaimPage", "ClaimRow", "Counts", "CursorError", "DeliveryLine",
    "Event", "LeftOut", "ListLine", "ListedClaim", "NoticeLine", "ShownList", "amounts_on", "claim_detail", "counts", "find_list",
    "latest_list", "list_claims", "list_of_entry", "open_lists", "timeline",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counts:
    """What waits: list entries nobody has looked at, claims with a question to a person, cases alive at agencies."""

    ready: int
    questions: int
    cases: int


def counts(work: UnitOfWork, company_id: uuid.UUID | None = None) -> Counts:
    """In one query, for the frame around every page."""
    ready = (
        select(func.count())
        .select_from(ListEntry)
        .join(WeeklyList, WeeklyList.id == ListEntry.list_id)
        .where(WeeklyList.state == "open", WeeklyList.deadline_at > work.now(), ListEntry.state == "ready")
    )
    questions = select(func.count()).select_from(Claim).where(Claim.state == "active", Claim.step == "ask_person")
    cases = select(func.count()).select_from(AgencyCase).where(AgencyCase.state.in_(AT_AGENCY))
    if company_id is not None:
        ready = ready.where(ListEntry.company_id == company_id)
        questions = questions.where(Claim.company_id == company_id)
        cases = cases.where(AgencyCase.company_id == company_id)
    row = work.session.execute(select(ready.scalar_subquery(), questions.scalar_subquery(), cases.scalar_subquery())).one()
    return Counts(*(int(value or 0) for value in row))
