"""Read-only views of credit checks, for pages and API."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from app.credit.models import CreditCheck
from app.db.unit_of_work import UnitOfWork

PAGE_ROWS = 50
PAGE_ROWS_MAX = 200


@dataclass(frozen=True, slots=True)
class CheckPage:
    """Rows are read-only. `next_cursor` asks for the rows after these; None at the end."""

    rows: list[CreditCheck]
    next_cursor: str | None


def checks(
    work: UnitOfWork, *, company_id: uuid.UUID | None = None, debtor_id: uuid.UUID | None = None, cursor: str | None = None,
    limit: int = PAGE_ROWS,
) -> CheckPage:  # fmt: skip
    """Newest first. `ValueError` for a cursor that is none of ours."""
    size = min(max(limit, 1), PAGE_ROWS_MAX)
    query = select(CreditCheck).order_by(CreditCheck.id.desc()).limit(size + 1)
    if company_id is not None:
        query = query.where(CreditCheck.company_id == company_id)
    if debtor_id is not None:
        query = query.where(CreditCheck.debtor_id == debtor_id)
    if cursor is not None:
        query = query.where(CreditCheck.id < uuid.UUID(cursor))
    found = list(work.session.execute(query).scalars())
    return CheckPage(found[:size], str(found[size - 1].id) if len(found) > size else None)


def check(work: UnitOfWork, check_id: uuid.UUID) -> CreditCheck:
    """`LookupError` when it does not exist for this scope."""
    row = work.session.execute(select(CreditCheck).where(CreditCheck.id == check_id)).scalar_one_or_none()
    if row is None:
        raise LookupError("no such credit check")
    return row
