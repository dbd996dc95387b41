"""Read-only views of connections and syncs, for pages and API. Nothing here touches a credential."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.db.paging import Page, Position, read_page
from app.db.unit_of_work import UnitOfWork
from app.ledgers import endings
from app.ledgers.models import CompanyLink, Connection, LedgerHook, Posting, SyncRun
from app.receivables.models import OpenItem
from app.tenants.models import Company


@dataclass(frozen=True, slots=True)
class ConnectionLine:
    """A credential at a ledger as it may be shown. `state`: working, reconnect, failing or revoked.

    `found` counts the companies it covers, `ticked` those of them that we serve.
    """

    id: uuid.UUID
    ledger: str
    label: str
    state: str
    problem: str | None
    connected_at: datetime
    checked_at: datetime | None
    expires_at: datetime | None
    #: the last day it works by what is known, and the one of these that the bureau has noted itself
    last_day: date | None
    ends_on: date | None
    found: int
    ticked: int


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A company behind a connection. `company_id` is set when we serve it; `lost_at` when the credential no longer covers it."""

    id: uuid.UUID
    external_id: str
    name: str
    organisation_number: str | None
    company_id: uuid.UUID | None
    company_name: str | None
    found_at: datetime
    lost_at: datetime | None
    synced_at: datetime | None
    problem: str | None
    warnings: tuple[str, ...]
    difference_ore: int | None
    differs: bool
    #: when the ledger last told something by itself, and why it does not, where it should
    heard_at: datetime | None
    deaf: str | None
    #: when the ledger was last asked what has changed, and why that failed, where it did
    changes_tried_at: datetime | None
    changes_problem: str | None


def connections(work: UnitOfWork) -> list[ConnectionLine]:
    """Every connection of the bureau, live ones first. One query."""
    counted = (
        select(
            CompanyLink.connection_id,
            func.count().filter(CompanyLink.lost_at.is_(None)).label("found"),
            func.count(CompanyLink.company_id).label("ticked"),
        )
        .group_by(CompanyLink.connection_id)
        .subquery()
    )
    rows = work.session.execute(
        select(Connection, endings.last_day(), func.coalesce(counted.c.found, 0), func.coalesce(counted.c.ticked, 0))
        .outerjoin(counted, counted.c.connection_id == Connection.id)
        .order_by(Connection.state == "revoked", Connection.connected_at, Connection.id)
    ).all()
    return [
        ConnectionLine(
            row.id, row.ledger, row.label, row.state, row.problem, row.connected_at, row.checked_at, row.expires_at, last,
            row.ends_on, found, ticked,
        )
        for row, last, found, ticked in rows
    ]  # fmt: skip


def links(work: UnitOfWork, connection_id: uuid.UUID) -> list[LinkLine]:
    """The companies behind a connection by name. LookupError when there is no such connection in this scope."""
    if work.session.execute(select(Connection.id).where(Connection.id == connection_id)).one_or_none() is None:
        raise LookupError("no such connection")
    rows = work.session.execute(
        select(CompanyLink, Company.name, LedgerHook.last_heard_at, LedgerHook.problem)
        .outerjoin(Company, Company.id == CompanyLink.company_id)
        .outerjoin(LedgerHook, LedgerHook.link_id == CompanyLink.id)
        .where(CompanyLink.connection_id == connection_id)
        .order_by(CompanyLink.name, CompanyLink.id)
    ).all()
    return [
        LinkLine(
            link.id, link.external_id, link.name, link.organisation_number, link.company_id, company_name, link.found_at, link.lost_at,
            link.synced_at, link.problem, tuple(link.warnings), link.difference_ore, link.differs_since is not None,
            heard_at, problem if link.company_id is not None else None,
            link.changes_tried_at, link.changes_problem if link.company_id is not None else None,
        )
        for link, company_name, heard_at, problem in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Balance:
    """A company's open items held against its receivables account at the last fetch that could compare them. Øre.

    `differs`: by another amount than a person has accepted.
    """

    listed_ore: int
    account_ore: int
    at: datetime | None
    differs: bool

    @property
    def difference_ore(self) -> int:
        return self.listed_ore - self.account_ore


def balance(work: UnitOfWork, company_id: uuid.UUID) -> Balance | None:
    """None while nothing could be compared."""
    newest = (
        select(SyncRun.listed_ore, SyncRun.account_ore, SyncRun.finished_at, CompanyLink.differs_since)
        .join(CompanyLink, CompanyLink.company_id == SyncRun.company_id)
        .where(SyncRun.company_id == company_id, SyncRun.state == "done", SyncRun.account_ore.is_not(None))
        .order_by(SyncRun.started_at.desc())
        .limit(1)
    )
    row = work.session.execute(newest).one_or_none()
    return None if row is None else Balance(row.listed_ore, row.account_ore, row.finished_at, row.differs_since is not None)


def postings(work: UnitOfWork, company_id: uuid.UUID, rows: int = 20) -> list[tuple[Posting, str]]:
    """The newest payments we have told the company's ledger of, each with its invoice's number."""
    newest = (
        select(Posting, func.coalesce(OpenItem.document_number, OpenItem.external_id))
        .join(OpenItem, OpenItem.id == Posting.open_item_id)
        .where(Posting.company_id == company_id)
        .order_by(Posting.planned_at.desc(), Posting.id.desc())
        .limit(rows)
    )
    return [(posting, number) for posting, number in work.session.execute(newest).all()]


def latest_runs(work: UnitOfWork, company_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, SyncRun]:
    """The newest run of each company that has one. One query."""
    newest = (
        select(SyncRun)
        .where(SyncRun.company_id.in_(company_ids))
        .ext(distinct_on(SyncRun.company_id))
        .order_by(SyncRun.company_id, SyncRun.started_at.desc(), SyncRun.id.desc())
    )
    return {run.company_id: run for run in work.session.execute(newest).scalars()}


def sync_runs(work: UnitOfWork, position: Position, company_id: uuid.UUID | None = None, state: str | None = None) -> Page[SyncRun]:
    """Runs, newest first."""
    query = select(SyncRun)
    if company_id is not None:
        query = query.where(SyncRun.company_id == company_id)
    if state is not None:
        query = query.where(SyncRun.state == state)
    page = read_page(work, query, SyncRun.id, position, newest_first=True)
    return Page(tuple(row for (row,) in page.rows), page.next_after)


def find_sync_run(work: UnitOfWork, run_id: uuid.UUID) -> SyncRun:
    """LookupError when it does not exist for this scope."""
    run = work.session.execute(select(SyncRun).where(SyncRun.id == run_id)).scalar_one_or_none()
    if run is None:
        raise LookupError("no such run")
    return run


def posting_page(work: UnitOfWork, position: Position, company_id: uuid.UUID | None = None) -> Page[Posting]:
    """Payments told to ledgers, newest first."""
    query = select(Posting)
    if company_id is not None:
        query = query.where(Posting.company_id == company_id)
    page = read_page(work, query, Posting.id, position, newest_first=True)
    return Page(tuple(row for (row,) in page.rows), page.next_after)


def find_posting(work: UnitOfWork, posting_id: uuid.UUID) -> Posting:
    """LookupError when it does not exist for this scope."""
    posting = work.session.execute(select(Posting).where(Posting.id == posting_id)).scalar_one_or_none()
    if posting is None:
        raise LookupError("no such posting")
    return posting
