"""The one shape of everything that waits, so that rows of a dozen tables can be asked for in one statement."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, Select, Text, Uuid, case, cast, func, literal, null, select

from app.db.base import UtcInstant
from app.receivables.models import OpenItem


class Kind(StrEnum):
    """What waits, the worst first: what stops everything, what may have happened unknown to us, what stops money, what stops a claim."""

    SENDING_STOPPED = "sending_stopped"
    HELD_RUN = "held_run"
    REVIEW = "review"
    CONNECTION = "connection"
    REFUSED_CASE = "refused_case"
    REFUSED = "refused"
    SETTLEMENT = "settlement"
    CASE_DIFFERENCE = "case_difference"
    REPLY = "reply"
    BLOCKED_NOTICE = "blocked_notice"
    AUTHORITY = "authority"
    APPROVAL = "approval"
    QUESTION = "question"
    STUCK = "stuck"
    POSTING = "posting"
    SENDER = "sender"
    BANK_PAYMENT = "bank_payment"
    UNEXPLAINED = "unexplained"
    UNCERTAIN = "uncertain"
    DIFFERENCE = "difference"
    JOB = "job"


_TYPES: dict[str, Any] = {
    "kind": Text(), "company_id": Uuid(), "what": Text(), "subject": Text(), "invoice": Text(), "since": UtcInstant(),
    "amount_ore": BigInteger(), "currency": Text(), "number": Integer(), "reason": Text(), "target_id": Uuid(), "claim_id": Uuid(),
}  # fmt: skip


def told(kind: Kind, **known: Any) -> Select[Any]:
    """A select of these columns, nothing where nothing is known. `number` is one unless said."""
    columns = {"kind": literal(kind.value), "number": literal(1)} | known
    return select(*(cast(columns.get(name, null()), type_).label(name) for name, type_ in _TYPES.items()))


def group_of(claim_id: ColumnElement[Any], debtor_name: ColumnElement[Any]) -> dict[str, Any]:
    """What is said of several claims at once; of one alone, also which it is."""
    alone = func.count() == 1
    return {
        "number": func.count(),
        "subject": _only(alone, func.min(debtor_name)),
        "invoice": _only(alone, func.min(func.coalesce(OpenItem.document_number, OpenItem.external_id))),
        "amount_ore": func.sum(OpenItem.remaining_ore).filter(OpenItem.currency == "NOK"),
        # there is no smallest uuid before PostgreSQL 18
        "claim_id": _only(alone, func.min(cast(claim_id, Text))),
    }


def _only(condition: ColumnElement[bool], value: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((condition, value))
