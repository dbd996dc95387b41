"""Norwegian days: what is a holiday, which day is the next business day, what date it is in Oslo.

Holidays are those of lov 1995-02-24 nr. 12 § 2 (helligdagsfredloven) and lov 1947-04-26 nr. 1 (1 and 17 May). Saturdays, Easter Eve,
24 and 31 December are not holidays; a business day (virkedag) is neither a Saturday, a Sunday nor a holiday, which is also when
banks settle.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

import holidays

OSLO = ZoneInfo("Europe/Oslo")

_DAY = timedelta(days=1)
_SATURDAY, _SUNDAY = 5, 6


class Calendar(Protocol):
    """The questions a decision asks about days. This module itself answers them: pass `app.values.calendar`."""

    def is_holiday(self, day: date) -> bool: ...

    def is_business_day(self, day: date) -> bool: ...

    def next_business_day(self, day: date) -> date: ...

    def add_business_days(self, day: date, count: int) -> date: ...


def oslo_date(instant: datetime) -> date:
    """The calendar date in Norway at that instant. A naive instant has no date: ValueError."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(OSLO).date()


def is_holiday(day: date) -> bool:
    """Is it a public holiday, Sundays included (helligdagsfredloven § 2)?"""
    return day.weekday() == _SUNDAY or day in _holidays_of(day.year)


def is_business_day(day: date) -> bool:
    """Neither Saturday, Sunday nor public holiday."""
    return day.weekday() < _SATURDAY and day not in _holidays_of(day.year)


def next_business_day(day: date) -> date:
    """The day itself if it is a business day, else the first one after it."""
    while not is_business_day(day):
        day += _DAY
    return day


def add_business_days(day: date, count: int) -> date:
    """The `count`-th business day after `day`; with 0 the day itself if it is a business day, else the first one after it.

    A negative count is a ValueError: nothing in collection counts backwards.
    """
    if count < 0:
        raise ValueError("count must not be negative")
    if count == 0:
        return next_business_day(day)
    for _ in range(count):
        day = next_business_day(day + _DAY)
    return day


def add_months(day: date, months: int) -> date:
    """The day with the same number that many months later; where that month has none, its last day (domstolloven § 148)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@lru_cache(maxsize=512)
def _holidays_of(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("NO", years=year))
