"""Recording what interrupts the limitation of a claim, and the radar: claims that are soon barred, across a bureau."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from app.db.unit_of_work import UnitOfWork
from app.dunning import limitation as law
from app.dunning.holds import HoldError
from app.dunning.limitation import Event, EventKind, Limitation, LimitationFacts
from app.dunning.models import Claim, LimitationEvent
from app.receivables.models import Debtor, OpenItem
from app.tenants import audit
from app.tenants.models import Company
from app.values.calendar import add_months
from app.values.ids import new_id

#: the radar looks so far ahead, and shows no more than this many claims
MONTHS_AHEAD = 6
ROWS_MAX = 500
EVIDENCE_MAX = 500
_FIRST_YEARS = 36


class LimitationError(HoldError):
    """What cannot be recorded of a limitation. `field` names what to change; the text is an English message id."""


@dataclass(frozen=True, slots=True)
class RadarLine:
    """A claim that is soon barred, or that waits for the outcome of a step. Øre."""

    claim_id: uuid.UUID
    company_id: uuid.UUID
    company: str
    invoice: str
    debtor: str
    remaining_ore: int
    due_on: date | None
    limitation: Limitation


def record(work: UnitOfWork, claim_id: uuid.UUID, kind: str, on: date, evidence: str, until_on: date | None = None) -> LimitationEvent:
    """Somebody has seen that it happened, and says where it is written. Audited."""
    claim = _claim(work, claim_id)
    try:
        what = EventKind(kind)
    except ValueError:
        raise LimitationError("kind", N_("Choose what has happened.")) from None
    if not evidence.strip():
        raise LimitationError("evidence", N_("Say where it is written: the letter, the payment, the court's number."))
    problem = law.events_that_can_be(what, on, until_on, work.today(), [_event(row) for row in events(work, claim_id)])
    if problem is not None:
        raise LimitationError("until_on" if what is EventKind.EXTENSION and on <= work.today() else "on", problem)
    row = LimitationEvent(
        bureau_id=claim.bureau_id, id=new_id(), company_id=claim.company_id, claim_id=claim.id, kind=what.value, on=on, until_on=until_on,
        evidence=" ".join(evidence.split())[:EVIDENCE_MAX], recorded_by=work.actor.name, recorded_at=work.now(),
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    audit.record(work, "limitation.recorded", "claim", claim.id, company_id=claim.company_id, kind=what.value, on=on)
    return row


def withdraw(work: UnitOfWork, claim_id: uuid.UUID, event_id: uuid.UUID) -> bool:
    """It was a mistake. False: it was withdrawn already. LookupError when the claim has no such event."""
    claim = _claim(work, claim_id)
    row = work.session.execute(
        select(LimitationEvent).where(LimitationEvent.id == event_id, LimitationEvent.claim_id == claim_id).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise LookupError("no such event")
    if row.withdrawn_at is not None:
        return False
    row.withdrawn_by, row.withdrawn_at = work.actor.name, work.now()
    audit.record(work, "limitation.withdrawn", "claim", claim.id, company_id=claim.company_id, kind=row.kind, on=row.on)
    return True


def events(work: UnitOfWork, claim_id: uuid.UUID, *, withdrawn: bool = False) -> list[LimitationEvent]:
    query = select(LimitationEvent).where(LimitationEvent.claim_id == claim_id).order_by(LimitationEvent.on, LimitationEvent.id)
    return list(work.session.execute(query if withdrawn else query.where(LimitationEvent.withdrawn_at.is_(None))).scalars())


def limitation_of(work: UnitOfWork, claim_id: uuid.UUID) -> Limitation:
    """LookupError for a claim that is not here."""
    claim = _claim(work, claim_id)
    due_on = work.session.execute(select(OpenItem.due_on).where(OpenItem.id == claim.open_item_id)).scalar_one()
    return law.limitation(LimitationFacts(due_on, events=tuple(_event(row) for row in events(work, claim_id))))


def radar(work: UnitOfWork, company_id: uuid.UUID | None = None, months: int = MONTHS_AHEAD) -> list[RadarLine]:
    """Active claims barred within so many months or already, and those whose step waits for an outcome; the first to go first.

    Three queries, whatever the size of the book: only old claims, and those with an event, can be concerned.
    """
    horizon = add_months(work.today(), months)
    with_event = select(LimitationEvent.claim_id).where(LimitationEvent.withdrawn_at.is_(None))
    old = OpenItem.due_on <= add_months(horizon, -_FIRST_YEARS)
    query = (
        select(Claim, OpenItem, Debtor.name, Company.name)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .join(Debtor, Debtor.id == Claim.debtor_id)
        .join(Company, Company.id == Claim.company_id)
        .where(Claim.state == "active", or_(old, Claim.id.in_(with_event)))
        .order_by(OpenItem.due_on, Claim.id)
    )
    if company_id is not None:
        query = query.where(Claim.company_id == company_id)
    rows = work.session.execute(query).all()
    known = _events_of(work, [claim.id for claim, *_ in rows])
    lines = [
        RadarLine(
            claim.id, claim.company_id, company, item.document_number or item.external_id, debtor, item.remaining_ore, item.due_on,
            law.limitation(LimitationFacts(item.due_on, events=tuple(known[claim.id]))),
        )
        for claim, item, debtor, company in rows
    ]  # fmt: skip
    soon = [one for one in lines if one.limitation.pending or (one.limitation.last_day is not None and one.limitation.last_day <= horizon)]
    return sorted(soon, key=lambda one: (one.limitation.last_day or date.max, str(one.claim_id)))[:ROWS_MAX]


def _events_of(work: UnitOfWork, ids: list[uuid.UUID]) -> dict[uuid.UUID, list[Event]]:
    found: dict[uuid.UUID, list[Event]] = defaultdict(list)
    rows = select(LimitationEvent).where(LimitationEvent.claim_id.in_(ids), LimitationEvent.withdrawn_at.is_(None))
    for row in work.session.execute(rows).scalars():
        found[row.claim_id].append(_event(row))
    return found


def _event(row: LimitationEvent) -> Event:
    return Event(EventKind(row.kind), row.on, row.until_on)


def _claim(work: UnitOfWork, claim_id: uuid.UUID) -> Claim:
    claim = work.session.execute(select(Claim).where(Claim.id == claim_id)).scalar_one_or_none()
    if claim is None:
        raise LookupError("no such claim")
    return claim


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid
