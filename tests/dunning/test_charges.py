"""Interest, compensation and cost ceilings, against amounts computed by hand (the arithmetic stands beside each)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.dunning.charges import (
    agency_cost_cap,
    effective_due_on,
    interest_runs_after,
    late_interest,
    late_payment_compensation,
    principal_left,
)
from app.dunning.facts import DebtorKind, Payment
from app.dunning.statutes.rates import RATES, Figure, FigureNotConfirmedError

TEN_THOUSAND = 1_000_000


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("principal_ore", "due_on", "as_of", "total_ore"),
    [
        # on the due date and before it nothing runs
        (TEN_THOUSAND, "2026-01-15", "2026-01-15", 0),
        (TEN_THOUSAND, "2026-01-15", "2025-12-01", 0),
        # one day: 10 000 * 12 % / 365 = 3.28767
        (TEN_THOUSAND, "2026-01-15", "2026-01-16", 329),
        # 166 days (16 + 28 + 31 + 30 + 31 + 30): 10 000 * 12 % * 166/365 = 545.7534
        (TEN_THOUSAND, "2026-01-15", "2026-06-30", 54575),
        # and 144 days at 12.25 % (31 + 31 + 30 + 31 + 21): 545.7534 + 483.2877 = 1 029.0411
        (TEN_THOUSAND, "2026-01-15", "2026-11-21", 102904),
        # into a leap year: 16 days of 365 at 11.75 % = 51.5068, 60 days of 366 at 12.5 % = 204.9180, together 256.4249
        (TEN_THOUSAND, "2023-12-15", "2024-02-29", 25642),
        # the whole leap year 2024 at 12.5 %: due 29 December 2023 (Friday), 2 days of 2023 at 11.75 % = 6.4384, and 1 250
        (TEN_THOUSAND, "2023-12-29", "2024-12-31", 125644),
        # a Saturday due date moves to Monday: 4 days, 10 000 * 12 % * 4/365 = 13.1507
        (TEN_THOUSAND, "2026-02-14", "2026-02-20", 1315),
        # Maundy Thursday moves past Easter to Tuesday 7 April: 10 days = 32.8767
        (TEN_THOUSAND, "2026-04-02", "2026-04-17", 3288),
        # a half goes up: 365 * 12.25 % * 2/365 = 0.245
        (36_500, "2026-07-01", "2026-07-03", 25),
        # rounded once: 5.4575 + 6.1753 = 11.6329 øre, though the spans show 5 and 6
        (100, "2026-01-15", "2026-12-31", 12),
        # three half-years of 2022 and 2023: due Thursday 30 June 2022; 184 days at 9.25 % = 466.3014, 181 at 10.75 % = 533.0822,
        # 184 at 11.75 % = 592.3288
        (TEN_THOUSAND, "2022-06-30", "2023-12-31", 159171),
    ],
)
def test_interest_is_what_the_arithmetic_says(principal_ore: int, due_on: str, as_of: str, total_ore: int) -> None:
    found = late_interest(principal_ore, effective_due_on(day(due_on)), day(as_of), (), RATES)
    assert found.total_ore == total_ore
    assert found.missing_from is None


def test_a_payment_lowers_the_principal_from_the_day_after() -> None:
    # 12 000 * 12 % * 46/365 = 181.4795; 10 000 * 12 % * 120/365 = 394.5205; 10 000 * 12.25 % * 144/365 = 483.2877
    found = late_interest(1_200_000, day("2026-01-15"), day("2026-11-21"), (Payment(day("2026-03-02"), 200_000),), RATES)
    assert [(one.from_on, one.to_on, one.days, one.rate, one.principal_ore, one.interest_ore) for one in found.spans] == [
        (day("2026-01-16"), day("2026-03-02"), 46, Decimal("12.00"), 1_200_000, 18148),
        (day("2026-03-03"), day("2026-06-30"), 120, Decimal("12.00"), 1_000_000, 39452),
        (day("2026-07-01"), day("2026-11-21"), 144, Decimal("12.25"), 1_000_000, 48329),
    ]
    assert found.total_ore == 105929


def test_spans_end_when_nothing_is_owed() -> None:
    found = late_interest(TEN_THOUSAND, day("2026-01-15"), day("2026-11-21"), (Payment(day("2026-01-25"), 2_000_000),), RATES)
    # 10 days at 12 %: 10 000 * 12 % * 10/365 = 32.8767
    assert [(one.days, one.principal_ore) for one in found.spans] == [(10, TEN_THOUSAND)]
    assert found.total_ore == 3288


def test_a_payment_before_the_due_date_bears_no_interest() -> None:
    found = late_interest(TEN_THOUSAND, day("2026-01-15"), day("2026-01-25"), (Payment(day("2026-01-02"), 400_000),), RATES)
    # 6 000 * 12 % * 10/365 = 19.7260
    assert found.total_ore == 1973


def test_a_payment_on_the_due_date_leaves_nothing_late() -> None:
    assert late_interest(TEN_THOUSAND, day("2026-01-15"), day("2026-06-01"), (Payment(day("2026-01-15"), TEN_THOUSAND),), RATES).spans == ()


def test_interest_says_from_when_the_rate_is_missing() -> None:
    found = late_interest(TEN_THOUSAND, day("2026-12-01"), day("2027-02-01"), (), RATES)
    assert found.missing_from == day("2027-01-01")
    # 30 days of December at 12.25 %: 100.6849
    assert found.total_ore == 10068
    confirmed = RATES.with_confirmed(Figure.LATE_INTEREST, day("2027-01-01"), day("2027-06-30"), Decimal("12.00"), "a regulation")
    # and 32 days at 12 %: 105.2055
    assert late_interest(TEN_THOUSAND, day("2026-12-01"), day("2027-02-01"), (), confirmed).total_ore == 20589


def test_without_an_agreed_due_date_interest_waits_for_a_demand() -> None:
    assert interest_runs_after(day("2026-01-15"), True, None) == day("2026-01-15")
    assert interest_runs_after(day("2026-01-15"), False, None) is None
    assert interest_runs_after(day("2026-01-15"), False, day("2026-03-02")) == day("2026-04-01")
    assert interest_runs_after(day("2026-03-16"), False, day("2026-01-02")) == day("2026-03-16"), "never before the due date"
    assert late_interest(TEN_THOUSAND, None, day("2026-11-21"), (), RATES).total_ore == 0


AMOUNTS = st.integers(min_value=1, max_value=10**12)
DAYS = st.dates(min_value=day("2007-01-01"), max_value=day("2026-12-31"))
PAYMENTS = st.lists(st.builds(Payment, DAYS, AMOUNTS), max_size=5)


@settings(deadline=None)
@given(AMOUNTS, DAYS, DAYS, PAYMENTS)
def test_spans_cover_every_day_once_and_sum_to_the_total(principal: int, runs_after: date, as_of: date, payments: list[Payment]) -> None:
    found = late_interest(principal, runs_after, as_of, payments, RATES)
    expected, exact = [], Fraction(0)
    # the same law said another way: one day at a time, with the principal of the evening before
    current = runs_after + timedelta(days=1)
    while current <= as_of:
        owed = max(0, principal - sum(one.amount_ore for one in payments if one.paid_on < current))
        if owed:
            expected.append(current)
            year = 366 if current.year % 4 == 0 else 365
            exact += Fraction(owed) * Fraction(RATES.on(Figure.LATE_INTEREST, current).value) / 100 / year
        current += timedelta(days=1)
    covered = [one.from_on + timedelta(days=n) for one in found.spans for n in range(one.days)]
    assert covered == expected
    assert all(one.to_on == one.from_on + timedelta(days=one.days - 1) for one in found.spans)
    assert abs(found.total_ore - exact) <= Fraction(1, 2)
    assert all((one.from_on.year, one.from_on.month > 6) == (one.to_on.year, one.to_on.month > 6) for one in found.spans)


@given(AMOUNTS, DAYS, PAYMENTS)
def test_what_is_left_is_never_below_zero(principal: int, on: date, payments: list[Payment]) -> None:
    assert 0 <= principal_left(principal, payments, on) <= principal


@pytest.mark.parametrize(
    ("kind", "due_on", "as_of", "ore"),
    [
        (DebtorKind.BUSINESS, "2026-03-02", "2026-03-03", 46_000),
        (DebtorKind.PUBLIC, "2026-08-03", "2026-11-21", 43_000),
        (DebtorKind.SOLE_PROPRIETOR, "2024-03-01", "2026-11-21", 47_000),
        (DebtorKind.CONSUMER, "2026-03-02", "2026-11-21", 0),
        # not late yet
        (DebtorKind.BUSINESS, "2026-03-02", "2026-03-02", 0),
        # Sunday 31 December 2023 is due on 2 January 2024: the amount of 2024
        (DebtorKind.BUSINESS, "2023-12-31", "2024-02-01", 47_000),
        # before § 3 a took effect
        (DebtorKind.BUSINESS, "2013-01-15", "2014-02-01", 0),
    ],
)
def test_compensation_is_that_of_the_due_dates_half_year(kind: DebtorKind, due_on: str, as_of: str, ore: int) -> None:
    runs_after = interest_runs_after(day(due_on), True, None)
    assert late_payment_compensation(TEN_THOUSAND, day(due_on), runs_after, day(as_of), (), kind, RATES) == ore


def test_compensation_needs_something_late() -> None:
    paid = (Payment(day("2026-03-02"), TEN_THOUSAND),)
    business = DebtorKind.BUSINESS
    assert late_payment_compensation(TEN_THOUSAND, day("2026-03-02"), day("2026-03-02"), day("2026-05-01"), paid, business, RATES) == 0
    assert late_payment_compensation(TEN_THOUSAND, day("2026-03-02"), None, day("2026-05-01"), (), business, RATES) == 0
    with pytest.raises(FigureNotConfirmedError):
        late_payment_compensation(TEN_THOUSAND, day("2013-09-02"), day("2013-09-02"), day("2013-10-01"), (), business, RATES)


#: kroner of rate 750: claim up to, consumer light/heavy, business light/heavy, consumer without VAT, business without VAT
TABLE_2026 = [
    (500, "187.5/375", "281.25/562.5", "234.375/468.75", "351.5625/703.125"),
    (1_000, "262.5/525", "393.75/787.5", "328.125/656.25", "492.1875/984.375"),
    (2_500, "300/600", "450/900", "375/750", "562.5/1125"),
    (10_000, "600/1200", "900/1800", "750/1500", "1125/2250"),
    (50_000, "1200/2400", "1800/3600", "1500/3000", "2250/4500"),
    (250_000, "2700/5400", "4050/8100", "3375/6750", "5062.5/10125"),
    (1_000_000, "5400/10800", "8100/16200", "6750/13500", "10125/20250"),
]


@pytest.mark.parametrize(("up_to", "consumer", "business", "consumer_no_vat", "business_no_vat"), TABLE_2026)
def test_cost_caps_are_the_published_table(up_to: int, consumer: str, business: str, consumer_no_vat: str, business_no_vat: str) -> None:
    below = {500: 1, 1_000: 50_001, 2_500: 100_001, 10_000: 250_001, 50_000: 1_000_001, 250_000: 5_000_001, 1_000_000: 25_000_001}
    for claim_ore in (up_to * 100, below[up_to]):
        for kind, vat, text in [
            (DebtorKind.CONSUMER, True, consumer),
            (DebtorKind.SOLE_PROPRIETOR, True, business),
            (DebtorKind.BUSINESS, True, business),
            (DebtorKind.PUBLIC, True, business),
            (DebtorKind.CONSUMER, False, consumer_no_vat),
            (DebtorKind.BUSINESS, False, business_no_vat),
        ]:
            expected = [int(Decimal(part) * 100 + Decimal("0.5")) for part in text.split("/")]
            found = [
                agency_cost_cap(claim_ore, day("2026-01-15"), day("2026-11-21"), kind, RATES, heavy=heavy, creditor_vat_liable=vat)
                for heavy in (False, True)
            ]
            assert found == expected, (claim_ore, kind, vat)


def test_claims_due_before_october_2020_have_the_old_table_with_todays_rate() -> None:
    # up to 2 500: 0.5 and 1; up to 10 000: 1 and 2; over 250 000: 8 and 16 times 750
    for claim_ore, light, heavy in [(50_000, 37_500, 75_000), (1_000_000, 75_000, 150_000), (25_000_001, 600_000, 1_200_000)]:
        for is_heavy, expected in ((False, light), (True, heavy)):
            found = agency_cost_cap(claim_ore, day("2020-09-30"), day("2026-05-04"), DebtorKind.CONSUMER, RATES, heavy=is_heavy)
            assert found == expected
    # the day after: 0.25 times 750
    assert agency_cost_cap(50_000, day("2020-10-01"), day("2026-05-04"), DebtorKind.CONSUMER, RATES, heavy=False) == 18_750


def test_the_rate_is_that_of_the_day_asked_about() -> None:
    # 0.8 * 700 = 560, 0.8 * 750 = 600
    for on, ore in (("2025-12-31", 56_000), ("2026-01-01", 60_000)):
        assert agency_cost_cap(TEN_THOUSAND, day("2025-03-03"), day(on), DebtorKind.CONSUMER, RATES, heavy=False) == ore
    with pytest.raises(FigureNotConfirmedError):
        agency_cost_cap(TEN_THOUSAND, day("2025-03-03"), day("2027-01-01"), DebtorKind.CONSUMER, RATES, heavy=False)


def test_more_than_four_instalments_add_to_the_cap() -> None:
    # 600 + 1.5 * 750 = 1 725; the addition is the same for a business: 900 + 1 125
    def cap(instalments: int, kind: DebtorKind) -> int:
        return agency_cost_cap(TEN_THOUSAND, day("2026-01-15"), day("2026-05-04"), kind, RATES, heavy=False, instalments=instalments)

    assert cap(4, DebtorKind.CONSUMER) == 60_000
    assert cap(5, DebtorKind.CONSUMER) == 172_500
    assert cap(5, DebtorKind.BUSINESS) == 202_500


def test_nothing_owed_costs_nothing() -> None:
    assert agency_cost_cap(0, day("2026-01-15"), day("2026-05-04"), DebtorKind.CONSUMER, RATES, heavy=True) == 0


#: multipliers of the table before 1 October 2020 (FOR-2009-09-04-1151): claim up to and including, light, heavy
TABLE_2010 = [(2_500, "0.5", "1"), (10_000, "1", "2"), (50_000, "2", "4"), (250_000, "4", "8"), (1_000_000, "8", "16")]


@pytest.mark.parametrize(("up_to", "light", "heavy"), TABLE_2010)
def test_the_old_table_at_both_edges_of_each_bracket(up_to: int, light: str, heavy: str) -> None:
    below = {2_500: 1, 10_000: 250_001, 50_000: 1_000_001, 250_000: 5_000_001, 1_000_000: 25_000_001}[up_to]
    for claim_ore in (below, up_to * 100):
        for is_heavy, multiplier in ((False, light), (True, heavy)):
            for kind, factor in ((DebtorKind.CONSUMER, 1), (DebtorKind.BUSINESS, Decimal("1.5"))):
                found = agency_cost_cap(claim_ore, day("2020-06-01"), day("2020-12-01"), kind, RATES, heavy=is_heavy)
                assert found == int(Decimal(multiplier) * 700 * 100 * factor), (claim_ore, kind)


def test_instalments_are_added_after_the_factors() -> None:
    # a business without VAT: 0.8 * 750 * 1.5 * 1.25 = 1 125, and 1.5 * 750 = 1 125 untouched by them
    cap = agency_cost_cap(
        TEN_THOUSAND,
        day("2026-01-15"),
        day("2026-05-04"),
        DebtorKind.BUSINESS,
        RATES,
        heavy=False,
        creditor_vat_liable=False,
        instalments=5,
    )
    assert cap == 225_000
