"""Which runs are held for a person: each measure on both sides of its edge, with and without weeks to compare with."""

from __future__ import annotations

import pytest

from app.dunning.blast_radius import BlastLimits, Excess, Figures, Measure, WeekBefore, judge

LIMITS = BlastLimits()


def weeks(*peaks: int, ore: int = 100_000, good: int = 0, spread: int = 1) -> list[WeekBefore]:
    """Weeks whose largest day had so many steps of `ore` each."""
    return [WeekBefore(peak, peak * ore, peak, good * peak // 100, spread) for peak in peaks]


def measures(run: Figures, history: list[WeekBefore], *, bureau: bool = False, limits: BlastLimits = LIMITS) -> list[Measure]:
    return [one.measure for one in judge(run, history, limits, bureau=bureau)]


def steps(count: int, ore: int = 100_000, good: int = 0, spread: int = 1) -> Figures:
    return Figures(count, count * ore, good, spread)


@pytest.mark.parametrize(("count", "held"), [(50, False), (51, True)])
def test_without_weeks_to_compare_with_the_absolute_bound_counts(count: int, held: bool) -> None:
    assert (Measure.COUNT in measures(steps(count), [])) is held
    assert (Measure.COUNT in measures(steps(count), weeks(40, 40, 40))) is held


@pytest.mark.parametrize(("kroner", "held"), [(1_000_000, False), (1_000_001, True)])
def test_one_step_of_very_many_kroner_is_held_too(kroner: int, held: bool) -> None:
    assert (measures(steps(1, kroner * 100), []) == [Measure.AMOUNT]) is held


@pytest.mark.parametrize(("count", "held"), [(30, False), (31, True)])
def test_with_four_weeks_known_a_day_may_be_three_times_the_usual_largest(count: int, held: bool) -> None:
    assert (Measure.COUNT in measures(steps(count), weeks(10, 10, 10, 10))) is held


def test_a_large_company_has_large_days() -> None:
    assert measures(steps(500), weeks(200, 210, 190, 205, 195, ore=100_000)) == []


def test_a_small_norm_does_not_hold_a_day_below_the_floor() -> None:
    assert measures(steps(20), weeks(1, 1, 2, 1)) == []
    assert measures(steps(21), weeks(1, 1, 2, 1)) == [Measure.COUNT]


def test_one_week_gone_wrong_does_not_become_the_norm() -> None:
    assert measures(steps(100), weeks(10, 400, 10, 10, 10)) == [Measure.COUNT]


def test_quiet_weeks_say_nothing() -> None:
    assert measures(steps(31), weeks(10, 0, 10, 0, 10, 0)) == []


@pytest.mark.parametrize(("good", "held"), [(5, False), (6, True)])
def test_a_run_that_mostly_reaches_good_payers_is_held(good: int, held: bool) -> None:
    assert (measures(steps(10, good=good), []) == [Measure.GOOD_PAYERS]) is held
    assert measures(steps(9, good=9), []) == []


def test_a_company_whose_debtors_are_all_good_has_another_norm() -> None:
    history = weeks(12, 12, 12, 12, good=40)
    assert measures(steps(12, good=7), history) == []
    assert judge(steps(12, good=8), history, LIMITS, bureau=False) == (Excess(Measure.GOOD_PAYERS, 66, 63, 33),)


@pytest.mark.parametrize(("spread", "held"), [(5, False), (6, True)])
def test_one_debtor_in_many_companies_is_held_in_the_bureaus_run(spread: int, held: bool) -> None:
    assert (measures(steps(6, spread=spread), [], bureau=True) == [Measure.SPREAD]) is held
    assert measures(steps(6, spread=spread), []) == []


def test_a_bureau_may_set_its_own_bounds() -> None:
    assert measures(steps(3), [], limits=BlastLimits.from_json({"company_count": 2, "forgotten": 9})) == [Measure.COUNT]
    with pytest.raises(ValueError, match="factor"):
        BlastLimits(factor=0)


def test_an_excess_is_stored_and_read_back() -> None:
    for one in (Excess(Measure.COUNT, 60, 50, None), Excess(Measure.SPREAD, 9, 6, 2)):
        assert Excess.from_json(one.as_json()) == one


def test_runs_add_up() -> None:
    assert steps(2, good=1, spread=3) + steps(3, spread=2) == Figures(5, 500_000, 1, 3)
    assert Figures().good_percent == 0
