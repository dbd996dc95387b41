"""The engine against the statute book, which was written without it: whatever the history, never more than the law gives, no day missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.dunning.charges import interest_runs_after, late_interest
from app.dunning.engine import decide
from app.dunning.facts import ClaimFacts, ListedStep, ListState, ListVerdict, NoticeKind, PastNotice, Payment, Sender
from app.dunning.fees import FeeQuestion, allowed_fee
from app.dunning.law import Law
from app.dunning.policy import Policy
from app.dunning.statutes import ACT_1988
from app.dunning.statutes.rates import RATES
from app.dunning.steps import HandOver, Wait
from app.simulation import statute_book
from app.simulation.statute_book import Debt, Letter
from app.values import calendar

KINDS = (NoticeKind.REMINDER, NoticeKind.COLLECTION_WARNING, NoticeKind.PAYMENT_DEMAND)
DUE = st.dates(date(2025, 7, 1), date(2026, 9, 30))
MANY = settings(deadline=None, max_examples=200)
#: days after due, kind, days to pay, whether it bore a fee, who sent it
HISTORY = st.lists(
    st.tuples(st.integers(1, 300), st.sampled_from(KINDS), st.none() | st.integers(0, 30), st.booleans(), st.sampled_from(Sender)),
    max_size=4,
)


def notices(due: date, history: list[tuple[int, NoticeKind, int | None, bool, Sender]]) -> tuple[PastNotice, ...]:
    return tuple(
        PastNotice(
            kind, on := due + timedelta(days=after), None if days is None else on + timedelta(days=days), 38_00 if fee else 0, sender
        )
        for after, kind, days, fee, sender in sorted(history, key=lambda one: one[0])
    )


def debt(due: date, ore: int, said: tuple[PastNotice, ...] = (), paid: tuple[Payment, ...] = ()) -> Debt:
    letters = [Letter(one.kind.value, one.sent_on, one.payment_deadline, one.fee_ore) for one in said]
    return Debt(due, ore, consumer=False, paid=[(one.paid_on, one.amount_ore) for one in paid], letters=letters)


@MANY
@given(DUE, HISTORY, st.sampled_from(KINDS), st.integers(0, 320))
def test_no_fee_is_more_than_the_regulation_gives_whoever_sent_what_before(
    due: date, history: list[tuple[int, NoticeKind, int | None, bool, Sender]], kind: NoticeKind, after: int
) -> None:
    today = due + timedelta(days=after)
    assume(today <= date(2026, 12, 31))
    said = notices(due, history)
    question = FeeQuestion(calendar.next_business_day(due), today, 100_000, said)
    assert allowed_fee(kind, question, ACT_1988, RATES).fee_ore <= statute_book.most_fee(debt(due, 100_000, said), kind.value, today)


@MANY
@given(DUE, st.integers(14, 60))
def test_the_first_fee_is_as_high_as_the_regulation_gives(due: date, after: int) -> None:
    today = calendar.next_business_day(due) + timedelta(days=after)
    assume(today <= date(2026, 12, 31))
    question = FeeQuestion(calendar.next_business_day(due), today, 100_000, ())
    fee = allowed_fee(NoticeKind.REMINDER, question, ACT_1988, RATES).fee_ore
    assert fee == statute_book.most_fee(debt(due, 100_000), statute_book.REMINDER, today) > 0


@MANY
@given(DUE, st.integers(1, 10**9), st.lists(st.tuples(st.integers(-20, 300), st.integers(1, 10**8)), max_size=5), st.integers(-5, 400))
def test_interest_is_what_runs_when_every_day_is_counted_by_itself(due: date, ore: int, money: list[tuple[int, int]], after: int) -> None:
    as_of = min(due + timedelta(days=after), date(2026, 12, 31))
    paid = tuple(Payment(due + timedelta(days=day), amount) for day, amount in money)
    ours = late_interest(ore, interest_runs_after(due, True, None), as_of, paid, RATES)
    assert ours.total_ore == statute_book.most_interest(debt(due, ore, paid=paid), as_of)


@MANY
@given(
    st.dates(date(2026, 1, 5), date(2026, 8, 1)),
    HISTORY,
    st.integers(-5, 120),
    st.integers(1, 40),
    st.builds(
        ListVerdict, st.sampled_from(ListState), st.sampled_from(ListedStep), st.none() | st.dates(date(2026, 1, 5), date(2026, 12, 1))
    ),
    st.booleans(),
    st.integers(1, 30),
)
def test_no_day_is_missed_between_one_look_and_the_next(
    due: date, history: list[tuple[int, NoticeKind, int | None, bool, Sender]], after: int, later: int, listed: ListVerdict, reminder: bool,
    warning_after: int,
) -> None:  # fmt: skip
    """What waits until a day does nothing before it: to look at a claim only on the day it named costs nothing."""
    today = due + timedelta(days=after)
    policy = Policy.from_json({"reminder": reminder, "warning_after_days": warning_after})
    said = tuple(one for one in notices(due, history) if one.sent_on <= today)
    facts = ClaimFacts(remaining_ore=100_000, original_ore=100_000, due_on=due, notices=said, weekly_list=listed)

    def step_on(day: date) -> object:
        return decide(replace(facts, ledger_synced_on=day), Law().rules(policy, day), calendar, day).step

    first = step_on(today)
    assume(isinstance(first, Wait))
    assert isinstance(first, Wait)
    between = today + timedelta(days=later)
    assume(between < first.until)
    step = step_on(between)
    assert not isinstance(step, HandOver) and not hasattr(step, "payment_deadline"), f"was to rest until {first.until}"
