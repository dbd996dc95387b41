"""Tiers over one another: the narrowest word is followed, and every field knows who said it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dunning.facts import DebtorKind
from app.dunning.policies import HOUSE
from app.dunning.policy import Policy, StepKind, Tone
from app.dunning.segments import SegmentRule, Subject
from app.dunning.short_wishes import SHORT
from app.dunning.tiers import Level, Origin, Tier, changes, differences, resolve

DAYS = st.integers(min_value=0, max_value=365)
WISHES = st.fixed_dictionaries(
    {},
    optional={
        "reminder": st.booleans(), "reminder_after_days": DAYS, "warning_deadline_days": DAYS, "tone": st.sampled_from([*Tone]),
        "minimum_ore": st.integers(min_value=0, max_value=10_000_000), "charge_fee": st.booleans(), "grace_business_days": DAYS,
    },
)  # fmt: skip
LEVELS = (Level.BUREAU, Level.COMPANY, Level.SEGMENT, Level.DEBTOR, Level.CLAIM)
TIERS = st.lists(WISHES, min_size=5, max_size=5).map(
    lambda each: [HOUSE, *(Tier(Origin(level, 1), wishes) for level, wishes in zip(LEVELS, each, strict=True))]
)
SUBJECTS = st.builds(
    Subject, st.none() | st.sampled_from([*DebtorKind]), st.none() | st.sampled_from(["41.200", "47.190", "01"]),
    st.none() | st.integers(0, 1_000_000), st.none() | st.integers(-100, 100),
)  # fmt: skip


@given(TIERS)
def test_every_field_has_the_value_of_the_narrowest_tier_that_names_it_and_says_so(tiers: list[Tier]) -> None:
    found = resolve(tiers)
    policy = found.policy.said()
    assert set(found.trace) == set(policy)
    named = [name for name in policy if name not in {"steps", *SHORT}]
    for name in named:
        narrowest = next(tier for tier in reversed(tiers) if name in tier.wishes)
        assert (policy[name], found.trace[name]) == (narrowest.wishes[name], narrowest.origin)
    for name in SHORT:
        narrowest = next((tier for tier in reversed(tiers) if name in tier.wishes), HOUSE)
        assert found.trace[name] == narrowest.origin


@given(TIERS)
def test_a_short_wish_is_followed_as_far_as_the_ladder_goes(tiers: list[Tier]) -> None:
    said: dict[str, object] = {}
    for tier in tiers[1:]:
        said |= tier.wishes
    steps = resolve(tiers).policy.steps
    reminders = [step for step in steps if step.kind is StepKind.REMINDER]
    (warning,) = [step for step in steps if step.kind is StepKind.COLLECTION_WARNING]
    assert bool(reminders) is said.get("reminder", True)
    for reminder in reminders:
        assert reminder.after_days == said.get("reminder_after_days", 3)
        assert reminder.tone == said.get("tone", "friendly")
        assert warning.after_days == max(14, reminder.after_days), "a late reminder holds the warning back"
    assert warning.deadline_days == said.get("warning_deadline_days", 14)
    assert said.get("charge_fee", True) or not any(step.fee for step in steps)


@given(TIERS)
def test_a_tier_without_a_word_changes_nothing(tiers: list[Tier]) -> None:
    silent = [one for tier in tiers for one in (tier, Tier(Origin(Level.CLAIM, 9)))]
    assert resolve(silent) == resolve(tiers)


@given(TIERS, WISHES)
def test_what_differs_from_the_inherited_is_enough_to_say_the_whole(tiers: list[Tier], wishes: dict[str, object]) -> None:
    inherited = resolve(tiers).policy.as_json()
    wanted = Policy.from_json({**inherited, **wishes}).as_json()
    own = differences(wanted, inherited)
    assert resolve([*tiers, Tier(Origin(Level.CLAIM), own)]).policy == Policy.from_json(wanted)
    assert all(inherited[name] != value for name, value in own.items())


@given(WISHES, WISHES)
def test_a_diff_tells_exactly_what_makes_the_one_the_other(before: dict[str, object], after: dict[str, object]) -> None:
    made = dict(before)
    for one in changes(before, after):
        assert one.before != one.after
        made.pop(one.field, None)
        if one.after is not None:
            made[one.field] = one.after
    assert made == after


@given(SUBJECTS)
def test_a_condition_on_what_is_not_known_never_holds(subject: Subject) -> None:
    if subject.amount_ore is None:
        assert not SegmentRule(amount_from_ore=0).fits(subject)
    if subject.days_late is None:
        assert not SegmentRule(days_late_from=-365).fits(subject)
        assert not SegmentRule(days_late_to=365).fits(subject)
    if subject.industry_code is None:
        assert not SegmentRule(industries=("4", "0")).fits(subject)
    if subject.debtor_kind is None:
        assert not SegmentRule(debtor_kinds=tuple(DebtorKind)).fits(subject)


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({"amount_from_ore": 50_000}, True), ({"amount_from_ore": 50_001}, False), ({"amount_to_ore": 50_000}, True),
        ({"amount_to_ore": 49_999}, False), ({"industries": ["41"]}, True), ({"industries": ["47", "41.2"]}, True),
        ({"industries": ["1"]}, False), ({"days_late_from": 10}, True), ({"days_late_from": 11}, False), ({"days_late_to": 9}, False),
        ({"debtor_kinds": ["business"]}, True), ({"debtor_kinds": ["consumer", "public"]}, False),
        ({"debtor_kinds": ["business"], "amount_from_ore": 50_001}, False),
    ],
)  # fmt: skip
def test_every_condition_of_a_rule_must_hold_and_both_ends_count(rule: dict[str, object], fits: bool) -> None:
    assert SegmentRule.from_json(rule).fits(Subject(DebtorKind.BUSINESS, "41.200", 50_000, 10)) is fits
    assert SegmentRule.from_json(rule).as_json() == rule


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({}, "condition"), ({"shoe_size": 1}, "shoe_size"), ({"industries": ["bygg"]}, "bygg"), ({"industries": "41"}, "industries"),
        ({"amount_from_ore": 2, "amount_to_ore": 1}, "amount"), ({"amount_from_ore": -1}, "amount"),
        ({"days_late_from": "10"}, "days_late_from"),
        ({"amount_to_ore": True}, "amount_to_ore"), ({"debtor_kinds": ["king"]}, "king"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_used_says_what_is_wrong(rule: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        SegmentRule.from_json(rule)
