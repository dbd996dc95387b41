"""Between two mirrorings: what the ledger says has changed since last time. An accelerator; the nightly list stays the truth.

The place read to is kept only once the rows are, so that a killed reading is done again: every row is safe to write twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select, update

from app.db.scope import BureauScope
from app.db.unit_of_work import UnitOfWork
from app.ledgers import runs, turns
from app.ledgers.capabilities import Since
from app.ledgers.credentials import mark
from app.ledgers.errors import AuthRevokedError, CursorExpiredError
from app.ledgers.models import CompanyLink, Connection
from app.ledgers.ports import Changes, LedgerItem
from app.ledgers.sync import (
    OVERLAP,
    Doorway,
    Run,
    announce,
    find_link,
    mirror_customers,
    mirror_missing,
    open_ledger,
    pages,
    remember_live,
    written,
)
from app.net.errors import OutsideError, RefusedError, TryLaterError
from app.receivables.models import OpenItem

EVERY = timedelta(minutes=15)
#: a whole mirroring that is older than this was lost on the way, and is rung for again
MISSED_AFTER = timedelta(hours=26)
TRIED_AGAIN_AFTER = timedelta(hours=1)


def served(column: Any) -> Select[Any]:
    """Of the companies we follow up through a connection that may work."""
    linked = select(column).select_from(CompanyLink).join(Connection, Connection.id == CompanyLink.connection_id)
    return linked.where(CompanyLink.company_id.is_not(None), Connection.state.in_(["working", "failing"]))


def due_for_changes(work: UnitOfWork, ledgers: Sequence[str]) -> list[uuid.UUID]:
    """Companies whose ledger tells of changes and has not been asked for a while. One query; the longest waiting first."""
    asked_before = CompanyLink.changes_read_at <= work.now() - EVERY + timedelta(minutes=1)
    rows = (
        served(CompanyLink.company_id)
        .where(Connection.ledger.in_(ledgers), CompanyLink.cursor.is_not(None), asked_before)
        .order_by(CompanyLink.changes_read_at)
    )
    return [company_id for company_id in work.session.execute(rows).scalars() if company_id is not None]


def missed(work: UnitOfWork) -> list[uuid.UUID]:
    """Companies whose last whole mirroring is too old, or never was: their doorbell was lost, or a worker was. Asked for once an hour."""
    now = work.now()
    old = or_(CompanyLink.synced_at.is_(None), CompanyLink.synced_at < now - MISSED_AFTER)
    tried = or_(CompanyLink.tried_at.is_(None), CompanyLink.tried_at < now - TRIED_AGAIN_AFTER)
    wanted = served(CompanyLink.id).where(old, tried, CompanyLink.waits_since.is_(None), CompanyLink.problem.is_(None))
    rung = update(CompanyLink).where(CompanyLink.id.in_(wanted)).values(tried_at=now).returning(CompanyLink.company_id)
    return [company_id for company_id in work.session.execute(rung).scalars() if company_id is not None]


def read_changes(door: Doorway, bureau_id: uuid.UUID, company_id: uuid.UUID) -> str:
    """Returns `done`, `later`, `failed`, `expired` (the whole book is read instead) or `busy`: it is read now, or no place is free."""
    scope = BureauScope(bureau_id)
    with door.begin(scope) as work:
        linked = find_link(work, company_id)
        if linked.cursor is None or runs.is_running(work, company_id):
            return "busy"
    turn = turns.Turn(door.begin)
    ledger = open_ledger(door, linked, turn)
    try:
        if ledger.capabilities.changes is Since.NONE:
            return "busy"
        with turns.taken(door.begin, ledger.capabilities, linked.connection_id, turn):
            return _follow(Run(door, scope, linked, ledger, turn))
    except turns.TakenError:
        return "busy"
    except CursorExpiredError:
        with door.begin(scope) as work:
            gone = {"cursor": None, "changes_tried_at": work.now(), "changes_problem": None}
            work.session.execute(update(CompanyLink).where(CompanyLink.id == linked.link_id).values(gone))
            work.enqueue("ledgers.sync_company", bureau_id=str(bureau_id), company_id=str(company_id))
        return "expired"
    except OutsideError as fault:
        with door.begin(scope) as work:
            tried = {"changes_tried_at": work.now(), "changes_problem": str(fault)}
            work.session.execute(update(CompanyLink).where(CompanyLink.id == linked.link_id).values(tried))
        if isinstance(fault, AuthRevokedError):
            mark(door.begin, bureau_id, linked.connection_id, "reconnect", str(fault))
        return "later" if isinstance(fault, TryLaterError) and not isinstance(fault, RefusedError) else "failed"
    finally:
        ledger.close()


def _follow(run: Run) -> str:
    with run.door.begin(run.scope) as work:
        asked_at = work.now()
    told = run.ledger.fetch_changes(run.linked.external_id, run.linked.cursor)
    still = [item for item in told.items if item.remaining_ore]
    moved = _write(run, still, asked_at) + _ask_why(run, told, asked_at)
    with run.door.begin(run.scope) as work:
        kept = update(CompanyLink).where(CompanyLink.id == run.linked.link_id, CompanyLink.cursor == run.linked.cursor)
        work.session.execute(kept.values(cursor=told.cursor, changes_read_at=asked_at, changes_tried_at=asked_at, changes_problem=None))
        if moved:
            announce(work, run.linked.company_id)
    return "done"


def _write(run: Run, items: list[LedgerItem], asked_at: datetime) -> int:
    linked = run.linked
    since = asked_at if linked.customers_since is None else linked.customers_since - OVERLAP
    if items:
        mirror_customers(run, since, asked_at)
    moved = 0
    for page in pages(items):
        mirror_missing(run, page, asked_at, None, since)
        with run.door.begin(run.scope) as work:
            moved += sum(written(work, linked.company_id, page, asked_at))
    return moved


def _ask_why(run: Run, told: Changes, asked_at: datetime) -> int:
    """What is open here and no longer there: asked about one by one, since a list of changes does not say why."""
    over = {item.external_id for item in told.items if not item.remaining_ore} | set(told.gone)
    held = OpenItem.state.in_(["open", "unexplained"])
    with run.door.begin(run.scope) as work:
        mine = select(OpenItem.id, OpenItem.external_id, OpenItem.invoice_external_id).where(OpenItem.company_id == run.linked.company_id)
        known = work.session.execute(mine.where(held, OpenItem.external_id.in_(over))).all()
    for item_id, external_id, invoice_id in known:
        live = run.ledger.read_item(run.linked.external_id, external_id, invoice_id)
        with run.door.begin(run.scope) as work:
            remember_live(work, run.linked.company_id, item_id, live, asked_at, missed_runs=1)
    return len(known)
