"""Dated law: which act governs, which figure is known when, and that nothing is carried past what is confirmed."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dunning.statutes import ACT_1988, ACT_2026, statute_on
from app.dunning.statutes.rates import RATES, Figure, FigureNotConfirmedError, Row, cost_table, fee_fractions
from app.values import calendar


def test_the_act_of_2026_waits_for_its_day() -> None:
    assert statute_on(date(2030, 1, 1)) is ACT_1988
    assert statute_on(date(2027, 6, 30), date(2027, 7, 1)) is ACT_1988
    assert statute_on(date(2027, 7, 1), date(2027, 7, 1)) is ACT_2026


def test_who_may_warn_and_who_may_charge() -> None:
    assert ACT_1988.creditor_may_warn
    assert ACT_1988.creditor_fees
    assert not ACT_2026.creditor_may_warn
    assert not ACT_2026.creditor_fees


@pytest.mark.parametrize(
    ("figure", "on", "value"),
    [
        (Figure.COLLECTION_RATE, "2015-01-01", "650"),
        (Figure.COLLECTION_RATE, "2016-12-31", "670"),
        (Figure.COLLECTION_RATE, "2018-05-05", "700"),
        (Figure.COLLECTION_RATE, "2025-12-31", "700"),
        (Figure.COLLECTION_RATE, "2026-01-01", "750"),
        (Figure.COLLECTION_RATE, "2026-12-31", "750"),
        (Figure.LATE_INTEREST, "2006-07-01", "9.75"),
        (Figure.LATE_INTEREST, "2020-06-30", "9.50"),
        (Figure.LATE_INTEREST, "2020-07-01", "8.00"),
        (Figure.LATE_INTEREST, "2024-02-29", "12.50"),
        (Figure.LATE_INTEREST, "2025-07-01", "12.25"),
        (Figure.LATE_INTEREST, "2026-06-30", "12.00"),
        (Figure.LATE_INTEREST, "2026-07-01", "12.25"),
        (Figure.LATE_PAYMENT_COMPENSATION, "2013-03-15", "0"),
        (Figure.LATE_PAYMENT_COMPENSATION, "2024-01-01", "470"),
        (Figure.LATE_PAYMENT_COMPENSATION, "2026-01-01", "460"),
        (Figure.LATE_PAYMENT_COMPENSATION, "2026-12-31", "430"),
    ],
)
def test_known_figures(figure: Figure, on: str, value: str) -> None:
    row = RATES.on(figure, date.fromisoformat(on))
    assert row.value == Decimal(value)
    assert row.source


@pytest.mark.parametrize(
    ("figure", "on"),
    [
        (Figure.COLLECTION_RATE, "2014-12-31"),
        (Figure.COLLECTION_RATE, "2027-01-01"),
        (Figure.LATE_INTEREST, "2006-06-30"),
        (Figure.LATE_INTEREST, "2027-01-01"),
        (Figure.LATE_PAYMENT_COMPENSATION, "2013-12-31"),
        (Figure.LATE_PAYMENT_COMPENSATION, "2027-01-01"),
    ],
)
def test_what_nobody_has_confirmed_is_refused(figure: Figure, on: str) -> None:
    with pytest.raises(FigureNotConfirmedError) as caught:
        RATES.on(figure, date.fromisoformat(on))
    assert (caught.value.figure, caught.value.on) == (figure, date.fromisoformat(on))
    assert on in str(caught.value)


def test_half_years_follow_one_another_without_gap() -> None:
    rows = RATES.rows[Figure.LATE_INTEREST]
    assert all(late.effective_from == early.known_through + timedelta(days=1) for early, late in itertools.pairwise(rows))
    assert RATES.known_through(Figure.LATE_INTEREST) == date(2026, 12, 31)


def test_a_later_confirmation_holds_for_its_own_period_only() -> None:
    start, end = date(2027, 1, 1), date(2027, 6, 30)
    known = RATES.with_confirmed(Figure.LATE_INTEREST, start, end, Decimal("11.75"), "a regulation")
    assert known.on(Figure.LATE_INTEREST, end).value == Decimal("11.75")
    with pytest.raises(FigureNotConfirmedError):
        known.on(Figure.LATE_INTEREST, date(2027, 7, 1))
    with pytest.raises(FigureNotConfirmedError):
        RATES.on(Figure.LATE_INTEREST, start)
    corrected = known.with_confirmed(Figure.LATE_INTEREST, start, end, Decimal("11.50"), "a correction")
    assert corrected.on(Figure.LATE_INTEREST, start).value == Decimal("11.50")


@pytest.mark.parametrize(("start", "end", "value", "source"), [(2, 1, "1", "x"), (1, 2, "-1", "x"), (1, 2, "NaN", "x"), (1, 2, "1", " ")])
def test_a_confirmation_that_makes_no_sense_is_refused(start: int, end: int, value: str, source: str) -> None:
    with pytest.raises(ValueError):
        RATES.with_confirmed(Figure.LATE_INTEREST, date(2027, 1, start), date(2027, 1, end), Decimal(value), source)


def test_an_unconfirmed_row_answers_nothing() -> None:
    rumour = Row(date(2027, 1, 1), date(2027, 12, 31), Decimal(775), "announced, not in force", confirmed=False)
    rates = type(RATES)({**RATES.rows, Figure.COLLECTION_RATE: (*RATES.rows[Figure.COLLECTION_RATE], rumour)})
    with pytest.raises(FigureNotConfirmedError):
        rates.on(Figure.COLLECTION_RATE, date(2027, 1, 1))
    assert rates.known_through(Figure.COLLECTION_RATE) == date(2026, 12, 31)


def test_claims_older_than_the_tables_are_refused() -> None:
    with pytest.raises(FigureNotConfirmedError):
        fee_fractions(date(2002, 2, 28))
    with pytest.raises(FigureNotConfirmedError):
        cost_table(date(2009, 12, 31))


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.integers(0, 40))
def test_the_printed_deadline_is_a_business_day_and_never_short(sent_on: date, days: int) -> None:
    deadline = ACT_1988.suggested_deadline(sent_on, days, calendar)
    assert deadline >= ACT_1988.minimum_deadline(sent_on) == sent_on + timedelta(days=14)
    assert calendar.is_business_day(deadline)


def test_grace_is_three_bank_days_at_least() -> None:
    # the deadline is Wednesday 1 April 2026, before Easter: the bank days after it are 7, 8 and 9 April
    assert ACT_1988.waits_through(date(2026, 4, 1), 0, calendar) == date(2026, 4, 9)
    assert ACT_1988.waits_through(date(2026, 4, 1), 5, calendar) == date(2026, 4, 13)


def test_heavy_from_is_day_43_of_a_demand_with_14_days() -> None:
    sent_on = date(2026, 2, 2)
    assert ACT_1988.heavy_from(ACT_1988.minimum_deadline(sent_on)) == sent_on + timedelta(days=43)


#: year: late interest of its halves, compensation of its halves (None: not known); copied by hand from the footnotes to
#: forsinkelsesrenteloven §§ 3 and 3 a, not from the table under test
EVERY_HALF_YEAR = {
    2010: ("8.75 9.00", "0 0"), 2011: ("9.00 9.25", "0 0"), 2012: ("8.75 8.50", "0 0"), 2013: ("8.50 9.50", "0 -"),
    2014: ("9.50 9.50", "320 320"), 2015: ("9.25 9.00", "330 330"), 2016: ("8.75 8.50", "370 370"), 2017: ("8.50 8.50", "360 370"),
    2018: ("8.50 8.50", "380 380"), 2019: ("8.75 9.25", "380 390"), 2020: ("9.50 8.00", "400 430"), 2021: ("8.00 8.00", "420 400"),
    2022: ("8.50 9.25", "390 400"), 2023: ("10.75 11.75", "410 460"), 2024: ("12.50 12.50", "470 460"), 2025: ("12.50 12.25", "470 460"),
    2026: ("12.00 12.25", "460 430"),
}  # fmt: skip


@pytest.mark.parametrize("year", EVERY_HALF_YEAR)
def test_every_half_year_since_2010_has_its_interest_and_compensation_from_first_to_last_day(year: int) -> None:
    interest, compensation = (half.split() for half in EVERY_HALF_YEAR[year])
    for half, days in enumerate(((date(year, 1, 1), date(year, 6, 30)), (date(year, 7, 1), date(year, 12, 31)))):
        for on in days:
            assert RATES.on(Figure.LATE_INTEREST, on).value == Decimal(interest[half]), on
            if compensation[half] == "-" or on == date(2013, 6, 30):
                assert not RATES.knows(Figure.LATE_PAYMENT_COMPENSATION, on)
            else:
                assert RATES.on(Figure.LATE_PAYMENT_COMPENSATION, on).value == Decimal(compensation[half]), on


def test_figures_as_they_were_known_on_an_earlier_day_end_there() -> None:
    then = RATES.as_known_through({Figure.LATE_INTEREST: date(2025, 12, 31), Figure.COLLECTION_RATE: date(2025, 6, 30)})
    assert then.on(Figure.LATE_INTEREST, date(2025, 12, 31)).value == Decimal("12.25")
    assert not then.knows(Figure.LATE_INTEREST, date(2026, 1, 1))
    assert not then.knows(Figure.COLLECTION_RATE, date(2025, 7, 1))
    assert not then.knows(Figure.LATE_PAYMENT_COMPENSATION, date(2025, 1, 1))


def test_figures_assumed_for_a_rehearsal_reach_as_far_as_asked_and_change_no_value() -> None:
    assumed = RATES.assumed_through(date(2029, 1, 1))
    assert assumed.on(Figure.COLLECTION_RATE, date(2028, 5, 5)).value == Decimal(750)
    assert not assumed.knows(Figure.COLLECTION_RATE, date(2029, 1, 2))
    assert not RATES.knows(Figure.COLLECTION_RATE, date(2027, 1, 1))
