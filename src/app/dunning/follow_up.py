"""What a decision becomes for a company whose follow-up is switched off: explained, and nothing leaves the house. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from app.dunning.reasons import because
from app.dunning.steps import AskPerson, Decision, HandOver, Question, SendNotice, Wait

#: what is not done while the company's follow-up is off is looked at again every day: nobody need remember to ring when it is switched on
ASKED_AGAIN = timedelta(days=1)
NOT_FOLLOWED_UP = "company_not_active"


def kept_in(decision: Decision, on: date) -> Decision:
    """The decision itself, unless it would lead out of the house: then a wait until tomorrow."""
    if not _leads_out(decision):
        return decision
    return Decision(Wait(on + ASKED_AGAIN), (because(NOT_FOLLOWED_UP),), on + ASKED_AGAIN)


def _leads_out(decision: Decision) -> bool:
    listed = decision.awaits_list or any(reason.code == "on_list" for reason in decision.reasons)
    asked = decision.step if isinstance(decision.step, AskPerson) else None
    waits = asked is not None and (asked.about is not None or asked.question is Question.PHONE_CALL)
    return listed or waits or isinstance(decision.step, SendNotice | HandOver)
