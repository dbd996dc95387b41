"""A stop on everything of a debtor in one company, or on a whole company: with a reason, perhaps an end, and lifted where it was placed."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import select

from app.agencies import handover
from app.agencies.models import AgencyCase
from app.db.unit_of_work import UnitOfWork
from app.dunning import notices
from app.dunning.holds import HoldError
from app.dunning.models import Claim, Hold
from app.receivables.models import Debtor
from app.tenants import audit, companies
from app.values.ids import new_id


def place(work: UnitOfWork, company_id: uuid.UUID, debtor_id: uuid.UUID | None, reason: str, until: date | None) -> Hold:
    """To and including `until`, or until lifted; without a debtor, the whole company. A new stop replaces the one before it.

    HoldError names the field; LookupError when there is no such debtor or company in this scope.
    """

    _exists(work, company_id, debtor_id)
    if not reason.strip():
        raise HoldError("reason", "Say why the claim is stopped.")
    if until is not None and until < work.today():
        raise HoldError("until", "The last day of the stop must be today or later.")
    lift(work, company_id, debtor_id, quietly=True)
    hold = Hold(
        bureau_id=work.bureau_id, id=new_id(), company_id=company_id, claim_id=None, debtor_id=debtor_id, reason=reason.strip(),
        until=until, placed_by=work.actor.name, placed_at=work.now(),
    )  # fmt: skip
    work.session.add(hold)
    work.session.flush()
    _call_off(work, company_id, debtor_id)
    audit.record(work, f"{_kind(debtor_id)}.held", _kind(debtor_id), debtor_id or company_id, company_id, until=until)
    _ring(work, company_id)
    return hold


def lift(work: UnitOfWork, company_id: uuid.UUID, debtor_id: uuid.UUID | None, *, quietly: bool = False) -> bool:
    """Let everything go on, but what is stopped by itself. False: it was not stopped."""
    current = standing(work, company_id, debtor_id)
    if current is None:
        return False
    current.lifted_by, current.lifted_at = work.actor.name, work.now()
    work.session.flush()
    if not quietly:
        audit.record(work, f"{_kind(debtor_id)}.released", _kind(debtor_id), debtor_id or company_id, company_id)
        _ring(work, company_id)
    return True


def standing(work: UnitOfWork, company_id: uuid.UUID, debtor_id: uuid.UUID | None) -> Hold | None:
    """The stop in force on a debtor or, without one, on the company as a whole; an end that has passed counts until it is lifted."""
    wanted = (Hold.company_id == company_id, Hold.claim_id.is_(None), Hold.debtor_id.is_not_distinct_from(debtor_id))
    return work.session.execute(select(Hold).where(*wanted, Hold.lifted_at.is_(None))).scalar_one_or_none()


def _exists(work: UnitOfWork, company_id: uuid.UUID, debtor_id: uuid.UUID | None) -> None:
    companies.find(work, company_id)
    if debtor_id is None:
        return
    known = select(Debtor.id).where(Debtor.id == debtor_id, Debtor.company_id == company_id)
    if work.session.execute(known).first() is None:
        raise LookupError("no such debtor")


def _call_off(work: UnitOfWork, company_id: uuid.UUID, debtor_id: uuid.UUID | None) -> None:
    """What is planned and has not begun stops here; what has begun asks again right before it leaves."""

    stopped = select(Claim.id).where(Claim.company_id == company_id)
    if debtor_id is not None:
        stopped = stopped.where(Claim.debtor_id == debtor_id)
    notices.give_up_planned(work, list(work.session.execute(stopped).scalars()), "stopped by a person")
    planned = select(AgencyCase.claim_id).where(AgencyCase.state == "planned", AgencyCase.claim_id.in_(stopped))
    for claim_id in work.session.execute(planned).scalars().all():
        handover.call_off(work, claim_id, "stopped by a person")


def _kind(debtor_id: uuid.UUID | None) -> str:
    return "company" if debtor_id is None else "debtor"


def _ring(work: UnitOfWork, company_id: uuid.UUID) -> None:
    work.enqueue("dunning.evaluate_company", bureau_id=str(work.bureau_id), company_id=str(company_id), everything=1)
