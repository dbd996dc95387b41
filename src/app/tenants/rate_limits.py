"""Counting tries in the database, in one atomic statement, so that any number of processes share one limit."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from app.db.scope import PlatformScope
from app.db.unit_of_work import Database, UnitOfWork
from app.tenants.models import RateCounter

KEPT_FOR = timedelta(days=2)


class RateLimitError(Exception):
    """Too many tries. `after` is how long until the window ends."""

    def __init__(self, after: timedelta) -> None:
        super().__init__(f"too many tries; again in {int(after.total_seconds())} seconds")
        self.after = after


def spend(database: Database, kind: str, who: str, *, limit: int, window: timedelta) -> None:
    """Count one try now, whatever happens to the caller's own transaction; RateLimitError once more than `limit` fell into the window."""
    with database.begin(PlatformScope()) as work:
        started = _window_start(work.now(), window)
        row = insert(RateCounter).values(key=_key(kind, who), window_start=started, count=1)
        counted = work.session.execute(
            row.on_conflict_do_update(
                index_elements=[RateCounter.key, RateCounter.window_start], set_={"count": RateCounter.count + 1}
            ).returning(RateCounter.count)
        ).scalar_one()
        left = started + window - work.now()
    if counted > limit:
        raise RateLimitError(left)


def give_back(database: Database, kind: str, who: str, *, window: timedelta) -> None:
    """Take back one counted try that turned out to be rightful."""
    with database.begin(PlatformScope()) as work:
        work.session.execute(
            update(RateCounter)
            .where(RateCounter.key == _key(kind, who), RateCounter.window_start == _window_start(work.now(), window), RateCounter.count > 0)
            .values(count=RateCounter.count - 1)
        )


def forget_old(work: UnitOfWork) -> None:
    """Drop counters of windows long past."""
    work.session.execute(delete(RateCounter).where(RateCounter.window_start < work.now() - KEPT_FOR))


def _key(kind: str, who: str) -> str:
    # e-mail addresses are personal data, and a counter has no need of them
    return f"{kind}:{hashlib.sha256(who.encode()).hexdigest()}"


def _window_start(now: datetime, window: timedelta) -> datetime:
    seconds = int(window.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)
