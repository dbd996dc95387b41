"""Read-only views of what the three books say: each agreement's newest day, and the differences that stand."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.agencies.models import AgencyCase, Agreement
from app.agencies.reconciliation_models import CaseDifference, Reconciliation
from app.db.paging import Page, Position, read_page
from app.db.unit_of_work import UnitOfWork
from app.receivables.models import Debtor, OpenItem


@dataclass(frozen=True, slots=True)
class BooksLine:
    """One agreement's newest day. Øre; see `reconciliation_models.Reconciliation`."""

    agreement_id: uuid.UUID
    company_id: uuid.UUID
    agency: str
    on_day: date
    ledger_count: int
    ledger_ore: int
    our_count: int
    our_ore: int
    their_count: int | None
    their_ore: int | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """A difference with its case, where there is one. `times`: on how many days it was seen."""

    id: uuid.UUID
    company_id: uuid.UUID
    agency: str
    case_id: uuid.UUID | None
    external_id: str | None
    debtor_name: str | None
    invoice: str | None
    kind: str
    owner: str
    ledger_ore: int | None
    ours_ore: int | None
    theirs_ore: int | None
    times: int
    since: datetime
    seen_on: date
    ended_at: datetime | None


def books(work: UnitOfWork, company_id: uuid.UUID | None = None) -> list[BooksLine]:
    """The newest day of every agreement that has one. One query."""
    query = (
        select(Reconciliation, Agreement.agency)
        .join(Agreement, Agreement.id == Reconciliation.agreement_id)
        .ext(distinct_on(Reconciliation.agreement_id))
        .order_by(Reconciliation.agreement_id, Reconciliation.on_day.desc())
    )
    if company_id is not None:
        query = query.where(Reconciliation.company_id == company_id)
    return [
        BooksLine(
            row.agreement_id, row.company_id, agency, row.on_day, row.ledger_count, row.ledger_ore, row.our_count, row.our_ore,
            row.their_count, row.their_ore, row.problem,
        )
        for row, agency in work.session.execute(query).all()
    ]  # fmt: skip


def standing(work: UnitOfWork, company_id: uuid.UUID | None = None) -> list[DifferenceLine]:
    """Those that are not gone, by whose move it is, the oldest first."""
    query = _lines().where(CaseDifference.ended_at.is_(None)).order_by(CaseDifference.owner, CaseDifference.since, CaseDifference.id)
    if company_id is not None:
        query = query.where(CaseDifference.company_id == company_id)
    return _read(work.session.execute(query).all())


def differences(
    work: UnitOfWork, position: Position, *, company_id: uuid.UUID | None = None, only_standing: bool = True
) -> Page[DifferenceLine]:
    """Newest first, page by page."""
    query = _lines()
    if company_id is not None:
        query = query.where(CaseDifference.company_id == company_id)
    if only_standing:
        query = query.where(CaseDifference.ended_at.is_(None))
    found = read_page(work, query, CaseDifference.id, position, newest_first=True)
    return Page(tuple(_read(found.rows)), found.next_after)


def _lines() -> Select[CaseDifference, str, str | None, str | None]:
    return (
        select(CaseDifference, Agreement.agency, Debtor.name, OpenItem.document_number)
        .join(Agreement, Agreement.id == CaseDifference.agreement_id)
        .outerjoin(AgencyCase, AgencyCase.id == CaseDifference.agency_case_id)
        .outerjoin(OpenItem, OpenItem.id == AgencyCase.open_item_id)
        .outerjoin(Debtor, Debtor.id == OpenItem.debtor_id)
    )


def _read(rows: Sequence[tuple[CaseDifference, str, str | None, str | None]]) -> list[DifferenceLine]:
    return [
        DifferenceLine(
            row.id, row.company_id, agency, row.agency_case_id, row.external_id, debtor, invoice, row.kind, row.owner, row.ledger_ore,
            row.ours_ore, row.theirs_ore, row.times, row.since, row.seen_on, row.ended_at,
        )
        for row, agency, debtor, invoice in rows
    ]  # fmt: skip
