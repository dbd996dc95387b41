from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text

from app.db.scope import BureauScope, PlatformScope
from app.db.unit_of_work import Database
from app.jobs.job import JOBS, Job, job, run_now
from app.jobs.outbox import relay, relay_quietly, waiting
from app.jobs.queues import Queue
from app.jobs.resources import Resources
from support import make
from support.drain import drain

Sent = list[tuple[str, dict[str, Any]]]


class BrokerDownError(Exception):
    pass


def collect(into: Sent) -> Callable[[str, dict[str, Any]], None]:
    return lambda name, arguments: into.append((name, arguments))


def test_a_message_of_a_rolled_back_transaction_is_never_sent(database: Database) -> None:
    with pytest.raises(LookupError), database.begin(PlatformScope()) as work:  # noqa: PT012 - what is rolled back is the point
        work.enqueue("effects.sweep")
        _ = work.bureau_id
    sent: Sent = []
    assert relay(database.engine, collect(sent)) == 0
    assert sent == []


def test_a_committed_message_is_sent_once_with_its_ids(database: Database) -> None:
    bureau = make.bureau(database)
    with database.begin(BureauScope(bureau.id)) as work:
        work.enqueue("effects.sweep_bureau", bureau_id=str(bureau.id))
    sent: Sent = []
    assert relay(database.engine, collect(sent)) == 1
    assert relay(database.engine, collect(sent)) == 0
    assert sent == [("effects.sweep_bureau", {"bureau_id": str(bureau.id)})]


def test_messages_leave_in_the_order_they_were_rung(database: Database) -> None:
    for number in range(5):
        with database.begin(PlatformScope()) as work:
            work.enqueue("effects.sweep_bureau", number=number)
    sent: Sent = []
    relay(database.engine, collect(sent))
    assert [arguments["number"] for _, arguments in sent] == [0, 1, 2, 3, 4]


def test_a_broker_that_fails_half_way_loses_nothing(database: Database) -> None:
    with database.begin(PlatformScope()) as work:
        for number in range(3):
            work.enqueue("effects.sweep_bureau", number=number)
    sent: Sent = []

    def fail_at_the_second(name: str, arguments: dict[str, Any]) -> None:
        if arguments["number"] == 1:
            raise BrokerDownError
        sent.append((name, arguments))

    with pytest.raises(BrokerDownError):
        relay(database.engine, fail_at_the_second)
    assert waiting(database.engine) == 3
    relay_quietly(database.engine, fail_at_the_second)
    assert waiting(database.engine) == 3
    assert relay(database.engine, collect(sent)) == 3
    assert {arguments["number"] for _, arguments in sent} == {0, 1, 2}, "some twice, none lost"


def test_a_crash_between_sending_and_committing_sends_again(database: Database, owner: Engine) -> None:
    with database.begin(PlatformScope()) as work:
        work.enqueue("effects.sweep")
    sent: Sent = []

    def send_then_lose_the_database(name: str, arguments: dict[str, Any]) -> None:
        sent.append((name, arguments))
        with owner.connect() as connection:
            connection.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
                    " and datname = current_database() and state = 'idle in transaction'"
                )
            )

    relay_quietly(database.engine, send_then_lose_the_database)
    assert relay(database.engine, collect(sent)) == 1
    assert len(sent) == 2


def test_two_relays_at_once_send_each_message_once(database: Database) -> None:
    with database.begin(PlatformScope()) as work:
        for number in range(40):
            work.enqueue("effects.sweep_bureau", number=number)
    sent: Sent = []
    barrier = threading.Barrier(4)

    def go() -> None:
        barrier.wait()
        relay(database.engine, collect(sent))

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(arguments["number"] for _, arguments in sent) == list(range(40))


@pytest.fixture
def declared() -> Callable[..., list[dict[str, Any]]]:
    """Jobs declared for one test."""
    names: list[str] = []

    def declare(name: str, run: Callable[..., Any], **how: Any) -> None:
        names.append(name)
        job(name, queue=Queue.DEFAULT, **how)(run)

    yield declare  # type: ignore[misc]
    for name in names:
        JOBS.pop(name)


def test_draining_runs_what_a_job_rings_in_turn(resources: Resources, declared: Callable[..., None]) -> None:
    ran: list[int] = []

    def count_down(resources: Resources, left: int) -> None:
        ran.append(left)
        if left:
            with resources.begin(PlatformScope()) as work:
                work.enqueue("test.count_down", left=left - 1)

    declared("test.count_down", count_down)
    with resources.begin(PlatformScope()) as work:
        work.enqueue("test.count_down", left=3)
    assert drain(resources) == {"test.count_down": 4}
    assert ran == [3, 2, 1, 0]


def test_draining_ends_a_job_that_fails_as_it_said_it_might_and_fails_on_any_other(
    resources: Resources, declared: Callable[..., None]
) -> None:
    def fail(resources: Resources, expected: bool) -> None:
        raise BrokerDownError if expected else ZeroDivisionError

    declared("test.fail", fail, throws=(BrokerDownError,))
    with resources.begin(PlatformScope()) as work:
        work.enqueue("test.fail", expected=True)
    assert drain(resources) == {"test.fail": 1}
    with resources.begin(PlatformScope()) as work:
        work.enqueue("test.fail", expected=False)
    with pytest.raises(ZeroDivisionError):
        drain(resources)


def test_a_tick_fans_out_to_every_open_bureau_and_to_no_closed_one(clean: None, resources: Resources, database: Database) -> None:
    open_one, _closed = make.bureau(database), make.bureau(database, closed_at=database.clock.now())
    run_now(resources, "effects.sweep")
    sent: Sent = []
    relay(database.engine, collect(sent))
    assert sent == [("effects.sweep_bureau", {"bureau_id": str(open_one.id)})]


def test_a_job_name_is_declared_once() -> None:
    known: Job = JOBS["effects.sweep"]

    def another(resources: Resources) -> None:
        return None

    with pytest.raises(ValueError, match="declared twice"):
        job("effects.sweep", queue=Queue.DEFAULT)(another)
    assert JOBS["effects.sweep"] is known
