"""The statute book against what others have written down: it must be right by itself, or the witness is worth nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.simulation import statute_book
from app.simulation.statute_book import DEMAND, REMINDER, WARNING, Debt, Letter
from app.values import calendar


def debt(due: str = "2026-02-02", kroner: int = 10_000, *, consumer: bool = False) -> Debt:
    return Debt(date.fromisoformat(due), kroner * 100, consumer)


def letter(kind: str, sent: str, days: int = 14, fee: int = 0) -> Letter:
    on = date.fromisoformat(sent)
    return Letter(kind, on, on + timedelta(days=days), fee)


@pytest.mark.parametrize(
    ("year", "day"), [(2019, "2019-04-21"), (2024, "2024-03-31"), (2025, "2025-04-20"), (2026, "2026-04-05"), (2038, "2038-04-25")]
)
def test_easter_falls_on_its_known_days(year: int, day: str) -> None:
    assert statute_book.easter(year) == date.fromisoformat(day)


def test_holidays_and_bank_days_agree_with_the_product_though_neither_knows_the_other() -> None:
    for number in range(366 * 6):
        day = date(2023, 1, 1) + timedelta(days=number)
        assert statute_book.is_holy(day) == calendar.is_holiday(day), day
        assert statute_book.bank_day_from(day) == calendar.next_business_day(day), day


def test_a_whole_year_of_interest_is_the_rate_of_each_half() -> None:
    owed = debt("2025-06-30", 100_000)
    #: 184 days at 12.25 and 181 days at 12 per cent
    assert statute_book.most_interest(owed, date(2026, 6, 30)) == round((184 * 12.25 + 181 * 12) / 365 * 100_000)


def test_interest_runs_on_what_was_owed_in_the_morning() -> None:
    owed = debt("2026-02-02", 3650)
    owed.paid.append((date(2026, 2, 3), 3650_00))
    assert statute_book.most_interest(owed, date(2026, 2, 2)) == 0
    assert statute_book.most_interest(owed, date(2026, 2, 3)) == statute_book.most_interest(owed, date(2026, 12, 31)) == 120


def test_fees_follow_the_ladder_of_the_regulation() -> None:
    owed = debt()
    assert statute_book.most_fee(owed, REMINDER, date(2026, 2, 15)) == 0
    assert statute_book.most_fee(owed, REMINDER, date(2026, 2, 16)) == 38_00
    owed.letters.append(letter(REMINDER, "2026-02-16", fee=38_00))
    assert statute_book.most_fee(owed, WARNING, date(2026, 3, 2)) == 0, "paying on the last day is in time"
    assert statute_book.most_fee(owed, WARNING, date(2026, 3, 3)) == 38_00
    owed.letters.append(letter(WARNING, "2026-03-03", fee=38_00))
    assert statute_book.most_fee(owed, REMINDER, date(2026, 4, 1)) == 0
    assert statute_book.most_fee(owed, DEMAND, date(2026, 3, 18)) == 113_00
    assert statute_book.most_fee(owed, REMINDER, date(2026, 9, 3)) == 0
    assert statute_book.most_fee(owed, REMINDER, date(2026, 9, 4)) == 38_00, "more than six months later everything begins anew"


def test_a_short_first_deadline_gives_no_second_fee_and_an_older_year_its_own_rate() -> None:
    owed = debt("2025-09-01")
    assert statute_book.most_fee(owed, REMINDER, date(2025, 9, 15)) == 35_00
    owed.letters.append(letter(REMINDER, "2025-09-15", days=13, fee=35_00))
    assert statute_book.most_fee(owed, WARNING, date(2025, 11, 1)) == 0


def test_a_year_whose_rate_nobody_knows_costs_nothing() -> None:
    assert statute_book.most_fee(debt("2026-12-01"), REMINDER, date(2027, 1, 4)) == 0
    assert statute_book.most_agency_cost(100_00, True, date(2027, 1, 4)) is None


@pytest.mark.parametrize(
    ("kroner", "consumer", "most"),
    [(500, True, 187_50), (2_500, True, 300_00), (10_000, False, 900_00), (250_000, True, 2_700_00), (250_001, False, 8_100_00)],
)
def test_what_an_agency_may_cost_is_what_the_tables_say(kroner: int, consumer: bool, most: int) -> None:
    assert statute_book.most_agency_cost(kroner * 100, consumer, date(2026, 5, 4)) == most


def test_a_handover_needs_a_warning_that_was_not_heeded() -> None:
    owed = debt()
    assert "without a collection warning" in " ".join(statute_book.faults_of_handover(owed, date(2026, 6, 1)))
    owed.letters.append(letter(WARNING, "2026-02-03"))
    assert statute_book.faults_of_handover(owed, date(2026, 2, 23)) == []
    assert statute_book.faults_of_handover(owed, date(2026, 2, 19)) != [], "a payment of the last day may be under way"
    owed.paid.append((date(2026, 2, 17), 10_000_00))
    assert "paid before" in " ".join(statute_book.faults_of_handover(owed, date(2026, 2, 23)))
