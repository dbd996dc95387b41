"""The yes a company wants before a step leaves the house: whose, whether it has been given, and what silence means. Pure.

Whatever step the ladder arrives at is asked about here, by its name and round, just before it would be taken.
"""

from __future__ import annotations

from datetime import date

from app.dunning.case import DAY, Answer, Case
from app.dunning.facts import Approval, Approver
from app.dunning.policy import ApprovalMode, HandoverConsent, Rules, Silence
from app.dunning.reasons import Reason, because
from app.dunning.steps import AskPerson, HandOver, Question, SendDueNotice, SendNotice, step_name

Outward = SendNotice | HandOver

_ASKED_OF: dict[ApprovalMode, tuple[Approver, ...]] = {
    ApprovalMode.NONE: (),
    ApprovalMode.MANAGER: (Approver.MANAGER,),
    ApprovalMode.BUREAU: (Approver.BUREAU,),
    ApprovalMode.BOTH: (Approver.MANAGER, Approver.BUREAU),
}


def gate(case: Case, step: Outward) -> tuple[Answer | None, tuple[Reason, ...]]:
    """The question the step waits for, or None; and who has said yes to it, or by what rule their silence counts as one."""
    needed = approvers(case.rules, step)
    if not needed:
        return None, ()
    answers = {one.approver: one for one in case.facts.approvals if (one.step, one.round) == occurrence(step)}
    said: list[Reason] = []
    waiting: list[Approval] = []
    for approver in needed:
        one = answers.get(approver)
        if one is None:
            continue
        if one.yes_on is not None:
            said.append(because("approval_given", who=one.who, yes_on=one.yes_on) if one.who else _house_said(one.yes_on))
        elif one.silent_on is not None:
            said.append(because("approval_silent", asked_on=one.asked_on, silent_on=one.silent_on))
        elif case.rules.wishes.approval_silence is Silence.GO_ON and case.today >= silent_on(case, one):
            said.append(because("approval_silent", asked_on=one.asked_on, silent_on=silent_on(case, one)))
        else:
            waiting.append(one)
    if not waiting and len(answers.keys() & set(needed)) == len(needed):
        return None, tuple(said)
    return _question(case, step, waiting, said), ()


def approvers(rules: Rules, step: Outward) -> tuple[Approver, ...]:
    """Whose yes this step needs. A company that wants a person before every handover, and no approval otherwise, asks the bureau.
    A courtesy before the due date demands nothing, and is asked about of nobody."""
    if isinstance(step, SendDueNotice):
        return ()
    asked = _ASKED_OF[rules.wishes.approval]
    if not asked and isinstance(step, HandOver) and rules.handover_consent is HandoverConsent.PERSON:
        return (Approver.BUREAU,)
    return asked


def occurrence(step: Outward) -> tuple[str, int]:
    """Which step, the how manieth time: a yes to the first reminder is none to the second."""
    return step_name(step), 1 if isinstance(step, HandOver) else step.round


def silent_on(case: Case, one: Approval) -> date:
    """The day from which silence counts: so many business days after the question, or after the backup was asked."""
    return case.calendar.add_business_days(one.escalated_on or one.asked_on, max(1, case.rules.wishes.approval_silence_days))


def _question(case: Case, step: Outward, waiting: list[Approval], said: list[Reason]) -> Answer:
    handover = isinstance(step, HandOver)
    needs_person = handover and case.rules.handover_consent is HandoverConsent.PERSON
    reasons = [because("approval_waits"), *([because("handover_needs_person")] if needs_person else [])]
    for one in waiting:
        reasons += [_asked(one), *_if_silent(case, one)]
    # where a rule counts the days of silence, that day is the next one to look
    counted = [silent_on(case, one) for one in waiting if _counts(case, one)]
    again_on = max(min(counted), case.today + DAY) if counted else None
    question = Question.APPROVE_HANDOVER if handover else Question.APPROVE_NOTICE
    return AskPerson(question, step, again_on), (*reasons, *said)


def _asked(one: Approval) -> Reason:
    if one.escalated_on is not None and one.who is not None:
        return because("approval_escalated", who=one.who, escalated_on=one.escalated_on)
    match one.approver, one.who:
        case Approver.MANAGER, None:
            return because("approval_asked_nobody", asked_on=one.asked_on)
        case Approver.BUREAU, None:
            return because("approval_asked_house", asked_on=one.asked_on)
        case Approver.MANAGER, who:
            return because("approval_asked_manager", who=str(who), asked_on=one.asked_on)
        case _, who:
            return because("approval_asked_bureau", who=str(who), asked_on=one.asked_on)


def _if_silent(case: Case, one: Approval) -> tuple[Reason, ...]:
    match case.rules.wishes.approval_silence:
        case Silence.GO_ON:
            return (because("approval_goes_on", silent_on=silent_on(case, one)),)
        case Silence.ESCALATE if one.escalated_on is None:
            return (because("approval_escalates", silent_on=silent_on(case, one)),)
        case _:
            return (because("approval_holds"),)


def _counts(case: Case, one: Approval) -> bool:
    rule = case.rules.wishes.approval_silence
    return rule is Silence.GO_ON or (rule is Silence.ESCALATE and one.escalated_on is None)


def _house_said(yes_on: date) -> Reason:
    return because("approval_given_house", yes_on=yes_on)
