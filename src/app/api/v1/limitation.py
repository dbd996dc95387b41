"""Limitation: when a claim is barred, what has moved that day, and the claims that are barred soon."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Literal, cast

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody

from app.api.idempotency import Repeatable
from app.api.v1.words import Id, OfCompany, Ore, ReasonOut, Words, reason_of
from app.dunning import limitation_events
from app.dunning.models import LimitationEvent
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Limitation"
Kind = Literal["acknowledgement", "part_payment", "legal_step", "insolvency_filing", "judgment", "ended_undecided", "extension"]


class LimitationEventIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happened, and where it is written. `until_on` goes with an extension in writing only (foreldelsesloven § 28)."""

    kind: Kind
    on: date
    evidence: Words
    until_on: date | None = None


class LimitationEventOut(msgspec.Struct, frozen=True):
    """Something that interrupts or prolongs the limitation of a claim, as a person has recorded it."""

    id: uuid.UUID
    claim_id: uuid.UUID
    kind: Kind
    on: date
    until_on: date | None
    evidence: str
    recorded_by: str
    recorded_at: datetime


class LimitationOut(msgspec.Struct, frozen=True):
    """The claim is barred after `last_day`; null as long as a step is `pending`, or where it is not known. Reminders interrupt nothing."""

    claim_id: uuid.UUID
    last_day: date | None
    pending: bool
    reasons: list[ReasonOut]
    events: list[LimitationEventOut]


class SoonBarredOut(msgspec.Struct, frozen=True):
    """An active claim that is barred soon or already, or whose step waits for an outcome."""

    claim_id: uuid.UUID
    company_id: uuid.UUID
    invoice: str
    debtor_name: str
    due_on: date | None
    remaining_ore: Ore
    last_day: date | None
    pending: bool


@get("/limitation-radar", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listSoonBarred", tags=[TAG])
def list_soon_barred(work: Work, company_id: OfCompany = None) -> list[SoonBarredOut]:
    """Claims barred within six months, the first to go first; at most 500."""
    return [
        SoonBarredOut(
            one.claim_id, one.company_id, one.invoice, one.debtor, one.due_on, one.remaining_ore, one.limitation.last_day,
            one.limitation.pending,
        )
        for one in limitation_events.radar(work, company_id)
    ]  # fmt: skip


@get(
    "/claims/{claim_id:uuid}/limitation", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getLimitation", tags=[TAG]
)
def get_limitation(work: Work, claim_id: Id) -> LimitationOut:
    """When the claim is barred, and what has moved that day."""
    found = limitation_events.limitation_of(work, claim_id)
    events = [_event_of(row) for row in limitation_events.events(work, claim_id)]
    return LimitationOut(claim_id, found.last_day, found.pending, [reason_of(one) for one in found.reasons], events)


@post(
    "/claims/{claim_id:uuid}/limitation-events", status_code=201, sync_to_thread=True, guards=[requires(Permission.HOLD)],
    operation_id="recordLimitationEvent", tags=[TAG],
)  # fmt: skip
def record_limitation_event(
    work: Work, idempotency: Repeatable, claim_id: Id, data: JSONBody[LimitationEventIn]
) -> Response[LimitationEventOut]:
    """Record what interrupts or prolongs the limitation of the claim."""

    def record() -> LimitationEventOut:
        return _event_of(limitation_events.record(work, claim_id, data.kind, data.on, data.evidence, data.until_on))

    return idempotency.once(work, 201, record)


@delete(
    "/claims/{claim_id:uuid}/limitation-events/{event_id:uuid}", sync_to_thread=True, guards=[requires(Permission.HOLD)],
    operation_id="withdrawLimitationEvent", tags=[TAG],
)  # fmt: skip
def withdraw_limitation_event(work: Work, claim_id: Id, event_id: FromPath[uuid.UUID]) -> None:
    """It was a mistake. Withdrawing it twice is no fault."""
    limitation_events.withdraw(work, claim_id, event_id)


def _event_of(row: LimitationEvent) -> LimitationEventOut:
    return LimitationEventOut(
        row.id, row.claim_id, cast("Kind", row.kind), row.on, row.until_on, row.evidence, row.recorded_by, row.recorded_at
    )


HANDLERS = (list_soon_barred, get_limitation, record_limitation_event, withdraw_limitation_event)
