"""Laws that hold for every claim, every policy and every day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import Phase, example, find, given, settings
from hypothesis import strategies as st

from app.dunning.consent import approvers, occurrence
from app.dunning.engine import decide
from app.dunning.facts import (
    AgencyStanding,
    Approval,
    Approver,
    Channel,
    ClaimFacts,
    Confidence,
    DebtorKind,
    Hold,
    Insolvency,
    ListedStep,
    ListState,
    ListVerdict,
    NoticeKind,
    PastNotice,
    Payment,
    Sender,
)
from app.dunning.policy import ApprovalMode, HandoverConsent, Policy, PolicyStep, Silence, StepKind, Takeover, Tone
from app.dunning.policy_limits import bounded, unlawful
from app.dunning.reasons import explain
from app.dunning.sending_times import SUNDAY, is_sending_day, opens_in
from app.dunning.statutes import ACT_1988, ACT_2026
from app.dunning.statutes.rates import RATES, Figure
from app.dunning.steps import (
    AskPerson,
    Close,
    HandOver,
    Question,
    SendCollectionWarning,
    SendDueNotice,
    SendNotice,
    SendPaymentDemand,
    SendReminder,
    Wait,
)
from app.values import calendar
from app.values.calendar import OSLO

TODAY = date(2026, 10, 14)
NEAR = st.integers(-120, 120).map(lambda days: TODAY + timedelta(days=days))
PAST = st.integers(-200, 0).map(lambda days: TODAY + timedelta(days=days))
ORE = st.integers(-1_000, 50_000_000)
OUTWARD = (SendReminder, SendCollectionWarning, SendPaymentDemand, HandOver)

NOTICES = st.builds(
    lambda kind, on, days, fee, by: PastNotice(kind, on, None if days is None else on + timedelta(days=days), fee, by),
    st.sampled_from(NoticeKind),
    PAST,
    st.none() | st.integers(0, 40),
    st.sampled_from([0, 3800]),
    st.sampled_from(Sender),
)
VERDICTS = st.builds(ListVerdict, st.sampled_from(ListState), st.sampled_from(ListedStep), st.none() | NEAR, st.none() | NEAR)
#: what may stand in the way of a claim; most claims have none or one of them, or no step would ever be reached
OBSTACLES: dict[str, st.SearchStrategy[object]] = {
    "remaining_ore": ORE,
    "due_on": st.none() | NEAR,
    "currency": st.just("EUR"),
    "confidence": st.sampled_from(Confidence),
    "insolvency": st.sampled_from(Insolvency),
    "debtor_deceased": st.just(True),
    "debtor_minor": st.just(True),
    "disputed": st.just(True),
    "hold": st.builds(Hold, st.none() | NEAR),
    "agency": st.sampled_from(AgencyStanding),
    "ledger_synced_on": st.none() | PAST,
    "ledger_duns": st.just(True),
    "extended_to": NEAR,
    "reachable": st.just(False),
    "demand_sent_on": PAST,
    "due_date_agreed": st.just(False),
    "payments": st.lists(st.builds(Payment, PAST, st.integers(1, 10**6)), max_size=2).map(tuple),
}
APPROVALS = st.builds(
    Approval,
    step=st.sampled_from(["send_reminder", "send_collection_warning", "send_payment_demand", "hand_over"]),
    round=st.integers(1, 2),
    approver=st.sampled_from(Approver),
    asked_on=PAST,
    who=st.none() | st.just("Kari Nordmann"),
    escalated_on=st.none() | PAST,
    yes_on=st.none() | PAST,
)
RIPE = st.builds(
    ClaimFacts,
    remaining_ore=st.integers(10_000, 50_000_000),
    original_ore=st.integers(10_000, 50_000_000),
    due_on=st.integers(0, 250).map(lambda days: TODAY - timedelta(days=days)),
    debtor_kind=st.sampled_from(DebtorKind),
    person_approved=st.booleans(),
    notices=st.lists(NOTICES, max_size=3).map(tuple),
    ledger_synced_on=st.just(TODAY),
    weekly_list=VERDICTS | st.sampled_from([ListVerdict(ListState.RELEASED, step) for step in ListedStep]),
    approvals=st.lists(APPROVALS, max_size=3).map(tuple),
    called_on=st.lists(PAST, max_size=1).map(tuple),
)
COMING = st.builds(
    lambda facts, ahead, ago: replace(
        facts, due_on=TODAY + timedelta(days=ahead), issued_on=TODAY - timedelta(days=ago), notices=facts.notices[:1]
    ),
    RIPE,
    st.integers(0, 15),
    st.integers(0, 30),
)
WARNED = st.builds(
    lambda facts, ago, days: replace(
        facts,
        due_on=TODAY - timedelta(days=ago + 20),
        notices=(
            *facts.notices[:1],
            PastNotice(NoticeKind.COLLECTION_WARNING, TODAY - timedelta(days=ago), TODAY - timedelta(days=ago - days)),
        ),
    ),
    RIPE,
    st.integers(15, 60),
    st.sampled_from([12, 13, 14, 20]),
)
OBSTRUCTED = st.sampled_from(sorted(OBSTACLES)).flatmap(lambda name: st.tuples(st.just(name), OBSTACLES[name]))
FACTS = st.one_of(
    RIPE,
    COMING,
    WARNED,
    st.builds(lambda facts, changes: replace(facts, **dict(changes)), RIPE | COMING | WARNED, st.lists(OBSTRUCTED, min_size=1, max_size=2)),
)
#: any step at all, most of them beyond the law in some way; half of the ladders stand in a sensible order
STEPS = st.builds(
    PolicyStep,
    st.sampled_from(StepKind),
    st.integers(-10, 40),
    st.integers(0, 30),
    st.lists(st.sampled_from(Channel), unique=True, max_size=3).map(tuple),
    st.sampled_from(Tone),
    st.booleans(),
    st.booleans(),
)
GRAVITY = {kind: place for place, kind in enumerate(StepKind)}
LADDERS = st.lists(STEPS, max_size=5).map(tuple)
ORDERED = LADDERS.map(lambda steps: tuple(sorted(steps, key=lambda step: (step.after_days, GRAVITY[step.kind]))))
WHOLE = (
    PolicyStep(StepKind.DUE_NOTICE, -5, 0),
    PolicyStep(StepKind.REMINDER, 3, 14),
    PolicyStep(StepKind.COLLECTION_WARNING, 14, 14, fee=True),
    PolicyStep(StepKind.PAYMENT_DEMAND, 30, 14, fee=True),
)
ANY = st.builds(
    Policy,
    steps=LADDERS | ORDERED | st.sampled_from([Policy().steps, WHOLE]),
    minimum_ore=st.sampled_from([0, 10_000]),
    tolerance_ore=st.sampled_from([0, 100]),
    send_weekdays=st.just((0, 1, 2, 3, 4, 5)) | st.sets(st.integers(0, 6)).map(sorted).map(tuple),
    send_from_hour=st.integers(0, 23),
    send_until_hour=st.integers(0, 24),
    warning_weekday=st.integers(0, 6),
    takeover=st.sampled_from(Takeover),
    handover_consent=st.sampled_from(HandoverConsent),
    grace_business_days=st.integers(0, 6),
    claim_compensation=st.booleans(),
    accept_ledger_dunning=st.booleans(),
    group_invoices=st.booleans(),
    approval=st.sampled_from([ApprovalMode.NONE, *ApprovalMode]),
    approval_silence=st.sampled_from(Silence),
    approval_silence_days=st.integers(1, 10),
)
OWN = ANY.map(lambda policy: replace(policy, steps=WHOLE, send_weekdays=(0, 1, 2, 3, 4), takeover=Takeover.OWN_COLLECTION))
POLICIES = ANY | OWN | OWN.map(lambda policy: replace(policy, approval=ApprovalMode.NONE))
STATUTES = st.sampled_from([ACT_1988, ACT_1988, ACT_2026])
LAW = settings(deadline=None, max_examples=300)


@LAW
@given(FACTS, POLICIES, STATUTES)
def test_every_decision_is_lawful(facts, policy, statute) -> None:  # type: ignore[no-untyped-def]
    rules = policy.within(statute, RATES)
    decision = decide(facts, rules, calendar, TODAY)
    step = decision.step
    due_on = None if facts.due_on is None else calendar.next_business_day(facts.due_on)

    assert decision == decide(facts, rules, calendar, TODAY), "deciding twice is the same"
    assert decision.reasons
    assert all("{" not in explain(reason) for reason in decision.reasons)

    if isinstance(step, Wait):
        assert step.until > TODAY
        assert decision.next_action_on == step.until
    if not isinstance(step, Close):
        assert decision.next_action_on is not None

    if isinstance(step, SendDueNotice):
        assert due_on is not None
        assert due_on >= TODAY
        assert (step.payment_deadline, step.fee_ore, step.interest) == (due_on, 0, False)

    if isinstance(step, (SendNotice, HandOver)):
        assert due_on is not None
        assert isinstance(step, SendDueNotice) or due_on < TODAY
        assert facts.remaining_ore > 0
        assert not facts.disputed
        assert facts.insolvency is Insolvency.NONE
        assert not facts.debtor_deceased
        assert not facts.debtor_minor
        assert facts.hold is None or (facts.hold.until is not None and facts.hold.until < TODAY)
        assert facts.agency is AgencyStanding.NONE
        assert facts.currency == "NOK"
        assert facts.confidence is not Confidence.LOW or facts.person_approved
        assert facts.ledger_synced_on is not None
        assert TODAY - facts.ledger_synced_on <= timedelta(days=1)
        assert facts.extended_to is None or facts.extended_to < TODAY
        for approver in approvers(rules, step):
            asked = [one for one in facts.approvals if one.approver is approver and (one.step, one.round) == occurrence(step)]
            assert asked, "nothing leaves before everybody who must has been asked"
            assert policy.approval_silence is Silence.GO_ON or asked[-1].yes_on is not None, "silence is no yes unless the company says so"
        for notice in facts.notices:
            deadline = notice.payment_deadline or notice.sent_on + timedelta(days=14)
            assert (
                notice.kind is NoticeKind.DUE_NOTICE or isinstance(step, SendDueNotice) or calendar.add_business_days(deadline, 3) < TODAY
            ), "no step inside a notice's deadline or grace"

    if isinstance(step, SendNotice):
        assert due_on is not None
        assert facts.reachable
        assert set(step.channels) & set(facts.roads)
        assert is_sending_day(TODAY, rules.followed.send_weekdays, calendar)
        assert not calendar.is_holiday(TODAY)
        assert calendar.is_business_day(step.payment_deadline)
        assert isinstance(step, SendDueNotice) or step.payment_deadline > TODAY
        assert step.fee_ore in ((0, 11300) if isinstance(step, SendPaymentDemand) else (0, 3800))
        if step.fee_ore:
            assert statute is ACT_1988
            assert due_on + timedelta(days=14) <= TODAY, "never a fee before day 14"

    if isinstance(step, SendCollectionWarning):
        assert due_on is not None
        assert statute.creditor_may_warn
        assert due_on + timedelta(days=1) <= TODAY
        assert step.payment_deadline >= TODAY + timedelta(days=14)
        assert (facts.weekly_list.state, facts.weekly_list.step) == (ListState.RELEASED, ListedStep.COLLECTION_WARNING)

    if isinstance(step, SendPaymentDemand):
        assert due_on is not None
        assert statute is ACT_1988
        assert policy.takeover is Takeover.OWN_COLLECTION
        assert step.payment_deadline >= TODAY + timedelta(days=14)
        chased = [one for one in facts.notices if one.kind in (NoticeKind.REMINDER, NoticeKind.COLLECTION_WARNING) and one.sent_on > due_on]
        assert any(one.payment_deadline and one.payment_deadline < TODAY and (one.deadline_days or 0) >= 14 for one in chased)

    if isinstance(step, HandOver):
        assert policy.takeover is not Takeover.OWN_COLLECTION

    if isinstance(step, HandOver) and statute.creditor_may_warn and policy.takeover is Takeover.AGENCY_FROM_DEMAND:
        lawful = [
            one
            for one in facts.notices
            if one.kind is NoticeKind.COLLECTION_WARNING and one.payment_deadline and (one.payment_deadline - one.sent_on).days >= 14
        ]
        assert any(calendar.add_business_days(one.payment_deadline, 3) < TODAY for one in lawful if one.payment_deadline)


@pytest.mark.parametrize("wanted", [*OUTWARD, SendDueNotice])
def test_the_laws_are_tried_on_every_step_that_leaves_the_house(wanted: type) -> None:
    """A law about steps that are never reached would hold of anything."""

    def reached(drawn: tuple[ClaimFacts, Policy]) -> bool:
        return isinstance(decide(drawn[0], drawn[1].within(ACT_1988, RATES), calendar, TODAY).step, wanted)

    find(
        st.tuples(FACTS, POLICIES), reached, settings=settings(deadline=None, max_examples=3000, phases=[Phase.generate], derandomize=True)
    )


@LAW
@given(FACTS, POLICIES)
def test_a_settled_claim_is_closed_whatever_else_is_true(facts, policy) -> None:  # type: ignore[no-untyped-def]
    decision = decide(replace(facts, remaining_ore=0), policy.within(ACT_1988, RATES), calendar, TODAY)
    assert isinstance(decision.step, Close)
    assert decision.next_action_on is None


@LAW
@given(FACTS, POLICIES)
def test_a_disputed_claim_is_never_handed_over(facts, policy) -> None:  # type: ignore[no-untyped-def]
    disputed = replace(facts, disputed=True, weekly_list=ListVerdict(ListState.RELEASED))
    assert isinstance(decide(disputed, policy.within(ACT_1988, RATES), calendar, TODAY).step, AskPerson | Close)


@LAW
@given(POLICIES, st.integers(0, 2), st.dates(date(2026, 1, 1), date(2026, 9, 30)))
@example(Policy(steps=(PolicyStep(StepKind.REMINDER, 0, 0, (Channel.SMS,)),), takeover=Takeover.AGENCY_FROM_WARNING), 0, date(2026, 1, 1))
def test_a_claim_nobody_pays_or_stops_reaches_its_end(policy: Policy, list_delay: int, due_on: date) -> None:
    """Play the world around the engine: lists are released, notices sent, calls left unmade, days pass. No claim may wait for ever."""
    rates = RATES.with_confirmed(Figure.COLLECTION_RATE, date(2027, 1, 1), date(2030, 12, 31), Decimal(750), "an example")
    rules = policy.within(ACT_1988, rates)
    # a step by text message alone stops for want of a number; here nobody is out of reach
    facts = ClaimFacts(remaining_ore=5_000_000, original_ore=5_000_000, due_on=due_on, roads=tuple(Channel))
    today, small, large, seen = due_on - timedelta(days=20), 0, 0, 0
    while (today - due_on).days < 900:
        decision = decide(replace(facts, ledger_synced_on=today), rules, calendar, today)
        step = decision.step
        if isinstance(step, AskPerson) and step.question is Question.PHONE_CALL and decision.next_action_on:
            assert decision.next_action_on > today
            today = decision.next_action_on
            continue
        if isinstance(step, AskPerson) and step.about is not None:
            yes = (Approval(*occurrence(step.about), approver, today, yes_on=today) for approver in approvers(rules, step.about))
            facts = replace(facts, approvals=(*facts.approvals, *yes))
            continue
        if isinstance(step, HandOver | AskPerson):
            break
        if isinstance(step, SendNotice):
            assert today.weekday() in rules.followed.send_weekdays
            facts = replace(facts, notices=(*facts.notices, PastNotice(step.kind, today, step.payment_deadline, step.fee_ore)))
            small += step.fee_ore == 3800
            large += step.fee_ore == 11300
            seen += 1
            facts = replace(facts, weekly_list=ListVerdict())
            continue
        assert isinstance(step, Wait)
        if decision.awaits_list:
            handover = any(reason.code == "ready_for_list_handover" for reason in decision.reasons)
            released = ListVerdict(ListState.RELEASED, ListedStep.HANDOVER if handover else ListedStep.COLLECTION_WARNING)
            facts = replace(facts, weekly_list=released)
        today = step.until + timedelta(days=list_delay if decision.awaits_list else 0)
    assert isinstance(step, HandOver | AskPerson), "the ladder has an end"
    kinds = [one.kind for one in rules.steps]
    hands_over = rules.agency_warns or StepKind.COLLECTION_WARNING in kinds
    assert isinstance(step, HandOver) is (policy.takeover is not Takeover.OWN_COLLECTION and hands_over)
    assert small <= 2, "inkassoforskriften § 1-3"
    assert large <= 1
    assert seen <= len(rules.steps)


@LAW
@given(POLICIES, STATUTES)
def test_what_may_be_saved_is_followed_as_it_stands(policy: Policy, statute) -> None:  # type: ignore[no-untyped-def]
    refused, rules = unlawful(policy, statute), policy.within(statute, RATES)
    assert rules.clamps == refused
    if not refused:
        assert rules.followed == policy
    again = [clamp for clamp in unlawful(rules.followed, statute) if clamp.field != "steps"]
    assert not again, "the nearest lawful policy is lawful"
    assert bounded(rules.followed, statute)[0] == rules.followed
    assert all(clamp.sentence() and "{" not in clamp.sentence() for clamp in refused)


@LAW
@given(POLICIES)
def test_wishes_survive_being_stored(policy: Policy) -> None:
    assert Policy.from_json(policy.as_json()) == replace(policy, send_weekdays=tuple(sorted(policy.send_weekdays)))


@LAW
@given(POLICIES, st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))
def test_nothing_goes_out_on_sundays_holidays_or_at_night(policy: Policy, at: datetime) -> None:
    now = at.replace(tzinfo=OSLO)
    closed = opens_in(now, policy)
    if closed is None:
        assert now.weekday() != SUNDAY
        assert not calendar.is_holiday(now.date())
        assert (9 <= now.hour < 15) if now.weekday() == 5 else (8 <= now.hour < 21)
    else:
        assert closed > timedelta(0)
        assert closed < timedelta(days=14)
