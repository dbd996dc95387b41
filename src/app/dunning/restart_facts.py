"""What a follow-up that was begun anew means for everybody who reads what was said before: it is history, and counts no more."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, any_, exists, func, select
from sqlalchemy.orm import aliased

from app.db.among import among
from app.db.unit_of_work import UnitOfWork
from app.dunning import facts as f
from app.dunning.models import Notice
from app.dunning.restart_models import Restart
from app.values.calendar import oslo_date


@dataclass(frozen=True, slots=True)
class Begun:
    """Since when a claim's follow-up runs, where it was begun anew; notices of before whose fee is still asked for; what counts no more."""

    on: date | None = None
    earlier_fees: tuple[f.PastNotice, ...] = ()
    set_aside: frozenset[uuid.UUID] = frozenset()


def still_counts(row: type[Any]) -> ColumnElement[bool]:
    """Was this row (of a table with `claim_id`) not set aside when its claim's follow-up was begun anew?"""
    return ~exists().where(Restart.claim_id == row.claim_id, row.id == any_(Restart.set_aside))


def set_aside(work: UnitOfWork, claim_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """The ids of everything of these claims that counts no more."""
    rows = select(func.unnest(Restart.set_aside)).where(among(Restart.claim_id, claim_ids))
    return set(work.session.execute(rows).scalars())


def load(work: UnitOfWork, claim_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Begun]:
    """Of those claims whose follow-up was begun anew. One query, and one more where there is such a claim."""
    rows = work.session.execute(select(Restart).where(among(Restart.claim_id, claim_ids)).order_by(Restart.restarted_at)).scalars().all()
    begun: dict[uuid.UUID, Begun] = {}
    fees = _still_asked_for(work, {row.claim_id for row in rows}) if rows else {}
    for row in rows:
        before = begun.get(row.claim_id, Begun())
        begun[row.claim_id] = Begun(oslo_date(row.restarted_at), tuple(fees.get(row.claim_id, ())), before.set_aside | set(row.set_aside))
    return begun


def of_claim(work: UnitOfWork, claim_id: uuid.UUID) -> tuple[Restart, ...]:
    """Newest first."""
    return tuple(work.session.execute(select(Restart).where(Restart.claim_id == claim_id).order_by(Restart.id.desc())).scalars())


def _still_asked_for(work: UnitOfWork, claim_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, list[f.PastNotice]]:
    """A letter about several invoices has one fee. Where it stands on one whose follow-up goes on, it is not given up with the others."""
    carrier = aliased(Notice)
    rows = (
        select(Notice.claim_id, Notice.kind, Notice.issued_on, Notice.payment_deadline)
        .join(carrier, carrier.id == Notice.carried_by)
        .where(
            among(Notice.claim_id, claim_ids), Notice.issued_on.is_not(None), Notice.state.in_(["issued", "sent", "review"]),
            carrier.fee_ore > 0, ~still_counts(Notice), still_counts(carrier),
        )
        .order_by(Notice.issued_on, Notice.id)
    )  # fmt: skip
    found: dict[uuid.UUID, list[f.PastNotice]] = defaultdict(list)
    for claim_id, kind, issued_on, deadline in work.session.execute(rows).all():
        if issued_on is not None:
            found[claim_id].append(f.PastNotice(f.NoticeKind(kind), issued_on, deadline, fee_elsewhere=True))
    return found
