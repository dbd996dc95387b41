"""A person's stop on a claim, and the debtor's objection: each a thing of its own under the claim."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Literal, cast

import msgspec
from litestar import delete, put
from litestar.params import JSONBody

from app.api.problems import invalid
from app.api.v1.words import Id, Words
from app.dunning import holds
from app.dunning.models import Dispute, Hold
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Holds and disputes"
UNTIL_MAX = date(2099, 12, 31)
DisputeDecision = Literal["upheld", "rejected"]


class HoldIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the claim is stopped, and through which day; null or left out: until lifted."""

    reason: Words
    until: date | None = None


class HoldOut(msgspec.Struct, frozen=True):
    """A stop (stans). Nothing is sent for the claim through `until`, or until it is lifted."""

    claim_id: uuid.UUID
    reason: str
    until: date | None
    placed_by: str
    placed_at: datetime


class DisputeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the debtor objects to."""

    text: Words


class DisputeDecisionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`upheld`: the debtor is right and the claim stays stopped; `rejected`: it goes on. Always with a reason.

    `obviously_groundless` goes with `rejected`: under inkassoloven 2026 § 18 any other objection ends all costs.
    """

    decision: DisputeDecision
    text: Words
    obviously_groundless: bool = False


class DisputeOut(msgspec.Struct, frozen=True):
    """An objection (innsigelse, inkassoloven § 17), and what was decided about it, if anything yet."""

    claim_id: uuid.UUID
    text: str
    raised_by: str
    raised_at: datetime
    decision: DisputeDecision | None
    decision_text: str | None
    obviously_groundless: bool
    decided_by: str | None
    decided_at: datetime | None


@put("/claims/{claim_id:uuid}/hold", sync_to_thread=True, guards=[requires(Permission.HOLD)], operation_id="placeHold", tags=[TAG])
def place_hold(work: Work, claim_id: Id, data: JSONBody[HoldIn]) -> HoldOut:
    """Stop the claim. A claim already stopped gets the new reason and last day."""
    if data.until is not None and data.until > UNTIL_MAX:
        raise invalid("until", f"must be {UNTIL_MAX.isoformat()} or earlier")
    return hold_of(holds.place(work, claim_id, data.reason, data.until), claim_id)


@delete("/claims/{claim_id:uuid}/hold", sync_to_thread=True, guards=[requires(Permission.HOLD)], operation_id="liftHold", tags=[TAG])
def lift_hold(work: Work, claim_id: Id) -> None:
    """Let the claim go on. Lifting a stop that is not there is no fault."""
    holds.lift(work, claim_id)


@put("/claims/{claim_id:uuid}/dispute", sync_to_thread=True, guards=[requires(Permission.HOLD)], operation_id="raiseDispute", tags=[TAG])
def raise_dispute(work: Work, claim_id: Id, data: JSONBody[DisputeIn]) -> DisputeOut:
    """Record the debtor's objection: nothing more is sent or charged until somebody has decided. One at a time."""
    return dispute_of(holds.object_to(work, claim_id, data.text))


@put(
    "/claims/{claim_id:uuid}/dispute/decision", sync_to_thread=True, guards=[requires(Permission.HOLD)], operation_id="decideDispute",
    tags=[TAG],
)  # fmt: skip
def decide_dispute(work: Work, claim_id: Id, data: JSONBody[DisputeDecisionIn]) -> DisputeOut:
    """Decide about the open objection."""
    return dispute_of(holds.decide_dispute(work, claim_id, data.decision, data.text, obviously_groundless=data.obviously_groundless))


def hold_of(row: Hold, claim_id: uuid.UUID) -> HoldOut:
    return HoldOut(claim_id, row.reason, row.until, row.placed_by, row.placed_at)


def dispute_of(row: Dispute) -> DisputeOut:
    return DisputeOut(
        row.claim_id, row.text_, row.raised_by, row.raised_at, cast("DisputeDecision | None", row.decision), row.decision_text,
        row.obviously_groundless, row.decided_by, row.decided_at,
    )  # fmt: skip


HANDLERS = (place_hold, lift_hold, raise_dispute, decide_dispute)
