"""What an agreement about payment means for a claim: the next unpaid instalment decides, and one that is missed ends it. Pure."""

from __future__ import annotations

from app.dunning.case import DAY, Answer, Case
from app.dunning.facts import Arrangement, ArrangementKind, Instalment
from app.dunning.reasons import Reason, because

_WAITS = {
    ArrangementKind.PROMISE: "promised",
    ArrangementKind.EXTENSION: "extended",
    ArrangementKind.PLAN: "instalment_due",
}
_BROKEN = {
    ArrangementKind.PROMISE: "promise_broken",
    ArrangementKind.EXTENSION: "extension_over",
    ArrangementKind.PLAN: "instalment_missed",
}


def is_arranged(case: Case) -> Answer | None:
    """Wait through the next unpaid instalment's day and the grace after it; None without an agreement, or when it has been broken."""
    found = case.facts.arrangement
    if found is None or found.ended:
        return None
    due = next_unpaid(found, case.facts.remaining_ore)
    if due is None:
        return None
    through = case.rules.statute.waits_through(due.due_on, case.rules.grace_business_days, case.calendar)
    if case.today > through:
        return None
    return case.wait(through + DAY, because(_WAITS[found.kind], until_on=due.due_on, amount_ore=due.amount_ore, through_on=through))


def remarks(case: Case) -> tuple[Reason, ...]:
    """Why the follow-up goes on although something was agreed: which day was not kept."""
    missed = missed_in(case)
    if missed is None or case.facts.arrangement is None:
        return ()
    return (because(_BROKEN[case.facts.arrangement.kind], until_on=missed.due_on, amount_ore=missed.amount_ore),)


def missed_in(case: Case) -> Instalment | None:
    """The instalment whose day and grace have passed unpaid."""
    found = case.facts.arrangement
    if found is None:
        return None
    if found.ended:
        return found.missed
    due = next_unpaid(found, case.facts.remaining_ore)
    if due is None:
        return None
    through = case.rules.statute.waits_through(due.due_on, case.rules.grace_business_days, case.calendar)
    return due if case.today > through else None


def next_unpaid(arrangement: Arrangement, remaining_ore: int) -> Instalment | None:
    """What has come in since the agreement goes to its instalments in their order; the first that is not covered whole."""
    paid = arrangement.agreed_ore - remaining_ore
    wanted = 0
    for one in arrangement.instalments:
        wanted += one.amount_ore
        if paid < wanted:
            return one
    return None
