"""One claim through the ladder, day by day, and each thing that stops it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.dunning.engine import decide
from app.dunning.facts import (
    AgencyStanding,
    Approval,
    Approver,
    Channel,
    ClaimFacts,
    Confidence,
    Hold,
    Insolvency,
    ListedStep,
    ListState,
    ListVerdict,
    NoticeKind,
    PastNotice,
    Sender,
)
from app.dunning.policy import HandoverConsent, Policy, PolicyStep, StepKind, Takeover, Tone
from app.dunning.reasons import REASON_TEXTS, Reason, explain
from app.dunning.statutes import ACT_1988, ACT_2026
from app.dunning.statutes.rates import RATES, Figure
from app.dunning.steps import (
    AskPerson,
    Close,
    CloseWhy,
    Decision,
    HandOver,
    Question,
    SendCollectionWarning,
    SendDueNotice,
    SendPaymentDemand,
    SendReminder,
    Wait,
)
from app.values import calendar

REMINDER, WARNING = NoticeKind.REMINDER, NoticeKind.COLLECTION_WARNING
RELEASED = ListVerdict(ListState.RELEASED)


def day(text: str) -> date:
    return date.fromisoformat(text)


#: no reminder before the collection warning
STRAIGHT = Policy().without(StepKind.REMINDER)
#: due Thursday 3 September 2026, a thousand kroner; day 14 is 17 September
CLAIM = ClaimFacts(remaining_ore=100_000, original_ore=100_000, due_on=day("2026-09-03"))


def run(facts: ClaimFacts, on: str, policy: Policy | None = None, statute=ACT_1988, rates=RATES) -> Decision:  # type: ignore[no-untyped-def]
    fresh = facts if facts.ledger_synced_on else replace(facts, ledger_synced_on=day(on))
    return decide(fresh, (policy or Policy()).within(statute, rates), calendar, day(on))


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


def sent(kind: NoticeKind, on: str, until: str | None, fee_ore: int = 3800, by: Sender = Sender.US) -> PastNotice:
    return PastNotice(kind, day(on), None if until is None else day(until), fee_ore, by)


def test_nothing_before_the_day_after_the_due_date() -> None:
    decision = run(CLAIM, "2026-09-03")
    assert decision.step == Wait(day("2026-09-04"))
    assert decision.next_action_on == day("2026-09-04")
    assert codes(decision) == ["not_due"]


def test_a_due_date_on_a_saturday_is_moved_and_said() -> None:
    decision = run(replace(CLAIM, due_on=day("2026-09-05")), "2026-09-06")
    assert decision.step == Wait(day("2026-09-08"))
    assert codes(decision) == ["not_due", "due_date_moved"]


def test_the_whole_ladder() -> None:
    waiting = run(CLAIM, "2026-09-16")
    assert waiting.step == Wait(day("2026-09-17"))
    assert codes(waiting) == ["reminder_later"]

    reminded = run(CLAIM, "2026-09-17")
    assert reminded.step == SendReminder(1, day("2026-10-01"), 3800, "friendly")
    assert reminded.next_action_on == day("2026-09-17")

    facts = replace(CLAIM, notices=(sent(REMINDER, "2026-09-17", "2026-10-01"),))
    # bank days after Thursday 1 October: 2, 5 and 6 October
    inside = run(facts, "2026-09-18")
    assert inside.step == Wait(day("2026-10-07"))
    assert run(facts, "2026-10-06").step == Wait(day("2026-10-07"))

    # Wednesday 7 October: ripe, and on the list of the next Monday
    ripe = run(facts, "2026-10-07")
    assert ripe.step == Wait(day("2026-10-12"))
    assert ripe.awaits_list
    assert codes(ripe) == ["ready_for_list_warning"]

    listed = replace(facts, weekly_list=ListVerdict(ListState.LISTED, deadline_on=day("2026-10-14")))
    assert run(listed, "2026-10-12").step == Wait(day("2026-10-14"))
    assert not run(listed, "2026-10-12").awaits_list

    released = replace(facts, weekly_list=RELEASED)
    warned = run(released, "2026-10-14")
    assert warned.step == SendCollectionWarning(1, day("2026-10-28"), 3800)
    assert codes(warned) == ["list_released", "warning_lawful", "fee_allowed"]

    facts = replace(released, notices=(*facts.notices, sent(WARNING, "2026-10-14", "2026-10-28")))
    # bank days after Wednesday 28 October: 29, 30 October and 2 November
    assert run(facts, "2026-11-02").step == Wait(day("2026-11-03"))
    assert run(facts, "2026-11-03").step == HandOver()

    at_agency = replace(facts, agency=AgencyStanding.OPEN)
    assert codes(run(at_agency, "2026-11-04")) == ["at_agency"]
    assert run(replace(at_agency, remaining_ore=0), "2026-11-04").step == Close(CloseWhy.SETTLED)


def test_without_a_reminder_the_warning_is_ripe_on_day_fourteen() -> None:
    policy = STRAIGHT
    assert run(CLAIM, "2026-09-16", policy).step == Wait(day("2026-09-17"))
    assert not run(CLAIM, "2026-09-16", policy).awaits_list
    assert run(CLAIM, "2026-09-17", policy).awaits_list
    assert run(CLAIM, "2026-09-18", policy).awaits_list


def test_an_early_reminder_is_free_of_charge() -> None:
    decision = run(CLAIM, "2026-09-07", Policy().with_step(StepKind.REMINDER, after_days=3))
    assert decision.step == SendReminder(1, day("2026-09-21"), 0, "friendly")
    assert "wish_restricted" in codes(decision)


def test_a_printed_deadline_is_a_business_day() -> None:
    # 11 December + 14 days is the first day of Christmas; the 26th is a Saturday
    decision = run(replace(CLAIM, weekly_list=RELEASED), "2026-12-11", STRAIGHT)
    assert decision.step == SendCollectionWarning(1, day("2026-12-28"), 3800)


@pytest.mark.parametrize(
    ("change", "step", "code"),
    [
        ({"remaining_ore": 0}, Close(CloseWhy.SETTLED), "settled"),
        ({"remaining_ore": -500}, Close(CloseWhy.SETTLED), "settled"),
        ({"remaining_ore": 100}, Close(CloseWhy.WITHIN_TOLERANCE), "within_tolerance"),
        ({"insolvency": Insolvency.BANKRUPT}, AskPerson(Question.INSOLVENT_DEBTOR), "debtor_bankrupt"),
        ({"insolvency": Insolvency.DEBT_SETTLEMENT}, AskPerson(Question.INSOLVENT_DEBTOR), "debtor_in_debt_settlement"),
        ({"insolvency": Insolvency.RECONSTRUCTION}, AskPerson(Question.INSOLVENT_DEBTOR), "debtor_in_reconstruction"),
        ({"insolvency": Insolvency.DISSOLVED}, AskPerson(Question.INSOLVENT_DEBTOR), "debtor_dissolved"),
        ({"debtor_deceased": True}, AskPerson(Question.DECEASED_DEBTOR), "debtor_deceased"),
        ({"debtor_minor": True}, AskPerson(Question.MINOR_DEBTOR), "debtor_minor"),
        ({"disputed": True}, AskPerson(Question.DISPUTED), "disputed"),
        ({"hold": Hold(day("2026-10-01"))}, Wait(day("2026-10-02")), "on_hold"),
        ({"hold": Hold()}, Wait(day("2026-10-21")), "on_hold_open"),
        ({"confidence": Confidence.LOW}, AskPerson(Question.UNCERTAIN_ITEM), "uncertain_item"),
        ({"due_on": None}, AskPerson(Question.NO_DUE_DATE), "no_due_date"),
        ({"currency": "EUR"}, AskPerson(Question.FOREIGN_CURRENCY), "foreign_currency"),
        ({"remaining_ore": 9_999}, Wait(day("2026-10-21")), "below_minimum"),
        ({"agency": AgencyStanding.OPEN}, Wait(day("2026-09-28")), "at_agency"),
        ({"agency": AgencyStanding.RETURNED}, AskPerson(Question.RETURNED_BY_AGENCY), "returned_by_agency"),
        # a promise to pay on Friday 25 September may arrive through 28, 29 and 30 September
        ({"extended_to": day("2026-09-25")}, Wait(day("2026-10-01")), "extended"),
        ({"ledger_duns": True}, AskPerson(Question.LEDGER_DUNS_TOO), "ledger_duns_too"),
        ({"reachable": False}, AskPerson(Question.NO_CHANNEL), "no_channel"),
        ({"ledger_synced_on": day("2026-09-19")}, Wait(day("2026-09-22")), "ledger_stale"),
    ],
)
def test_what_stops_a_claim_that_is_ripe_for_a_reminder(change: dict[str, object], step: object, code: str) -> None:
    assert isinstance(run(CLAIM, "2026-09-21").step, SendReminder)
    decision = run(replace(CLAIM, **change), "2026-09-21")  # type: ignore[arg-type]
    assert decision.step == step
    assert code in codes(decision)


def test_a_ledger_never_read_is_waited_for() -> None:
    decision = decide(CLAIM, Policy().within(ACT_1988, RATES), calendar, day("2026-09-21"))
    assert codes(decision) == ["ledger_never_read"]


def test_a_yes_lets_an_uncertain_item_go_on() -> None:
    facts = replace(CLAIM, confidence=Confidence.LOW, person_approved=True)
    assert isinstance(run(facts, "2026-09-21").step, SendReminder)


@pytest.mark.parametrize("change", [{"hold": Hold(day("2026-09-20"))}, {"extended_to": day("2026-09-15")}])
def test_a_stop_that_has_ended_no_longer_stops(change: dict[str, object]) -> None:
    assert isinstance(run(replace(CLAIM, **change), "2026-09-21").step, SendReminder)  # type: ignore[arg-type]


def test_a_claim_stopped_on_the_list_waits_and_comes_back() -> None:
    policy = STRAIGHT
    stopped = replace(CLAIM, weekly_list=ListVerdict(ListState.STOPPED, until=day("2026-10-02")))
    assert run(stopped, "2026-09-21", policy).step == Wait(day("2026-10-03"))
    assert run(stopped, "2026-10-03", policy).awaits_list
    for_good = replace(CLAIM, weekly_list=ListVerdict(ListState.STOPPED))
    decision = run(for_good, "2026-09-21", policy)
    assert codes(decision) == ["list_stopped_open"]
    assert not decision.awaits_list


def test_the_ledgers_own_reminder_counts_as_a_rung_and_for_the_fee() -> None:
    facts = replace(CLAIM, notices=(sent(REMINDER, "2026-09-17", None, 3800, Sender.LEDGER),))
    # no printed deadline: treated as 14 days, 1 October, and the bank days 2, 5 and 6 October
    assert run(facts, "2026-10-06").step == Wait(day("2026-10-07"))
    warned = run(replace(facts, weekly_list=RELEASED), "2026-10-07")
    assert warned.step == SendCollectionWarning(1, day("2026-10-21"), 0)
    assert "fee_first_deadline_short" in codes(warned)


def test_a_warning_with_a_short_deadline_does_not_open_the_way_to_the_agency() -> None:
    facts = replace(CLAIM, weekly_list=RELEASED, notices=(sent(WARNING, "2026-09-17", "2026-09-30", 0, Sender.LEDGER),))
    assert run(facts, "2026-10-12", STRAIGHT).step == SendCollectionWarning(2, day("2026-10-26"), 3800)


def test_a_warning_sent_before_the_claim_was_overdue_is_none() -> None:
    facts = replace(CLAIM, weekly_list=RELEASED, notices=(sent(WARNING, "2026-09-03", "2026-09-17", 0),))
    assert isinstance(run(facts, "2026-10-12", STRAIGHT).step, SendCollectionWarning)


WARNED = replace(CLAIM, weekly_list=RELEASED, notices=(sent(WARNING, "2026-09-21", "2026-10-05"),))


def test_handover_waits_for_what_the_company_chose() -> None:
    person = Policy(handover_consent=HandoverConsent.PERSON)
    assert run(WARNED, "2026-11-02").step == HandOver()
    assert run(WARNED, "2026-11-02", person).step == AskPerson(Question.APPROVE_HANDOVER, HandOver())
    yes = Approval("hand_over", 1, Approver.BUREAU, day("2026-10-30"), yes_on=day("2026-11-02"))
    assert run(replace(WARNED, approvals=(yes,)), "2026-11-02", person).step == HandOver()
    by_list = Policy(handover_consent=HandoverConsent.WEEKLY_LIST)
    assert run(WARNED, "2026-11-02", by_list).awaits_list, "a release of the warning is none of the handover"
    released = replace(WARNED, weekly_list=ListVerdict(ListState.RELEASED, ListedStep.HANDOVER))
    assert run(released, "2026-11-02", by_list).step == HandOver()
    assert run(WARNED, "2026-11-02", Policy(takeover=Takeover.OWN_COLLECTION)).step == AskPerson(Question.LADDER_ENDED)


def test_handover_needs_no_channel_to_the_debtor() -> None:
    assert run(replace(WARNED, reachable=False), "2026-11-02").step == HandOver()


def test_a_year_without_confirmed_figures_sends_no_warning_and_a_free_reminder() -> None:
    facts = replace(CLAIM, due_on=day("2026-12-14"), weekly_list=RELEASED)
    assert run(facts, "2027-01-04", STRAIGHT).step == AskPerson(Question.CONFIRM_FIGURES)
    reminded = run(facts, "2027-01-04")
    assert isinstance(reminded.step, SendReminder)
    assert reminded.step.fee_ore == 0
    assert "fee_not_confirmed" in codes(reminded)
    known = RATES.with_confirmed(Figure.COLLECTION_RATE, day("2027-01-01"), day("2027-12-31"), Decimal(750), "a regulation")
    assert codes(run(facts, "2027-01-04", STRAIGHT, rates=known)) == ["interest_not_confirmed"]
    known = known.with_confirmed(Figure.LATE_INTEREST, day("2027-01-01"), day("2027-06-30"), Decimal("12.00"), "a regulation")
    assert isinstance(run(facts, "2027-01-04", STRAIGHT, rates=known).step, SendCollectionWarning)
    claimed = replace(facts, due_on=day("2027-01-04"))
    wishes = replace(STRAIGHT, claim_compensation=True)
    assert codes(run(claimed, "2027-01-25", wishes, rates=known)) == ["compensation_not_confirmed"]


def test_under_the_act_of_2026_the_agency_warns() -> None:
    decision = run(CLAIM, "2026-09-17", STRAIGHT, statute=ACT_2026)
    assert decision.awaits_list
    assert codes(decision) == ["ready_for_list_handover"]
    released = replace(CLAIM, weekly_list=ListVerdict(ListState.RELEASED, ListedStep.HANDOVER))
    handed = run(released, "2026-09-17", STRAIGHT, statute=ACT_2026)
    assert handed.step == HandOver()
    assert "warning_is_the_agencys" in codes(handed)
    assert run(released, "2026-09-16", STRAIGHT, statute=ACT_2026).step == Wait(day("2026-09-17"))
    reminder = run(CLAIM, "2026-09-17", statute=ACT_2026).step
    assert isinstance(reminder, SendReminder)
    assert reminder.fee_ore == 0


def test_a_claimed_compensation_eats_the_fee() -> None:
    step = run(CLAIM, "2026-09-21", Policy(claim_compensation=True)).step
    assert isinstance(step, SendReminder)
    assert step.fee_ore == 0


def test_wishes_beyond_the_law_are_restricted_and_recorded() -> None:
    wished = replace(STRAIGHT.with_step(StepKind.COLLECTION_WARNING, after_days=0, deadline_days=7, fee=False), grace_business_days=0)
    rules = wished.within(ACT_1988, RATES)
    assert (rules.steps[0].deadline_days, rules.grace_business_days, rules.steps[0].after_days) == (14, 3, 1)
    assert [(one.field, one.wished, one.lawful) for one in rules.clamps] == [
        ("steps[0].deadline_days", "7", "14"),
        ("steps[0].after_days", "0", "1"),
        ("grace_business_days", "0", "3"),
    ]
    short = STRAIGHT.with_step(StepKind.COLLECTION_WARNING, deadline_days=7)
    decision = run(replace(CLAIM, weekly_list=RELEASED), "2026-09-21", short)
    assert decision.step == SendCollectionWarning(1, day("2026-10-05"), 3800)
    assert "wish_restricted" in codes(decision)
    assert not Policy().within(ACT_1988, RATES).clamps
    assert json.loads(json.dumps(rules.as_json()))["clamps"][0]["field"] == "steps[0].deadline_days"


def test_the_list_comes_on_its_weekday() -> None:
    rules = Policy(warning_weekday=2).within(ACT_1988, RATES)
    assert rules.next_list_on(day("2026-11-21")) == day("2026-11-25")
    assert rules.next_list_on(day("2026-11-25")) == day("2026-12-02")
    assert rules.next_list_on(day("2026-11-24")) == day("2026-11-25")


def test_a_policy_survives_being_stored() -> None:
    policy = replace(STRAIGHT, minimum_ore=5_000, handover_consent=HandoverConsent.PERSON, send_weekdays=(1, 3))
    assert Policy.from_json(json.loads(json.dumps(policy.as_json()))) == policy
    assert Policy.from_json({}) == Policy()


@pytest.mark.parametrize(
    "wishes",
    [
        {"unknown": 1},
        {"reminder": 1},
        {"steps": [{"kind": "reminder", "after_days": "3"}]},
        {"steps": [{"kind": "threat"}]},
        {"steps": [{"after_days": 3}]},
        {"steps": [{"kind": "reminder", "channels": ["email", "email"]}]},
        {"steps": [{"kind": "reminder"}] * 13},
        {"send_weekdays": [7]},
        {"form": 3},
        {"minimum_ore": "5"},
        {"minimum_ore": -1},
        {"warning_weekday": 7},
        {"tone": "rude"},
        {"grace_business_days": True},
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(wishes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Policy.from_json(wishes)


def test_a_reason_is_read_aloud_and_survives_being_stored() -> None:
    reason = run(CLAIM, "2026-09-16").reasons[0]
    assert explain(reason) == "The company sends its reminder 14 days after the due date."
    assert Reason.from_json(json.loads(json.dumps(reason.as_json()))) == reason
    assert (
        explain(reason, {REASON_TEXTS["reminder_later"]: "Purring {days} dager etter forfall."}.__getitem__)
        == "Purring 14 dager etter forfall."
    )
    assert explain(Reason("of_an_older_release")) == "of_an_older_release"
    with pytest.raises(ValueError):
        Reason.from_json({"code": 1})


def test_steps_have_stable_names() -> None:
    assert run(CLAIM, "2026-09-17").step_name == "send_reminder"
    assert run(CLAIM, "2026-09-03").step_name == "wait"
    assert run(WARNED, "2026-11-02").step_name == "hand_over"


def test_the_next_look_is_never_behind_us() -> None:
    for offset in range(120):
        today = day("2026-08-25") + timedelta(days=offset)
        decision = run(replace(CLAIM, ledger_synced_on=today), today.isoformat())
        assert decision.next_action_on is not None
        assert decision.next_action_on >= today


OWN = Policy(
    steps=(
        PolicyStep(StepKind.DUE_NOTICE, -3, 0, tone=Tone.FRIENDLY),
        PolicyStep(StepKind.REMINDER, 3, 14),
        PolicyStep(StepKind.PHONE_CALL, 20, 4),
        PolicyStep(StepKind.COLLECTION_WARNING, 24, 14, fee=True),
        PolicyStep(StepKind.PAYMENT_DEMAND, 30, 14, tone=Tone.FIRM, fee=True),
    ),
    takeover=Takeover.OWN_COLLECTION,
)


@pytest.mark.parametrize(
    ("on", "change", "step", "code"),
    [
        ("2026-08-28", {}, Wait(day("2026-08-31")), "due_notice_later"),
        ("2026-08-31", {}, SendDueNotice(1, day("2026-09-03"), 0, "friendly", interest=False), "due_notice_due"),
        ("2026-09-02", {}, SendDueNotice(1, day("2026-09-03"), 0, "friendly", interest=False), "due_notice_due"),
        # said already; the invoice itself came no earlier; nobody is asked a question for a courtesy; it is a small one
        ("2026-09-02", {"notices": (PastNotice(NoticeKind.DUE_NOTICE, day("2026-08-31")),)}, Wait(day("2026-09-04")), "not_due"),
        ("2026-09-02", {"issued_on": day("2026-09-01")}, Wait(day("2026-09-04")), "not_due"),
        ("2026-09-02", {"reachable": False}, Wait(day("2026-09-04")), "not_due"),
        ("2026-09-02", {"remaining_ore": 9_999}, Wait(day("2026-09-04")), "not_due"),
        # a notice before due sets no deadline; Sunday 6 September is no day to send
        ("2026-09-06", {"notices": (PastNotice(NoticeKind.DUE_NOTICE, day("2026-08-31"), day("2026-09-03")),)},
         Wait(day("2026-09-07")), "no_sending_day"),
        # the reminder of 7 September: deadline 21, and bank days 22, 23, 24
        ("2026-09-25", {"notices": (sent(REMINDER, "2026-09-07", "2026-09-21", 0),)},
         AskPerson(Question.PHONE_CALL, again_on=day("2026-09-30")), "call_due"),
        ("2026-09-29", {"notices": (sent(REMINDER, "2026-09-07", "2026-09-21", 0),)},
         AskPerson(Question.PHONE_CALL, again_on=day("2026-09-30")), "call_due"),
        ("2026-09-30", {"notices": (sent(REMINDER, "2026-09-07", "2026-09-21", 0),), "weekly_list": RELEASED},
         SendCollectionWarning(1, day("2026-10-14"), 3800, interest=False), "fee_allowed"),
        ("2026-09-25", {"notices": (sent(REMINDER, "2026-09-07", "2026-09-21", 0),), "called_on": (day("2026-09-24"),)},
         Wait(day("2026-09-27")), "warning_later"),
        ("2026-10-21", {"notices": (sent(WARNING, "2026-09-30", "2026-10-14"),)},
         SendPaymentDemand(1, day("2026-11-04"), 11300, "firm", interest=False), "demand_lawful"),
        ("2026-10-21", {"notices": (sent(WARNING, "2026-09-30", "2026-10-14"),), "roads": (Channel.SMS,)},
         AskPerson(Question.NO_CHANNEL), "no_channel_of_step"),
        ("2026-11-12", {"notices": (sent(NoticeKind.PAYMENT_DEMAND, "2026-10-21", "2026-11-04", 11300),)},
         AskPerson(Question.LADDER_ENDED), "demand_deadline_missed"),
    ],
)  # fmt: skip
def test_a_ladder_of_its_own_day_by_day(on: str, change: dict[str, object], step: object, code: str) -> None:
    decision = run(replace(CLAIM, **change), on, OWN)  # type: ignore[arg-type]
    assert decision.step == step
    assert code in codes(decision)


def test_a_warning_left_to_the_agency_is_the_day_of_the_handover() -> None:
    left = replace(STRAIGHT, takeover=Takeover.AGENCY_FROM_WARNING)
    assert codes(run(CLAIM, "2026-09-17", left)) == ["ready_for_list_handover"]
    released = replace(CLAIM, weekly_list=ListVerdict(ListState.RELEASED, ListedStep.HANDOVER))
    handed = run(released, "2026-09-17", left)
    assert handed.step == HandOver()
    assert "warning_left_to_agency" in codes(handed)
    assert run(released, "2026-09-16", left).step == Wait(day("2026-09-17"))
