"""Read-only views of cases: for pages, API and the claim's own room."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import Select, literal, select, tuple_

from app.agencies import packages
from app.agencies.models import AgencyCase, Agreement, DirectPaymentRow, SettlementLineRow, SettlementRow
from app.db.among import among
from app.db.unit_of_work import UnitOfWork
from app.receivables.models import Debtor, OpenItem

Standing = Literal["open", "returned", "none"]
PAGE_ROWS = 50
PAGE_ROWS_MAX = 200
OPEN_STATES = ("planned", "in_doubt", "awaiting", "registered", "in_collection", "legal", "paused", "paid")


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list. Øre; `outstanding_ore` is what the agency still demands, its own costs included."""

    id: uuid.UUID
    company_id: uuid.UUID
    claim_id: uuid.UUID
    open_item_id: uuid.UUID
    debtor_id: uuid.UUID
    debtor_name: str
    document_number: str | None
    agency: str
    external_id: str | None
    state: str
    agency_text: str | None
    principal_ore: int
    outstanding_ore: int | None
    currency: str
    problem: str | None
    planned_at: datetime
    handed_over_at: datetime | None
    updated_at: datetime | None
    closed_at: datetime | None
    #: the last day it may be taken back for nothing, by the terms at its handover
    free_until: date | None


@dataclass(frozen=True, slots=True)
class CasePage:
    """`next_cursor` asks for the rows after these; None at the end."""

    rows: list[CaseLine]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class PaidOut:
    """A case's line of a payout. `posting_id` is the payment posted in the ledger, None where none was needed or none is made yet."""

    settlement_id: uuid.UUID
    settlement_external_id: str
    settled_on: date
    paid_on: date
    principal_ore: int
    interest_ore: int
    fees_ore: int
    settlement_state: str
    problem: str | None
    posting_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Reported:
    """A payment the creditor got himself, as it was reported to the agency."""

    payment_id: uuid.UUID
    paid_on: date
    amount_ore: int
    state: str
    problem: str | None
    planned_at: datetime


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """One case with what came of it. `documents_missing`: how many documents have not reached the agency. `wanting`: all that kept it
    from leaving (English message ids)."""

    line: CaseLine
    agreement_id: uuid.UUID
    documents_missing: int
    paid_out: list[PaidOut]
    reported: list[Reported]
    wanting: tuple[str, ...] = ()


def cases(
    work: UnitOfWork,
    *,
    company_id: uuid.UUID | None = None,
    claim_id: uuid.UUID | None = None,
    states: Collection[str] | None = None,
    cursor: str | None = None,
    limit: int = PAGE_ROWS,
) -> CasePage:
    """Newest first. `ValueError` for a cursor that is none of ours."""
    query = _lines().order_by(AgencyCase.planned_at.desc(), AgencyCase.id.desc()).limit(min(max(limit, 1), PAGE_ROWS_MAX) + 1)
    if company_id is not None:
        query = query.where(AgencyCase.company_id == company_id)
    if claim_id is not None:
        query = query.where(AgencyCase.claim_id == claim_id)
    if states is not None:
        query = query.where(AgencyCase.state.in_(list(states)))
    if cursor is not None:
        last = select(AgencyCase.planned_at).where(AgencyCase.id == uuid.UUID(cursor)).scalar_subquery()
        query = query.where(tuple_(AgencyCase.planned_at, AgencyCase.id) < tuple_(last, literal(uuid.UUID(cursor))))
    found = [_line(*row) for row in work.session.execute(query).all()]
    rows = found[: min(max(limit, 1), PAGE_ROWS_MAX)]
    return CasePage(rows, str(rows[-1].id) if len(found) > len(rows) else None)


def case(work: UnitOfWork, case_id: uuid.UUID) -> CaseDetail:
    """`LookupError` when it does not exist for this scope."""
    row = work.session.execute(_lines().where(AgencyCase.id == case_id)).one_or_none()
    if row is None:
        raise LookupError("no such case")
    documents = row[0].package.get("documents", [])
    missing = 0 if packages.is_complete(row[0]) else len(documents) - len(row[0].package.get("attached", []))
    wanting = tuple(row[0].package.get("wanting", ()))
    return CaseDetail(_line(*row), row[0].agreement_id, missing, _paid_out(work, case_id), _reported(work, case_id), wanting)


def standing_of(work: UnitOfWork, claim_ids: Sequence[uuid.UUID], without: Collection[uuid.UUID] = ()) -> dict[uuid.UUID, Standing]:
    """Where each claim stands with an agency: `open` (on its way or there, so our own steps rest), `returned` unpaid, or `none`.

    A case that is paid, or closed with nothing outstanding, stays open until the ledger shows the money: that travels by itself. Cases in
    `without` do not count any more.
    """
    found: dict[uuid.UUID, Standing] = dict.fromkeys(claim_ids, "none")
    rows = work.session.execute(
        select(AgencyCase.claim_id, AgencyCase.state, AgencyCase.outstanding_ore).where(
            among(AgencyCase.claim_id, claim_ids), AgencyCase.id.not_in(without)
        )
    )
    for claim_id, state, outstanding in rows.all():
        settled = state == "closed" and outstanding == 0
        if state in OPEN_STATES or settled:
            found[claim_id] = "open"
        elif state in ("withdrawn", "closed") and found[claim_id] == "none":
            found[claim_id] = "returned"
    return found


def _lines() -> Select[AgencyCase, OpenItem, Debtor, str]:
    return (
        select(AgencyCase, OpenItem, Debtor, Agreement.agency)
        .join(OpenItem, OpenItem.id == AgencyCase.open_item_id)
        .join(Debtor, Debtor.id == OpenItem.debtor_id)
        .join(Agreement, Agreement.id == AgencyCase.agreement_id)
    )


def _line(row: AgencyCase, item: OpenItem, debtor: Debtor, agency: str) -> CaseLine:
    return CaseLine(
        id=row.id, company_id=row.company_id, claim_id=row.claim_id, open_item_id=item.id, debtor_id=debtor.id, debtor_name=debtor.name,
        document_number=item.document_number, agency=agency, external_id=row.external_id, state=row.state, agency_text=row.agency_text,
        principal_ore=row.principal_ore, outstanding_ore=row.outstanding_ore, currency=item.currency, problem=row.problem,
        planned_at=row.planned_at, handed_over_at=row.handed_over_at, updated_at=row.updated_at, closed_at=row.closed_at,
        free_until=row.free_until,
    )  # fmt: skip


def _paid_out(work: UnitOfWork, case_id: uuid.UUID) -> list[PaidOut]:
    rows = work.session.execute(
        select(SettlementLineRow, SettlementRow)
        .join(SettlementRow, SettlementRow.id == SettlementLineRow.settlement_id)
        .where(SettlementLineRow.agency_case_id == case_id)
        .order_by(SettlementRow.settled_on, SettlementRow.id, SettlementLineRow.position)
    ).all()
    return [
        PaidOut(
            whole.id, whole.external_id, whole.settled_on, line.paid_on, line.principal_ore, line.interest_ore, line.fees_ore, whole.state,
            whole.problem, line.posting_id,
        )
        for line, whole in rows
    ]  # fmt: skip


def _reported(work: UnitOfWork, case_id: uuid.UUID) -> list[Reported]:
    rows = work.session.execute(
        select(DirectPaymentRow).where(DirectPaymentRow.agency_case_id == case_id).order_by(DirectPaymentRow.paid_on, DirectPaymentRow.id)
    ).scalars()
    return [Reported(row.payment_id, row.paid_on, row.amount_ore, row.state, row.problem, row.planned_at) for row in rows]
