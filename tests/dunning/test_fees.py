"""What a notice may cost: the gate of day 14, the two ladders, the missed deadline, the six months, and the compensation."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dunning.facts import NoticeKind, PastNotice
from app.dunning.fees import CHARGEABLE, FeeQuestion, allowed_fee, next_small_fee_on
from app.dunning.statutes import ACT_1988, ACT_2026
from app.dunning.statutes.rates import RATES, Figure, FigureNotConfirmedError

REMINDER, WARNING, DEMAND = NoticeKind.REMINDER, NoticeKind.COLLECTION_WARNING, NoticeKind.PAYMENT_DEMAND


def day(text: str) -> date:
    return date.fromisoformat(text)


DUE = day("2026-01-15")  # a Thursday; day 14 is 29 January


def sent(kind: NoticeKind, on: str, deadline_days: int | None = 14, fee_ore: int = 3800) -> PastNotice:
    deadline = None if deadline_days is None else day(on) + timedelta(days=deadline_days)
    return PastNotice(kind, day(on), deadline, fee_ore)


def fees(on: str, *history: PastNotice, due_on: date = DUE, remaining_ore: int = 1_000_000, compensation_ore: int = 0) -> list[int]:
    """Reminder, collection warning, payment demand, in kroner."""
    question = FeeQuestion(due_on, day(on), remaining_ore, history, compensation_ore)
    return [allowed_fee(kind, question, ACT_1988, RATES).fee_ore // 100 for kind in CHARGEABLE]


def test_no_fee_before_day_fourteen() -> None:
    assert fees("2026-01-28") == [0, 0, 0]
    assert fees("2026-01-29") == [38, 38, 0]
    assert fees("2026-01-15") == [0, 0, 0]


def test_the_fee_follows_the_day_of_sending_and_is_rounded_from_2026() -> None:
    # 700/20 = 35; 750/20 = 37.50, rounded to 38
    assert fees("2025-12-31", due_on=day("2025-12-01")) == [35, 35, 0]
    assert fees("2026-01-01", due_on=day("2025-12-01")) == [38, 38, 0]
    # the demand: 700 * 3/20 = 105, 750 * 3/20 = 112.50, rounded to 113
    first = sent(REMINDER, "2025-12-15", fee_ore=3500)
    assert fees("2025-12-30", first, due_on=day("2025-12-01")) == [35, 35, 105]
    assert fees("2026-01-02", first, due_on=day("2025-12-01")) == [38, 38, 113]


def test_before_2026_a_fee_is_not_rounded_to_whole_kroner() -> None:
    odd = RATES.with_confirmed(Figure.COLLECTION_RATE, day("2025-01-01"), day("2025-12-31"), Decimal(710), "an example")
    question = FeeQuestion(day("2025-03-03"), day("2025-05-01"), 100_000, ())
    # 710/20 = 35.50
    assert allowed_fee(REMINDER, question, ACT_1988, odd).fee_ore == 3550


@pytest.mark.parametrize(("due_on", "expected"), [("2020-09-30", [75, 75, 225]), ("2020-10-01", [38, 38, 113])])
def test_claims_due_before_october_2020_keep_the_old_fractions(due_on: str, expected: list[int]) -> None:
    # 750/10 = 75 and 750 * 3/10 = 225, against 750/20 and 750 * 3/20
    free = sent(REMINDER, "2026-01-02", fee_ore=0)
    assert fees("2026-05-04", free, due_on=day(due_on)) == expected


def test_the_second_small_fee_asks_for_a_missed_deadline() -> None:
    first = sent(REMINDER, "2026-02-02")  # deadline 16 February
    assert fees("2026-02-02", first) == [0, 0, 0], "the same day, such as a reminder and a warning in one letter: one fee"
    assert fees("2026-02-16", first) == [0, 0, 0], "paying on the last day is in time"
    assert fees("2026-02-17", first) == [38, 38, 113]


@pytest.mark.parametrize("days", [None, 0, 7, 13])
def test_a_first_reminder_with_a_short_deadline_bars_the_second_fee(days: int | None) -> None:
    first = sent(REMINDER, "2026-02-02", deadline_days=days)
    assert fees("2026-05-04", first) == [0, 0, 0]
    later = sent(REMINDER, "2026-03-02", fee_ore=0)
    assert fees("2026-05-04", first, later) == [0, 0, 113], "the demand asks for a missed deadline in any reminder"


def test_a_reminder_without_fee_is_no_rung() -> None:
    early = sent(REMINDER, "2026-01-20", fee_ore=0)
    assert fees("2026-01-30", early) == [38, 38, 0], "its deadline runs, but no fee has been taken"
    assert fees("2026-02-04", early) == [38, 38, 113]


def test_two_reminders_and_a_demand_is_all() -> None:
    two = (sent(REMINDER, "2026-02-02"), sent(REMINDER, "2026-02-17"))
    assert fees("2026-03-10", *two) == [0, 0, 113]
    assert fees("2026-04-01", *two, sent(DEMAND, "2026-03-10", fee_ore=11300)) == [0, 0, 0]


def test_reminder_warning_and_demand_is_all() -> None:
    both = (sent(REMINDER, "2026-02-02"), sent(WARNING, "2026-02-17"))
    assert fees("2026-03-10", *both) == [0, 0, 113]


def test_after_a_warning_only_the_demand_bears_a_fee() -> None:
    warning = sent(WARNING, "2026-02-02")
    assert fees("2026-02-16", warning) == [0, 0, 0]
    assert fees("2026-02-17", warning) == [0, 0, 113]


def test_after_a_demand_nothing_more() -> None:
    history = (sent(WARNING, "2026-02-02", fee_ore=0), sent(DEMAND, "2026-02-17", fee_ore=11300))
    assert fees("2026-04-01", *history) == [0, 0, 0]


def test_a_notice_before_the_claim_was_overdue_sets_no_deadline_for_the_demand() -> None:
    assert fees("2026-03-02", sent(REMINDER, "2026-01-15", fee_ore=0)) == [38, 38, 0]
    assert fees("2026-03-02", sent(REMINDER, "2026-01-16", fee_ore=0)) == [38, 38, 113]


def test_more_than_six_months_later_the_ladder_begins_anew() -> None:
    two = (sent(REMINDER, "2026-02-02"), sent(REMINDER, "2026-02-28"))
    assert fees("2026-08-28", *two) == [0, 0, 113], "six months to the day is not more than six months"
    assert fees("2026-08-29", *two) == [38, 38, 113]
    third = sent(REMINDER, "2026-08-29")
    assert fees("2026-09-01", *two, third) == [0, 0, 113], "and the new ladder has its own first reminder"
    assert fees("2026-09-13", *two, third) == [38, 38, 113]


def test_history_is_counted_whatever_its_order_and_not_before_it_happened() -> None:
    two = (sent(REMINDER, "2026-02-17"), sent(REMINDER, "2026-02-02"))
    assert fees("2026-02-10", *two) == [0, 0, 0]
    assert fees("2026-02-17", sent(REMINDER, "2026-03-01")) == [38, 38, 0]


def test_nothing_owed_bears_no_fee() -> None:
    assert fees("2026-03-02", remaining_ore=0) == [0, 0, 0]


def test_a_claimed_compensation_is_deducted() -> None:
    first = sent(REMINDER, "2026-02-02")
    assert fees("2026-03-02", first, compensation_ore=46_000) == [0, 0, 0]
    assert fees("2026-03-02", first, compensation_ore=10_000) == [0, 0, 13]
    assert fees("2026-03-02", first, compensation_ore=3_000) == [8, 8, 83]


def test_an_unconfirmed_year_refuses_a_fee_that_would_be_allowed() -> None:
    question = FeeQuestion(DUE, day("2027-01-01"), 100_000, ())
    with pytest.raises(FigureNotConfirmedError) as caught:
        allowed_fee(REMINDER, question, ACT_1988, RATES)
    assert (caught.value.figure, caught.value.on) == (Figure.COLLECTION_RATE, day("2027-01-01"))
    assert allowed_fee(DEMAND, question, ACT_1988, RATES).fee_ore == 0, "what is nothing anyway needs no rate"
    confirmed = RATES.with_confirmed(Figure.COLLECTION_RATE, day("2027-01-01"), day("2027-12-31"), Decimal(770), "a regulation")
    assert allowed_fee(REMINDER, question, ACT_1988, confirmed).fee_ore == 3900, "770/20 = 38.50, a half goes up"


def test_under_the_act_of_2026_a_creditor_charges_nothing() -> None:
    question = FeeQuestion(DUE, day("2027-05-03"), 100_000, (sent(REMINDER, "2026-02-02"),))
    for kind in CHARGEABLE:
        found = allowed_fee(kind, question, ACT_2026, RATES)
        assert (found.fee_ore, found.reason.code) == (0, "fee_not_under_act")
    assert next_small_fee_on(DUE, (), ACT_2026) is None


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ((), "2026-01-29"),
        ((sent(REMINDER, "2026-01-16", fee_ore=0),), "2026-01-29"),
        ((sent(REMINDER, "2026-02-02"),), "2026-02-17"),
        ((sent(REMINDER, "2026-02-02", deadline_days=20),), "2026-02-23"),
        ((sent(REMINDER, "2026-02-02", deadline_days=7),), "2026-08-03"),
        ((sent(WARNING, "2026-02-02"),), "2026-08-03"),
        ((sent(REMINDER, "2026-02-02"), sent(REMINDER, "2026-02-17")), "2026-08-18"),
        ((sent(REMINDER, "2026-02-02"), sent(WARNING, "2026-02-17")), "2026-08-18"),
        ((sent(REMINDER, "2026-02-02"), sent(DEMAND, "2026-02-17", fee_ore=11300)), "2026-08-18"),
    ],
)
def test_the_next_small_fee(history: tuple[PastNotice, ...], expected: str) -> None:
    assert next_small_fee_on(DUE, history, ACT_1988) == day(expected)


NOTICES = st.builds(
    lambda kind, after, days, fee: PastNotice(
        kind, DUE + timedelta(days=after), None if days is None else DUE + timedelta(days=after + days), fee
    ),
    st.sampled_from(CHARGEABLE),
    st.integers(1, 300),
    st.none() | st.integers(0, 40),
    st.sampled_from([0, 3800]),
)


@given(st.lists(NOTICES, max_size=5))
def test_the_next_fee_day_is_the_first_one_on_which_some_small_fee_is_allowed(history: list[PastNotice]) -> None:
    last = max((one.sent_on for one in history), default=DUE)
    found = next_small_fee_on(DUE, history, ACT_1988)
    assert found is not None
    rates = RATES.with_confirmed(Figure.COLLECTION_RATE, day("2027-01-01"), day("2030-12-31"), Decimal(750), "an example")

    def chargeable(on: date) -> bool:
        question = FeeQuestion(DUE, on, 100_000, history)
        return any(allowed_fee(kind, question, ACT_1988, rates).fee_ore for kind in (REMINDER, WARNING))

    first = max(found, last)
    assert chargeable(first)
    assert not any(chargeable(last + timedelta(days=n)) for n in range((first - last).days))


@given(st.lists(NOTICES, max_size=6), st.integers(0, 340))
def test_never_more_than_the_ladder_within_six_months(history: list[PastNotice], after: int) -> None:
    on = DUE + timedelta(days=after)
    recent = [one for one in history if one.fee_ore and on - timedelta(days=181) <= one.sent_on <= on]
    question = FeeQuestion(DUE, on, 100_000, [replace(one) for one in history])
    fresh = RATES.with_confirmed(Figure.COLLECTION_RATE, day("2026-01-01"), day("2027-12-31"), Decimal(750), "an example")
    small = [allowed_fee(kind, question, ACT_1988, fresh).fee_ore for kind in (REMINDER, WARNING)]
    if after < 14 or len(recent) >= 2:
        assert small == [0, 0]
    if any(one.kind is DEMAND for one in recent):
        assert allowed_fee(DEMAND, question, ACT_1988, fresh).fee_ore == 0


def test_the_sixth_month_ends_on_the_day_of_the_same_number() -> None:
    # charged on 31 August: six months end on 28 February 2026, so a new ladder begins on 1 March
    charged = [sent(REMINDER, "2025-07-31", fee_ore=3500), sent(WARNING, "2025-08-31", fee_ore=3500)]
    assert fees("2026-02-28", *charged, due_on=day("2025-06-02"))[:2] == [0, 0]
    assert fees("2026-03-01", *charged, due_on=day("2025-06-02"))[:2] == [38, 38]


def test_the_second_fee_comes_on_the_day_after_the_missed_deadline_and_no_sooner() -> None:
    # sent 2 February with 14 days: paying on 16 February is in time, so the second fee may be charged from 17 February
    first = sent(REMINDER, "2026-02-02")
    assert fees("2026-02-16", first)[:2] == [0, 0]
    assert fees("2026-02-17", first)[:2] == [38, 38]


def test_compensation_larger_than_the_fee_leaves_none_and_smaller_leaves_the_rest() -> None:
    assert fees("2026-01-29", compensation_ore=46_000) == [0, 0, 0]
    assert fees("2026-01-29", compensation_ore=3_000)[:2] == [8, 8]
