"""Signs of life: worker and clock write theirs every few seconds, `/health` reads them. Ticks remember here when they last rang."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import text

from app.db.scope import PlatformScope
from app.db.unit_of_work import Database, UnitOfWork

log = logging.getLogger(__name__)
BEAT_SECONDS = 5.0
WORKER = "worker"
CLOCK = "clock"
SIGN = text(
    "insert into heartbeats (process, at) values (:process, coalesce(:at, clock_timestamp()))"
    " on conflict (process) do update set at = excluded.at"
)


def beat(database: Database, process: str) -> None:
    """One sign of life, by the database's own real time: the demo clock makes nobody look dead."""
    with database.begin(PlatformScope()) as work:
        mark(work, process, None)


@contextmanager
def beating(database: Database, process: str) -> Iterator[None]:
    """A sign of life every five seconds for as long as the block lasts."""
    stop = threading.Event()
    thread = threading.Thread(target=_beat_until, args=(database, process, stop), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=BEAT_SECONDS)


def mark(work: UnitOfWork, name: str, at: datetime | None) -> None:
    """Remember an instant under a name (None: the database's now)."""
    work.session.execute(SIGN, {"process": name, "at": at})


def marks(work: UnitOfWork) -> dict[str, datetime]:
    """Every remembered instant by name."""
    return {row.process: row.at for row in work.session.execute(text("select process, at from heartbeats"))}


def seconds_since(database: Database, process: str) -> float | None:
    """How long ago a process gave its last sign of life; None when it never did."""
    with database.begin(PlatformScope()) as work:
        age = text("select extract(epoch from clock_timestamp() - at) from heartbeats where process = :process")
        found = work.session.execute(age, {"process": process}).scalar_one_or_none()
    return None if found is None else float(found)


def _beat_until(database: Database, process: str, stop: threading.Event) -> None:
    while True:
        try:
            beat(database, process)
        except Exception as fault:
            log.warning("no heartbeat written (%s)", type(fault).__name__)
        if stop.wait(BEAT_SECONDS):
            return
