"""A debtor's circumstances: what stops or softens the follow-up of everything he owes a company, and what is decided about it."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Literal, cast

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody

from app.api.idempotency import Repeatable
from app.api.v1.words import Id, Note, Words
from app.dunning import circumstances, recording_circumstances
from app.dunning.models import Circumstance
from app.receivables import queries
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Circumstances"
Kind = Literal["deceased", "minor", "considerate", "bankrupt", "reconstruction", "debt_settlement"]
Answer = Literal["go_on", "rest"]


class CircumstanceIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known. `considerate` takes no note: why somebody needs consideration is nobody's to keep. No word about health anywhere."""

    kind: Kind
    since_on: date | None = None
    note: Note = ""


class AnswerIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`go_on`, or `rest` through a day (null: until further notice). In insolvency claims only rest. Always with a reason."""

    answer: Answer
    reason: Words
    rest_until: date | None = None


class CircumstanceOut(msgspec.Struct, frozen=True):
    """What is known of a debtor, and what was decided about it, if anything yet."""

    id: uuid.UUID
    debtor_id: uuid.UUID
    kind: Kind
    since_on: date | None
    note: str | None
    recorded_by: str
    recorded_at: datetime
    answer: Answer | None
    answer_reason: str | None
    rest_until: date | None
    answered_by: str | None
    answered_at: datetime | None


@get(
    "/debtors/{debtor_id:uuid}/circumstances", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listCircumstances",
    tags=[TAG],
)  # fmt: skip
def list_circumstances(work: Work, debtor_id: Id) -> list[CircumstanceOut]:
    """What is known of the debtor now."""
    queries.find_debtor(work, debtor_id)
    return [_out(row) for row in circumstances.active(work, debtor_id)]


@post(
    "/debtors/{debtor_id:uuid}/circumstances", status_code=201, sync_to_thread=True, guards=[requires(Permission.HOLD)],
    operation_id="recordCircumstance", tags=[TAG],
)  # fmt: skip
def record_circumstance(work: Work, idempotency: Repeatable, debtor_id: Id, data: JSONBody[CircumstanceIn]) -> Response[CircumstanceOut]:
    """From now on nothing is sent to the debtor before somebody has decided."""
    return idempotency.once(work, 201, lambda: _out(recording_circumstances.record(work, debtor_id, data.kind, data.since_on, data.note)))


@put(
    "/debtors/{debtor_id:uuid}/circumstances/{circumstance_id:uuid}/answer", sync_to_thread=True, guards=[requires(Permission.HOLD)],
    operation_id="answerCircumstance", tags=[TAG],
)  # fmt: skip
def answer_circumstance(work: Work, debtor_id: Id, circumstance_id: FromPath[uuid.UUID], data: JSONBody[AnswerIn]) -> CircumstanceOut:
    """Decide whether the claims go on or rest."""
    return _out(recording_circumstances.answer(work, debtor_id, circumstance_id, data.answer, data.reason, data.rest_until))


@delete(
    "/debtors/{debtor_id:uuid}/circumstances/{circumstance_id:uuid}", sync_to_thread=True, guards=[requires(Permission.HOLD)],
    operation_id="endCircumstance", tags=[TAG],
)  # fmt: skip
def end_circumstance(work: Work, debtor_id: Id, circumstance_id: FromPath[uuid.UUID]) -> None:
    """It is over, or was a mistake."""
    recording_circumstances.end(work, debtor_id, circumstance_id)


def _out(row: Circumstance) -> CircumstanceOut:
    return CircumstanceOut(
        row.id, row.debtor_id, cast("Kind", row.kind), row.since_on, row.note, row.recorded_by, row.recorded_at,
        cast("Answer | None", row.answer), row.answer_reason, row.rest_until, row.answered_by, row.answered_at,
    )  # fmt: skip


HANDLERS = (list_circumstances, record_circumstance, answer_circumstance, end_circumstance)
