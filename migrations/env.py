"""Runs migrations as the owner role. `row_security = off` turns a backfill that a policy would silently empty into an error."""

from __future__ import annotations

import importlib

from alembic import context
from sqlalchemy import text

from app.db.base import Base
from app.db.engine import owner_engine
from app.settings import read_settings

for room in ("jobs", "tenants", "receivables", "ledgers", "messaging", "credit", "agencies", "dunning"):
    importlib.import_module(f"app.{room}.models")
for beside in ("file", "hook", "reconciliation", "voucher"):
    importlib.import_module(f"app.agencies.{beside}_models")
importlib.import_module("app.dunning.run_models")
importlib.import_module("app.dunning.carried_models")


def include_name(name: str | None, type_: str, _parents: object) -> bool:
    """Only our own schema: the broker's tables belong to its library."""
    return not (type_ == "schema" and name not in {None, "public"})


def run() -> None:
    url = context.config.attributes.get("url") or read_settings().migrations_database_url
    if not url:
        raise SystemExit("Set DATABASE_URL (or MIGRATIONS_DATABASE_URL), or use `reskontro migrate`, which starts the embedded PostgreSQL.")
    engine = owner_engine(url)
    with engine.connect() as connection:
        connection.execute(text("set lock_timeout = '5s'"))
        connection.execute(text("set row_security = off"))
        connection.commit()
        context.configure(
            connection=connection, target_metadata=Base.metadata, compare_type=True, compare_server_default=False,
            include_name=include_name, transaction_per_migration=True,
        )  # fmt: skip
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
