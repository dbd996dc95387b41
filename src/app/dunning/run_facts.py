"""What has been said of the run a claim's step belongs to: held for a person, let go, or called off. One query, however many claims."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.db.among import among
from app.db.unit_of_work import UnitOfWork
from app.dunning.facts import RunHold
from app.dunning.restart_facts import still_counts
from app.dunning.run_models import HeldRun, HeldStep
from app.values.calendar import oslo_date

#: a person's word about a run counts so long: later the facts are others, and the step is weighed anew
WORD_COUNTS = timedelta(days=7)


def load(work: UnitOfWork, claim_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    """The fields of `ClaimFacts` that are about this, for claims of which something was said."""
    newest = (
        select(HeldStep.claim_id, HeldRun.state, HeldRun.ran_on, HeldRun.decided_at)
        .join(HeldRun, HeldRun.id == HeldStep.run_id)
        .where(
            among(HeldStep.claim_id, claim_ids), or_(HeldRun.state == "held", HeldRun.decided_at > work.now() - WORD_COUNTS),
            still_counts(HeldStep),
        )
        .ext(distinct_on(HeldStep.claim_id))
        .order_by(HeldStep.claim_id, HeldRun.held_at.desc())
    )  # fmt: skip
    found: dict[uuid.UUID, dict[str, Any]] = {}
    for claim_id, state, ran_on, decided_at in work.session.execute(newest).all():
        until = None if decided_at is None else oslo_date(decided_at + WORD_COUNTS)
        found[claim_id] = {"run_hold": RunHold(state), "run_held_on": ran_on, "run_until": until}
    return found
