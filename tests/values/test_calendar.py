"""Norwegian days, against the published holidays of 2025 to 2028 and an Easter computed here."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.values import calendar
from app.values.calendar import add_business_days, add_months, is_business_day, is_holiday, next_business_day, oslo_date

DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2060, 12, 31))


def easter(year: int) -> date:
    """Easter Sunday by the anonymous Gregorian computus, independent of the library in use."""
    a, b, c = year % 19, year // 100, year % 100
    d, e, f = b // 4, b % 4, (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    j = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * j) // 451
    month, day = divmod(h + j - 7 * m + 114, 31)
    return date(year, month, day + 1)


@settings(deadline=None)
@given(st.integers(min_value=2000, max_value=2099))
def test_the_holidays_of_a_year_are_exactly_those_of_the_law(year: int) -> None:
    moving = {easter(year) + timedelta(days=offset) for offset in (-3, -2, 0, 1, 39, 49, 50)}
    fixed = {date(year, 1, 1), date(year, 5, 1), date(year, 5, 17), date(year, 12, 25), date(year, 12, 26)}
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    expected = {day for day in days if day.year == year and (day in moving | fixed or day.weekday() == 6)}
    assert {day for day in days if day.year == year and is_holiday(day)} == expected


@pytest.mark.parametrize(
    "day", [date(2026, 4, 2), date(2026, 5, 14), date(2027, 5, 17), date(2028, 6, 5), date(2026, 5, 17), date(2025, 12, 26)]
)
def test_known_holidays(day: date) -> None:
    assert is_holiday(day)
    assert not is_business_day(day)


@pytest.mark.parametrize("day", [date(2026, 12, 24), date(2026, 12, 31), date(2026, 4, 1), date(2026, 11, 23)])
def test_christmas_eve_and_new_years_eve_are_business_days(day: date) -> None:
    assert is_business_day(day)


def test_a_saturday_is_no_holiday_and_no_business_day() -> None:
    assert not is_holiday(date(2026, 11, 21))
    assert not is_business_day(date(2026, 11, 21))


def test_the_next_business_day_passes_the_whole_of_easter() -> None:
    assert next_business_day(date(2026, 4, 2)) == date(2026, 4, 7)
    assert next_business_day(date(2026, 4, 1)) == date(2026, 4, 1)
    assert next_business_day(date(2026, 12, 25)) == date(2026, 12, 28)


@settings(deadline=None)
@given(DAYS)
def test_the_next_business_day_is_the_first_one(day: date) -> None:
    found = next_business_day(day)
    assert found >= day
    assert is_business_day(found)
    assert not any(is_business_day(day + timedelta(days=n)) for n in range((found - day).days))


@settings(deadline=None)
@given(DAYS, st.integers(min_value=1, max_value=30))
def test_adding_business_days_passes_exactly_that_many(day: date, count: int) -> None:
    found = add_business_days(day, count)
    passed = [day + timedelta(days=n) for n in range(1, (found - day).days + 1)]
    assert sum(map(is_business_day, passed)) == count
    assert is_business_day(found)


def test_business_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="negative"):
        add_business_days(date(2026, 1, 5), -1)


def test_the_date_is_oslos_in_winter_and_in_summer() -> None:
    assert oslo_date(datetime(2026, 1, 1, 22, 59, tzinfo=UTC)) == date(2026, 1, 1)
    assert oslo_date(datetime(2026, 1, 1, 23, 0, tzinfo=UTC)) == date(2026, 1, 2)
    assert oslo_date(datetime(2026, 7, 1, 22, 0, tzinfo=UTC)) == date(2026, 7, 2)
    with pytest.raises(ValueError, match="time zone"):
        oslo_date(datetime(2026, 1, 1))


def test_months_are_added_by_the_number_of_the_day() -> None:
    assert add_months(date(2026, 1, 15), 6) == date(2026, 7, 15)
    assert add_months(date(2025, 8, 31), 6) == date(2026, 2, 28)
    assert add_months(date(2024, 2, 29), 36) == date(2027, 2, 28)
    assert add_months(date(2026, 12, 31), 0) == date(2026, 12, 31)


def test_the_module_is_itself_a_calendar() -> None:
    norway: calendar.Calendar = calendar
    assert norway.add_business_days(date(2026, 4, 1), 1) == date(2026, 4, 7)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        # winter, UTC+1: Oslo's new year begins at 23:00 UTC
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), date(2027, 1, 1)),
        # summer, UTC+2: the half-year begins at 22:00 UTC
        (datetime(2026, 6, 30, 21, 59, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), date(2026, 7, 1)),
        # the nights on which the clocks change
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 10, 24, 22, 30, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
    ],
)
def test_the_day_turns_in_oslo_not_in_greenwich(instant: datetime, day: date) -> None:
    assert oslo_date(instant) == day


def test_grace_days_pass_over_easter_and_the_days_of_may() -> None:
    # Wednesday before Easter 2026 plus three business days: past Thursday to Monday, to Tuesday, Wednesday and Thursday
    assert add_business_days(date(2026, 4, 1), 3) == date(2026, 4, 9)
    # Friday 14 May 2027 plus one: Monday is 17 May and Whit Monday in one
    assert add_business_days(date(2027, 5, 14), 1) == date(2027, 5, 18)
