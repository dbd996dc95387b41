"""What it costs to take a case back, today and tomorrow, by the terms of its handover. Pure. Øre, Norwegian local dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """`today_ore` and `tomorrow_ore`: the price of taking it back on either day, VAT apart; None where the terms do not say.

    `free_until`: the last day it costs nothing, None where nobody has written it down. `days_left`: free days after today.
    """

    free_until: date | None
    today_ore: int | None
    tomorrow_ore: int | None
    days_left: int | None

    @property
    def saving_ore(self) -> int:
        """What is saved by acting today rather than tomorrow."""
        return (self.tomorrow_ore or 0) - (self.today_ore or 0)


def withdrawal(free_until: date | None, late_ore: int | None, today: date) -> Withdrawal:
    """`late_ore`: the price once the free days are over."""
    if free_until is None:
        return Withdrawal(None, late_ore if late_ore == 0 else None, late_ore if late_ore == 0 else None, None)

    def price(on: date) -> int | None:
        return 0 if on <= free_until else late_ore

    return Withdrawal(free_until, price(today), price(today + timedelta(days=1)), max((free_until - today).days, 0))
