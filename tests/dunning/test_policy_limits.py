"""What cannot be wished for, with the nearest wish that can be followed; and the sending hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.dunning.facts import Channel
from app.dunning.policy import Policy, PolicyStep, StepKind, Takeover
from app.dunning.policy_limits import unlawful
from app.dunning.ready_made import READY_MADE
from app.dunning.sending_times import opens_in
from app.dunning.statutes import ACT_1988, ACT_2026
from app.values.calendar import OSLO

REMINDER, WARNING, DEMAND = StepKind.REMINDER, StepKind.COLLECTION_WARNING, StepKind.PAYMENT_DEMAND
WARN = PolicyStep(WARNING, 14, 14)
OWN = Takeover.OWN_COLLECTION


def ladder(*steps: PolicyStep, takeover: Takeover = Takeover.AGENCY_FROM_DEMAND) -> Policy:
    return Policy(steps=steps, takeover=takeover)


@pytest.mark.parametrize("name", READY_MADE)
def test_every_ready_made_ladder_can_be_saved_today(name: str) -> None:
    assert unlawful(READY_MADE[name], ACT_1988) == ()


@pytest.mark.parametrize(
    ("policy", "field", "lawful", "why"),
    [
        (ladder(replace(WARN, deadline_days=13)), "steps[0].deadline_days", "14", "deadline_short"),
        (ladder(replace(WARN, after_days=0)), "steps[0].after_days", "1", "warning_too_early"),
        (ladder(replace(WARN, after_days=13, fee=True)), "steps[0].fee", "false", "fee_too_early"),
        (ladder(PolicyStep(REMINDER, 3, 7, fee=True), WARN), "steps[0].fee", "false", "fee_too_early"),
        (ladder(PolicyStep(REMINDER, 0, 7), WARN), "steps[0].after_days", "1", "before_due"),
        (ladder(PolicyStep(REMINDER, 3, 0), WARN), "steps[0].deadline_days", "1", "no_days"),
        (
            ladder(PolicyStep(REMINDER, 14, 7, fee=True), replace(WARN, after_days=25, fee=True)),
            "steps[1].fee", "false", "fee_first_deadline_short",
        ),
        (
            ladder(*[PolicyStep(REMINDER, day, 14, fee=True) for day in (14, 30)], replace(WARN, after_days=50, fee=True)),
            "steps[2].fee", "false", "fee_ladder_used",
        ),
        (ladder(PolicyStep(StepKind.DUE_NOTICE, 1), WARN), "steps[0].after_days", "0", "due_notice_after_due"),
        (ladder(PolicyStep(StepKind.DUE_NOTICE, -3, fee=True), WARN), "steps[0].fee", "false", "never_charged"),
        (ladder(PolicyStep(StepKind.DUE_NOTICE, -3, interest=True), WARN), "steps[0].interest", "false", "never_charged"),
        (ladder(PolicyStep(REMINDER, 20, 7), WARN), "steps[1].after_days", "20", "out_of_order"),
        (ladder(WARN, PolicyStep(REMINDER, 20, 7)), "steps[1].kind", "", "kind_out_of_order"),
        (ladder(WARN, replace(WARN, after_days=40)), "steps[1].kind", "", "kind_twice"),
        (ladder(WARN, PolicyStep(DEMAND, 40, 14)), "steps[1].kind", "", "demand_needs_own_collection"),
        (ladder(PolicyStep(REMINDER, 3, 7), PolicyStep(DEMAND, 40, 14), takeover=OWN), "steps[1].kind", "", "demand_needs_missed_deadline"),
        (ladder(WARN, PolicyStep(DEMAND, 40, 10), takeover=OWN), "steps[1].deadline_days", "14", "deadline_short"),
        (ladder(replace(WARN, channels=())), "steps[0].channels", "email, letter", "no_channel"),
        (ladder(replace(WARN, channels=(Channel.SMS,))), "steps[0].channels", "email, letter", "grave_needs_writing"),
        (ladder(PolicyStep(REMINDER, 3, 7)), "steps", "collection_warning", "handover_needs_warning"),
        (ladder(takeover=OWN), "steps", "reminder", "no_steps"),
        (replace(Policy(), send_from_hour=7), "send_from_hour", "8", "hour_early"),
        (replace(Policy(), send_until_hour=22), "send_until_hour", "21", "hour_late"),
        (replace(Policy(), send_from_hour=12, send_until_hour=12), "send_until_hour", "13", "no_hours"),
        (replace(Policy(), send_weekdays=(0, 6)), "send_weekdays", "0", "weekday_closed"),
        (replace(Policy(), send_weekdays=(0, 5), send_from_hour=16), "send_weekdays", "0", "saturday_closed"),
        (replace(Policy(), send_weekdays=()), "send_weekdays", "0, 1, 2, 3, 4", "no_weekday"),
        (replace(Policy(), grace_business_days=2), "grace_business_days", "3", "grace_short"),
    ],
)  # fmt: skip
def test_each_thing_that_cannot_be_wished_for_is_told_with_the_nearest_that_can(policy: Policy, field: str, lawful: str, why: str) -> None:
    assert (field, lawful, why) in [(one.field, one.lawful, one.why) for one in unlawful(policy, ACT_1988)]


def test_two_fees_and_the_demands_own_are_lawful_and_a_warning_from_day_one_without() -> None:
    whole = ladder(
        PolicyStep(REMINDER, 14, 14, fee=True), PolicyStep(WARNING, 30, 14, fee=True), PolicyStep(DEMAND, 50, 14, fee=True), takeover=OWN
    )
    assert unlawful(whole, ACT_1988) == ()
    assert unlawful(ladder(replace(WARN, after_days=1)), ACT_1988) == ()


def test_under_the_act_of_2026_grave_letters_and_fees_are_not_the_creditors() -> None:
    own = ladder(PolicyStep(REMINDER, 14, 14, fee=True), WARN, PolicyStep(DEMAND, 40, 14), takeover=OWN)
    assert [(one.field, one.why, one.source) for one in unlawful(own, ACT_2026)] == [
        ("steps[1].kind", "warning_is_the_agencys", "inkassoloven 2026 § 20"),
        ("steps[2].kind", "demand_is_the_agencys", "inkassoloven 2026 § 21"),
        ("steps[0].fee", "fee_not_under_act", "inkassoloven 2026 § 19"),
    ]
    left = ladder(PolicyStep(REMINDER, 3, 7), WARN, takeover=Takeover.AGENCY_FROM_WARNING)
    assert unlawful(left, ACT_2026) == ()


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-26 08:00", None), ("2026-11-26 20:59", None), ("2026-11-26 21:00", "2026-11-27 08:00"),
        ("2026-11-26 03:00", "2026-11-26 08:00"), ("2026-11-28 08:30", "2026-11-28 09:00"), ("2026-11-28 15:00", "2026-11-30 08:00"),
        ("2026-11-29 12:00", "2026-11-30 08:00"), ("2026-12-24 21:30", "2026-12-28 08:00"), ("2026-05-16 16:00", "2026-05-18 08:00"),
        # summer time ends in the night to 25 October
        ("2026-10-24 15:00", "2026-10-26 08:00"),
    ],
)  # fmt: skip
def test_notices_go_out_at_lawful_hours_only(now: str, opens: str | None) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=OSLO)
    waits = opens_in(at, Policy())
    assert (None if waits is None else (at.astimezone() + waits).astimezone(OSLO)) == (
        None if opens is None else datetime.fromisoformat(opens).replace(tzinfo=OSLO)
    )
    assert waits is None or waits > timedelta(0)
