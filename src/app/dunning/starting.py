"""Beginning to follow a company up: how many old invoices that would hit, and starting with the new ones only."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, insert, select
from sqlalchemy.orm import aliased

from app.db.unit_of_work import UnitOfWork
from app.dunning import claims
from app.dunning.models import Claim, Hold
from app.receivables.models import OpenItem
from app.tenants import audit, companies
from app.values.ids import new_id

OLD_REASON = "Forfalt før oppfølgingen startet"


@dataclass(frozen=True, slots=True)
class OldInvoices:
    """Invoices overdue today and not stopped: what switching on would reach at once. Øre of those in kroner."""

    count: int
    remaining_ore: int


def old_invoices(work: UnitOfWork, company_id: uuid.UUID) -> OldInvoices:
    kroner = func.sum(OpenItem.remaining_ore).filter(OpenItem.currency == "NOK")
    query = select(func.count(), func.coalesce(kroner, 0)).where(
        OpenItem.company_id == company_id, OpenItem.state == "open", OpenItem.remaining_ore > 0, OpenItem.due_on < work.today(), ~_held()
    )
    count, remaining = work.session.execute(query).one()
    return OldInvoices(int(count), int(remaining))


def start(work: UnitOfWork, company_id: uuid.UUID, *, leave_old: bool) -> int:
    """Follow the company up from now on. With `leave_old` what is overdue today is stopped until somebody lets it go on: how many."""
    companies.change(work, company_id, active_from=work.now())
    companies.resume(work, company_id)
    claims.open_claims(work, company_id)
    held = _hold_old(work, company_id) if leave_old else 0
    audit.record(work, "company.started", "company", company_id, company_id, left_out=held)
    work.enqueue("dunning.evaluate_company", bureau_id=str(work.bureau_id), company_id=str(company_id), everything=1)
    return held


def _hold_old(work: UnitOfWork, company_id: uuid.UUID) -> int:
    old = (
        select(Claim.id)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .where(Claim.company_id == company_id, Claim.state == "active", OpenItem.due_on < work.today(), OpenItem.state == "open", ~_held())
    )
    rows = [
        {
            "bureau_id": work.bureau_id, "id": new_id(), "company_id": company_id, "claim_id": claim_id, "reason": OLD_REASON,
            "until": None, "placed_by": work.actor.name, "placed_at": work.now(),
        }
        for claim_id in work.session.execute(old).scalars()
    ]  # fmt: skip
    for first in range(0, len(rows), claims.BATCH):
        work.session.execute(insert(Hold), rows[first : first + claims.BATCH])
    return len(rows)


def _held() -> ColumnElement[bool]:
    """An item whose claim a person has stopped."""
    held = aliased(Claim)
    return exists().where(Hold.claim_id == held.id, held.open_item_id == OpenItem.id, Hold.lifted_at.is_(None))
