"""Free until a day, and a price after it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.agencies.withdrawal_clock import withdrawal

DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("days", "today", "tomorrow", "saving", "left"),
    [(2, 0, 0, 0, 2), (1, 0, 0, 0, 1), (0, 0, 500_00, 500_00, 0), (-1, 500_00, 500_00, 0, 0)],
    ids=["the day before yesterday's eve", "one day left", "the last day", "too late"],
)
def test_the_price_comes_the_day_after_the_last_free_one(days: int, today: int, tomorrow: int, saving: int, left: int) -> None:
    found = withdrawal(DAY + timedelta(days=days), 500_00, DAY)
    assert (found.today_ore, found.tomorrow_ore, found.saving_ore, found.days_left) == (today, tomorrow, saving, left)


def test_what_nobody_has_written_down_is_not_told() -> None:
    assert withdrawal(None, 500_00, DAY).today_ore is None
    assert withdrawal(DAY - timedelta(days=1), None, DAY).today_ore is None


@given(st.integers(-400, 400), st.integers(0, 10**7))
def test_it_never_gets_cheaper(days: int, late: int) -> None:
    found = withdrawal(DAY + timedelta(days=days), late, DAY)
    assert found.saving_ore >= 0
