"""Laws of the house that a reviewer would otherwise have to remember, each with its reason."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from support import source
from support.source import APP, SANDBOX, TESTS

ROOMS = sorted(path for path in APP.iterdir() if path.is_dir() and any(path.glob("*.py")))


def test_only_the_unit_of_work_commits() -> None:
    found = [
        f"{source.shown(path)}:{call.lineno}"
        for path in source.files(APP)
        for name, call in source.calls(path)
        if name.endswith(".commit") and path != APP / "db" / "unit_of_work.py"
    ]
    assert found == [], "one request or job is one transaction: leaving the unit of work commits, raising rolls back"


def test_only_the_unit_of_work_says_whose_rows_a_transaction_sees() -> None:
    found = [
        source.shown(path)
        for path in source.files(APP)
        if path != APP / "db" / "unit_of_work.py"
        and any(word in path.read_text(encoding="utf-8") for word in ("set_config", "app.bureau_id", "app.company_id", "bypassrls "))
    ]
    assert found == [], "a setting made elsewhere, and not local to the transaction, leaks through the connection pool"


CLOCK_HOMES = {APP / "values" / "clock.py", APP / "db" / "demo_clock.py"}


def test_time_is_a_parameter() -> None:
    found = [
        f"{source.shown(path)}:{call.lineno} {name}"
        for path in source.files(APP)
        if path not in CLOCK_HOMES
        for name, call in source.calls(path)
        if name in {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now", "datetime.date.today"}
    ]
    assert found == [], "take a Clock, or better a date: what depends on the machine's clock cannot be told as a story in a test"


def test_only_settings_read_the_environment() -> None:
    found = [
        f"{source.shown(path)}:{number}"
        for path in source.files(APP)
        if path != APP / "settings.py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if ("os.environ" in line or "os.getenv" in line) and "# noqa: TID251 - " not in line
    ]
    assert found == [], "every setting stands in app/settings.py and docs/configuration.md"


def test_nothing_is_mocked_or_patched_by_its_name() -> None:
    forbidden = {"unittest.mock", "mock", "pytest_mock", "respx", "responses", "freezegun", "time_machine", "requests_mock"}
    found = [
        f"{source.shown(path)} {module}"
        for path in source.files(APP, SANDBOX, TESTS)
        for module in source.imports(path)
        if module in forbidden
    ]
    found += [
        f"{source.shown(path)}:{call.lineno}"
        for path in source.files(TESTS)
        for name, call in source.calls(path)
        if name == "monkeypatch.setattr" and call.args and isinstance(call.args[0], ast.Constant)
    ]
    assert found == [], "time, randomness and counterparts are parameters; a patch by name tests that the name exists"


def test_the_sandbox_and_the_product_are_strangers() -> None:
    found = [
        f"{source.shown(path)} {module}"
        for root, stranger in ((APP, "sandbox"), (SANDBOX, "app"))
        for path in source.files(root)
        for module in source.imports(path)
        if module.split(".", 1)[0] == stranger
    ]
    assert found == [], "only HTTP, SMTP and files between them, or the simulators would share our own mistakes"


def test_only_wiring_and_the_adapters_themselves_know_an_adapter() -> None:
    found = []
    for path in source.files(APP):
        for module in source.imports(path):
            parts = module.split(".")
            if "adapters" not in parts or parts[0] != "app" or path == APP / "wiring.py":
                continue
            home = APP.joinpath(*parts[1 : parts.index("adapters") + 1])
            vendor = parts[parts.index("adapters") + 1] if len(parts) > parts.index("adapters") + 1 else ""
            if path.is_relative_to(home) and (path.stem == vendor or home / vendor in path.parents):
                continue
            found.append(f"{source.shown(path)} {module}")
    assert found == [], "vendors stand behind ports and are strangers to one another"


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_every_room_has_a_plate_at_its_door(room: Path) -> None:
    plate = ast.get_docstring(source.tree(room / "__init__.py")) or ""
    assert len(plate.split()) >= 12, f"{room.name}/__init__.py must say what the room is for, what it may not do, whom it talks to"


def test_tests_are_named_as_sentences() -> None:
    short = [
        f"{source.shown(path)} {function.name}"
        for path in source.files(TESTS)
        for function in source.functions(path)
        if path.name.startswith("test_") and function.name.startswith("test_") and function.name.count("_") < 2
    ]
    assert short == [], "a test's name says in words what is true: test_a_disputed_claim_is_never_handed_over"


def test_the_law_is_asked_of_the_law_book() -> None:
    found = [source.shown(path) for path in source.files(APP) if "of(Law)" in path.read_text(encoding="utf-8")]
    assert found == [], "resources.of(LawBook).read(work) knows what people have confirmed; a Law kept from the start does not"
