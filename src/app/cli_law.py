"""The platform's own commands: who its people are, which figures they have confirmed, and when the act of 2026 takes effect."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from app.dunning.law import Law
    from app.wiring import House

WRONG_INPUT = 2
FIGURES = ("collection_rate", "late_interest", "late_payment_compensation", "creditor_letter_fee")
PROVISIONS = ("act", "14", "18", "19", "20", "22")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a command stands on: the house, opened for the process of that name."""

    house: Callable[[str], AbstractContextManager[House]]


DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("confirm-figure")
@click.argument("figure", required=False, type=click.Choice(FIGURES))
@click.argument("value", required=False)
@click.option("--from", "start", type=DAY, help="The first day it holds, e.g. 2027-01-01.")
@click.option("--through", type=DAY, help="The last day it is known for, e.g. 2027-06-30.")
@click.option("--source", help="The regulation's number at Lovdata, or the address of the announcement.")
@click.option("--by", help="Who confirms it.")
@click.option("--correct", is_flag=True, help="It replaces a value that is known already.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of sentences.")
@click.pass_obj
def confirm_figure(
    ground: Ground, figure: str | None, value: str | None, start: Any, through: Any, source: str | None, by: str | None, correct: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Confirm a figure of the law, or list which ones are missing and from when.

    Without arguments: until when each figure is known. With FIGURE and VALUE, --from, --through, --source and --by: record it for every
    bureau. Values are per cent a year for interest and kroner for the rest. Exit code 2 on nonsense.
    """
    with ground.house("confirm-figure") as house:
        if figure is None:
            _list_missing(house, as_json)
            return
        given = {"value": value, "--from": start, "--through": through, "--source": source, "--by": by}
        if lacking := [name for name, one in given.items() if one is None]:
            raise click.UsageError(f"{figure} needs {', '.join(lacking)}")
        number = _record_figure(house, figure, str(value), start.date(), through.date(), str(source), str(by), correct=correct)
        click.echo(
            json.dumps({"number": number}) if as_json else f"Recorded as no. {number}. Claims that waited for it are decided tonight."
        )


@click.command("set-act-date")
@click.argument("provision", type=click.Choice(PROVISIONS))
@click.argument("day", metavar="DATE|none")
@click.option("--source", required=True, help="The royal decree's number, or the address of the announcement.")
@click.option("--by", required=True, help="Who records it.")
@click.pass_obj
def set_act_date(ground: Ground, provision: str, day: str, source: str, by: str) -> None:
    """Set the day on which lov 2026-05-22 nr. 19, or one of its sections, enters into force.

    PROVISION is `act` for the whole, or the section: 14, 18, 19, 20 or 22. `none` takes a recorded day back. See what it changes first:
    `reskontro act-impact`.
    """
    from app.db.scope import Actor, PlatformScope
    from app.dunning import law_recording

    on = None if day == "none" else _day(day)
    with ground.house("set-act-date") as house, house.database.begin(PlatformScope(), Actor("staff", None, by)) as work:
        try:
            number = law_recording.set_act_date(work, provision, on, source).number
        except law_recording.RecordingError as fault:
            raise click.UsageError(f"{fault.field}: {fault}") from fault
    click.echo(f"Recorded as no. {number}.")


@click.command("platform-staff")
@click.argument("what", type=click.Choice(["list", "add", "end"]), default="list")
@click.argument("email", required=False)
@click.option("--name", help="The person's name, for `add`.")
@click.pass_obj
def platform_staff(ground: Ground, what: str, email: str | None, name: str | None) -> None:
    """List, add or end the platform's own people: they confirm the law's figures and see nothing of any bureau.

    `add` asks for a password (or reads it from standard input); the person must not belong to a bureau.
    """
    from app.db.unit_of_work import Database
    from app.tenants import passwords
    from app.tenants import platform_staff as staff
    from app.values.clock import SystemClock

    with ground.house("platform-staff") as house:
        accounts = Database(house.engine, SystemClock())
        try:
            if what == "list":
                for one in staff.everybody(accounts):
                    click.echo(f"{one.email}  {one.name}")
            elif email is None:
                raise click.UsageError(f"{what} needs an e-mail address")
            elif what == "end":
                staff.dismiss(accounts, email)
            else:
                staff.appoint(accounts, email, name or email, click.prompt("Password", hide_input=True, confirmation_prompt=False))
        except (staff.StaffError, passwords.PasswordError) as fault:
            raise click.UsageError(str(fault)) from fault
        except ValueError as fault:
            raise click.UsageError(str(fault)) from fault


def _record_figure(
    house: House, figure: str, value: str, start: date, through: date, source: str, by: str, *, correct: bool
) -> int:  # fmt: skip
    from app.db.scope import Actor, PlatformScope
    from app.dunning import law_recording
    from app.dunning.statutes.rates import Figure

    try:
        amount = Decimal(value.replace(",", "."))
    except InvalidOperation as fault:
        raise click.UsageError(f"value: {value!r} is not a number") from fault
    given = law_recording.FigureGiven(Figure(figure), start, through, amount, source, correct)
    with house.database.begin(PlatformScope(), Actor("staff", None, by)) as work:
        try:
            return law_recording.confirm_figure(work, given).number
        except law_recording.RecordingError as fault:
            raise click.UsageError(f"{fault.field}: {fault}") from fault


def _list_missing(house: House, as_json: bool) -> None:
    from app.db.scope import PlatformScope
    from app.dunning import law_recording
    from app.dunning.law_book import LawBook

    with house.database.begin(PlatformScope()) as work:
        law: Law = house.resources.of(LawBook).read(work)
        today = work.today()
    rows: list[dict[str, Any]] = [
        {
            "figure": one.figure.value, "known_through": one.known_through.isoformat(), "needed_from": one.needed_from.isoformat(),
            "days_left": (one.known_through - today).days, "value": f"{law.rates.on(one.figure, one.known_through).value:f}",
        }
        for one in law_recording.missing(law.rates)
    ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        state = "MISSING" if row["days_left"] < 0 else f"{row['days_left']} days left"
        click.echo(
            f"{row['figure']}: {row['value']} known through {row['known_through']}, to be confirmed from {row['needed_from']} ({state})"
        )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise click.UsageError(f"{text!r} is not a date; write it as 2027-01-01, or none") from fault


COMMANDS = (confirm_figure, set_act_date, platform_staff)
