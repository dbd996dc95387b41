"""One PostgreSQL per test session, one database per process, each a clone of a template that the migrations built once."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, text

from app.db.embedded import embedded_postgres
from app.db.engine import sqlalchemy_url
from app.db.migrate import ROOT, migrate

#: tables whose first rows come from the migrations
KEPT = {"alembic_version", "demo_clock"}


@contextmanager
def running_server(home: Path) -> Iterator[str]:
    """The address of a server to make databases on: TEST_DATABASE_URL, or the embedded one in `home`, shared by all processes."""
    given = os.environ.get("TEST_DATABASE_URL")  # noqa: TID251 - a test run is set up this way
    if given:
        yield given
        return
    with _one_at_a_time(home):
        server = embedded_postgres(home)
        url = server.__enter__()
        with _owner(url) as connection:
            # a test's data need not survive a power cut
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(text(f"alter system set {setting} = off"))
            connection.execute(text("select pg_reload_conf()"))
    try:
        yield url
    finally:
        with _one_at_a_time(home):
            server.__exit__(None, None, None)


@contextmanager
def fresh_database(server_url: str, name: str) -> Iterator[str]:
    """A database with the newest schema and nothing in it; gone afterwards."""
    template = _template(server_url)
    with _owner(server_url) as connection:
        _drop(connection, name)
        connection.execute(text(f"create database {name} template {template}"))
    try:
        yield address(server_url, name)
    finally:
        with _owner(server_url) as connection:
            _drop(connection, name)


@contextmanager
def empty_database(server_url: str, name: str) -> Iterator[str]:
    """A database without any schema; gone afterwards."""
    with _owner(server_url) as connection:
        _drop(connection, name)
        connection.execute(text(f"create database {name} template template0"))
    try:
        yield address(server_url, name)
    finally:
        with _owner(server_url) as connection:
            _drop(connection, name)


def address(server_url: str, name: str) -> str:
    """The address of another database on the same server."""
    return sqlalchemy_url(server_url).set(drivername="postgresql", database=name).render_as_string(hide_password=False)


def empty_all(owner: Engine) -> None:
    """Empty every table, as the owner."""
    with owner.begin() as connection:
        tables = set(connection.execute(text("select tablename from pg_tables where schemaname = 'public'")).scalars()) - KEPT
        queue = connection.execute(text("select tablename from pg_tables where schemaname = 'dramatiq'")).scalars()
        names = ", ".join([*sorted(tables), *(f"dramatiq.{table}" for table in sorted(queue))])
        connection.execute(text(f"truncate {names} cascade"))


def stop_left_over(home: Path) -> None:
    """Stop a server that a killed test process left behind."""
    pid_file = home / "postgres" / "postmaster.pid"
    if pid_file.exists():
        pid = int(pid_file.read_text().split("\n", 1)[0])
        command = Path(f"/proc/{pid}/cmdline")
        if command.exists() and str(home).encode() in command.read_bytes():
            os.kill(pid, signal.SIGINT)


def _template(server_url: str) -> str:
    name = f"reskontro_template_{_schema_digest()}"
    with _owner(server_url) as connection:
        connection.execute(text("select pg_advisory_lock(hashtext('reskontro.tests'))"))
        try:
            if connection.scalar(text("select 1 from pg_database where datname = :name"), {"name": name}) is None:
                half_made = f"{name}_half"
                _drop(connection, half_made)
                connection.execute(text(f"create database {half_made} template template0"))
                migrate(address(server_url, half_made))
                connection.execute(text(f"alter database {half_made} rename to {name}"))
        finally:
            connection.execute(text("select pg_advisory_unlock(hashtext('reskontro.tests'))"))
    return name


def _schema_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted((ROOT / "migrations").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _drop(connection: Connection, name: str) -> None:
    if not re.fullmatch(r"[a-z0-9_]{1,60}", name):
        raise ValueError(f"not a name for a test database: {name}")
    connection.execute(text(f"drop database if exists {name} with (force)"))


@contextmanager
def _owner(url: str) -> Iterator[Connection]:
    engine = create_engine(sqlalchemy_url(url), isolation_level="AUTOCOMMIT", pool_size=1)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
