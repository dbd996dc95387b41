"""Everything that waits for a person, across the bureau's companies, worst first: one statement for the rows, one to count them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, Subquery, func, or_, select, union_all

from app.db.unit_of_work import UnitOfWork
from app.jobs.reviews import Verdict
from app.portfolio import standstills, unsettled_acts
from app.portfolio.waiting_shape import Kind
from app.tenants.models import Company

__all__ = ["ROWS_MAX", "Kind", "Waiting", "WorkRow", "waiting_counts", "worklist"]

#: nobody decides more in a day; the counts go on beyond it
ROWS_MAX = 1000
_SEVERITY = {kind: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One thing to decide, or `number` of a kind in one company. `company_id` is None for what concerns the whole bureau.

    `what` narrows the kind: an act's kind, a question's reason code, a problem's English message id, a job's name. `amount_ore` is what is
    at stake, in `currency`; for several only what is in NOK. `target_id` is the effect, case, connection or settlement's case to look at.
    """

    kind: Kind
    company_id: uuid.UUID | None
    company_name: str | None
    what: str
    subject: str | None
    invoice: str | None
    since: datetime
    amount_ore: int | None
    currency: str
    number: int
    reason: str | None
    target_id: uuid.UUID | None
    claim_id: uuid.UUID | None

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What a person may say of an act that waits; none for everything else."""
        acts = {Kind.REVIEW: "review", Kind.REFUSED: "refused"}
        return unsettled_acts.verdicts_for(self.what, acts[self.kind]) if self.kind in acts else ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many rows of the work list there are, in all and by company."""

    total: int
    by_company: dict[uuid.UUID, int]


def worklist(work: UnitOfWork, company_id: uuid.UUID | None = None) -> list[WorkRow]:
    """Worst first: by kind in the order of `Kind`, then the largest amount, then the longest waiting. At most `ROWS_MAX`. One query."""
    found = _everything(work)
    query = (
        select(found, Company.name.label("company_name"))
        .outerjoin(Company, Company.id == found.c.company_id)
        .where(or_(found.c.company_id.is_(None), Company.closed_at.is_(None)))
        .limit(ROWS_MAX)
    )
    if company_id is not None:
        query = query.where(found.c.company_id == company_id)
    rows = [
        WorkRow(
            Kind(row.kind), row.company_id, row.company_name, row.what, row.subject, row.invoice, row.since, row.amount_ore,
            row.currency or "NOK", row.number, row.reason, row.target_id, row.claim_id,
        )
        for row in work.session.execute(query).all()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (_SEVERITY[row.kind], -(row.amount_ore or 0), row.since, str(row.target_id or row.company_id)))


def waiting_counts(work: UnitOfWork) -> Waiting:
    """For the rail and the portfolio: what `worklist` would show. One query."""
    found = _everything(work)
    query = (
        select(found.c.company_id, func.count())
        .outerjoin(Company, Company.id == found.c.company_id)
        .where(or_(found.c.company_id.is_(None), Company.closed_at.is_(None)))
        .group_by(found.c.company_id)
    )
    counted = {company_id: int(number) for company_id, number in work.session.execute(query).all()}
    by_company = {company_id: number for company_id, number in counted.items() if company_id is not None}
    return Waiting(sum(counted.values()), by_company)


def _everything(work: UnitOfWork) -> Subquery:
    parts: Sequence[Select[tuple[object, ...]]] = [*unsettled_acts.parts(work), *standstills.parts(work)]
    return union_all(*parts).subquery("waiting")
