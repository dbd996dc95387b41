"""The table of settings and the code that reads them say the same."""

from __future__ import annotations

import re
from dataclasses import fields

from app.db.migrate import ROOT
from app.schedule import TICKS
from app.settings import AGENCIES, LEDGERS, Settings, read_settings, vendor_variables

TABLE = (ROOT / "docs" / "configuration.md").read_text()
FOR_TESTS = {"VENDOR_SPECS", "TEST_DATABASE_URL"}


def documented() -> dict[str, str]:
    """Variable -> its row in the table."""
    rows = re.findall(r"^\| `([A-Z_0-9]+)` (\|.*)$", TABLE, re.MULTILINE)
    assert len(rows) == len(dict(rows)), "a variable stands in the table twice"
    return dict(rows)


def read_by_the_code() -> set[str]:
    source = (ROOT / "src" / "app" / "settings.py").read_text()
    return set(re.findall(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"', source)) | vendor_variables()


def test_every_variable_that_is_read_stands_in_the_table_and_no_other() -> None:
    assert set(documented()) - FOR_TESTS == read_by_the_code()


def test_there_are_as_many_variables_as_settings() -> None:
    assert len(read_by_the_code() - vendor_variables()) == len(fields(Settings)) - len(["ledgers", "agencies"])


def test_stated_defaults_are_the_codes_defaults() -> None:
    found = read_settings({})
    stated = {name: re.match(r"\| `([^`]+)` ", row) for name, row in documented().items()}
    for name, default in stated.items():
        field = name.lower().removeprefix("reskontro_")
        if default and hasattr(found, field) and name not in {"RESKONTRO_PUBLIC_URL", "RESKONTRO_DATA_DIR", "MIGRATIONS_DATABASE_URL"}:
            value = getattr(found, field)
            assert default[1] == ({True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)), name


def test_stated_addresses_of_vendors_are_the_codes() -> None:
    found = read_settings({})
    for name, app in {**found.ledgers, **found.agencies}.items():
        stated = {"URL": app.api_url} | ({"LOGIN_URL": app.login_url} if app.login_url else {})
        for end, address in stated.items():
            assert documented()[f"{name.upper()}_{end}"].startswith(f"| `{address}` "), name
        assert not app.registered or not app.keys, f"{name} is offered though nobody gave a key"


def test_with_the_sandbox_on_every_counterpart_is_on_this_machine() -> None:
    found = read_settings({"RESKONTRO_SANDBOX": "on", "RESKONTRO_PORT": "8100"})
    for field in fields(Settings):
        value = getattr(found, field.name)
        if field.name.endswith("_url") and value is not None:
            assert re.match(r"http://(127\.0\.0\.1:8101/|localhost:8100$)", value), field.name
    for name, app in {**found.ledgers, **found.agencies}.items():
        assert app.api_url.startswith("http://127.0.0.1:8101/"), name
        assert app.login_url.startswith("http://127.0.0.1:8101/" if {**LEDGERS, **AGENCIES}[name].login[0] else ""), name
        assert app.registered, name
    assert (found.smtp_host, found.smtp_port, found.smtp_starttls) == ("127.0.0.1", 8102, False)


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    named = [name for name in read_by_the_code() if re.search(r"KEY|SECRET|TOKEN|PASSWORD|DATABASE_URL|BROKER_URL", name)]
    shown = repr(read_settings(dict.fromkeys(named, "hush-hush")))
    assert "hush-hush" not in shown


def test_the_rota_in_the_operations_page_knows_every_cadence() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    for tick in TICKS:
        if tick.daily is None and tick.every is not None:
            minutes = int(tick.every.total_seconds() // 60)
            assert re.search({1: "every minute", 60: "hourly"}.get(minutes, rf"every .*{minutes}.* minutes"), page), tick.job
        else:
            assert tick.daily is not None
            assert 3 <= tick.daily.hour <= 6, f"{tick.job} rings outside the hours the page names"
