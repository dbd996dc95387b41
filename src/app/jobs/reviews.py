"""Acts that wait for a person: nobody can tell whether they were done, or the counterpart said no. A person looks and says what is so.

What he says is believed: for a counterpart that can neither honour a key nor be looked up, nobody else can know. The caller writes the
audit trail, which belongs to a room above this one.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from app.db.unit_of_work import UnitOfWork
from app.jobs.effects import Performer, Performers, Sent, intent_of, ring
from app.jobs.models import Effect

WAITING = ("review", "refused")


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid


SETTLED_ALREADY = N_("Somebody has settled this already.")
HOW_KNOWN = N_("Write how you know that it happened.")
NOT_GIVEN_UP = N_("This cannot be taken back any more.")


class Verdict(StrEnum):
    """What a person found out: it happened; it certainly did not and is to be done now; or it is to be left undone."""

    DONE = "done"
    AGAIN = "again"
    GIVE_UP = "give_up"


class ReviewError(ValueError):
    """A verdict that cannot be taken. `field` names what to change (`verdict`, `note`, `reference`); the text is an English message id."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One act that waits, or was settled by a person. `called_at`: when the counterpart was last spoken to without an answer we trust."""

    effect_id: uuid.UUID
    company_id: uuid.UUID
    kind: str
    business_key: str
    payload: dict[str, Any]
    state: str
    reason: str | None
    planned_at: datetime
    called_at: datetime | None
    settled_at: datetime | None
    evidence: dict[str, Any] | None

    @property
    def given_up(self) -> bool:
        """By a person, who may take it back."""
        return self.state == "cancelled" and (self.evidence or {}).get("was") in WAITING


def waiting(work: UnitOfWork) -> list[ReviewRow]:
    """What nobody can tell about first, then what was refused; the longest waiting first."""
    rows = work.session.execute(
        select(Effect).where(Effect.state.in_(WAITING)).order_by(Effect.state.desc(), Effect.settled_at, Effect.id)
    ).scalars()
    return [_row(one) for one in rows]


def find(work: UnitOfWork, effect_id: uuid.UUID) -> ReviewRow:
    """An act that waits for a person, or one that a person has settled. LookupError when there is none in this scope."""
    row = work.session.execute(select(Effect).where(Effect.id == effect_id)).scalar_one_or_none()
    if row is None or not (row.state in WAITING or "by" in (row.evidence or {})):
        raise LookupError("no such act")
    return _row(row)


def settle(
    work: UnitOfWork, performers: Performers, effect_id: uuid.UUID, verdict: Verdict, note: str, *, reference: str = ""
) -> ReviewRow:
    """Take a person's word for what became of an act, and let the room's own rows follow.

    `reference` is what the counterpart calls it (case number, voucher), where the person found it. LookupError when there is no such act in
    this scope, ReviewError when it waits for nobody or the verdict lacks something.
    """
    row = _locked(work, effect_id)
    if row.state not in WAITING:
        raise ReviewError("verdict", SETTLED_ALREADY)
    performer, note = performers[row.kind], note.strip()
    # whoever may still be at it, a slow worker of long ago, must not write over what a person has found out
    row.fence, row.lease_until = row.fence + 1, None
    match verdict:
        case Verdict.DONE:
            _done(work, performer, row, note, reference.strip())
        case Verdict.AGAIN:
            _again(work, performer, row, note)
        case Verdict.GIVE_UP:
            _give_up(work, performer, row, note)
    work.session.flush()
    return _row(row)


def take_back(work: UnitOfWork, performers: Performers, effect_id: uuid.UUID) -> ReviewRow:
    """An act that a person gave up waits again. ReviewError when it was not given up."""
    row = _locked(work, effect_id)
    if not _row(row).given_up:
        raise ReviewError("verdict", NOT_GIVEN_UP)
    row.state, row.evidence = (row.evidence or {})["was"], None
    if row.state == "review":
        performers[row.kind].record(work, intent_of(row), "review", None, row.reason)
    work.session.flush()
    return _row(row)


def _done(work: UnitOfWork, performer: Performer, row: Effect, note: str, reference: str) -> None:
    if not note:
        raise ReviewError("note", HOW_KNOWN)
    sent = Sent(reference, {"by": work.actor.name, "note": note})
    row.state, row.settled_at = "sent", work.now()
    row.peer_ref, row.evidence = reference or None, dict(sent.evidence)
    performer.record(work, intent_of(row), "sent", sent, None)


def _again(work: UnitOfWork, performer: Performer, row: Effect, note: str) -> None:
    """No earlier call counts any more: the person says that none was heard."""
    row.state, row.called_at, row.settled_at, row.evidence = "planned", None, None, None
    row.attempts, row.not_before = 0, work.now()
    row.reason = f"to be done again, says {work.actor.name}" + (f": {note}" if note else "")
    performer.record(work, intent_of(row), "planned", None, None)
    ring(work, row.kind, row.id)


def _give_up(work: UnitOfWork, performer: Performer, row: Effect, note: str) -> None:
    """A refusal is what the room knows already, so that only an act in doubt is recorded there as called off."""
    before = row.state
    row.state, row.settled_at = "cancelled", work.now()
    row.evidence = {"by": work.actor.name, "note": note, "was": before}
    if before == "review":
        performer.record(work, intent_of(row), "cancelled", None, note or "given up by a person")


def _locked(work: UnitOfWork, effect_id: uuid.UUID) -> Effect:
    row = work.session.execute(
        select(Effect).where(Effect.id == effect_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise LookupError("no such act")
    return row


def _row(row: Effect) -> ReviewRow:
    return ReviewRow(
        row.id, row.company_id, row.kind, row.business_key, dict(row.payload), row.state, row.reason, row.planned_at, row.called_at,
        row.settled_at, None if row.evidence is None else dict(row.evidence),
    )  # fmt: skip
