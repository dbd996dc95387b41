"""What people know of a debtor that stops or softens the follow-up of all his claims with one company, as the engine is told of it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from app.db.among import among
from app.db.unit_of_work import UnitOfWork
from app.dunning import facts as f
from app.dunning.models import Circumstance


class Kind(StrEnum):
    """The debtor is dead (arveloven), a minor (vergemålsloven), needs consideration (inkassoloven 2026 § 14, 1988 § 8), is bankrupt
    (konkursloven), in reconstruction or composition, or has debt settlement proceedings (gjeldsordningsloven)."""

    DECEASED = "deceased"
    MINOR = "minor"
    CONSIDERATE = "considerate"
    BANKRUPT = "bankrupt"
    RECONSTRUCTION = "reconstruction"
    DEBT_SETTLEMENT = "debt_settlement"


#: while these last, nobody may go on: the answer is to rest, or that it is over
INSOLVENT: dict[Kind, f.Insolvency] = {
    Kind.BANKRUPT: f.Insolvency.BANKRUPT,
    Kind.RECONSTRUCTION: f.Insolvency.RECONSTRUCTION,
    Kind.DEBT_SETTLEMENT: f.Insolvency.DEBT_SETTLEMENT,
}


@dataclass(frozen=True, slots=True)
class Known:
    """What the engine is told of a debtor. `rest`: a person has decided that the claims rest, until a day or until further notice."""

    deceased: bool = False
    minor: bool = False
    considerate: bool = False
    insolvency: f.Insolvency = f.Insolvency.NONE
    rest: f.Hold | None = None


def active(work: UnitOfWork, debtor_id: uuid.UUID) -> list[Circumstance]:
    rows = select(Circumstance).where(Circumstance.debtor_id == debtor_id, Circumstance.ended_at.is_(None))
    return list(work.session.execute(rows.order_by(Circumstance.recorded_at)).scalars())


def of_debtors(work: UnitOfWork, debtor_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Known]:
    """What is known of each; a debtor of whom nothing is known is not there. One query."""
    found: dict[uuid.UUID, list[Circumstance]] = defaultdict(list)
    rows = select(Circumstance).where(among(Circumstance.debtor_id, debtor_ids), Circumstance.ended_at.is_(None))
    for row in work.session.execute(rows).scalars():
        found[row.debtor_id].append(row)
    return {debtor_id: known_of(circumstances) for debtor_id, circumstances in found.items()}


def known_of(rows: Iterable[Circumstance]) -> Known:
    asked = {Kind(row.kind) for row in rows if row.answer != "go_on"}
    resting = [row.rest_until for row in rows if row.answer == "rest"]
    until = None if None in resting else max((day for day in resting if day is not None), default=None)
    insolvency = next((INSOLVENT[kind] for kind in INSOLVENT if kind in asked), f.Insolvency.NONE)
    return Known(Kind.DECEASED in asked, Kind.MINOR in asked, Kind.CONSIDERATE in asked, insolvency, f.Hold(until) if resting else None)
