"""The night: deciding on every due claim of many bureaus, against one bare INSERT ... SELECT and UPDATE per bureau over the same rows."""

from __future__ import annotations

import multiprocessing
import resource
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from measured import books
from measured.books import NOW, WARMING_UP, Shape, bureau_id
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import make_url

from app.db.engine import app_engine, owner_engine, sqlalchemy_url
from app.db.migrate import migrate
from app.db.scope import BureauScope
from app.db.unit_of_work import Database
from app.dunning import jobs  # noqa: F401 - declares the job that is measured
from app.dunning.law import Law
from app.dunning.law_book import LawBook
from app.jobs.job import run_now
from app.jobs.resources import Resources
from app.values.clock import FixedClock
from app.worker import settle

#: what the application does is written by every bureau's one transaction; the bare statements do as much of it as SQL alone can
_BOUND_INSERT = "insert into bound_decisions select * from decisions where bureau_id = :bureau and decided_at = :now"
_BOUND_UPDATE = """
update bound_claims b set step = c.step, reasons = c.reasons, awaits_list = c.awaits_list, next_action_on = c.next_action_on,
  decided_on = c.decided_on, decided_at = c.decided_at, state = c.state, closed_at = c.closed_at, close_reason = c.close_reason
from claims c where c.bureau_id = :bureau and c.decided_at = :now and b.bureau_id = c.bureau_id and b.id = c.id
"""


@dataclass(frozen=True, slots=True)
class Night:
    """How long it took, what it wrote, and the highest resident size of the process that did it."""

    claims: int
    seconds: float
    bound_seconds: float
    rss_mib: float
    wrote: dict[str, int]

    @property
    def per_second(self) -> float:
        return self.claims / self.seconds


def measure(server: str, shape: Shape, *, processes: int = 1, bound: bool = True) -> Night:
    """One night over new books of this shape, in a database that is gone afterwards."""
    with fresh_database(server) as url:
        owner = owner_engine(url)
        books.fill(owner, WARMING_UP)
        books.fill(owner, shape)
        if bound:
            _copy_tables(owner)
        with owner.connect() as connection:
            others = text("select id from bureaus where id <> :warming_up order by id")
            bureaus = list(connection.execute(others, {"warming_up": bureau_id(WARMING_UP.first)}).scalars())
            before = _rows(connection)
        parts = [[str(one) for one in bureaus[start::processes]] for start in range(processes)]
        with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
            list(pool.map(_ready, [url] * processes))
            began = time.perf_counter()
            rss = max(pool.map(_decide, parts))
            seconds = time.perf_counter() - began
        with owner.connect() as connection:
            after = _rows(connection)
        bound_seconds = _bare(url, bureaus) if bound else 0.0
        owner.dispose()
    return Night(shape.bureaus * shape.due, seconds, bound_seconds, rss, dict(after - before))


#: what a process works with, kept as a worker keeps it
_at_work: list[Resources] = []


def _ready(url: str) -> None:
    """The process has been up since an hour ago, as a worker has: code and statements are in memory, no answer of this hour is."""
    clock = FixedClock(NOW - timedelta(hours=1))
    resources = Resources(Database(app_engine(url), clock), clock)
    resources.provide(LawBook, LawBook(Law()))
    settle()
    run_now(resources, "dunning.evaluate_bureau", bureau_id=str(bureau_id(WARMING_UP.first)))
    clock.move(timedelta(hours=1))
    _at_work.append(resources)


def _decide(bureaus: list[str]) -> float:
    (resources,) = _at_work
    for bureau in bureaus:
        run_now(resources, "dunning.evaluate_bureau", bureau_id=bureau)
    resources.database.engine.dispose()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _bare(url: str, bureaus: list[uuid.UUID]) -> float:
    """The same rows once more, by SQL alone, in the application's role and under row-level security, one commit per bureau."""
    database = Database(app_engine(url), FixedClock(NOW))
    began = time.perf_counter()
    for bureau in bureaus:
        with database.begin(BureauScope(bureau)) as work:
            work.session.execute(text(_BOUND_INSERT), {"bureau": bureau, "now": NOW})
            work.session.execute(text(_BOUND_UPDATE), {"bureau": bureau, "now": NOW})
    seconds = time.perf_counter() - began
    database.engine.dispose()
    return seconds


def _copy_tables(owner: Engine) -> None:
    """`claims` and `decisions` once more: the same columns, indexes, foreign keys and policies; the claims as they are before the night."""
    with owner.begin() as connection:
        for table in ("claims", "decisions"):
            connection.execute(text(f"create table bound_{table} (like {table} including all)"))
            keys = "select conname, pg_get_constraintdef(oid) from pg_constraint where conrelid = cast(:t as regclass) and contype = 'f'"
            for name, said in connection.execute(text(keys), {"t": table}).all():
                there = said.replace("REFERENCES claims", "REFERENCES bound_claims")
                connection.execute(text(f"alter table bound_{table} add constraint {name} {there}"))
            connection.execute(text(f"alter table bound_{table} enable row level security"))
            connection.execute(text(f"alter table bound_{table} force row level security"))
            rules = "select policyname, qual, with_check from pg_policies where tablename = :t"
            for name, seen, made in connection.execute(text(rules), {"t": table}).all():
                connection.execute(text(f"create policy {name} on bound_{table} using ({seen}) with check ({made})"))
            connection.execute(text(f"grant select, insert, update on bound_{table} to reskontro_app"))
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text("insert into bound_claims select * from claims"))
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze bound_claims"))
        connection.execute(text("checkpoint"))


def _rows(connection: Connection) -> Counter[str]:
    counted = Counter(
        {table: int(connection.scalar(text(f"select count(*) from {table}")) or 0) for table in ("decisions", "outbox", "held_steps")}
    )
    counted.update(
        {f"notices {kind}": count for kind, count in connection.execute(text("select kind, count(*) from notices group by 1")).all()}
    )
    steps = "select step, count(*) from claims where decided_at > :before group by 1"
    counted.update(dict(connection.execute(text(steps), {"before": NOW - timedelta(minutes=1)}).all()))
    return counted


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    name = f"bench_{uuid.uuid4().hex[:8]}"
    admin = create_engine(sqlalchemy_url(server), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"create database {name}"))
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    try:
        migrate(url)
        yield url
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"drop database {name} with (force)"))
        admin.dispose()
