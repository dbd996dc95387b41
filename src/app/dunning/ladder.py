"""The ladder: the policy's steps in order, then the handover. Each rung answers with a step, a wait, or None: then the next is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from app.dunning.case import DAY, Answer, Case, ask
from app.dunning.facts import ListedStep, NoticeKind
from app.dunning.fees import full_deadline_missed
from app.dunning.gates import fee_of, handover_list, list_gate, outward, unconfirmed_law, unfit_book
from app.dunning.policy import PolicyStep, StepKind, Takeover
from app.dunning.reasons import because
from app.dunning.steps import AskPerson, HandOver, Question, SendCollectionWarning, SendDueNotice, SendPaymentDemand, SendReminder


def before_due(case: Case) -> Answer | None:
    """The notice that an invoice falls due. One that comes no later than the invoice itself would only repeat it."""
    facts, notices = case.facts, case.sent(NoticeKind.DUE_NOTICE)
    steps = [step for step in case.rules.steps if step.kind is StepKind.DUE_NOTICE]
    if case.days_overdue > 0 or not steps or facts.remaining_ore < case.rules.wishes.minimum_ore or facts.extended_to is not None:
        return None
    coming = [step for step in steps if case.days_overdue < step.after_days]
    come = [step for step in steps if case.days_overdue >= step.after_days]
    if come:
        ripe_on = _day_of(come[-1], case)
        said = any(one.sent_on >= ripe_on for one in notices) or (facts.issued_on is not None and facts.issued_on >= ripe_on)
        if not said:
            step = SendDueNotice(len(notices) + 1, case.due_on, 0, come[-1].tone.value, come[-1].channels, interest=False)
            answer = outward(case, step, because("due_notice_due", due_on=case.due_on))
            # a courtesy: nobody is asked a question for the sake of it
            return None if isinstance(answer[0], AskPerson) else answer
    if coming:
        return case.wait(_day_of(coming[0], case), because("due_notice_later", due_on=case.due_on, days=-coming[0].after_days))
    return None


def next_step(case: Case) -> Answer | None:
    for step in _steps_left(case):
        answer = _RUNGS[step.kind](case, step)
        if answer is not None:
            return answer
    return None


def handover(case: Case) -> Answer | None:
    rules = case.rules
    if rules.followed.takeover is Takeover.OWN_COLLECTION:
        return None
    warning = case.lawful_warning()
    if warning is not None and warning.payment_deadline is not None:
        why = because("warning_deadline_missed", deadline_on=warning.payment_deadline)
    elif not rules.agency_warns:
        return None
    else:
        days = next((step.after_days for step in rules.steps if step.kind is StepKind.COLLECTION_WARNING), 1)
        first_on = case.due_on + timedelta(days=days)
        if case.today < first_on:
            return case.wait(first_on, because("warning_later", days=days, first_on=first_on))
        why = because("warning_left_to_agency" if rules.statute.creditor_may_warn else "warning_is_the_agencys")
    return handover_list(case) or outward(case, HandOver(), why)


def ended(case: Case) -> Answer:
    """Nothing is left to do by itself."""
    demand = case.lawful_demand()
    if demand is not None and demand.payment_deadline is not None:
        return ask(Question.LADDER_ENDED, because("demand_deadline_missed", deadline_on=demand.payment_deadline))
    return ask(Question.LADDER_ENDED, because("no_handover_wished"))


def _reminder(case: Case, step: PolicyStep) -> Answer | None:
    if case.days_overdue < step.after_days:
        return case.wait(_day_of(step, case), because("reminder_later", days=step.after_days))
    fee, why = fee_of(NoticeKind.REMINDER, case, wished=step.fee)
    deadline = case.calendar.next_business_day(case.today + timedelta(days=step.deadline_days))
    said = len(case.sent(NoticeKind.REMINDER))
    notice = SendReminder(said + 1, deadline, fee, step.tone.value, step.channels, step.interest)
    return outward(case, notice, because("reminder_due", days=case.days_overdue), why)


def _warning(case: Case, step: PolicyStep) -> Answer | None:
    statute = case.rules.statute
    if case.rules.agency_warns:
        return None
    first_on = max(_day_of(step, case), statute.earliest_warning_on(case.due_on))
    if case.today < first_on:
        return case.wait(first_on, because("warning_later", days=step.after_days, first_on=first_on))
    kept_back = unconfirmed_law(case, step) or list_gate(case, ListedStep.COLLECTION_WARNING)
    if kept_back is not None:
        return kept_back
    fee, why = fee_of(NoticeKind.COLLECTION_WARNING, case, wished=step.fee)
    deadline = statute.suggested_deadline(case.today, step.deadline_days, case.calendar)
    said = len(case.sent(NoticeKind.COLLECTION_WARNING))
    notice = SendCollectionWarning(said + 1, deadline, fee, step.tone.value, step.channels, step.interest)
    return outward(case, notice, because("list_released"), because("warning_lawful", days=statute.deadline_days_min), why)


def _payment_demand(case: Case, step: PolicyStep) -> Answer | None:
    """The creditor's own, once a full deadline has been missed."""
    statute = case.rules.statute
    if not statute.creditor_may_demand:
        return None
    if case.days_overdue < step.after_days:
        return case.wait(_day_of(step, case), because("demand_later", days=step.after_days))
    if not full_deadline_missed(case.facts.notices, case.due_on, case.today, statute):
        return ask(Question.LADDER_ENDED, because("demand_needs_missed_deadline"))
    unconfirmed = unconfirmed_law(case, step)
    if unconfirmed is not None:
        return unconfirmed
    fee, why = fee_of(NoticeKind.PAYMENT_DEMAND, case, wished=step.fee)
    deadline = statute.suggested_deadline(case.today, step.deadline_days, case.calendar)
    said = len(case.sent(NoticeKind.PAYMENT_DEMAND))
    notice = SendPaymentDemand(said + 1, deadline, fee, step.tone.value, step.channels, step.interest)
    return outward(case, notice, because("demand_lawful", days=statute.deadline_days_min), why)


def _phone_call(case: Case, step: PolicyStep) -> Answer | None:
    """A person is asked to call, for so many days: then the ladder goes on without it."""
    sent = [
        case.waits_through(one) + DAY for one in case.facts.notices if one.kind is not NoticeKind.DUE_NOTICE and one.sent_on <= case.today
    ]
    begun = [] if case.facts.restarted_on is None else [case.facts.restarted_on]
    ripe_on = max([_day_of(step, case), *begun, *sent])
    if case.today < ripe_on:
        return case.wait(ripe_on, because("call_later", days=step.after_days))
    until_on = ripe_on + timedelta(days=step.deadline_days)
    if case.today > until_on:
        return None
    return unfit_book(case) or (AskPerson(Question.PHONE_CALL, again_on=until_on + DAY), (because("call_due", until_on=until_on),))


def _steps_left(case: Case) -> list[PolicyStep]:
    """Those after the last one that has been taken, whoever took it: what was jumped over is not made up for."""
    steps = [step for step in case.rules.steps if step.kind is not StepKind.DUE_NOTICE]
    taken = {
        StepKind.REMINDER: len(case.sent(NoticeKind.REMINDER)),
        StepKind.COLLECTION_WARNING: int(case.lawful_warning() is not None),
        StepKind.PAYMENT_DEMAND: int(case.lawful_demand() is not None),
        StepKind.PHONE_CALL: sum(1 for day in case.facts.called_on if case.due_on < day <= case.today),
    }
    seen: Counter[StepKind] = Counter()
    left_from = 0
    for place, step in enumerate(steps):
        seen[step.kind] += 1
        if seen[step.kind] <= taken[step.kind]:
            left_from = place + 1
    return steps[left_from:]


def _day_of(step: PolicyStep, case: Case) -> date:
    return case.due_on + timedelta(days=step.after_days)


_RUNGS: Mapping[StepKind, Callable[[Case, PolicyStep], Answer | None]] = {
    StepKind.REMINDER: _reminder,
    StepKind.COLLECTION_WARNING: _warning,
    StepKind.PAYMENT_DEMAND: _payment_demand,
    StepKind.PHONE_CALL: _phone_call,
}
