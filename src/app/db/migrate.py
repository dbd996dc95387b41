"""Bring the database to the newest schema, as its owner. Also makes the application's role where that is allowed."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from dramatiq_postgres import schema as queue_schema
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.db.engine import APP_ROLE, owner_engine

ROOT = Path(__file__).resolve().parents[3]


class MigrationError(RuntimeError):
    """The schema cannot be brought up to date. The text says what is missing."""


def migrate(url: str, target: str = "head") -> None:
    """Upgrade to `target`. Safe to run twice, and at the same time from two places (an advisory lock queues them)."""
    if not (ROOT / "migrations" / "env.py").exists():
        raise MigrationError(f"no migrations in {ROOT / 'migrations'}")
    engine = owner_engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as lock:
        lock.execute(text("select pg_advisory_lock(hashtext('reskontro.migrate'))"))
        try:
            _make_role(url)
            command.upgrade(alembic_config(url), target)
            _make_queue(url)
        finally:
            lock.execute(text("select pg_advisory_unlock(hashtext('reskontro.migrate'))"))
    engine.dispose()


def alembic_config(url: str) -> Config:
    config = Config(toml_file=str(ROOT / "pyproject.toml"))
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("prepend_sys_path", str(ROOT / "migrations"))
    config.attributes["url"] = url
    return config


def _make_queue(url: str) -> None:
    """The message queue's own tables, made by its library: they carry doorbells only, and no tenant's data."""
    engine = owner_engine(url)
    with engine.begin() as connection:
        driver = connection.connection.driver_connection
        if driver is None:
            raise MigrationError("the database connection is gone")
        with driver.cursor() as cursor:
            queue_schema.init(cursor)
        connection.execute(text(f"grant usage on schema dramatiq to {APP_ROLE}"))
        connection.execute(text(f"grant select, insert, update, delete on all tables in schema dramatiq to {APP_ROLE}"))
    engine.dispose()


def _make_role(url: str) -> None:
    """The application's role, and our right to start as it. Where docker/postgres/roles.sql was run there is nothing to do."""
    engine = owner_engine(url)
    try:
        with engine.begin() as connection:
            if connection.scalar(text("select 1 from pg_roles where rolname = :role"), {"role": APP_ROLE}) is None:
                connection.execute(text(f"create role {APP_ROLE} nologin nosuperuser nobypassrls"))
            if not connection.scalar(text("select pg_has_role(current_user, :role, 'member')"), {"role": APP_ROLE}):
                connection.execute(text(f"grant {APP_ROLE} to current_user"))
    except ProgrammingError as fault:
        raise MigrationError(
            f"The role {APP_ROLE} is missing and we may not make it. Let a superuser run docker/postgres/roles.sql in this database first."
        ) from fault
    finally:
        engine.dispose()
