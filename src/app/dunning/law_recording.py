"""A person of the platform says what the law is: a figure for a period, or the day on which an act enters into force. Refuses nonsense."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import func, select

from app.db.scope import PlatformScope
from app.db.unit_of_work import UnitOfWork
from app.dunning.law_book import recordings
from app.dunning.models import ActDate, ConfirmedFigure
from app.dunning.statutes.provisions import WHOLE_ACT, Provision
from app.dunning.statutes.rates import RATES, Figure, FigureNotConfirmedError, Rates

SOURCE_MIN, SOURCE_MAX = 8, 300
#: the act was sanctioned on 22 May 2026, and a day long hence is a misprint
ACT_FROM_MIN, ACT_FROM_MAX = date(2026, 5, 22), date(2035, 1, 1)
#: how many days before a figure runs out people are told
TOLD_AHEAD = timedelta(days=30)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a figure can be: its lowest and highest sensible value, and whether it is set for half-years (forsinkelsesrenteloven § 3)."""

    low: Decimal
    high: Decimal
    half_years: bool
    whole: bool


CONFIRMABLE: dict[Figure, Bounds] = {
    Figure.COLLECTION_RATE: Bounds(Decimal(300), Decimal(3000), half_years=False, whole=True),
    Figure.LATE_INTEREST: Bounds(Decimal(7), Decimal(30), half_years=True, whole=False),
    Figure.LATE_PAYMENT_COMPENSATION: Bounds(Decimal(200), Decimal(2000), half_years=True, whole=True),
    Figure.CREDITOR_LETTER_FEE: Bounds(Decimal(0), Decimal(1000), half_years=False, whole=False),
}
#: without these nothing that bears a fee is sent; the letter's fee is nothing until a regulation sets it
NEEDED = (Figure.COLLECTION_RATE, Figure.LATE_INTEREST, Figure.LATE_PAYMENT_COMPENSATION)


class RecordingError(ValueError):
    """What cannot be recorded. `field` names what to change; the text is an English message id."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid


@dataclass(frozen=True, slots=True)
class Missing:
    """A figure with the last day it is known for, and the first day somebody must confirm it for."""

    figure: Figure
    known_through: date

    @property
    def needed_from(self) -> date:
        return self.known_through + _DAY

    def runs_out_soon(self, today: date) -> bool:
        return self.known_through - today <= TOLD_AHEAD


def missing(rates: Rates) -> list[Missing]:
    """Until when each needed figure is known, the first to run out first."""
    return sorted((Missing(figure, rates.known_through(figure)) for figure in NEEDED), key=lambda one: (one.known_through, one.figure))


def running_out(rates: Rates, today: date) -> list[Missing]:
    return [one for one in missing(rates) if one.runs_out_soon(today)]


@dataclass(frozen=True, slots=True)
class FigureGiven:
    """What somebody wants to confirm. `corrects`: it is meant to replace a value that is known already."""

    figure: Figure
    effective_from: date
    known_through: date
    value: Decimal
    source: str
    corrects: bool = False


def confirm_figure(work: UnitOfWork, given: FigureGiven) -> ConfirmedFigure:
    """Record it, in the name of whoever acts. From then on it is the law for every decision; claims that waited are decided by night."""
    number = _next_number(work)
    _check(given, recordings_rates(work))
    row = ConfirmedFigure(
        number=number, figure=given.figure.value, effective_from=given.effective_from, known_through=given.known_through, value=given.value,
        source=_source(given.source), confirmed_by=work.actor.name, confirmed_at=work.now(),
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    return row


def set_act_date(work: UnitOfWork, provision: str, in_force_from: date | None, source: str) -> ActDate:
    """The day the act (`act`), or one section of it, enters into force; None takes a recorded day back."""
    if provision != WHOLE_ACT and provision not in {one.value for one in Provision}:
        raise RecordingError("provision", N_("Choose the whole act, or one of the sections 14, 18, 19, 20 and 22."))
    if in_force_from is not None and not ACT_FROM_MIN <= in_force_from <= ACT_FROM_MAX:
        raise RecordingError("in_force_from", N_("The act was sanctioned on 22 May 2026: it takes effect after that, and before 2035."))
    row = ActDate(
        number=_next_number(work), provision=provision, in_force_from=in_force_from, source=_source(source), set_by=work.actor.name,
        set_at=work.now(),
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    return row


def recordings_rates(work: UnitOfWork) -> Rates:
    rates = RATES
    for row in recordings(work).figures:
        rates = rates.with_confirmed(Figure(row.figure), row.effective_from, row.known_through, row.value, row.source)
    return rates


def _check(given: FigureGiven, rates: Rates) -> None:
    bounds = CONFIRMABLE.get(given.figure)
    if bounds is None:
        raise RecordingError("figure", N_("This figure is part of the program and cannot be confirmed here."))
    value, start, end = given.value, given.effective_from, given.known_through
    if not value.is_finite() or not bounds.low <= value <= bounds.high or value != round(value, 0 if bounds.whole else 2):
        raise RecordingError("value", N_("This cannot be the figure: look at the source again. Write per cent or kroner, as 12.25."))
    if end < start:
        raise RecordingError("known_through", N_("The last day must not be before the first."))
    if bounds.half_years and (start.day != 1 or start.month not in (1, 7)):
        raise RecordingError("effective_from", N_("This figure is set for half-years: it begins on 1 January or 1 July."))
    if end > (_half_year_end(start) if bounds.half_years else date(start.year, 12, 31)):
        raise RecordingError("known_through", N_("Nobody can know it for so long: at most to the end of the half-year, or of the year."))
    _check_place(given, rates)


def _check_place(given: FigureGiven, rates: Rates) -> None:
    """It follows what is known without a gap, and replaces what is known only when that is meant."""
    through = rates.known_through(given.figure)
    if through != date.min and given.effective_from > through + _DAY:
        raise RecordingError("effective_from", N_("There would be a gap: confirm the period before it first."))
    try:
        known = rates.on(given.figure, given.effective_from)
    except FigureNotConfirmedError:
        return
    if known.value == given.value and known.known_through >= given.known_through:
        raise RecordingError("value", N_("This is known already."))
    if known.value != given.value and not given.corrects:
        raise RecordingError("value", N_("Another value is known for this period. Say that this corrects it, if it does."))


def _source(text: str) -> str:
    said = " ".join(text.split())
    if not SOURCE_MIN <= len(said) <= SOURCE_MAX:
        raise RecordingError("source", N_("Name the public source, such as FOR-2026-12-18-1234 or the address of the announcement."))
    return said


def _next_number(work: UnitOfWork) -> int:
    """Numbers follow one another in the order they are committed: whoever has seen one has seen all before it."""
    if not isinstance(work.scope, PlatformScope):
        raise PermissionError("the law is recorded by the platform's own people, outside any bureau")
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("law recordings", 0))))
    newest = [work.session.execute(select(func.max(table.number))).scalar_one() or 0 for table in (ConfirmedFigure, ActDate)]
    return max(newest) + 1


def _half_year_end(day: date) -> date:
    return date(day.year, 6, 30) if day.month <= 6 else date(day.year, 12, 31)
