"""Where histories are played: a database of their own whose clock is virtual, and two bureaus to begin with."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import StaticPool

from app.db.engine import APP_ROLE, owner_engine, sqlalchemy_url
from app.db.unit_of_work import Database
from app.jobs import jobs as _declared  # noqa: F401 - the sweeper's jobs
from simulation.house import House, Tenants
from simulation.mutants import SOUND, Make
from simulation.scheduler import VirtualClock
from support import make as rows
from support.postgres import fresh_database

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
STEPS = 170
#: the database's clock is found before PostgreSQL's own, because this schema comes first in the search path
VIRTUAL = (
    "create schema simulated",
    "create function simulated.clock_timestamp() returns timestamptz language sql volatile"
    " as $$ select current_setting('simulated.now')::timestamptz $$",
    f"grant usage on schema simulated to {APP_ROLE}",
)
SEARCH = "simulated,pg_catalog,public"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one seed."""

    seed: int
    digest: str
    violations: tuple[str, ...]
    seen: frozenset[str]
    lines: tuple[str, ...]


class Stage:
    """One database, one connection, one history after the other."""

    def __init__(self, engine: Engine, owner: Engine) -> None:
        self._engine, self._owner = engine, owner
        self._runs = itertools.count(1)
        self._tenants: Tenants | None = None

    def play(self, seed: int, make: Make = SOUND, steps: int = STEPS) -> Outcome:
        """The whole history of a seed."""
        clock = VirtualClock(START)
        house = House(seed, next(self._runs), self._engine, clock, self._bureaus(clock), make)
        house.play(steps)
        if house.violations:
            # what this history left behind is not another one's business
            self._tenants = None
        trace = house.trace
        return Outcome(seed, trace.digest, tuple(house.violations), frozenset(trace.seen), tuple(trace.lines))

    @contextmanager
    def set_up_as(self, make: Make) -> Iterator[None]:
        """The database without what the mutant lacks."""
        self._do(make.before)
        try:
            yield
        finally:
            self._do(make.after)
            self._tenants = None

    def _bureaus(self, clock: VirtualClock) -> Tenants:
        if self._tenants is None:
            database = Database(self._engine, clock)
            self._tenants = Tenants([rows.company(database, rows.bureau(database)) for _ in range(2)])
        return self._tenants

    def _do(self, statements: tuple[str, ...]) -> None:
        with self._owner.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))


@contextmanager
def stage(server_url: str, name: str) -> Iterator[Stage]:
    """A stage on that server; gone afterwards."""
    with fresh_database(server_url, name) as url:
        owner = owner_engine(url)
        with owner.begin() as connection:
            for statement in VIRTUAL:
                connection.execute(text(statement))
        options = f"-c role={APP_ROLE} -c search_path={SEARCH} -c TimeZone=UTC -c synchronous_commit=off"
        # one connection is enough, since one worker runs at a time and none hands over inside a transaction
        engine = create_engine(sqlalchemy_url(url), poolclass=StaticPool, connect_args={"options": options})
        try:
            yield Stage(engine, owner)
        finally:
            engine.dispose()
            owner.dispose()
