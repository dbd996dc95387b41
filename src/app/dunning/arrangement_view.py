"""What has been agreed about a claim, with its instalments and how far they are covered. Read-only."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.db.unit_of_work import UnitOfWork
from app.dunning.arrangement_models import ArrangementRow, InstalmentRow
from app.dunning.confirming import documents


@dataclass(frozen=True, slots=True)
class TermLine:
    """One instalment. `left_ore` of it is not covered by what has come in since the agreement."""

    due_on: date
    amount_ore: int
    left_ore: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class ArrangementLine:
    """An agreement; `confirmed` is the state of its confirmation's delivery, None where none was planned."""

    row: ArrangementRow
    terms: tuple[TermLine, ...]
    confirmed: str | None

    @property
    def in_force(self) -> bool:
        return self.row.ended_at is None


def of_claim(work: UnitOfWork, claim_id: uuid.UUID, remaining_ore: int) -> list[ArrangementLine]:
    """Newest first. `remaining_ore`: what the ledger shows open now."""
    rows = list(
        work.session.execute(select(ArrangementRow).where(ArrangementRow.claim_id == claim_id).order_by(ArrangementRow.id.desc())).scalars()
    )
    if not rows:
        return []
    terms: dict[uuid.UUID, list[InstalmentRow]] = defaultdict(list)
    asked = select(InstalmentRow).where(InstalmentRow.arrangement_id.in_([row.id for row in rows])).order_by(InstalmentRow.position)
    for one in work.session.execute(asked).scalars():
        terms[one.arrangement_id].append(one)
    sent = documents(work, claim_id)
    return [ArrangementLine(row, _lines(row, terms[row.id], remaining_ore, work.today()), sent.get(row.id)) for row in rows]


def _lines(row: ArrangementRow, terms: list[InstalmentRow], remaining_ore: int, today: date) -> tuple[TermLine, ...]:
    """What has come in goes to the instalments in their order."""
    paid, found = max(row.agreed_ore - remaining_ore, 0), []
    for one in terms:
        covered = min(paid, one.amount_ore)
        paid -= covered
        found.append(TermLine(one.due_on, one.amount_ore, one.amount_ore - covered, covered < one.amount_ore and one.due_on < today))
    return tuple(found)
