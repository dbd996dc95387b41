"""One row per company: what is owed and how old it is, what waits for a person, how fresh the book is. One query for them all."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import CTE, ColumnElement, Row, Select, and_, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.db.unit_of_work import UnitOfWork
from app.dunning.models import Claim, ListEntry, WeeklyList
from app.ledgers.models import CompanyLink, SyncRun
from app.receivables.models import OpenItem
from app.tenants.models import Company
from app.values.calendar import OSLO

#: a book read longer ago than this is shown as out of date: a night was missed
FRESH_FOR = timedelta(hours=36)
#: days overdue of each part of the aging bar, both ends counted; the last one has no end
BUCKETS: tuple[tuple[int, int | None], ...] = ((1, 14), (15, 30), (31, 60), (61, 90), (91, None))
SORTS = ("name", "outstanding", "overdue", "old", "waiting", "synced", "list")


@dataclass(frozen=True, slots=True)
class CompanyLine:
    """A company's standing. Øre, NOK only; `aging_ore` is what is overdue, by `BUCKETS`. `sync` is ok, running, stale, failed or never.

    `ready` are entries of an open list nobody has looked at, `questions` claims the engine asks a person about. `list_on` is the next day
    a list is made, or None where follow-up is off; `deadline_at` is that of the list open now.
    """

    company_id: uuid.UUID
    name: str
    sort_key: str
    outstanding_ore: int
    overdue_ore: int
    aging_ore: tuple[int, ...]
    ready: int
    questions: int
    sync: str
    synced_at: datetime | None
    list_on: date | None
    deadline_at: datetime | None
    active: bool
    paused_reason: str | None

    @property
    def waiting(self) -> int:
        return self.ready + self.questions

    @property
    def old_ore(self) -> int:
        """Overdue by more than thirty days."""
        return sum(self.aging_ore[2:])


@dataclass(frozen=True, slots=True)
class Totals:
    """The same over several companies. `deadline_at` is the nearest one of their open lists."""

    companies: int
    outstanding_ore: int
    overdue_ore: int
    aging_ore: tuple[int, ...]
    ready: int
    questions: int
    deadline_at: datetime | None


def overview(work: UnitOfWork, company_id: uuid.UUID | None = None) -> list[CompanyLine]:
    """Every company that is not closed, or one. In Norwegian alphabetical order."""
    query = _query(work.today(), work.now())
    if company_id is not None:
        query = query.where(Company.id == company_id)
    return [_line(row, work.now(), work.today()) for row in work.session.execute(query.order_by(Company.sort_key, Company.id)).all()]


def totals(lines: Sequence[CompanyLine]) -> Totals:
    return Totals(
        companies=len(lines),
        outstanding_ore=sum(one.outstanding_ore for one in lines),
        overdue_ore=sum(one.overdue_ore for one in lines),
        aging_ore=tuple(sum(one.aging_ore[part] for one in lines) for part in range(len(BUCKETS))),
        ready=sum(one.ready for one in lines),
        questions=sum(one.questions for one in lines),
        deadline_at=min((one.deadline_at for one in lines if one.deadline_at is not None), default=None),
    )


def arranged(lines: Sequence[CompanyLine], sort: str, text: str = "") -> list[CompanyLine]:
    """Filtered by a part of the name and sorted; a leading minus turns the order round. ValueError for an unknown sort."""
    by = _KEYS.get(sort.removeprefix("-"))
    if by is None:
        raise ValueError(f"unknown sort: {sort}")
    part = text.strip().casefold()
    found = sorted((one for one in lines if part in one.name.casefold()), key=lambda one: one.sort_key)
    return sorted(found, key=by, reverse=sort.startswith("-"))


def next_list_on(weekday: int, hour: int, now: datetime, made_this_week: bool) -> date:
    """The next day a company's list is made: `weekday` 1 is Monday. Today still counts until the hour has come."""
    local = now.astimezone(OSLO)
    ahead = weekday - local.isoweekday()
    if made_this_week or ahead < 0 or (ahead == 0 and local.hour >= hour):
        ahead += 7
    return local.date() + timedelta(days=ahead)


_LONG_AGO = datetime(1970, 1, 1, tzinfo=OSLO)
_KEYS: dict[str, Callable[[CompanyLine], Any]] = {
    "name": lambda one: one.sort_key,
    "outstanding": lambda one: one.outstanding_ore,
    "overdue": lambda one: one.overdue_ore,
    "old": lambda one: (one.old_ore, one.overdue_ore),
    "waiting": lambda one: (one.waiting, one.overdue_ore),
    "synced": lambda one: one.synced_at or _LONG_AGO,
    "list": lambda one: one.list_on or date.max,
}


def _query(today: date, now: datetime) -> Select[Any]:
    """Each part is counted once, whatever the planner believes of a bureau it has no statistics for yet: hence `materialized`."""
    owed, ready, questions, runs = _owed(today), _ready(now), _questions(), _runs()
    return (
        select(
            Company.id, Company.name, Company.sort_key, Company.list_weekday, Company.list_hour, Company.active_from, Company.paused_reason,
            owed.c.outstanding, owed.c.overdue, *(owed.c[f"part{part}"] for part in range(len(BUCKETS))), ready.c.ready,
            ready.c.deadline_at, questions.c.questions, CompanyLink.synced_at, CompanyLink.problem, runs.c.state.label("run_state"),
            runs.c.finished_at, runs.c.read_at,
        )
        .outerjoin(owed, owed.c.company_id == Company.id)
        .outerjoin(ready, ready.c.company_id == Company.id)
        .outerjoin(questions, questions.c.company_id == Company.id)
        .outerjoin(CompanyLink, CompanyLink.company_id == Company.id)
        .outerjoin(runs, runs.c.company_id == Company.id)
        .where(Company.closed_at.is_(None))
    )  # fmt: skip


def _owed(today: date) -> CTE:
    def sum_of(condition: ColumnElement[bool] | None) -> ColumnElement[int]:
        total = func.sum(OpenItem.remaining_ore)
        return func.coalesce(total if condition is None else total.filter(condition), 0)

    overdue = and_(OpenItem.due_on < today, OpenItem.remaining_ore > 0)
    parts = [_part(low, high, today) for low, high in BUCKETS]
    return (
        select(
            OpenItem.company_id, sum_of(None).label("outstanding"), sum_of(overdue).label("overdue"),
            *(sum_of(and_(overdue, part)).label(f"part{number}") for number, part in enumerate(parts)),
        )
        .where(OpenItem.state == "open", OpenItem.currency == "NOK")
        .group_by(OpenItem.company_id)
        .cte("owed")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )  # fmt: skip


def _part(low: int, high: int | None, today: date) -> ColumnElement[bool]:
    newest = OpenItem.due_on <= today - timedelta(days=low)
    return newest if high is None else and_(newest, OpenItem.due_on >= today - timedelta(days=high))


def _ready(now: datetime) -> CTE:
    return (
        select(
            WeeklyList.company_id, func.count().filter(ListEntry.state == "ready").label("ready"),
            func.min(WeeklyList.deadline_at).label("deadline_at"),
        )
        .join(ListEntry, ListEntry.list_id == WeeklyList.id)
        .where(WeeklyList.state == "open", WeeklyList.deadline_at > now)
        .group_by(WeeklyList.company_id)
        .cte("ready")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )  # fmt: skip


def _questions() -> CTE:
    return (
        select(Claim.company_id, func.count().label("questions"))
        .where(Claim.state == "active", Claim.step == "ask_person")
        .group_by(Claim.company_id)
        .cte("questions")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


def _runs() -> CTE:
    """Each company's newest run, and when a run last ended well."""
    read_at = func.max(SyncRun.finished_at).filter(SyncRun.state == "done").over(partition_by=(SyncRun.bureau_id, SyncRun.company_id))
    return (
        select(SyncRun.company_id, SyncRun.state, SyncRun.finished_at, read_at.label("read_at"))
        .ext(distinct_on(SyncRun.company_id))
        .order_by(SyncRun.company_id, SyncRun.started_at.desc())
        .cte("runs")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


def _line(row: Row[Any], now: datetime, today: date) -> CompanyLine:
    synced_at = max((at for at in (row.synced_at, row.read_at) if at is not None), default=None)
    active = row.active_from is not None and row.active_from <= now and row.paused_reason is None
    open_list = row.deadline_at is not None
    return CompanyLine(
        row.id, row.name, row.sort_key, int(row.outstanding or 0), int(row.overdue or 0),
        tuple(int(getattr(row, f"part{part}") or 0) for part in range(len(BUCKETS))), int(row.ready or 0), int(row.questions or 0),
        _sync_state(row, synced_at, now), synced_at,
        next_list_on(row.list_weekday, row.list_hour, now, open_list) if active else None, row.deadline_at, active, row.paused_reason,
    )  # fmt: skip


def _sync_state(row: Row[Any], synced_at: datetime | None, now: datetime) -> str:
    if row.run_state == "running":
        return "running"
    if row.run_state == "failed" or row.problem:
        return "failed"
    if synced_at is None:
        return "never"
    return "ok" if now - synced_at <= FRESH_FOR else "stale"
