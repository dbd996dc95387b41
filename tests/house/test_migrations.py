"""The schema can be built, taken down and built again, and is what the models say; a table and its policy are born together."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from alembic import command
from sqlalchemy import Engine, text

from app.db.engine import owner_engine
from app.db.migrate import ROOT, alembic_config, migrate
from support import catalogue, source
from support.postgres import empty_database

VERSIONS = source.files(ROOT / "migrations" / "versions")


@pytest.fixture
def bare(server_url: str) -> Iterator[str]:
    with empty_database(server_url, f"reskontro_bare_{os.getpid()}") as url:
        yield url


def schema(engine: Engine) -> dict[str, object]:
    with engine.connect() as connection:
        columns = connection.execute(
            text(
                "select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns"
                " where table_schema = 'public' order by 1, 2"
            )
        ).all()
        return {
            "columns": [tuple(row) for row in columns],
            "policies": catalogue.policies(connection),
            "foreign keys": sorted(catalogue.foreign_keys(connection)),
            "unique": sorted(catalogue.unique_indexes(connection)),
            "rights": catalogue.rights(connection, "reskontro_app"),
            "unforced": catalogue.unforced(connection),
        }


def test_the_schema_goes_up_down_and_up_again_and_is_the_same(bare: str) -> None:
    migrate(bare)
    engine = owner_engine(bare)
    first = schema(engine)
    command.downgrade(alembic_config(bare), "base")
    with engine.connect() as connection:
        assert catalogue.tables(connection) == {"alembic_version"}
        left = connection.execute(text("select proname from pg_proc where pronamespace = 'public'::regnamespace")).all()
    assert left == []
    migrate(bare)
    migrate(bare)
    assert schema(engine) == first
    engine.dispose()


def test_the_models_say_what_the_migrations_make(database_url: str) -> None:
    command.check(alembic_config(database_url))


def test_a_migration_is_named_by_its_time_and_a_verb() -> None:
    wrong = [path.name for path in VERSIONS if not re.fullmatch(r"20\d\d-\d\d-\d\d-\d{4}_[a-z]+_[a-z_]+\.py", path.name)]
    assert wrong == []


def test_a_table_is_born_with_its_policy_or_its_place_on_the_platform_list() -> None:
    alone = []
    for path in VERSIONS:
        upgrade = path.read_text(encoding="utf-8").split("def downgrade", 1)[0]
        for table in re.findall(r'op\.create_table\(\s*"([a-z_]+)"', upgrade):
            if not re.search(rf'(isolate|share)\("{table}"', upgrade):
                alone.append(f"{path.name} {table}")
    assert alone == [], "a table without a policy is open to every bureau until somebody remembers"
