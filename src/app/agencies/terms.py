"""What is agreed with an agency, as it holds for one company: its own word, or else the bureau's."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from app.agencies.models import AgencyCase, Agreement, BureauAgreement, TermsColumns
from app.db.unit_of_work import UnitOfWork
from app.values.calendar import oslo_date

NAMES = ("commission_bp", "free_withdrawal_days", "late_withdrawal_ore", "vat", "takeover")


@dataclass(frozen=True, slots=True)
class TermsInForce:
    """Each term as `models.TermsColumns` explains it, None where nobody has written it down; `own` names those the company has for
    itself."""

    commission_bp: int | None
    free_withdrawal_days: int | None
    late_withdrawal_ore: int | None
    vat: str | None
    takeover: str | None
    own: frozenset[str]


def in_force(own: TermsColumns, followed: TermsColumns | None) -> TermsInForce:
    """Pure. The company's own word goes before that of the agreement it follows, term by term."""
    said = {name: getattr(own, name) for name in NAMES}
    whole = {name: None if followed is None else getattr(followed, name) for name in NAMES}
    mine = frozenset(name for name in NAMES if said[name] is not None)
    return TermsInForce(**{name: said[name] if name in mine else whole[name] for name in NAMES}, own=mine)


def of_agreement(work: UnitOfWork, agreement_id: uuid.UUID) -> TermsInForce:
    own, followed = work.session.execute(
        select(Agreement, BureauAgreement)
        .outerjoin(BureauAgreement, BureauAgreement.id == Agreement.bureau_agreement_id)
        .where(Agreement.id == agreement_id)
    ).one()
    return in_force(own, followed)


def mark_taken(work: UnitOfWork, case: AgencyCase) -> None:
    """The agency has the case: from this day the time runs in which it may be taken back for nothing. Later terms do not move it."""
    if case.handed_over_at is not None:
        return
    case.handed_over_at = work.now()
    days = of_agreement(work, case.agreement_id).free_withdrawal_days
    case.free_until = None if days is None else oslo_date(case.handed_over_at) + timedelta(days=days)
