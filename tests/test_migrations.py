"""The migrations and the models say the same, and the newest schema is reached twice without harm."""

from __future__ import annotations

from alembic import command

from app.db.migrate import alembic_config, migrate
from support.postgres import empty_database


def test_the_migrations_build_exactly_what_the_models_say(database_url: str) -> None:
    command.check(alembic_config(database_url))


def test_migrating_twice_changes_nothing(server_url: str) -> None:
    with empty_database(server_url, "reskontro_twice") as url:
        migrate(url)
        migrate(url)
        command.check(alembic_config(url))
