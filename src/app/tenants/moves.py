"""A company changes bureau: the one it leaves offers it by a code, the one that gets the code takes it. Both have to act.

The row belongs to neither tenant: it is found by the code's hash alone, so that nobody learns which bureaus there are. What travels is
sealed, and gone once it has arrived.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import timedelta

from sqlalchemy import select, update

from app.db.unit_of_work import UnitOfWork
from app.tenants import audit, companies
from app.tenants.models import CompanyMove

OFFER_LASTS = timedelta(days=14)
CODE_BYTES = 15


class MoveError(ValueError):
    """A move that cannot be made now. The text is an English message id."""


def offer(work: UnitOfWork, company_id: uuid.UUID) -> str:
    """The code to give to the other bureau, shown once; an earlier one no longer holds."""
    company = companies.find(work, company_id)
    if company.closed_at is not None:
        raise MoveError("The company is no longer followed up here.")
    withdraw(work, company_id)
    code = secrets.token_urlsafe(CODE_BYTES)
    work.session.add(
        CompanyMove(
            code_hash=_hashed(code), from_bureau_id=work.bureau_id, company_id=company_id, company_name=company.name,
            organisation_number=company.organisation_number, offered_by=work.actor.name, offered_at=work.now(),
            expires_at=work.now() + OFFER_LASTS,
        )
    )  # fmt: skip
    audit.record(work, "company.move_offered", "company", company_id, company_id)
    return code


def withdraw(work: UnitOfWork, company_id: uuid.UUID) -> bool:
    """Take the offer back. False: there was none."""
    standing = (CompanyMove.from_bureau_id == work.bureau_id, CompanyMove.company_id == company_id, CompanyMove.state == "offered")
    done = work.session.execute(update(CompanyMove).where(*standing).values(state="withdrawn").returning(CompanyMove.id)).scalars().all()
    if done:
        audit.record(work, "company.move_withdrawn", "company", company_id, company_id)
    return bool(done)


def standing(work: UnitOfWork, company_id: uuid.UUID) -> CompanyMove | None:
    """The offer that holds, if there is one."""
    query = select(CompanyMove).where(
        CompanyMove.from_bureau_id == work.bureau_id, CompanyMove.company_id == company_id, CompanyMove.state == "offered",
        CompanyMove.expires_at > work.now(),
    )  # fmt: skip
    return work.session.execute(query).scalar_one_or_none()


def find(work: UnitOfWork, code: str, *, lock: bool = False) -> CompanyMove:
    """The move with this code, offered or half-way. `MoveError` when there is none."""
    query = select(CompanyMove).where(
        CompanyMove.code_hash == _hashed(code.strip()),
        (CompanyMove.state == "packed") | ((CompanyMove.state == "offered") & (CompanyMove.expires_at > work.now())),
    )
    move = work.session.execute(query.with_for_update() if lock else query).scalar_one_or_none()
    if move is None:
        raise MoveError("There is no such offer. The code may be mistyped, used, taken back or more than fourteen days old.")
    return move


def _hashed(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
