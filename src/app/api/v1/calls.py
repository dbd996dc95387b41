"""Phone calls that a policy's step asked for: what came of each."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Literal, cast

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody
from msgspec import Meta

from app.api.idempotency import Repeatable
from app.api.v1.words import Id, Note
from app.dunning import calls, queries
from app.dunning.arrangements import Term
from app.dunning.call_models import PhoneCall
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Claims"
CallOutcome = Literal["reached", "not_reached", "wrong_number", "promise", "dispute"]


class PromiseIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much is promised by when, in øre."""

    due_on: date
    amount_ore: Annotated[int, Meta(ge=1, le=10**12)]


class CallIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of a call. `not_reached` leaves the task open; a `promise` needs `promised`, a `dispute` needs a `note`."""

    outcome: CallOutcome
    note: Note = ""
    promised: PromiseIn | None = None


class CallOut(msgspec.Struct, frozen=True):
    """A call as it was noted."""

    id: uuid.UUID
    claim_id: uuid.UUID
    outcome: CallOutcome
    called_on: date
    note: str | None
    called_by: str
    called_at: datetime


@get("/claims/{claim_id:uuid}/calls", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listCalls", tags=[TAG])
def list_calls(work: Work, claim_id: Id) -> list[CallOut]:
    """Newest first."""
    return [_out(row) for row in queries.claim_detail(work, claim_id).calls]


@post(
    "/claims/{claim_id:uuid}/calls", status_code=201, sync_to_thread=True, guards=[requires(Permission.HOLD)], operation_id="recordCall",
    tags=[TAG],
)  # fmt: skip
def record_call(work: Work, idempotency: Repeatable, claim_id: Id, data: JSONBody[CallIn]) -> Response[CallOut]:
    """Note the call that is asked for now: the claim's first reason is then `call_due`. A promise and an objection are recorded with it."""
    promised = None if data.promised is None else Term(data.promised.due_on, data.promised.amount_ore)
    return idempotency.once(work, 201, lambda: _out(calls.record(work, claim_id, data.outcome, data.note, promised)))


def _out(row: PhoneCall) -> CallOut:
    return CallOut(
        row.id, row.claim_id, cast("CallOutcome", row.outcome), row.called_on, row.note, row.called_by, row.called_at
    )  # fmt: skip


HANDLERS = (list_calls, record_call)
