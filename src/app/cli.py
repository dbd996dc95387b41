"""The command line: `reskontro COMMAND`. Everything is configured by the environment (docs/configuration.md).

Imports stand inside the commands, so that each starts only what it needs: the calculator and a file's dry run need no database.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app import cli_act_impact, cli_law, cli_replay
from app.settings import SettingError, Settings, read_settings

if TYPE_CHECKING:
    from app.wiring import House

WRONG_INPUT = 2
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
end_with_parent = click.option("--end-with-parent", is_flag=True, hidden=True)


@click.group(context_settings=CONTEXT)
@click.pass_context
def main(context: click.Context) -> None:
    """Receivables follow-up for Norwegian accounting bureaus.

    `reskontro run` starts everything on this machine with a demo bureau and a simulated outside world. In production the processes are
    started one by one: `migrate` once, then `web`, `worker` (any number) and `clock`.
    """
    context.obj = cli_law.Ground(lambda process: _house(_settings(process)))


@main.command()
@click.option("--seed/--no-seed", default=True, help="Make the demo bureau when it is not there yet (only with the sandbox on).")
def run(seed: bool) -> None:
    """Start everything here: database, sandbox, web, worker and clock.

    Without DATABASE_URL an embedded PostgreSQL under RESKONTRO_DATA_DIR is used. The sandbox, which plays the outside world, is on unless
    RESKONTRO_SANDBOX=off. Ctrl-C stops all of it; the data stays.
    """
    settings = _settings("run", sandbox_default=True)
    from app import supervisor
    from app.db.embedded import EmbeddedDatabaseError
    from app.db.migrate import MigrationError
    from app.running import AlreadyRunningError
    from app.start_checks import RunError

    try:
        supervisor.run(settings, click.echo, seed=seed)
    except (RunError, AlreadyRunningError, EmbeddedDatabaseError, MigrationError) as fault:
        raise click.ClickException(str(fault)) from fault


@main.command()
def migrate() -> None:
    """Bring the database to the newest schema. Safe to repeat.

    Uses MIGRATIONS_DATABASE_URL, the owner's address, where it is set; else DATABASE_URL; else the embedded PostgreSQL.
    """
    settings = _settings("migrate")
    from app.db import migrate as migrations

    with _database_url(settings) as url:
        try:
            migrations.migrate(settings.migrations_database_url or url)
        except migrations.MigrationError as fault:
            raise click.ClickException(str(fault)) from fault
    click.echo("The database is up to date.")


@main.command()
@end_with_parent
def web(end_with_parent: bool) -> None:
    """Serve the pages and the API on RESKONTRO_HOST and RESKONTRO_PORT."""
    settings = _settings("web", end_with_parent=end_with_parent)
    import uvicorn

    from app.main import create_app

    with _house(settings) as house:
        uvicorn.run(
            create_app(house), host=settings.host, port=settings.port, log_config=None, access_log=False, proxy_headers=False,
            server_header=False, timeout_graceful_shutdown=10,
        )  # fmt: skip


@main.command()
@end_with_parent
def worker(end_with_parent: bool) -> None:
    """Run jobs, in RESKONTRO_WORKER_THREADS threads. Any number of workers may run; SIGTERM lets one finish what it holds."""
    settings = _settings("worker", end_with_parent=end_with_parent)
    from app import worker as process

    with _house(settings) as house:
        process.run(house, _stop_signal())


@main.command()
@end_with_parent
def clock(end_with_parent: bool) -> None:
    """Ring what is due: nightly reading of the ledgers, weekly lists, deadlines. A second clock stands by."""
    settings = _settings("clock", end_with_parent=end_with_parent)
    from app import clock as process

    with _house(settings) as house:
        process.run(house, _stop_signal())


@main.command()
@end_with_parent
def sandbox(end_with_parent: bool) -> None:
    """Play the outside world on RESKONTRO_SANDBOX_PORT: ledgers, agency, registers, mail and print, with control over time and faults."""
    import os

    from app import running

    settings = _settings("sandbox")
    command = [sys.executable, "-m", "sandbox", "--port", str(settings.sandbox_port), "--smtp-port", str(settings.sandbox_smtp_port)]
    command += ["--imap-port", str(settings.sandbox_imap_port), "--sftp-port", str(settings.sandbox_sftp_port)]
    command += ["--dns-port", str(settings.sandbox_dns_port), "--agencyfiles-port", str(settings.sandbox_agency_port)]
    if settings.link_report_secret is not None:
        command += ["--sms-reports", f"http://127.0.0.1:{settings.port}/api/inbound/sms/{settings.link_report_secret}"]
    command += ["--state-file", str(settings.data_dir / running.SANDBOX)]
    os.execv(sys.executable, command + (["--end-with-parent"] if end_with_parent else []))  # noqa: S606 - our own interpreter


@main.command()
@end_with_parent
def seed(end_with_parent: bool) -> None:
    """Make the demo bureau, its people and their companies. Changes nothing when they are there. Needs the sandbox."""
    settings = _settings("seed", end_with_parent=end_with_parent)
    if not settings.sandbox:
        raise click.ClickException("The demo bureau lives in the sandbox. Set RESKONTRO_SANDBOX=on and start `reskontro sandbox`.")
    from app.running import note_demo
    from app.seeding import LOGINS, PASSWORD, seed_demo

    with _house(settings) as house:
        seed_demo(house, _progress_line("seed"))
    note_demo(settings.data_dir, PASSWORD, LOGINS)


@main.command("import-saft")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--company", metavar="ORGNR", required=True, help="Organisation number of the company whose books these are.")
@click.option("--bureau", metavar="ORGNR", help="Organisation number of the bureau, where several serve the company.")
@click.option("--dry-run", is_flag=True, help="Read and show what would be imported; needs no database and changes nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the derived open items as JSON.")
def import_saft(files: tuple[Path, ...], company: str, bureau: str | None, dry_run: bool, as_json: bool) -> None:
    """Import a company's open items from SAF-T Financial FILES (XML or zip, versions 1.10 to 1.30, one or split).

    Open items are derived, each with a confidence; one of low confidence is never followed up without a person's yes. A file that is
    wrong anywhere imports nothing (exit code 2).
    """
    settings = _settings("import-saft")
    from app import cli_saft

    cli_saft.run(settings, _house, files, cli_saft.Wish(_digits(company), bureau and _digits(bureau), dry_run, as_json))


@main.command("import-file")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--company", metavar="ORGNR", required=True, help="Organisation number of the company the files are of.")
@click.option("--bureau", metavar="ORGNR", help="Organisation number of the bureau, where several serve the company.")
@click.option("--as-of", metavar="DATE", help="The day an open item list is of; today unless said, e.g. 2026-12-01.")
@click.option("--leave-out", is_flag=True, help="Import an open item list without the rows that cannot be read; they stay listed.")
@click.option("--dry-run", is_flag=True, help="Read and show what would be taken in; needs no database and changes nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print what was read as JSON.")
def import_file(
    files: tuple[Path, ...], company: str, bureau: str | None, as_of: str | None, leave_out: bool, dry_run: bool, as_json: bool
) -> None:
    """Take in FILES of a company, of one kind, known by their content: SAF-T, an open item list (CSV, Excel), OCR giro or camt.054.

    What a newer list does not show is asked about, never taken for paid. Payments are posted nowhere: they keep notices back until the
    ledger shows them. A file that is wrong takes in nothing (exit code 2).
    """
    settings = _settings("import-file")
    from app import cli_files
    from app.cli_saft import Wish

    wish = Wish(_digits(company), bureau and _digits(bureau), dry_run, as_json)
    cli_files.run(settings, _house, files, wish, cli_files.ListWish(_day(as_of) if as_of else None, leave_out))


@main.command("dry-run")
@click.option("--date", "on", metavar="DATE", required=True, help="The day to ask about, e.g. 2026-12-01.")
@click.option("--company", metavar="ORGNR", help="Only this company.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")
def dry_run(on: str, company: str | None, as_json: bool) -> None:
    """Tell what would happen to every claim on a day, and why, without doing it."""
    day = _day(on)
    settings = _settings("dry-run")
    from app import cli_dry_run

    with _house(settings) as house:
        cli_dry_run.run(house, day, company and _digits(company), as_json=as_json)


@main.command()
@click.option("--days", type=click.IntRange(1, 5000), default=400, show_default=True, help="How many days to play.")
@click.option("--companies", type=click.IntRange(1, 5000), default=10, show_default=True, help="How many companies there are.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed is the same world, to the letter.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")
def simulate(days: int, companies: int, seed: int, as_json: bool) -> None:
    """Play a simulated year and hold every letter and handover against the law.

    Random invoices, payments, objections, stops, promises, outages and bankruptcies around the engine that decides for real; a witness who
    knows the statute and nothing of the engine looks at everything that leaves. Needs no database. Exit code 1 when something was unlawful.
    """
    from app import cli_simulate

    cli_simulate.run(days, companies, seed, as_json=as_json)


@main.command()
def quote() -> None:
    """Calculate a claim: late interest, allowed fees, ceilings and dates.

    Reads one JSON object, or an array of them, on standard input and writes the same shape, as `POST /api/v1/quotes` does. Exit code 2 on
    wrong input.
    """
    settings = _settings("quote")
    from app.dunning.quote import run_quotes

    asked = sys.stdin.buffer.read().decode("utf-8-sig", errors="replace")
    answer, code = run_quotes(asked, entry_into_force=settings.act_2026_from)
    click.echo(answer)
    sys.exit(code)


@main.command("demo-clock", context_settings={"ignore_unknown_options": True})
@click.argument("ahead", required=False, metavar="[+7d]")
def demo_clock(ahead: str | None) -> None:
    """Move "today" for the product and the sandbox alike: +7d, +12h, +2w. Without an argument, tell what it is.

    Only while the sandbox is on. Everything a day would have rung is rung on the way, a day at a time.
    """
    step = None if ahead is None else _duration(ahead)
    settings = _settings("demo-clock")
    if not settings.sandbox:
        raise click.ClickException("The clock can only be moved while the sandbox is on: start `reskontro run` on this data directory.")
    from app import cli_demo_clock

    with _house(settings) as house:
        cli_demo_clock.run(house, step)


for command in (*cli_law.COMMANDS, cli_replay.replay, cli_act_impact.act_impact):
    main.add_command(command)


def _settings(process: str, *, sandbox_default: bool = False, end_with_parent: bool = False) -> Settings:
    """The settings, completed from a run that lives on the same data directory; also sets up the log."""
    from app import running
    from app.logging_setup import log_to_stderr

    if end_with_parent:
        running.end_with_parent()
    try:
        settings = read_settings(defaults={"RESKONTRO_SANDBOX": "on"} if sandbox_default else None)
        if not sandbox_default and (known := running.settings_of_the_run(settings.data_dir)):
            settings = read_settings(defaults=known)
        log_to_stderr(settings.log_level, process)
    except (SettingError, ValueError) as fault:
        raise click.UsageError(str(fault)) from fault
    return settings


@contextmanager
def _database_url(settings: Settings) -> Iterator[str]:
    if settings.database_url:
        yield settings.database_url
        return
    from app.db.embedded import EmbeddedDatabaseError, embedded_postgres
    from app.start_checks import RunError, check_rights

    try:
        check_rights(settings.data_dir)
        with embedded_postgres(settings.data_dir) as url:
            yield url
    except (EmbeddedDatabaseError, RunError) as fault:
        raise click.ClickException(str(fault)) from fault


@contextmanager
def _house(settings: Settings) -> Iterator[House]:
    """The house with its database, which must have been migrated."""
    from sqlalchemy.exc import OperationalError, ProgrammingError

    from app.wiring import build_house

    with _database_url(settings) as url:
        house = build_house(settings, url)
        try:
            yield house
        except (OperationalError, ProgrammingError) as fault:
            first_line = str(fault.orig).strip().split("\n", 1)[0]
            raise click.ClickException(f"The database cannot be used: {first_line}. Has `reskontro migrate` been run?") from fault
        finally:
            house.close()


def _stop_signal() -> threading.Event:
    """Set by the first SIGTERM or SIGINT; later ones change nothing, because work in hand is being finished."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop


def _progress_line(process: str) -> Callable[[str], None]:
    import logging

    log = logging.getLogger(f"app.{process}")
    return click.echo if sys.stdout.isatty() else log.info


def _digits(text: str) -> str:
    bare = "".join(text.split())
    if not (bare.isascii() and bare.isdigit() and len(bare) == 9):
        raise click.UsageError(f"{text!r} is not an organisation number: it has nine digits")
    return bare


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise click.UsageError(f"{text!r} is not a date; write it as 2026-12-01") from fault


def _duration(text: str) -> timedelta:
    units: dict[str, Any] = {"h": "hours", "d": "days", "w": "weeks"}
    number, unit = text.removeprefix("+")[:-1], text[-1:]
    if unit not in units or not (number.isascii() and number.isdigit()) or not 0 < int(number) <= 1000:
        raise click.UsageError(f"{text!r} is not a step forward; write +7d, +12h or +2w")
    return timedelta(**{units[unit]: int(number)})


if __name__ == "__main__":
    main()
