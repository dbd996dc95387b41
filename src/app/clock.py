"""The clock process: rings what is due, relays what waits in the outbox, and walks the demo clock. One at a time, however many are started.

It decides nothing: a tick names a job, and the job finds out what is to be done.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from pika.exceptions import AMQPError  # type: ignore[import-untyped]
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from app import demo_walk, heartbeat, schedule
from app.db.scope import PlatformScope
from app.db.unit_of_work import Database
from app.jobs import broker as brokers
from app.jobs import outbox
from app.jobs.job import JOBS
from app.net.http import HttpClient
from app.wiring import House

log = logging.getLogger(__name__)
TURN_SECONDS = 0.5
RELAY_SECONDS = 2.0
RING_SECONDS = 1.0
STANDBY_SECONDS = 2.0
AFTER_TROUBLE_SECONDS = 3.0
SETTLE_SECONDS = 0.25
#: RabbitMQ tells what is queued, not what is being worked on
SETTLE_SECONDS_RABBITMQ = 2.0
LOCK = "hashtext('reskontro.clock')"


class StoppedError(Exception):
    """The process was asked to stop in the middle of a walk."""


def run(house: House, stop: threading.Event) -> None:
    """Tick until `stop`. A second clock stands by and takes over when the first is gone; a lost database is waited for."""
    for tick in schedule.TICKS:
        if tick.job not in JOBS:
            log.error("the schedule names a job that nobody declares: %s", tick.job)
    while not stop.is_set():
        try:
            with _only_clock(house.engine, stop) as lock:
                if lock is not None:
                    _tick(house, lock, stop)
        except StoppedError:
            return
        except SQLAlchemyError as fault:
            log.warning("the clock lost its database (%s); trying again", type(fault).__name__)
            stop.wait(AFTER_TROUBLE_SECONDS)


def ring_due(database: Database) -> list[str]:
    """Ring every tick that is due and remember it, in one transaction. Returns the jobs' names."""
    with database.begin(PlatformScope()) as work:
        due = [tick for tick in schedule.due_ticks(heartbeat.marks(work), work.now()) if tick.job in JOBS]
        for tick in due:
            work.enqueue(tick.job)
            heartbeat.mark(work, tick.name, work.now())
    return [tick.job for tick in due]


class Duties:
    """What the clock does again and again, each in its own rhythm; a failing broker costs time only."""

    def __init__(self, house: House, lock: Connection, stop: threading.Event) -> None:
        self._house = house
        self._lock = lock
        self._stop = stop
        self._next: dict[str, float] = {}

    def pulse(self) -> None:
        """Heartbeat and relay where their time has come. `StoppedError` when the process must end."""
        if self._stop.is_set():
            raise StoppedError
        if self._is_time("beat", heartbeat.BEAT_SECONDS):
            self._lock.execute(text("select 1"))
            heartbeat.beat(self._house.database, heartbeat.CLOCK)
        if self._is_time("relay", RELAY_SECONDS):
            outbox.relay_quietly(self._house.engine, partial(brokers.send, self._house.broker()))

    def ring(self) -> None:
        if self._is_time("ring", RING_SECONDS) and (rung := ring_due(self._house.database)):
            log.info("rang %s", ", ".join(rung))

    def _is_time(self, duty: str, seconds: float) -> bool:
        now = time.monotonic()
        if now < self._next.get(duty, 0.0):
            return False
        self._next[duty] = now + seconds
        return True


def _tick(house: House, lock: Connection, stop: threading.Event) -> None:
    duties = Duties(house, lock, stop)
    house.broker()
    walker = _walker(house, duties)
    if walker is not None:
        demo_walk.tell_sandbox(walker)
    log.info("the clock is running")
    while not stop.is_set():
        duties.pulse()
        if walker is not None:
            demo_walk.walk(walker)
        duties.ring()
        stop.wait(TURN_SECONDS)


def _walker(house: House, duties: Duties) -> demo_walk.Walker | None:
    if house.demo_clock is None:
        return None
    queued = _queued(house.broker(), house.engine)
    settle = SETTLE_SECONDS_RABBITMQ if house.settings.broker_url else SETTLE_SECONDS
    return demo_walk.Walker(house.database, house.demo_clock, HttpClient(house.settings.sandbox_url), queued, settle, duties.pulse)


def _queued(broker: dramatiq.Broker, engine: Engine) -> partial[int]:
    return partial(_queued_in_rabbitmq, broker) if isinstance(broker, RabbitmqBroker) else partial(demo_walk.queued_in_postgres, engine)


def _queued_in_rabbitmq(broker: RabbitmqBroker) -> int:
    """A broker that does not answer counts as busy: what we cannot see may be there."""
    try:
        return sum(broker.get_queue_message_counts(queue)[0] for queue in broker.get_declared_queues())
    except (dramatiq.errors.ConnectionError, AMQPError):
        return 1


@contextmanager
def _only_clock(engine: Engine, stop: threading.Event) -> Iterator[Connection | None]:
    """The advisory lock of the one clock, held by a connection of its own; None when stopped while standing by."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        told = False
        while not connection.scalar(text(f"select pg_try_advisory_lock({LOCK})")):
            if not told:
                log.info("another clock is running; standing by")
                told = True
            if stop.wait(STANDBY_SECONDS):
                yield None
                return
        try:
            yield connection
        finally:
            if not connection.invalidated and not connection.closed:
                connection.execute(text(f"select pg_advisory_unlock({LOCK})"))
