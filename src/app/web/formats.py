"""Amounts, dates and times as a Norwegian reader expects them, the same in every language of the pages. Times are Europe/Oslo."""

from __future__ import annotations

from datetime import date, datetime

from babel.dates import format_date, format_timedelta

from app.values.calendar import OSLO
from app.values.money import format_ore
from app.web.i18n import current_locale, gettext

_NBSP = "\u00a0"


def kroner(ore: int, *, unit: bool = False) -> str:
    """Øre as "1 234,50", or with the unit "1 234,50 kr": no-break spaces and a true minus sign."""
    return f"{format_ore(ore)}{_NBSP}kr" if unit else format_ore(ore)


def count(number: int) -> str:
    """A whole number in groups of three: "12 480"."""
    return f"{number:,}".replace(",", _NBSP).replace("-", "\u2212")


def percent(part: int, whole: int) -> str:
    """How much of the whole the part is, in whole per cent: "32 %"; "0 %" of nothing."""
    return f"{round(100 * part / whole) if whole else 0}{_NBSP}%"


def date_short(day: date) -> str:
    """A date as 21.11.2026; an instant as its date in Oslo."""
    return f"{_oslo(day):%d.%m.%Y}"


def date_with_weekday(day: date) -> str:
    """A date as "fredag 27.11.2026"."""
    return f"{format_date(_oslo(day), 'EEEE', locale=current_locale())} {date_short(day)}"


def clock_time(instant: datetime) -> str:
    """The time of day in Oslo: "kl. 14:05"."""
    return gettext("at %(time)s") % {"time": f"{_oslo_time(instant):%H:%M}"}


def date_time(instant: datetime) -> str:
    """An instant in Oslo: "21.11.2026 kl. 14:05"."""
    return f"{date_short(instant)} {clock_time(instant)}"


def week(day: date) -> str:
    """The ISO week: "uke 47"."""
    return gettext("week %(number)s") % {"number": _oslo(day).isocalendar().week}


def relative(instant: datetime, now: datetime) -> str:
    """How long ago, or how long until: "for 3 timer siden". Never shown without the exact time beside it: see the macro `moment`."""
    return format_timedelta(instant - now, add_direction=True, locale=current_locale())


def machine_time(when: date) -> str:
    """A date or an instant (with its offset in Oslo) for the `datetime` attribute of `<time>`."""
    return _oslo_time(when).isoformat(timespec="minutes") if isinstance(when, datetime) else when.isoformat()


def spaced_organisation_number(number: str) -> str:
    """Nine digits as "987 654 325"."""
    return f"{number[:3]}{_NBSP}{number[3:6]}{_NBSP}{number[6:]}"


def _oslo(when: date) -> date:
    return _oslo_time(when) if isinstance(when, datetime) else when


def _oslo_time(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(OSLO)
