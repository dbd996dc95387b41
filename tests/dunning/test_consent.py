"""The yes before a step: whose, how long it is waited for, and what silence means."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from app.dunning.engine import decide
from app.dunning.facts import Approval, Approver, ClaimFacts, ListState, ListVerdict, NoticeKind, PastNotice
from app.dunning.policy import ApprovalMode, Policy, Silence, StepKind
from app.dunning.reasons import explain
from app.dunning.statutes import ACT_1988
from app.dunning.statutes.rates import RATES
from app.dunning.steps import AskPerson, Decision, HandOver, Question, SendCollectionWarning, SendReminder
from app.values import calendar

#: a Thursday; the reminder is ripe on Thursday the 17th
DUE = date(2026, 9, 3)
RIPE = date(2026, 9, 17)
CLAIM = ClaimFacts(remaining_ore=1_000_000, original_ore=1_000_000, due_on=DUE)
MANAGER = Policy(approval=ApprovalMode.MANAGER)


def asked(approver: Approver = Approver.MANAGER, on: date = RIPE, who: str | None = "Siv Selger", **facts: object) -> Approval:
    return Approval("send_reminder", 1, approver, on, who, **facts)  # type: ignore[arg-type]


def run(policy: Policy, *approvals: Approval, on: date = RIPE, facts: ClaimFacts = CLAIM) -> Decision:
    fresh = replace(facts, approvals=approvals, ledger_synced_on=on)
    return decide(fresh, policy.within(ACT_1988, RATES), calendar, on)


def said(decision: Decision) -> list[str]:
    return [explain(reason) for reason in decision.reasons]


def test_without_a_wish_nobody_is_asked() -> None:
    assert isinstance(run(Policy()).step, SendReminder)


def test_a_ripe_reminder_waits_for_the_account_managers_yes() -> None:
    waits = run(MANAGER)
    assert isinstance(waits.step, AskPerson)
    assert (waits.step.question, waits.reasons[0].code) == (Question.APPROVE_NOTICE, "approval_waits")
    assert isinstance(waits.step.about, SendReminder)
    assert waits.reasons[-1].code.startswith("fee"), "what would be sent, and why, stands beside the question"
    yes = run(MANAGER, asked(yes_on=RIPE))
    assert isinstance(yes.step, SendReminder)
    assert "Siv Selger said yes on 17.09.2026." in said(yes)


def test_the_reasons_say_who_is_asked_since_when() -> None:
    assert "Siv Selger, the account manager, has been asked since 17.09.2026." in said(run(MANAGER, asked(), on=date(2026, 9, 18)))
    unnamed = run(MANAGER, asked(who=None))
    assert "No account manager is named, so the bureau has been asked since 17.09.2026." in said(unnamed)
    backup = run(MANAGER, asked(who="Bo Vikar", escalated_on=date(2026, 9, 22)), on=date(2026, 9, 22))
    assert "Bo Vikar, the backup, has been asked since 22.09.2026." in said(backup)


def test_both_means_both() -> None:
    both = Policy(approval=ApprovalMode.BOTH)
    one = run(both, asked(yes_on=RIPE), asked(Approver.BUREAU, who=None))
    assert isinstance(one.step, AskPerson)
    assert "The bureau has been asked since 17.09.2026." in said(one)
    assert isinstance(run(both, asked(yes_on=RIPE)).step, AskPerson), "the bureau has not even been asked yet"
    assert isinstance(run(both, asked(yes_on=RIPE), asked(Approver.BUREAU, yes_on=RIPE)).step, SendReminder)


@pytest.mark.parametrize(
    ("rule", "on", "goes"),
    [
        (Silence.GO_ON, date(2026, 9, 21), False),
        (Silence.GO_ON, date(2026, 9, 22), True),  # Thursday and three business days
        (Silence.HOLD, date(2026, 12, 1), False),
        (Silence.ESCALATE, date(2026, 12, 1), False),
    ],
)
def test_silence_means_what_the_company_chose(rule: Silence, on: date, goes: bool) -> None:
    decision = run(replace(MANAGER, approval_silence=rule, approval_silence_days=3), asked(), on=on)
    assert isinstance(decision.step, SendReminder) is goes


def test_the_day_on_which_silence_counts_is_the_next_day_to_look() -> None:
    go_on = run(replace(MANAGER, approval_silence=Silence.GO_ON, approval_silence_days=3), asked())
    assert go_on.next_action_on == date(2026, 9, 22)
    assert "Without an answer it goes on by itself on 22.09.2026." in said(go_on)
    assert "Without an answer nothing is sent." in said(run(MANAGER, asked()))


def test_a_rule_that_has_spoken_is_not_taken_back_by_another_rule() -> None:
    counted = asked(silent_on=date(2026, 9, 22))
    assert isinstance(run(MANAGER, counted, on=date(2026, 9, 23)).step, SendReminder)


def test_a_yes_to_one_step_is_none_to_the_next() -> None:
    reminded = replace(
        CLAIM, notices=(PastNotice(NoticeKind.REMINDER, date(2026, 9, 17), date(2026, 10, 1)),), weekly_list=ListVerdict(ListState.RELEASED)
    )
    waits = run(MANAGER, asked(yes_on=RIPE), on=date(2026, 10, 12), facts=reminded)
    assert isinstance(waits.step, AskPerson)
    assert isinstance(waits.step.about, SendCollectionWarning)
    second = run(replace(MANAGER, steps=(MANAGER.steps[0], *MANAGER.steps)), asked(yes_on=RIPE), on=date(2026, 10, 12), facts=reminded)
    assert isinstance(second.step, AskPerson)
    assert isinstance(second.step.about, SendReminder)
    assert second.step.about.round == 2


def test_a_handover_is_asked_about_too() -> None:
    warned = replace(CLAIM, notices=(PastNotice(NoticeKind.COLLECTION_WARNING, date(2026, 9, 21), date(2026, 10, 5)),))
    waits = run(MANAGER.without(StepKind.REMINDER), on=date(2026, 11, 2), facts=warned)
    assert waits.step == AskPerson(Question.APPROVE_HANDOVER, HandOver())


def test_what_is_settled_or_stopped_is_not_asked_about() -> None:
    assert not isinstance(run(MANAGER, facts=replace(CLAIM, remaining_ore=0)).step, AskPerson)
    assert run(MANAGER, facts=replace(CLAIM, disputed=True)).reasons[0].code == "disputed"
