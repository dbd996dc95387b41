from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.web import formats
from app.web.i18n import use_locale

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("ore", "text"),
    [(123450, f"1{NBSP}234,50"), (-123450, f"\u22121{NBSP}234,50"), (0, "0,00"), (5, "0,05"), (100_000_000, f"1{NBSP}000{NBSP}000,00")],
)
def test_amounts_have_no_break_spaces_a_comma_and_a_true_minus(ore, text):
    assert formats.kroner(ore) == text
    assert formats.kroner(ore, unit=True) == f"{text}{NBSP}kr"


def test_an_instant_late_in_the_evening_of_utc_is_the_next_day_in_oslo():
    instant = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    assert formats.date_short(instant) == "21.11.2026"
    assert formats.date_time(instant) == "21.11.2026 kl. 00:30"
    assert formats.machine_time(instant) == "2026-11-21T00:30+01:00"


def test_summer_time_is_two_hours_ahead():
    assert formats.clock_time(datetime(2026, 7, 1, 12, 5, tzinfo=UTC)) == "kl. 14:05"


def test_a_date_is_not_moved():
    assert formats.date_short(date(2026, 11, 21)) == "21.11.2026"
    assert formats.machine_time(date(2026, 11, 21)) == "2026-11-21"


def test_an_instant_without_a_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        formats.date_short(datetime(2026, 11, 21))
    with pytest.raises(ValueError, match="time zone"):
        formats.machine_time(datetime(2026, 11, 21))


@pytest.mark.parametrize(("day", "number"), [(date(2026, 11, 21), 47), (date(2027, 1, 3), 53), (date(2027, 1, 4), 1)])
def test_weeks_are_iso_weeks(day, number):
    assert formats.week(day) == f"uke {number}"


def test_weekday_clock_and_distance_are_said_in_the_language_of_the_page():
    now = datetime(2026, 11, 21, 13, 5, tzinfo=UTC)
    assert formats.date_with_weekday(now) == "lørdag 21.11.2026"
    assert formats.relative(now - timedelta(hours=3), now) == "for 3 timer siden"
    with use_locale("en"):
        assert formats.date_with_weekday(now) == "Saturday 21.11.2026"
        assert formats.clock_time(now) == "at 14:05"
        assert formats.relative(now - timedelta(hours=3), now) == "3 hours ago"


def test_shares_and_counts():
    assert formats.percent(32, 100) == f"32{NBSP}%"
    assert formats.percent(1, 0) == f"0{NBSP}%"
    assert formats.count(12480) == f"12{NBSP}480"
    assert formats.spaced_organisation_number("987654325") == f"987{NBSP}654{NBSP}325"
