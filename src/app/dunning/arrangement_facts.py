"""What was last agreed about payment for each of many claims, as facts. Two queries, whatever their number."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.db.among import among
from app.db.unit_of_work import UnitOfWork
from app.dunning import facts as f
from app.dunning.arrangement_models import ArrangementRow, InstalmentRow
from app.dunning.restart_facts import still_counts


def load(work: UnitOfWork, claim_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, f.Arrangement]:
    """The newest of each claim while it is in force, and after it was broken: then it is the reason why the follow-up goes on."""
    latest = (
        select(ArrangementRow)
        .where(
            among(ArrangementRow.claim_id, claim_ids), or_(ArrangementRow.outcome.is_(None), ArrangementRow.outcome.in_(OUTCOMES)),
            still_counts(ArrangementRow),
        )
        .ext(distinct_on(ArrangementRow.claim_id))
        .order_by(ArrangementRow.claim_id, ArrangementRow.id.desc())
    )  # fmt: skip
    rows = [row for row in work.session.execute(latest).scalars() if row.outcome in (None, "broken")]
    terms: dict[uuid.UUID, list[f.Instalment]] = defaultdict(list)
    if rows:
        asked = select(InstalmentRow).where(InstalmentRow.arrangement_id.in_([row.id for row in rows])).order_by(InstalmentRow.position)
        for one in work.session.execute(asked).scalars():
            terms[one.arrangement_id].append(f.Instalment(one.due_on, one.amount_ore))
    return {row.claim_id: _fact(row, tuple(terms[row.id])) for row in rows}


#: how an agreement can have come to its own end; one that was withdrawn or replaced says nothing any more
OUTCOMES = ("kept", "broken", "withdrawn")


def _fact(row: ArrangementRow, instalments: tuple[f.Instalment, ...]) -> f.Arrangement:
    missed = next((one for one in instalments if one.due_on == row.missed_on), None)
    return f.Arrangement(f.ArrangementKind(row.kind), row.agreed_ore, instalments, ended=row.outcome == "broken", missed=missed)
