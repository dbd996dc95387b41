"""Late interest, late payment compensation and the ceiling for an agency's costs. Exact fractions inside, one rounding at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from app.dunning.facts import DebtorKind, Payment
from app.dunning.statutes.rates import (
    INSTALMENT_MULTIPLIER,
    INSTALMENTS_FREE,
    NON_CONSUMER_FACTOR,
    VAT_FACTOR,
    Figure,
    FigureNotConfirmedError,
    Rates,
    cost_table,
)
from app.values.calendar import next_business_day
from app.values.money import round_half_up

_DAY = timedelta(days=1)
_DEMAND_DAYS = 30


@dataclass(frozen=True, slots=True)
class InterestSpan:
    """Days (both ends counted) with one rate and one principal. `interest_ore` is rounded for show; the total is not their sum."""

    from_on: date
    to_on: date
    days: int
    rate: Decimal
    principal_ore: int
    interest_ore: int


@dataclass(frozen=True, slots=True)
class LateInterest:
    """Late interest (forsinkelsesrente) of the spans with a confirmed rate, rounded half up once.

    `missing_from` is the first day whose rate is not confirmed, where there is such a day: then the total is not the whole interest.
    """

    spans: tuple[InterestSpan, ...]
    total_ore: int
    missing_from: date | None = None


def effective_due_on(due_on: date) -> date:
    """The due date moved to the next business day (gjeldsbrevlova § 5 second paragraph, as applied to money claims generally)."""
    return next_business_day(due_on)


def interest_runs_after(due_on: date, due_date_agreed: bool, demand_sent_on: date | None) -> date | None:
    """The day after which interest is counted (forsinkelsesrenteloven § 2): the moved due date where it was agreed in advance, else 30
    days after a written demand, though never before the due date. None when no demand was sent: then no interest runs."""
    moved = effective_due_on(due_on)
    if due_date_agreed:
        return moved
    if demand_sent_on is None:
        return None
    return max(moved, demand_sent_on + timedelta(days=_DEMAND_DAYS))


def late_interest(principal_ore: int, runs_after: date | None, as_of: date, payments: Sequence[Payment], rates: Rates) -> LateInterest:
    """Simple interest for the days after `runs_after` up to and including `as_of`, actual days over the calendar year's 365 or 366.

    Payments go to the principal; the day of payment itself still bears interest on what was owed before it. Payments after `as_of`
    do not count.
    """
    if runs_after is None:
        return LateInterest((), 0)
    spans: list[InterestSpan] = []
    exact = Fraction(0)
    start = runs_after + _DAY
    while start <= as_of:
        principal = principal_left(principal_ore, payments, start - _DAY)
        if principal <= 0:
            break
        end = min(as_of, _half_year_end(start), *(paid.paid_on for paid in payments if paid.paid_on >= start))
        try:
            rate = rates.on(Figure.LATE_INTEREST, start).value
        except FigureNotConfirmedError:
            return LateInterest(tuple(spans), round_half_up(exact), missing_from=start)
        days = (end - start).days + 1
        interest = Fraction(principal) * Fraction(rate) * days / (100 * _days_of(start.year))
        spans.append(InterestSpan(start, end, days, rate, principal, round_half_up(interest)))
        exact += interest
        start = end + _DAY
    return LateInterest(tuple(spans), round_half_up(exact))


def principal_left(principal_ore: int, payments: Sequence[Payment], on: date) -> int:
    """What is unpaid at the end of that day, never below zero."""
    return max(0, principal_ore - sum(paid.amount_ore for paid in payments if paid.paid_on <= on))


def late_payment_compensation(
    principal_ore: int,
    due_on: date,
    runs_after: date | None,
    as_of: date,
    payments: Sequence[Payment],
    debtor_kind: DebtorKind,
    rates: Rates,
) -> int:
    """Compensation in øre (standardkompensasjon, forsinkelsesrenteloven § 3 a) once interest can be claimed; nothing from consumers (§ 4).

    The amount is that of the half-year of the moved due date. `FigureNotConfirmedError` when it is not known.
    """
    if debtor_kind.is_consumer or runs_after is None or as_of <= runs_after:
        return 0
    if principal_left(principal_ore, payments, runs_after) <= 0:
        return 0
    return round_half_up(rates.on(Figure.LATE_PAYMENT_COMPENSATION, effective_due_on(due_on)).value * 100)


def agency_cost_cap(
    claim_ore: int,
    due_on: date,
    on: date,
    debtor_kind: DebtorKind,
    rates: Rates,
    *,
    heavy: bool,
    creditor_vat_liable: bool = True,
    instalments: int = 0,
) -> int:
    """The most a debtor may have to pay in out-of-court costs, fees included, in øre rounded half up (inkassoforskriften §§ 2-1 to 2-4).

    `claim_ore` is the principal without interest after due and without costs; nothing owed costs nothing. The collection rate is that of
    `on`. More than four instalments add one and a half times the rate. `FigureNotConfirmedError` when a figure is not known.
    """
    if claim_ore <= 0:
        return 0
    rate = Fraction(rates.on(Figure.COLLECTION_RATE, on).value)
    bracket = next(row for row in cost_table(due_on).brackets if row.up_to_ore is None or claim_ore <= row.up_to_ore)
    kroner = rate * (bracket.heavy if heavy else bracket.light)
    if not debtor_kind.is_consumer:
        kroner *= NON_CONSUMER_FACTOR
    if not creditor_vat_liable:
        kroner *= VAT_FACTOR
    if instalments > INSTALMENTS_FREE:
        kroner += rate * INSTALMENT_MULTIPLIER
    return round_half_up(kroner * 100)


def _half_year_end(day: date) -> date:
    return date(day.year, 6, 30) if day.month <= 6 else date(day.year, 12, 31)


def _days_of(year: int) -> int:
    return (date(year + 1, 1, 1) - date(year, 1, 1)).days
