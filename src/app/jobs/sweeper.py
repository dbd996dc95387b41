"""The sweeper of outward acts: gives back what a dead worker held, and rings again for what is due."""

from __future__ import annotations

import logging

from sqlalchemy import and_, func, or_, select

from app.db.unit_of_work import UnitOfWork
from app.jobs.effects import MAY_SEND, TRIES_MAX, Performer, Performers, intent_of, ring
from app.jobs.models import Effect

log = logging.getLogger(__name__)


def expire_leases(work: UnitOfWork, performers: Performers) -> int:
    """Acts whose worker died. Before the call nothing left the house: plan it again. After it nobody knows what the counterpart saw."""
    overdue = select(Effect).where(Effect.state == "sending", Effect.lease_until < func.clock_timestamp())
    lost = work.session.execute(overdue.with_for_update(skip_locked=True)).scalars().all()
    for row in lost:
        row.fence, row.lease_until, row.reason = row.fence + 1, None, "the worker stopped on the way"
        if row.called_at is not None:
            row.state = "unknown"
        elif row.attempts <= TRIES_MAX:
            row.state = "planned"
        else:
            row.state, row.settled_at = "review", work.now()
            _tell(work, performers[row.kind], row)
    return len(lost)


def ring_waiting(work: UnitOfWork, most: int = 500) -> int:
    """Ring again for acts that are due, so that a lost message costs minutes only."""
    due = work.session.execute(
        select(Effect.kind, Effect.id)
        .where(or_(Effect.state == "unknown", and_(Effect.state == "planned", MAY_SEND)), Effect.not_before <= work.now())
        .order_by(Effect.not_before)
        .limit(most)
    ).all()
    for kind, effect_id in due:
        ring(work, kind, effect_id)
    return len(due)


def _tell(work: UnitOfWork, performer: Performer, row: Effect) -> None:
    try:
        with work.session.begin_nested():
            performer.record(work, intent_of(row), row.state, None, row.reason)
    except Exception:
        # what stopped the worker may be this very record: the act must reach a person all the same
        log.exception("could not record that %s %s needs a person", row.kind, row.id)
