"""Doing one outward act: claim, re-read the facts, check the lease, call with no transaction open, write down what came of it."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, text, update

from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.jobs.effects import (
    DECIDED_ANEW,
    LEASE_FACTOR,
    MAY_SEND,
    RETRY_AFTER,
    RETRY_RARELY_AFTER,
    SETTLE_AFTER_SECONDS,
    TRIES_MAX,
    Counterpart,
    Intent,
    Later,
    Performer,
    Performers,
    Sent,
    Stop,
    intent_of,
    ring,
)
from app.jobs.models import Effect
from app.net.errors import BrokenError, RefusedError, TryLaterError, UnknownOutcomeError

log = logging.getLogger(__name__)


def perform(
    begin: Begin,
    performers: Performers,
    bureau_id: uuid.UUID,
    effect_id: uuid.UUID,
    *,
    pause: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> str:
    """Do one act, or find out what became of it. Returns the state it ended in; idempotent by state.

    `monotonic` is the worker's own sense of time, in seconds: what it says after a long sleep is what stops a call whose lease is over.
    """
    scope = BureauScope(bureau_id)
    with begin(scope) as work:
        _doubt_after_restore(work, performers, effect_id)
        state = work.session.execute(select(Effect.state).where(Effect.id == effect_id)).scalar_one_or_none()
    if state == "unknown":
        return _reconcile(begin, performers, scope, effect_id, pause)
    if state == "planned":
        return _attempt(begin, performers, scope, effect_id, monotonic)
    return state or "gone"


def _doubt_after_restore(work: UnitOfWork, performers: Performers, effect_id: uuid.UUID) -> None:
    """What is decided soon after a restore may have been done before it: it begins as an unknown where the counterpart can tell."""
    can_tell = [kind for kind, performer in performers.items() if performer.counterpart is not Counterpart.NEITHER]
    work.session.execute(
        update(Effect)
        .where(
            Effect.id == effect_id, Effect.state == "planned", Effect.attempts == 0, Effect.kind.in_(can_tell), Effect.called_at.is_(None)
        )
        .where(DECIDED_ANEW)
        .values(state="unknown", attempts=1, called_at=Effect.planned_at)
    )


def _attempt(begin: Begin, performers: Performers, scope: BureauScope, effect_id: uuid.UUID, monotonic: Callable[[], float]) -> str:
    begun = monotonic()
    claimed = _claim(begin, performers, scope, effect_id)
    if claimed is None:
        return "taken"
    intent, fence, lease_seconds = claimed
    performer = performers[intent.kind]
    try:
        performer.refresh(begin, intent)
    except (TryLaterError, UnknownOutcomeError) as fault:
        return _put_back(begin, scope, intent, fence, str(fault), getattr(fault, "after", None) or RETRY_AFTER)
    except (RefusedError, BrokenError) as fault:
        # fail closed: what cannot be re-read is not acted on, and a person is told
        return _settle(begin, performer, scope, intent, fence, "review", None, f"could not re-read the facts: {fault}")
    with begin(scope) as work:
        verdict = performer.preflight(work, intent)
    if isinstance(verdict, Stop) and intent.called_at is not None:
        # an earlier call was never answered: whether there is something to call back, only a person can find out
        return _settle(begin, performer, scope, intent, fence, "review", None, f"it may have been done already, and now: {verdict.reason}")
    if isinstance(verdict, Stop):
        return _settle(begin, performer, scope, intent, fence, "cancelled", None, verdict.reason)
    if isinstance(verdict, Later):
        return _put_back(begin, scope, intent, fence, verdict.reason, verdict.after, tried=False)
    return _call(
        begin, performer, scope, intent, fence, verdict.package, lambda: monotonic() > begun + lease_seconds - performer.call_seconds
    )


def _call(
    begin: Begin, performer: Performer, scope: BureauScope, intent: Intent, fence: int, package: Any, too_late: Callable[[], bool]
) -> str:
    if not _mark_called(begin, scope, intent, fence):
        return "taken"
    if too_late():
        # a worker that slept past its lease must not send after its successor
        return _put_back(begin, scope, intent, fence, "the lease ran out before the call", timedelta(0), tried=False)
    try:
        sent = performer.call(intent, package)
    except RefusedError as fault:
        return _settle(begin, performer, scope, intent, fence, "refused", None, str(fault))
    except TryLaterError as fault:
        return _put_back(begin, scope, intent, fence, str(fault), fault.after or RETRY_AFTER)
    except Exception as fault:
        log.warning("outcome of %s %s unknown: %s", intent.kind, intent.id, type(fault).__name__)
        return _settle(begin, performer, scope, intent, fence, "unknown", None, f"{type(fault).__name__}: {fault}"[:500])
    return _settle(begin, performer, scope, intent, fence, "sent", sent, None)


def _claim(begin: Begin, performers: Performers, scope: BureauScope, effect_id: uuid.UUID) -> tuple[Intent, int, float] | None:
    with begin(scope) as work:
        row = work.session.execute(
            select(Effect)
            .where(Effect.id == effect_id, Effect.state == "planned", Effect.not_before <= work.now(), MAY_SEND)
            .with_for_update(skip_locked=True)
        ).scalar_one_or_none()
        if row is None:
            return None
        lease_seconds = LEASE_FACTOR * performers[row.kind].call_seconds
        row.state, row.fence, row.attempts = "sending", row.fence + 1, row.attempts + 1
        row.lease_until = work.session.scalar(
            text("select clock_timestamp() + make_interval(secs => :seconds)"), {"seconds": lease_seconds}
        )
        return intent_of(row), row.fence, lease_seconds


def _mark_called(begin: Begin, scope: BureauScope, intent: Intent, fence: int) -> bool:
    with begin(scope) as work:
        held = work.session.execute(
            update(Effect)
            .where(Effect.id == intent.id, Effect.fence == fence, Effect.state == "sending", MAY_SEND)
            .where(Effect.lease_until > func.clock_timestamp())
            .values(called_at=work.now())
            .returning(Effect.id)
        )
        return held.scalar_one_or_none() is not None


def _put_back(begin: Begin, scope: BureauScope, intent: Intent, fence: int, reason: str, after: timedelta, *, tried: bool = True) -> str:
    """Plan it again. `called_at` goes back to what it was: set only while an *earlier* call may have been heard."""
    with begin(scope) as work:
        row = _held(work, intent, fence)
        if row is None:
            return "taken"
        if not tried:
            row.attempts -= 1
        elif row.attempts >= TRIES_MAX:
            after = max(after, RETRY_RARELY_AFTER)
        row.state, row.reason, row.lease_until, row.not_before = "planned", reason, None, work.now() + after
        row.called_at = intent.called_at
    return "planned"


def _settle(
    begin: Begin, performer: Performer, scope: BureauScope, intent: Intent, fence: int, state: str, sent: Sent | None, reason: str | None
) -> str:
    with begin(scope) as work:
        row = _held(work, intent, fence)
        if row is None:
            log.warning("%s %s was taken over while we acted; leaving the outcome to its reconciliation", intent.kind, intent.id)
            return "taken"
        if state == "unknown" and performer.counterpart is Counterpart.NEITHER:
            state = "review"
        row.state, row.reason, row.lease_until = state, reason, None
        row.settled_at = None if state == "unknown" else work.now()
        row.not_before = work.now()
        if sent is not None:
            row.peer_ref, row.evidence = sent.peer_ref, sent.evidence
        performer.record(work, intent, state, sent, reason)
        if state == "unknown":
            ring(work, intent.kind, intent.id)
    return state


def _reconcile(begin: Begin, performers: Performers, scope: BureauScope, effect_id: uuid.UUID, pause: Callable[[float], None]) -> str:
    with begin(scope) as work:
        row = work.session.execute(
            select(Effect).where(Effect.id == effect_id, Effect.state == "unknown").with_for_update(skip_locked=True)
        ).scalar_one_or_none()
        if row is None:
            return "taken"
        performer = performers[row.kind]
        lease_seconds = LEASE_FACTOR * performer.call_seconds
        row.fence, row.state = row.fence + 1, "sending"
        row.lease_until = work.session.scalar(
            text("select clock_timestamp() + make_interval(secs => :seconds)"), {"seconds": lease_seconds}
        )
        intent, fence, tries = intent_of(row), row.fence, row.attempts
    if performer.counterpart is Counterpart.NEITHER:
        return _settle(
            begin, performer, scope, intent, fence, "review", None, "it cannot be told whether this was sent; a person must decide"
        )
    if performer.counterpart is Counterpart.KEYED and tries > TRIES_MAX:
        return _settle(begin, performer, scope, intent, fence, "review", None, f"no answer after {tries} tries; a person must ask")
    if performer.counterpart is Counterpart.KEYED:
        return _put_back(begin, scope, intent, fence, "asking again with the same key", timedelta(0), tried=True)
    pause(SETTLE_AFTER_SECONDS)
    try:
        found = performer.look_up(intent, begin)
    except Exception as fault:
        return _still_unknown(begin, performer, scope, intent, fence, f"the look-up failed: {fault}"[:500])
    if isinstance(found, Sent):
        return _settle(begin, performer, scope, intent, fence, "sent", found, "found at the counterpart")
    never = replace(intent, called_at=None)
    return _put_back(begin, scope, never, fence, "not found at the counterpart; trying again", timedelta(0))


def _still_unknown(begin: Begin, performer: Performer, scope: BureauScope, intent: Intent, fence: int, reason: str) -> str:
    with begin(scope) as work:
        row = _held(work, intent, fence)
        if row is None:
            return "taken"
        row.attempts += 1
        row.state = "review" if row.attempts > TRIES_MAX else "unknown"
        row.reason, row.lease_until, row.not_before = reason, None, work.now() + RETRY_AFTER
        if row.state == "review":
            row.settled_at = work.now()
            performer.record(work, intent, "review", None, reason)
        return row.state


def _held(work: UnitOfWork, intent: Intent, fence: int) -> Effect | None:
    return work.session.execute(
        select(Effect).where(Effect.id == intent.id, Effect.fence == fence, Effect.state == "sending").with_for_update()
    ).scalar_one_or_none()
