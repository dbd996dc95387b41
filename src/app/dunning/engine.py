"""What is to be done with a claim today: facts and rules in, one step and its reasons out. Pure; same facts and same day, same answer.

The questions stand in `_QUESTIONS` in the order they are asked; the first one with an answer decides. Standing questions come first
(settled, insolvent, disputed, stopped), then what is not ripe yet, then the policy's ladder step by step, and the handover.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from app.dunning import arranging, ladder, standing
from app.dunning.case import ASK_AGAIN, Answer, Case
from app.dunning.facts import ClaimFacts
from app.dunning.policy import Rules
from app.dunning.reasons import because
from app.dunning.steps import AskPerson, Close, Decision, Wait
from app.values.calendar import Calendar


def decide(facts: ClaimFacts, rules: Rules, calendar: Calendar, today: date) -> Decision:
    """The one step for this claim on that day (Europe/Oslo). Pass `app.values.calendar` as the calendar."""
    case = Case.of(facts, rules, calendar, today)
    for question in _QUESTIONS:
        answer = question(case)
        if answer is not None:
            return _decision(answer, case)
    return _decision(ladder.ended(case), case)


def _decision(answer: Answer, case: Case) -> Decision:
    step, reasons = answer
    printed = case.facts.due_on
    if printed is not None and printed != case.due_on and not isinstance(step, Close):
        reasons = (*reasons, because("due_date_moved", printed_on=printed, due_on=case.due_on))
    if not isinstance(step, Close):
        reasons = (*reasons, *arranging.remarks(case), *standing.remarks(case))
    match step:
        case Wait(until):
            return Decision(step, reasons, until)
        case AskPerson(again_on=again_on):
            return Decision(step, reasons, again_on or case.today + ASK_AGAIN)
        case Close():
            return Decision(step, reasons, None)
        case _:
            return Decision(step, reasons, case.today)


_QUESTIONS: tuple[Callable[[Case], Answer | None], ...] = (
    standing.is_settled,
    standing.is_at_rest,
    standing.is_insolvent,
    standing.is_deceased,
    standing.is_minor,
    standing.needs_consideration,
    standing.is_disputed,
    standing.is_on_hold,
    standing.is_at_agency,
    standing.is_uncertain,
    standing.asks_for_due_date,
    standing.is_foreign,
    ladder.before_due,
    standing.is_not_due,
    standing.is_too_small,
    standing.is_extended,
    arranging.is_arranged,
    standing.is_inside_a_deadline,
    ladder.next_step,
    ladder.handover,
)
