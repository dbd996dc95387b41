"""The clock: when ticks ring, that only one clock rings, and the walk of the demo clock."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as hour
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app import clock, demo_walk, heartbeat
from app.db.demo_clock import DemoClock
from app.db.scope import PlatformScope
from app.db.unit_of_work import Database
from app.jobs.job import JOBS
from app.jobs.resources import Resources
from app.net.http import HttpClient
from app.schedule import DAY, TICKS, Tick, due, due_ticks
from app.settings import read_settings
from app.values.calendar import OSLO
from app.values.clock import FixedClock
from app.wiring import House, build_house
from support import make
from support.drain import declare_jobs
from support.sandbox import borrowed_sandbox

NIGHTLY = Tick("a.b", "why", daily=hour(4, 0))
HELD = text(
    "select count(*) = 1 from pg_locks where locktype = 'advisory' and granted"
    " and objid::bigint = hashtext('reskontro.clock')::bigint & 4294967295"
    " and database = (select oid from pg_database where datname = current_database())"
)
OFTEN = Tick("a.c", "why", every=timedelta(minutes=5))


def at(text_: str) -> datetime:
    return datetime.fromisoformat(text_).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "now", "rings"),
    [
        (None, "2026-11-23 12:00", True),
        ("2026-11-23 02:59", "2026-11-23 03:00", True),  # 04:00 in Oslo in winter
        ("2026-11-23 03:00", "2026-11-23 23:59", False),
        ("2026-11-21 03:00", "2026-11-23 02:00", True),
        ("2026-07-01 01:59", "2026-07-01 02:00", True),  # and in summer
        ("2026-07-01 02:00", "2026-07-02 01:59", False),
        ("2026-12-24 03:00", "2026-11-23 12:00", True),  # the demo clock has been set back
    ],
)
def test_a_nightly_tick_rings_once_per_night_in_oslo_and_catches_up(last: str | None, now: str, rings: bool) -> None:
    assert due(NIGHTLY, last and at(last), at(now)) is rings


def test_a_frequent_tick_rings_when_its_time_has_passed() -> None:
    assert [due(OFTEN, at("2026-11-23 12:00"), at(f"2026-11-23 12:0{minute}")) for minute in (1, 4, 5, 6)] == [False, False, True, True]


def test_a_nightly_tick_rings_exactly_once_on_the_days_that_summer_time_begins_and_ends() -> None:
    for day in ("2026-03-29", "2026-10-25"):
        last, rung = at(f"{day} 00:00") - timedelta(hours=6), 0
        for minute in range(0, 24 * 60, 10):
            now = at(f"{day} 00:00") + timedelta(minutes=minute)
            if due(NIGHTLY, last, now):
                last, rung = now, rung + 1
        assert rung == 1


def test_every_tick_and_every_stage_of_a_day_names_a_declared_job() -> None:
    declare_jobs()
    named = {tick.job for tick in TICKS} | {job for stage in DAY for job in stage}
    assert named - set(JOBS) == set()


def test_every_tick_says_why_and_has_one_cadence() -> None:
    assert all(tick.why and (tick.every is None) != (tick.daily is None) for tick in TICKS)
    assert max(Counter(tick.job for tick in TICKS).values()) == 1
    assert max(len(tick.name) for tick in TICKS) <= 40


def test_ticks_are_rung_once_until_they_are_due_again(database: Database, clean: None, clock: FixedClock) -> None:
    declare_jobs()
    first, second = _ring(database), _ring(database)
    assert set(first) == {tick.job for tick in TICKS}
    assert second == []
    clock.move(timedelta(minutes=6))
    assert set(_ring(database)) == {
        "effects.sweep", "dunning.close_lists", "dunning.sweep", "messaging.read_inbox", "ledgers.call_all", "agencies.ring_all",
    }  # fmt: skip


def _ring(database: Database) -> list[str]:
    rung = clock.ring_due(database)
    with database.begin(PlatformScope()) as work:
        waiting = list(work.session.execute(text("delete from outbox returning job")).scalars())
    assert Counter(waiting) == Counter(rung), "a tick is remembered in the transaction that rings it"
    return rung


def test_a_dead_process_is_told_by_the_age_of_its_heartbeat(database: Database, clean: None) -> None:
    assert heartbeat.seconds_since(database, heartbeat.WORKER) is None
    heartbeat.beat(database, heartbeat.WORKER)
    age = heartbeat.seconds_since(database, heartbeat.WORKER)
    assert age is not None
    assert 0 <= age < 5


def test_a_remembered_tick_is_not_due(database: Database, clean: None) -> None:
    with database.begin(PlatformScope()) as work:
        heartbeat.mark(work, OFTEN.name, work.now())
    with database.begin(PlatformScope()) as work:
        assert due_ticks(heartbeat.marks(work), work.now(), [OFTEN, NIGHTLY]) == [NIGHTLY]


@pytest.fixture
def demo(engine: Engine, owner: Engine) -> Iterator[DemoClock]:
    yield DemoClock(engine)
    with owner.begin() as connection:
        connection.execute(text("update demo_clock set offset_seconds = 0, goal_seconds = 0"))


def test_a_walk_rings_every_day_in_order_and_takes_the_sandbox_along(
    engine: Engine, demo: DemoClock, clean: None, resources: Resources
) -> None:
    database = Database(engine, demo)
    resources = Resources(database, demo, resources.ports)
    make.company(database, make.bureau(database))
    rung: list[str] = []

    def work() -> None:
        rung.extend(_take_jobs(database))

    with borrowed_sandbox() as sandbox:
        door = HttpClient(sandbox.url)
        walker = demo_walk.Walker(database, demo, door, lambda: 0, 0.0, work)
        before = demo.now()
        arrival = demo_walk.set_goal(database, timedelta(days=2, hours=12))
        assert demo_walk.walk(walker) == 3
        told = door.request("GET", "/control/clock").json()
    assert demo.now() - before >= timedelta(days=2, hours=12)
    assert told["offset_seconds"] == 2.5 * 86_400
    assert rung == [job for stage in DAY for job in stage] * 3
    assert demo_walk.has_arrived(database, arrival)
    assert demo_walk.seconds_left(engine) == 0


@pytest.mark.parametrize(
    ("now", "lived_at"),
    [("2026-11-26 12:00", "2026-11-27 12:00"), ("2026-11-26 23:30", "2026-11-27 10:00"), ("2026-11-27 03:00", "2026-11-27 10:00")],
)
def test_a_day_of_the_walk_is_lived_at_its_working_hours(now: str, lived_at: str) -> None:
    begun, lived = (datetime.fromisoformat(one).replace(tzinfo=OSLO) for one in (now, lived_at))
    assert demo_walk.until_working_hours(begun, demo_walk.DAY_SECONDS) == (lived - begun).total_seconds()
    assert demo_walk.until_working_hours(begun, 60) == 60, "too short a step to reach one"


def _take_jobs(database: Database) -> list[str]:
    with database.begin(PlatformScope()) as work:
        rows = work.session.execute(text("delete from outbox returning position, job")).all()
    return [row.job for row in sorted(rows)]


def test_the_house_is_busy_while_an_act_is_under_way(engine: Engine, demo: DemoClock, clean: None, owner: Engine) -> None:
    database = Database(engine, demo)
    company = make.company(database, make.bureau(database))
    walker = demo_walk.Walker(database, demo, HttpClient("http://127.0.0.1:9"), lambda: 0, 0.0, lambda: None)
    assert demo_walk.is_idle(walker)
    with owner.begin() as connection:
        connection.execute(
            text(
                "insert into effects (bureau_id, id, company_id, kind, business_key, payload, payload_hash, state, not_before, planned_at)"
                " values (:bureau, gen_random_uuid(), :company, 'messaging.mail', 'k', '{}', '', 'sending', now(), now())"
            ),
            {"bureau": company.bureau_id, "company": company.id},
        )
    assert not demo_walk.is_idle(walker)


@pytest.fixture
def house(database_url: str, tmp_path: Path, clean: None) -> Iterator[House]:
    house = build_house(read_settings({"RESKONTRO_DATA_DIR": str(tmp_path)}), database_url)
    yield house
    house.close()


def test_only_one_clock_rings_and_the_next_takes_over(house: House, database_url: str, tmp_path: Path) -> None:
    second = build_house(house.settings, database_url)
    stops = [threading.Event(), threading.Event()]
    threads = [threading.Thread(target=clock.run, args=pair) for pair in zip((house, second), stops, strict=True)]
    threads[0].start()
    _until(lambda: "tick:ledgers.sync_all" in _marks(house))
    with house.database.begin(PlatformScope()) as work:
        work.session.execute(text("update heartbeats set at = at - interval '2 days' where process = 'clock'"))
    threads[1].start()
    _until(lambda: (heartbeat.seconds_since(house.database, "clock") or 99) < 10)
    rung = _marks(house)["tick:ledgers.sync_all"]
    stops[0].set()
    threads[0].join(timeout=20)
    _until(lambda: _holds_lock(second.engine))
    assert _marks(house)["tick:ledgers.sync_all"] == rung, "what the first has rung, the second does not ring again"
    stops[1].set()
    threads[1].join(timeout=20)
    assert not any(thread.is_alive() for thread in threads)
    second.close()


def test_the_clock_relays_to_the_broker_what_nobody_relayed(house: House) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=clock.run, args=(house, stop))
    thread.start()
    try:
        _until(lambda: demo_walk.queued_in_postgres(house.engine) >= len(TICKS) and not _outbox(house))
    finally:
        stop.set()
        thread.join(timeout=20)


def _marks(house: House) -> dict[str, datetime]:
    with house.database.begin(PlatformScope()) as work:
        return heartbeat.marks(work)


def _outbox(house: House) -> int:
    with house.engine.connect() as connection:
        return int(connection.scalar(text("select count(*) from outbox")) or 0)


def _holds_lock(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.scalar(HELD))


def _until(condition: object, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
