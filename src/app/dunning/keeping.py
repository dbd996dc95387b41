"""What became of agreements: kept when their instalments are covered, broken when one is missed beyond its grace. Set-based."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import update

from app.db.scope import SYSTEM
from app.db.unit_of_work import UnitOfWork
from app.dunning import arranging
from app.dunning.arrangement_models import ArrangementRow
from app.dunning.asking import Decided
from app.dunning.case import Case
from app.values import calendar


def follow(work: UnitOfWork, decided: Sequence[Decided]) -> None:
    """Write down how the agreements of these claims have ended, where they have."""
    kept: list[uuid.UUID] = []
    for one, _, rules in decided:
        found = one.facts.arrangement
        if found is None or found.ended:
            continue
        missed = arranging.missed_in(Case.of(one.facts, rules, calendar, work.today()))
        if one.facts.remaining_ore <= 0 or arranging.next_unpaid(found, one.facts.remaining_ore) is None:
            kept.append(one.claim.id)
        elif missed is not None:
            _end(work, [one.claim.id], outcome="broken", missed_on=missed.due_on)
    if kept:
        _end(work, kept, outcome="kept")


def _end(work: UnitOfWork, claim_ids: list[uuid.UUID], **columns: object) -> None:
    work.session.execute(
        update(ArrangementRow)
        .where(ArrangementRow.claim_id.in_(claim_ids), ArrangementRow.ended_at.is_(None))
        .values(ended_at=work.now(), ended_by=SYSTEM.name, **columns)
    )
