"""What the engine is told of phone calls: on which days one ended its task."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from sqlalchemy import select

from app.db.among import among
from app.db.unit_of_work import UnitOfWork
from app.dunning.call_models import PhoneCall
from app.dunning.restart_facts import still_counts


class Outcome(StrEnum):
    """What came of it. NOT_REACHED leaves the task as it is, until somebody is reached or its days are over; all others end it."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    WRONG_NUMBER = "wrong_number"
    PROMISE = "promise"
    DISPUTE = "dispute"


def called_on(work: UnitOfWork, claim_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[date, ...]]:
    """The days on which calls ended their task, oldest first, for the engine. One query."""
    rows = (
        select(PhoneCall.claim_id, PhoneCall.called_on)
        .where(among(PhoneCall.claim_id, claim_ids), PhoneCall.outcome != Outcome.NOT_REACHED, still_counts(PhoneCall))
        .order_by(PhoneCall.id)
    )
    found: dict[uuid.UUID, list[date]] = defaultdict(list)
    for claim_id, day in work.session.execute(rows).all():
        found[claim_id].append(day)
    return {claim_id: tuple(days) for claim_id, days in found.items()}


def of_claim(work: UnitOfWork, claim_id: uuid.UUID) -> list[PhoneCall]:
    """Newest first. One query."""
    return list(work.session.execute(select(PhoneCall).where(PhoneCall.claim_id == claim_id).order_by(PhoneCall.id.desc())).scalars())
