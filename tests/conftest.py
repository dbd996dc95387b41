"""Fixtures. "Needs PostgreSQL" is visible in a test's signature: a pure test asks for none of these and starts nothing."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from app.values.calendar import OSLO
from app.values.clock import FixedClock

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.db.unit_of_work import Database
    from app.jobs.resources import Resources

# the same examples at every run, and no stop-watch: whoever merges must not be stopped by chance or by a busy machine.
# New examples: `make test TESTS="tests/dunning --hypothesis-profile=explore"`
settings.register_profile("same", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")

ENVIRONMENT = os.environ  # noqa: TID251 - pytest and xdist tell us things this way
HOME = "RESKONTRO_TESTS_HOME"
BEGIN_WITH = ("tests/jobs/test_effects_kill.py", "tests/agencies/test_chaos.py", "tests/journeys/", "tests/crawler/", "tests/simulation/")
#: the owner's connections, once a test has asked for them
_owners: list[Engine] = []
MONDAY_MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=OSLO)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        # xdist's workers inherit the address, so that all of them share one server
        ENVIRONMENT[HOME] = tempfile.mkdtemp(prefix="reskontro-tests-")
        # registered before the server's own farewell, so that it runs after it: that one writes into the directory once more
        atexit.register(shutil.rmtree, ENVIRONMENT[HOME], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # whoever runs out of tests takes over another's, but not the one being run: what takes long must not begin last
    items.sort(key=lambda item: not item.nodeid.startswith(BEGIN_WITH))


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and HOME in ENVIRONMENT:
        home = Path(ENVIRONMENT.pop(HOME))
        if (home / "postgres").exists():
            from support.postgres import stop_left_over

            stop_left_over(home)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A server to make databases on, as its owner."""
    from support.postgres import running_server

    with running_server(Path(ENVIRONMENT[HOME])) as url:
        yield url


@pytest.fixture(scope="session")
def database_url(server_url: str) -> Iterator[str]:
    """This process's own database with the newest schema, as its owner."""
    from support.postgres import fresh_database

    worker = ENVIRONMENT.get("PYTEST_XDIST_WORKER", "main")
    with fresh_database(server_url, f"reskontro_test_{worker}_{os.getpid()}") as url:
        yield url


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    """Connections in the application's role."""
    from app.db.engine import app_engine

    engine = app_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def owner(database_url: str) -> Iterator[Engine]:
    """Connections as the owner: the catalogue and the platform tables. Forced row-level security hides tenant rows from him too."""
    from app.db.engine import owner_engine

    engine = owner_engine(database_url)
    _owners.append(engine)
    yield engine
    _owners.remove(engine)
    engine.dispose()


@pytest.fixture(scope="module", autouse=True)
def bureaus_closed() -> Iterator[None]:
    """The bureaus of a file's tests do no more business: whoever goes through all open ones need not go through theirs."""
    yield
    for owner in _owners:
        from sqlalchemy import text

        with owner.begin() as connection:
            connection.execute(text("update bureaus set closed_at = now() where closed_at is null"))


@pytest.fixture(autouse=True)
def moved_out() -> Iterator[None]:
    """Whoever asked for pages leaves their application to the next test. Costs nothing where nobody did."""
    yield
    if "support.pages" in sys.modules:
        sys.modules["support.pages"].vacate()


@pytest.fixture
def clock() -> FixedClock:
    """Monday 23 November 2026, 09:00 in Oslo, until the test moves it. Another start: a fixture of this name in the test's own file."""
    return FixedClock(MONDAY_MORNING)


@pytest.fixture
def database(engine: Engine, owner: Engine, clock: FixedClock) -> Database:
    """The database as the application sees it. Tests keep apart by making their own bureaus; outbox and agencies' numbers start empty."""
    from sqlalchemy import text

    from app.db.unit_of_work import Database

    with owner.begin() as connection:
        connection.execute(text("delete from outbox"))
        connection.execute(text("delete from creditor_numbers"))
        connection.execute(text("delete from opened_books"))
    return Database(engine, clock)


@pytest.fixture
def clean(owner: Engine) -> Iterator[None]:
    """Every table empty before and after, for a test that counts what platform tables hold."""
    from support.postgres import empty_all

    empty_all(owner)
    yield
    empty_all(owner)


@pytest.fixture
def released_law(owner: Engine) -> Iterator[None]:
    """For a test that records what the law is: nothing is recorded before it, nor after."""
    from sqlalchemy import text

    def forget() -> None:
        with owner.begin() as connection:
            connection.execute(text("delete from confirmed_figures"))
            connection.execute(text("delete from act_dates"))

    forget()
    yield
    forget()


@pytest.fixture
def resources(database: Database, clock: FixedClock) -> Resources:
    """What jobs are handed. A test provides the ports it needs: `resources.provide(Port, counterpart)`."""
    from app.jobs.effects import Performers
    from app.jobs.resources import Resources

    made = Resources(database, clock)
    made.provide(Performers, Performers())
    return made


@pytest.fixture
def neighbour(database: Database) -> Any:
    """Another bureau with look-alike data whose every text contains NABO: whatever shows that word has leaked."""
    from support.neighbour import move_in

    return move_in(database)
