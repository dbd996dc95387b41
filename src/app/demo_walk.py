"""Walking the demo clock towards its goal, a day at a time, with everything rung that a day would ring. Only while the sandbox is on.

Each stage of a day is waited for until the house is idle, so that what was sent on a day was sent on that day.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

from app.db.demo_clock import DemoClock
from app.db.scope import BureauScope, PlatformScope
from app.db.unit_of_work import Database
from app.heartbeat import mark
from app.jobs import outbox
from app.jobs.job import JOBS
from app.net.errors import OutsideError
from app.net.http import HttpClient
from app.schedule import DAY
from app.values.calendar import OSLO

log = logging.getLogger(__name__)
DAY_SECONDS = 86_400
#: hours at which notices go out on every day that is no Sunday or holiday
WORKING_HOURS = (9, 15)
WALKED = "demo-clock"
LOOK_SECONDS = 0.1
STAGE_CEILING_SECONDS = 120.0
SANDBOX_PATIENCE_SECONDS = 30.0
QUEUED = text("select count(*) from dramatiq.queue where state in ('queued', 'consumed') and available_at <= clock_timestamp()")


@dataclass(frozen=True, slots=True)
class Walker:
    """What a walk needs. `queued` counts messages that a worker should be working on; `settle_seconds` is how long the house must be idle
    to be believed; `pulse` keeps the process's other duties going and raises when it must stop."""

    database: Database
    demo: DemoClock
    sandbox: HttpClient
    queued: Callable[[], int]
    settle_seconds: float
    pulse: Callable[[], None]


def walk(walker: Walker) -> int:
    """Go on to the goal; returns how many steps were taken. A step is a day, the last one may be shorter."""
    steps = 0
    if seconds_left(walker.database.engine) > 0:
        # what is under way belongs to the day it began on: a notice written today may not be sent as tomorrow's
        _wait_until_idle(walker, ("before the walk",))
    while (left := seconds_left(walker.database.engine)) > 0:
        _step(walker, min(DAY_SECONDS, left))
        steps += 1
    return steps


def seconds_left(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text("select goal_seconds - offset_seconds from demo_clock")) or 0)


def until_working_hours(now: datetime, seconds: int) -> int:
    """How much of a step of so many seconds leads to the last working hour within it; all of it where it ends in one, or holds none."""
    arrival = (now + timedelta(seconds=seconds)).astimezone(OSLO)
    if WORKING_HOURS[0] <= arrival.hour < WORKING_HOURS[1]:
        return seconds
    day = arrival.date() if arrival.hour >= WORKING_HOURS[1] else arrival.date() - timedelta(days=1)
    morning = datetime(day.year, day.month, day.day, WORKING_HOURS[0] + 1, tzinfo=OSLO)
    ahead = int((morning.astimezone(UTC) - now).total_seconds())
    return ahead if 0 < ahead < seconds else seconds


def set_goal(database: Database, ahead: timedelta) -> datetime:
    """Ask for "today" to be moved by `ahead`, counted from where it is going already. Returns the instant to arrive at."""
    move = text(
        "update demo_clock set goal_seconds = greatest(goal_seconds, offset_seconds) + :ahead"
        " returning clock_timestamp() + make_interval(secs => goal_seconds)"
    )
    with database.begin(PlatformScope()) as work:
        arrival: datetime = work.session.execute(move, {"ahead": int(ahead.total_seconds())}).scalar_one()
    return arrival


def has_arrived(database: Database, arrival: datetime) -> bool:
    """Whether the walk has finished a step that ends at `arrival` or later."""
    with database.begin(PlatformScope()) as work:
        walked = text("select at >= :arrival from heartbeats where process = :name")
        return bool(work.session.execute(walked, {"arrival": arrival, "name": WALKED}).scalar_one_or_none())


def tell_sandbox(walker: Walker) -> None:
    """Give the sandbox our offset. It may be starting; after half a minute we go on without it, and say so."""
    deadline = time.monotonic() + SANDBOX_PATIENCE_SECONDS
    offset = walker.demo.offset().total_seconds()
    while True:
        try:
            reply = walker.sandbox.request("PUT", "/control/clock", json_body={"offset_seconds": offset})
        except OutsideError as fault:
            if time.monotonic() > deadline:
                log.error("the sandbox does not know the new day: %s", fault)
                return
            walker.pulse()
            time.sleep(0.5)
        else:
            if reply.status >= 400:
                log.error("the sandbox refused the new day (status %s)", reply.status)
            return


def is_idle(walker: Walker) -> bool:
    """Nothing in the outbox, nothing queued or being worked on, and no outward act under way in any bureau."""
    if outbox.waiting(walker.database.engine) or walker.queued():
        return False
    with walker.database.begin(PlatformScope()) as work:
        bureaus = work.session.execute(text("select id from bureaus where closed_at is null")).scalars().all()
    for bureau_id in bureaus:
        with walker.database.begin(BureauScope(bureau_id)) as work:
            if work.session.execute(text("select exists (select from effects where state = 'sending')")).scalar_one():
                return False
    return True


def queued_in_postgres(engine: Engine) -> int:
    """Messages that are due or being worked on when the database itself is the broker."""
    with engine.connect() as connection:
        return int(connection.scalar(QUEUED) or 0)


def _step(walker: Walker, seconds: int) -> None:
    """A day is lived at its working hours, whatever hour it is where the demo runs: at night no notice would ever leave."""
    lived_at = until_working_hours(walker.demo.now(), seconds)
    _move(walker, lived_at)
    for stage in DAY:
        with walker.database.begin(PlatformScope()) as work:
            for job in stage:
                if job in JOBS:
                    work.enqueue(job)
        _wait_until_idle(walker, stage)
    if lived_at < seconds:
        _move(walker, seconds - lived_at)
    with walker.database.begin(PlatformScope()) as work:
        mark(work, WALKED, walker.demo.now())


def _move(walker: Walker, seconds: int) -> None:
    with walker.database.begin(PlatformScope()) as work:
        work.session.execute(text("update demo_clock set offset_seconds = offset_seconds + :seconds"), {"seconds": seconds})
    walker.demo.forget()
    tell_sandbox(walker)
    log.info("the demo clock says %s", walker.demo.now().isoformat(timespec="minutes"))


def _wait_until_idle(walker: Walker, stage: tuple[str, ...]) -> None:
    deadline = time.monotonic() + STAGE_CEILING_SECONDS
    idle_since: float | None = None
    while time.monotonic() < deadline:
        walker.pulse()
        if not is_idle(walker):
            idle_since = None
        elif idle_since is None:
            idle_since = time.monotonic()
        if idle_since is not None and time.monotonic() - idle_since >= walker.settle_seconds:
            return
        time.sleep(LOOK_SECONDS)
    log.warning("the house is still busy after %s; the demo clock goes on", " and ".join(stage))
