"""The ledger of outward acts: mail, letter, agency case, ledger posting, paid credit check. Nothing leaves the house any other way.

    planned -> sending -> sent | refused | unknown -> (reconcile) -> sent | planned | review      (and cancelled)

The row is unique per business fact, written in the transaction that decided it. Performing claims it with a fence and a lease,
re-reads the facts (paid? disputed? held? ledger fresh?), checks that the lease still holds right before the call, and calls with no
transaction open. A timeout is *unknown*, never a failure. How an unknown ends depends on the counterpart: one that honours our key
(K) is asked again with the same key, one that can be looked up (L) is looked up, one that can do neither (N: SMTP) goes to a person.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.db.unit_of_work import Begin, UnitOfWork
from app.jobs.models import Effect

TRIES_MAX = 8
#: what an act's id is made from, so that the same fact has the same id in every copy of the database
ACTS = uuid.UUID("5d1f6a0e-6a39-5c0b-9e0f-2f6f0c6d7a41")
#: a lease lasts this many times the call it covers, so that a slow but living worker keeps it
LEASE_FACTOR = 10
RETRY_AFTER = timedelta(seconds=30)
RETRY_RARELY_AFTER = timedelta(hours=1)
SETTLE_AFTER_SECONDS = 5.0
#: a bureau can stop everything it would send; after a restore all of them are stopped until somebody has looked
MAY_SEND = text("not exists (select 1 from bureaus where bureaus.id = effects.bureau_id and bureaus.sending_stopped_reason is not null)")
#: what a restore has forgotten is decided anew within a month of it
DECIDED_ANEW = text(
    "exists (select 1 from bureaus where bureaus.id = effects.bureau_id"
    " and effects.planned_at between bureaus.restored_at and bureaus.restored_at + interval '30 days')"
)


class Counterpart(StrEnum):
    """What the other side can do about repetition."""

    KEYED = "K"
    LOOKED_UP = "L"
    NEITHER = "N"


@dataclass(frozen=True, slots=True)
class Go:
    """Pre-flight passed: send this. `package` is whatever the performer's call needs."""

    package: Any


@dataclass(frozen=True, slots=True)
class Stop:
    """Pre-flight failed for good: the act is cancelled with a reason a person can read."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: a hold on sending, facts not fresh, outside contact hours."""

    reason: str
    after: timedelta = RETRY_AFTER


@dataclass(frozen=True, slots=True)
class Sent:
    peer_ref: str
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotThere:
    """A look-up found nothing: certainly not done."""


@dataclass(frozen=True, slots=True)
class Intent:
    """The effect as performers see it."""

    bureau_id: uuid.UUID
    id: uuid.UUID
    company_id: uuid.UUID
    kind: str
    business_key: str
    payload: dict[str, Any]
    planned_at: datetime
    called_at: datetime | None


class Performer(Protocol):
    """How one kind of act is done. `refresh` and `call` talk to the outside and hold no transaction; the others hold one and do not."""

    counterpart: Counterpart
    call_seconds: int

    def refresh(self, begin: Begin, intent: Intent) -> None: ...

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later: ...

    def call(self, intent: Intent, package: Any) -> Sent: ...

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere: ...

    def record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None: ...


class Performers(dict[str, Performer]):
    """Kind -> performer, filled by `wiring` and handed to the job that performs."""


def plan(
    work: UnitOfWork, kind: str, business_key: str, company_id: uuid.UUID, payload: dict[str, Any], *, not_before: datetime | None = None
) -> uuid.UUID | None:
    """Decide an act once. The same business fact again is the same act: returns None and changes nothing.

    Its id, our key outwards, is made from the fact: planned before and after a restore, it is one act to a counterpart that honours keys.

    Raises `ValueError` if the same fact comes with another content: two different letters cannot be one.
    """
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True, default=str).encode()).digest()
    row = insert(Effect).values(
        bureau_id=work.bureau_id, id=act_id(work, kind, business_key), company_id=company_id, kind=kind, business_key=business_key,
        payload=payload, payload_hash=digest, state="planned", not_before=not_before or work.now(), planned_at=work.now(), fence=0,
        attempts=0,
    )  # fmt: skip
    made = work.session.execute(row.on_conflict_do_nothing().returning(Effect.id)).scalar_one_or_none()
    if made is not None:
        ring(work, kind, made)
        return made
    known = work.session.execute(select(Effect.payload_hash).where(Effect.kind == kind, Effect.business_key == business_key)).scalar_one()
    if known != digest:
        raise ValueError(f"the act {kind} {business_key} was planned before with another content")
    return None


def act_id(work: UnitOfWork, kind: str, business_key: str) -> uuid.UUID:
    """The id of the act that this fact is."""
    return uuid.uuid5(ACTS, f"{work.bureau_id}:{kind}:{business_key}")


def cancel(work: UnitOfWork, kind: str, business_key: str, reason: str) -> bool:
    """Call back an act that has not begun. False: too late, it is being done or done, or an earlier call may have been heard."""
    gone = work.session.execute(
        update(Effect)
        .where(Effect.kind == kind, Effect.business_key == business_key, Effect.state == "planned", Effect.called_at.is_(None))
        .values(state="cancelled", reason=reason, settled_at=work.now())
        .returning(Effect.id)
    )
    return gone.scalar_one_or_none() is not None


def ring(work: UnitOfWork, kind: str, effect_id: uuid.UUID) -> None:
    """The doorbell of an act, on the queue of its room: `messaging.mail` rings `effects.perform_messaging`."""
    work.enqueue(f"effects.perform_{kind.split('.', 1)[0]}", bureau_id=str(work.bureau_id), effect_id=str(effect_id))


def intent_of(row: Effect) -> Intent:
    """The row as performers see it."""
    return Intent(row.bureau_id, row.id, row.company_id, row.kind, row.business_key, dict(row.payload), row.planned_at, row.called_at)
