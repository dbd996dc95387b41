"""The demo clock: moves "today" while the sandbox is on, and only then.

A person or the command line sets the *goal*; the clock process walks towards it a day at a time, ringing every tick of every day on
the way, so that nothing that would have happened is skipped.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Engine, text

from app.db.unit_of_work import UnitOfWork
from app.values.calendar import oslo_date

FRESH_SECONDS = 0.5
#: further than this in one go is a slip of the finger
DAYS_MAX = 366


def set_goal(work: UnitOfWork, ahead: timedelta) -> datetime:
    """Ask for "today" to be moved by `ahead`, counted from where it is going already. Returns the instant to arrive at.

    ValueError for a step back, or for more than `DAYS_MAX` days.
    """
    if not timedelta(0) < ahead <= timedelta(days=DAYS_MAX):
        raise ValueError(f"the demo clock moves ahead only, and by {DAYS_MAX} days at most")
    move = text(
        "update demo_clock set goal_seconds = greatest(goal_seconds, offset_seconds) + :ahead"
        " returning clock_timestamp() + make_interval(secs => goal_seconds)"
    )
    arrival: datetime = work.session.execute(move, {"ahead": int(ahead.total_seconds())}).scalar_one()
    return arrival


def goal_ahead(work: UnitOfWork) -> timedelta:
    """How far the clock still has to go; nothing when it has arrived."""
    seconds = work.session.execute(text("select greatest(goal_seconds - offset_seconds, 0) from demo_clock")).scalar_one()
    return timedelta(seconds=int(seconds))


class DemoClock:
    """The real time plus the offset in the database; read at most twice a second."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._read_at = -1.0
        self._offset = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset()  # noqa: TID251 - a clock's home

    def today(self) -> date:
        return oslo_date(self.now())

    def offset(self) -> timedelta:
        with self._lock:
            if time.monotonic() - self._read_at > FRESH_SECONDS:
                with self._engine.connect() as connection:
                    seconds = connection.scalar(text("select offset_seconds from demo_clock"))
                self._offset = timedelta(seconds=int(seconds or 0))
                self._read_at = time.monotonic()
            return self._offset

    def forget(self) -> None:
        """Read again at the next look."""
        self._read_at = -1.0
