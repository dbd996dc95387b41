"""The only home of "now". Everything that depends on time takes a `Clock` or, better, a date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from app.values.calendar import oslo_date


class Clock(Protocol):
    """`now` is an aware UTC instant, `today` the date in Europe/Oslo at that instant."""

    def now(self) -> datetime: ...

    def today(self) -> date: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return oslo_date(self.now())


class ShiftedClock:
    """Another clock moved by what `offset` says at every question: the demo clock, whose offset is stored and may change while we run."""

    def __init__(self, base: Clock, offset: Callable[[], timedelta]) -> None:
        self._base = base
        self._offset = offset

    def now(self) -> datetime:
        return self._base.now() + self._offset()

    def today(self) -> date:
        return oslo_date(self.now())


class FixedClock:
    """A clock that stands still until moved. A naive instant is a ValueError."""

    def __init__(self, instant: datetime) -> None:
        if instant.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        self._instant = instant.astimezone(UTC)

    def now(self) -> datetime:
        return self._instant

    def today(self) -> date:
        return oslo_date(self._instant)

    def move(self, step: timedelta) -> None:
        """Move by an exact duration: across a change to summer time a day is still 24 hours."""
        self._instant += step
