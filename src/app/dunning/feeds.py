"""The follow-up page by page, for integrators who keep a copy: claims, notices and weekly lists in the order of their making.

Every page is one statement, whatever its size.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.db.paging import Page, Position, read_page
from app.db.unit_of_work import UnitOfWork
from app.dunning.claim_list import standing_of
from app.dunning.models import Claim, ListEntry, Notice, WeeklyList
from app.receivables.models import Debtor, OpenItem


@dataclass(frozen=True, slots=True)
class ClaimWish:
    """What to show. `step` is the engine's word (wait, send_reminder, ask_person, ...).

    `updated_since`: decided on anew, or the ledger's answer about its item differed, at that instant or later.
    """

    state: str | None = None
    step: str | None = None
    company_id: uuid.UUID | None = None
    debtor_id: uuid.UUID | None = None
    updated_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClaimEntry:
    """A claim with what its item and debtor are called. `standing` is one of `dunning.queries.STANDINGS`."""

    claim: Claim
    item: OpenItem
    debtor: Debtor
    standing: str


@dataclass(frozen=True, slots=True)
class ListEntryCounts:
    """A weekly list with how many invoices stand on it, and how many of them nobody has decided on."""

    weekly: WeeklyList
    entries: int
    ready: int


def claims(work: UnitOfWork, position: Position, wanted: ClaimWish) -> Page[ClaimEntry]:
    """Oldest first."""
    query = (
        select(Claim, OpenItem, Debtor, standing_of(work.today()))
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .join(Debtor, Debtor.id == Claim.debtor_id)
    )
    if wanted.state is not None:
        query = query.where(Claim.state == wanted.state)
    if wanted.step is not None:
        query = query.where(Claim.step == wanted.step)
    if wanted.company_id is not None:
        query = query.where(Claim.company_id == wanted.company_id)
    if wanted.debtor_id is not None:
        query = query.where(Claim.debtor_id == wanted.debtor_id)
    if wanted.updated_since is not None:
        query = query.where((Claim.decided_at >= wanted.updated_since) | (OpenItem.changed_at >= wanted.updated_since))
    page = read_page(work, query, Claim.id, position)
    return Page(tuple(ClaimEntry(*row) for row in page.rows), page.next_after)


def notices(
    work: UnitOfWork, position: Position, *, company_id: uuid.UUID | None = None, claim_id: uuid.UUID | None = None
) -> Page[Notice]:
    """Oldest first."""
    query = select(Notice)
    if company_id is not None:
        query = query.where(Notice.company_id == company_id)
    if claim_id is not None:
        query = query.where(Notice.claim_id == claim_id)
    page = read_page(work, query, Notice.id, position)
    return Page(tuple(row for (row,) in page.rows), page.next_after)


def find_notice(work: UnitOfWork, notice_id: uuid.UUID) -> Notice:
    """LookupError when it does not exist for this scope."""
    notice = work.session.execute(select(Notice).where(Notice.id == notice_id)).scalar_one_or_none()
    if notice is None:
        raise LookupError("no such notice")
    return notice


def weekly_lists(
    work: UnitOfWork, position: Position, *, company_id: uuid.UUID | None = None, state: str | None = None
) -> Page[ListEntryCounts]:
    """Newest first."""
    on_it = select(func.count()).select_from(ListEntry).where(ListEntry.list_id == WeeklyList.id)
    query = select(WeeklyList, on_it.scalar_subquery(), on_it.where(ListEntry.state == "ready").scalar_subquery())
    if company_id is not None:
        query = query.where(WeeklyList.company_id == company_id)
    if state is not None:
        query = query.where(WeeklyList.state == state)
    page = read_page(work, query, WeeklyList.id, position, newest_first=True)
    return Page(tuple(ListEntryCounts(*row) for row in page.rows), page.next_after)
