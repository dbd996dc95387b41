"""The law as the platform's own people keep it: figures confirmed, and the day on which the act of 2026 takes effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import law_recording
from app.dunning.law import Law
from app.dunning.law_book import LawBook, Recordings, recordings
from app.dunning.law_recording import CONFIRMABLE, FigureGiven, RecordingError
from app.dunning.statutes.provisions import WHOLE_ACT, InForce, Provision
from app.dunning.statutes.rates import Figure, Rates
from app.web.access import staff_only
from app.web.asked import TheHouse, Work
from app.web.house import House
from app.web.i18n import current_locale, gettext
from app.web.pages import Form, FormError, bare_page, see_other, text_of
from app.web.typed import parse_day

PAGE = "pages/platform/law.html"
GUARDS = [staff_only]
AnyRequest = Request[Any, Any, Any]


@get("/platform", guards=GUARDS, sync_to_thread=True)
def show_law(request: AnyRequest, work: Work, house: TheHouse) -> Template:
    return bare_page(PAGE, **_context(request, work, house))


@post("/platform/figures", guards=GUARDS, sync_to_thread=True)
def confirm_figure(request: AnyRequest, work: Work, house: TheHouse, data: Form) -> Response[Any]:
    typed = {name: text_of(data, name) for name in ("figure", "value", "effective_from", "known_through", "source", "corrects")}
    try:
        law_recording.confirm_figure(work, _given(typed, work.today()))
    except RecordingError as fault:
        raise FormError(PAGE, _context(request, work, house, given=typed, errors={fault.field: gettext(str(fault))})) from None
    return see_other("/platform", "figure-confirmed")


@post("/platform/act-dates", guards=GUARDS, sync_to_thread=True)
def set_act_date(request: AnyRequest, work: Work, house: TheHouse, data: Form) -> Response[Any]:
    typed = {name: text_of(data, name) for name in ("provision", "in_force_from", "act_source")}
    try:
        day = _day(typed, "in_force_from", work.today()) if typed["in_force_from"] else None
        law_recording.set_act_date(work, typed["provision"], day, typed["act_source"])
    except RecordingError as fault:
        field = "act_source" if fault.field == "source" else fault.field
        raise FormError(PAGE, _context(request, work, house, dated=typed, errors={field: gettext(str(fault))})) from None
    return see_other("/platform", "act-date-set")


def _given(typed: Mapping[str, str], today: date) -> FigureGiven:
    try:
        figure = Figure(typed["figure"])
    except ValueError:
        raise RecordingError("figure", gettext("Choose a figure.")) from None
    try:
        value = Decimal(typed["value"].replace(",", ".").removesuffix("%").strip())
    except InvalidOperation:
        raise RecordingError("value", gettext("Write a number, such as 12.25.")) from None
    return FigureGiven(
        figure, _day(typed, "effective_from", today), _day(typed, "known_through", today), value, typed["source"], typed["corrects"] == "on"
    )


def _day(typed: Mapping[str, str], field: str, today: date) -> date:
    try:
        return parse_day(typed[field], today)
    except ValueError:
        raise RecordingError(field, gettext("Write the date as dd.mm.yyyy.")) from None


@dataclass(frozen=True, slots=True)
class NeededRow:
    """A figure that notices with a fee need, as known today."""

    figure: str
    value: str
    known_through: date
    days_left: int
    soon: bool
    source: str


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """One recording: a figure, or the day of a provision."""

    number: int
    figure: str | None
    provision: str | None
    value: str
    from_on: date | None
    through_on: date | None
    source: str
    by: str
    at: datetime


def _context(
    request: AnyRequest, work: UnitOfWork, house: House, *, given: Mapping[str, str] | None = None, dated: Mapping[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    law: Law = house.resources.of(LawBook).read(work)
    known = recordings(work)
    return {
        "staff": request.state.staff, "needed": _needed(law.rates, work.today()), "recorded": _recorded(known),
        "given": given or _suggested(law.rates), "dated": dated or {"provision": WHOLE_ACT, "in_force_from": "", "act_source": ""},
        "figure_choices": [(one.value, _figure_name(one)) for one in CONFIRMABLE],
        "provision_choices": [(name, _provision_name(name)) for name in (WHOLE_ACT, *Provision)],
        "act_rows": _act_rows(law.act_2026), "errors": errors or {},
    }  # fmt: skip


def _needed(rates: Rates, today: date) -> list[NeededRow]:
    rows = []
    for one in law_recording.missing(rates):
        row = rates.on(one.figure, one.known_through)
        days_left = (one.known_through - today).days
        rows.append(NeededRow(one.figure.value, shown(row.value), one.known_through, days_left, one.runs_out_soon(today), row.source))
    return rows


def _suggested(rates: Rates) -> dict[str, str]:
    """The next period of the figure that runs out first, so that only value and source are left to type."""
    first = law_recording.missing(rates)[0]
    start = first.needed_from
    half = CONFIRMABLE[first.figure].half_years and start.month <= 6
    end = date(start.year, 6, 30) if half else date(start.year, 12, 31)
    return {
        "figure": first.figure.value, "value": "", "effective_from": f"{start:%d.%m.%Y}", "known_through": f"{end:%d.%m.%Y}", "source": "",
        "corrects": "",
    }  # fmt: skip


def _recorded(known: Recordings) -> list[RecordedRow]:
    rows = [
        RecordedRow(
            one.number,
            one.figure,
            None,
            shown(one.value),
            one.effective_from,
            one.known_through,
            one.source,
            one.confirmed_by,
            one.confirmed_at,
        )
        for one in known.figures
    ]
    rows += [
        RecordedRow(one.number, None, one.provision, "", one.in_force_from, None, one.source, one.set_by, one.set_at) for one in known.dates
    ]
    return sorted(rows, key=lambda row: row.number, reverse=True)


def shown(value: Decimal) -> str:
    """12.2500 -> 12.25, or 12,25 in Norwegian; 750.0000 -> 750."""
    plain = f"{value.normalize():f}"
    return plain.replace(".", ",") if current_locale() == "nb" else plain


def _act_rows(in_force: InForce) -> list[tuple[str, date | None]]:
    return [(WHOLE_ACT, in_force.whole), *((one.value, in_force.day_of(one)) for one in Provision)]


def _figure_name(figure: Figure) -> str:
    return {
        Figure.COLLECTION_RATE: gettext("Collection rate"), Figure.LATE_INTEREST: gettext("Late interest"),
        Figure.LATE_PAYMENT_COMPENSATION: gettext("Compensation (§ 3 a)"),
        Figure.CREDITOR_LETTER_FEE: gettext("The creditor's own letter (§ 19)"),
    }[figure]  # fmt: skip


def _provision_name(name: str) -> str:
    return gettext("The whole act") if name == WHOLE_ACT else f"§ {name}"


HANDLERS = [show_law, confirm_figure, set_act_date]
