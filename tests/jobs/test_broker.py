"""Both brokers, for real: messages through PostgreSQL or RabbitMQ, a worker with threads, retries and what gave up."""

from __future__ import annotations

import fcntl
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import dramatiq
import pytest
from sqlalchemy import Engine, text

from app.db.scope import BureauScope
from app.db.unit_of_work import Database
from app.jobs.broker import make_broker, send
from app.jobs.job import JOBS, job
from app.jobs.outbox import relay
from app.jobs.queues import Queue
from app.jobs.resources import Resources
from support import make


@pytest.fixture
def seen(clean: None) -> Iterator[list[Any]]:
    """Two jobs for this test: one that notes what it was told, one that always fails."""
    told: list[Any] = []

    def note(resources: Resources, bureau_id: str) -> None:
        with resources.begin(BureauScope(make.uuid.UUID(bureau_id))) as work:
            told.append((bureau_id, work.session.scalar(text("select count(*) from companies"))))

    def fail(resources: Resources, bureau_id: str) -> None:
        told.append("tried")
        raise ZeroDivisionError("as always")

    job("test.note", queue=Queue.DEFAULT)(note)
    job("test.fail", queue=Queue.DEFAULT, retries=0)(fail)
    yield told
    del JOBS["test.note"], JOBS["test.fail"]


@pytest.fixture(params=["postgresql", pytest.param("rabbitmq", marks=pytest.mark.service)])
def broker(request: pytest.FixtureRequest, database_url: str, resources: Resources, seen: list[Any]) -> Iterator[dramatiq.Broker]:
    """The same tests on both brokers: the database itself, and RabbitMQ where one answers on its usual port."""
    address = rabbitmq_address() if request.param == "rabbitmq" else None
    with alone_on_the_server() if address else nullcontext():
        broker = make_broker(address, database_url, resources)
        if address:
            broker.flush_all()
        worker = dramatiq.Worker(broker, worker_threads=2, worker_timeout=100)
        worker.start()
        yield broker
        worker.stop(timeout=10_000)
        broker.close()


@contextmanager
def alone_on_the_server() -> Iterator[None]:
    """The machine's one RabbitMQ has one set of queues: another test process would take this one's messages."""
    with (Path(tempfile.gettempdir()) / "reskontro-tests-rabbitmq.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def rabbitmq_address() -> str:
    try:
        socket.create_connection(("127.0.0.1", 5672), timeout=1).close()
    except OSError:
        pytest.skip("NO RABBITMQ on 127.0.0.1:5672: the jobs' tests run on PostgreSQL only")
    return "amqp://guest:guest@127.0.0.1:5672"


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert true()


def test_a_committed_message_reaches_its_job_under_the_bureaus_own_scope(
    broker: dramatiq.Broker, database: Database, seen: list[Any]
) -> None:
    bureau = make.bureau(database)
    make.company(database, bureau)
    make.company(database, make.bureau(database))
    with database.begin(BureauScope(bureau.id)) as work:
        work.enqueue("test.note", bureau_id=str(bureau.id))
    relay(database.engine, lambda name, arguments: send(broker, name, arguments))
    until(lambda: seen)
    assert seen == [(str(bureau.id), 1)]


def test_a_job_that_gave_up_is_written_down_for_a_person(
    broker: dramatiq.Broker, database: Database, seen: list[Any], owner: Engine
) -> None:
    bureau = make.bureau(database)
    send(broker, "test.fail", {"bureau_id": str(bureau.id)})

    def failed() -> list[Any]:
        with owner.connect() as connection:
            return [tuple(row) for row in connection.execute(text("select job, error, bureau_id from failed_jobs"))]

    until(failed)
    assert failed() == [("test.fail", "ZeroDivisionError: as always", bureau.id)]
    assert seen == ["tried"]
