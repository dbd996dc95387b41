"""Amounts, dates and numbers as a letter writes them. Frozen notices depend on it: change nothing here without a new text version."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from app.values.money import format_ore

NBSP = "\u00a0"
# spelled out here and not taken from a locale library, whose next release may spell them otherwise
_MONTHS = {
    "nb": ("januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "desember"),
    "nn": ("januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "desember"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"),
}


def amount_text(ore: int, language: str) -> str:
    """Kroner without a unit, from øre: "1 234,50" (nb, nn) or "1 234.50" (en), thousands parted by no-break spaces (U+00A0)."""
    norwegian = format_ore(ore)
    return norwegian.replace(",", ".") if language == "en" else norwegian


def kroner_text(ore: int, language: str) -> str:
    """An amount inside a sentence, never broken over two lines: "1 234,50 kr" or "NOK 1 234.50"."""
    amount = amount_text(ore, language)
    return f"NOK{NBSP}{amount}" if language == "en" else f"{amount}{NBSP}kr"


def date_text(day: date, language: str) -> str:
    """A date inside a sentence: "5. desember 2026" or "5 December 2026", with no-break spaces."""
    return NBSP.join((str(day.day) if language == "en" else f"{day.day}.", _MONTHS[language][day.month - 1], str(day.year)))


def short_date_text(day: date, language: str) -> str:
    """A date in a table: "05.12.2026" or "5 Dec 2026" (never 05/12, which is read both ways)."""
    return NBSP.join((str(day.day), _MONTHS["en"][day.month - 1][:3], str(day.year))) if language == "en" else f"{day:%d.%m.%Y}"


def percent_text(percent: Decimal, language: str) -> str:
    """ "12,25 %" or "12.25%", as many decimals as the figure has, at least two."""
    text = f"{percent:f}" if -int(percent.as_tuple().exponent) > 2 else f"{percent:.2f}"
    return f"{text}%" if language == "en" else f"{text.replace('.', ',')}{NBSP}%"


def organisation_number_text(number: str) -> str:
    """ "912 345 678", grouped by no-break spaces; anything but nine digits is left as it is."""
    return NBSP.join((number[:3], number[3:6], number[6:])) if len(number) == 9 and number.isdigit() else number
