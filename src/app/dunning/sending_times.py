"""On which days and at which hours a notice may go out. Pure.

The outer bound is that of inkassoloven 2026 § 15 (Monday to Friday 8-21, Saturday 9-15, never on holidays). The act binds agencies only,
and is kept here by everybody under every act.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from app.values import calendar as norwegian
from app.values.calendar import OSLO, Calendar

SOURCE = "inkassoloven 2026 § 15"
SATURDAY, SUNDAY = 5, 6
#: first hour, and the hour at which it ends
WEEKDAY_HOURS, SATURDAY_HOURS = (8, 21), (9, 15)
WORKING_WEEK = (0, 1, 2, 3, 4)
_DAY = timedelta(days=1)


def hours_of(weekday: int, from_hour: int, until_hour: int) -> tuple[int, int]:
    """The wished hours within the bound of that weekday; the second is not later than the first where nothing is left."""
    first, last = SATURDAY_HOURS if weekday == SATURDAY else WEEKDAY_HOURS
    return max(first, from_hour), min(last, until_hour)


def is_sending_day(day: date, weekdays: Sequence[int], calendar: Calendar) -> bool:
    return day.weekday() in weekdays and not calendar.is_holiday(day)


def next_sending_day(day: date, weekdays: Sequence[int], calendar: Calendar) -> date:
    """The day itself, or the first one after it on which notices go out. `weekdays` must hold one that is no Sunday."""
    while not is_sending_day(day, weekdays, calendar):
        day += _DAY
    return day


class Window(Protocol):
    """When a company's notices may go out."""

    @property
    def send_weekdays(self) -> tuple[int, ...]: ...

    @property
    def send_from_hour(self) -> int: ...

    @property
    def send_until_hour(self) -> int: ...


def opens_in(at: datetime, window: Window, calendar: Calendar = norwegian) -> timedelta | None:
    """How long until notices may go out; None when they may now."""
    # wishes as they are stored may ask for Sundays alone
    weekdays = window.send_weekdays if set(window.send_weekdays) - {SUNDAY} else WORKING_WEEK
    here = at.astimezone(OSLO)
    first, last = hours_of(here.weekday(), window.send_from_hour, window.send_until_hour)
    today = is_sending_day(here.date(), weekdays, calendar)
    if today and first <= here.hour < last:
        return None
    day = here.date() if today and here.hour < first < last else next_sending_day(here.date() + _DAY, weekdays, calendar)
    first, _ = hours_of(day.weekday(), window.send_from_hour, window.send_until_hour)
    return datetime(day.year, day.month, day.day, first, tzinfo=OSLO).astimezone(UTC) - at
