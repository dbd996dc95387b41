"""When a claim is barred (foreldelse), and what has moved that day. Pure.

Three years (foreldelsesloven § 2) from the day the creditor could first demand payment (§ 3 nr. 1): the agreed due date, else delivery. The
last day is the one with the same number; on a Saturday, Sunday or holiday it is the next business day (§ 29). Reminders, warnings and
payment demands interrupt nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.dunning.reasons import Reason, because
from app.values.calendar import add_months, next_business_day

_YEARS_3 = 36
_YEARS_10 = 120


class EventKind(StrEnum):
    """Acknowledgement and part payment that acknowledges (§ 14), a legal step (§§ 15, 17), a filing in insolvency (§ 18), a judgment or
    distraint (§ 21), a step that ended without a decision, a written extension (§ 28)."""

    ACKNOWLEDGEMENT = "acknowledgement"
    PART_PAYMENT = "part_payment"
    LEGAL_STEP = "legal_step"
    INSOLVENCY_FILING = "insolvency_filing"
    JUDGMENT = "judgment"
    ENDED_UNDECIDED = "ended_undecided"
    EXTENSION = "extension"


#: these give three new years from the day (§ 20); those hold the limitation while the step lasts
RENEWING = (EventKind.ACKNOWLEDGEMENT, EventKind.PART_PAYMENT)
PENDING = (EventKind.LEGAL_STEP, EventKind.INSOLVENCY_FILING)


@dataclass(frozen=True, slots=True)
class Event:
    """`until_on` goes with an extension only: the day agreed in writing."""

    kind: EventKind
    on: date
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class LimitationFacts:
    """What the limitation of one claim rests on. `delivered_on` counts where no due date was agreed."""

    due_on: date | None
    due_date_agreed: bool = True
    delivered_on: date | None = None
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Limitation:
    """`last_day`: the claim is barred after it; None when that is not known, or as long as a step is `pending`. Reasons, oldest first."""

    last_day: date | None
    pending: bool
    reasons: tuple[Reason, ...]

    def is_barred(self, on: date) -> bool:
        return self.last_day is not None and on > self.last_day


def limitation(facts: LimitationFacts) -> Limitation:
    """The last day, with everything that moved it. An event after the claim was barred moves nothing, and says so."""
    start = facts.due_on if facts.due_date_agreed else facts.delivered_on
    if start is None:
        return Limitation(None, pending=False, reasons=(because("limitation_unknown"),))
    code = "limitation_from_due_date" if facts.due_date_agreed else "limitation_from_delivery"
    reasons = [because(code, start_on=start)]
    ordinary = last = next_business_day(add_months(start, _YEARS_3))
    before = last
    pending = False
    for event in sorted(facts.events, key=lambda one: one.on):
        if not pending and event.on > last:
            reasons.append(because("limitation_too_late", happened_on=event.on, last_on=last))
            continue
        was_pending, pending = pending, event.kind in PENDING or (pending and event.kind in RENEWING)
        if event.kind in PENDING and not was_pending:
            before = last
        last = _moved(event, last, before, ordinary)
        reasons.append(_told(event, last))
    return Limitation(None if pending else last, pending, tuple(reasons))


def _moved(event: Event, last: date, before: date, ordinary: date) -> date:
    match event.kind:
        case EventKind.ACKNOWLEDGEMENT | EventKind.PART_PAYMENT:
            return max(last, next_business_day(add_months(event.on, _YEARS_3)))
        case EventKind.JUDGMENT:
            return next_business_day(add_months(event.on, _YEARS_10))
        case EventKind.EXTENSION:
            lawful = min(add_months(last, _YEARS_3), add_months(ordinary, _YEARS_10))
            return max(last, min(event.until_on or last, lawful))
        case EventKind.ENDED_UNDECIDED:
            # what the act gives after that (§ 22) is for a lawyer to say: as if it had never been interrupted
            return before
        case EventKind.LEGAL_STEP | EventKind.INSOLVENCY_FILING:
            return last


def _told(event: Event, last: date) -> Reason:
    if event.kind in PENDING:
        return because(f"limitation_{event.kind.value}", happened_on=event.on)
    return because(f"limitation_{event.kind.value}", happened_on=event.on, last_on=last)


def events_that_can_be(kind: EventKind, on: date, until_on: date | None, today: date, known: Sequence[Event]) -> str | None:
    """What is wrong with an event about to be recorded (an English message id), or None."""
    if on > today:
        return N_("It cannot have happened after today.")
    if (kind is EventKind.EXTENSION) != (until_on is not None):
        return N_("A written extension needs its last day, and nothing else has one.")
    if until_on is not None and not on < until_on <= add_months(on, _YEARS_10):
        return N_("The extension must end after the day it was signed, and within ten years (§ 28).")
    if kind in (EventKind.JUDGMENT, EventKind.ENDED_UNDECIDED) and not any(one.kind in PENDING and one.on <= on for one in known):
        return N_("Record the legal step or the filing first: this is how one ends.")
    return None


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid
