"""Read-only views of payouts: the list, and one with its lines, what of it is in the ledger, and what a person has to book."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select

from app.agencies import vouchers
from app.agencies.models import AgencyCase, Agreement, SettlementLineRow, SettlementRow
from app.agencies.voucher import VoucherLine
from app.agencies.voucher_models import SettlementVoucher
from app.db.paging import Page, Position, read_page
from app.db.unit_of_work import UnitOfWork
from app.ledgers.models import Posting
from app.receivables.models import Debtor, OpenItem

#: what the list can show, by the name in the address
WAITING = ("question", "proposal")


@dataclass(frozen=True, slots=True)
class PayoutLine:
    """A payout in a list. Øre. `state`: see `models.SettlementRow`."""

    id: uuid.UUID
    company_id: uuid.UUID
    agency: str
    external_id: str
    settled_on: date
    total_ore: int
    currency: str
    bank_reference: str | None
    state: str
    problem: str | None
    read_at: datetime
    booked_at: datetime | None


@dataclass(frozen=True, slots=True)
class PayoutShare:
    """One case's share. `case_id` is None where no case of ours is meant; `posting_state` where the principal was posted by us."""

    case_id: uuid.UUID | None
    external_case_id: str
    debtor_name: str | None
    invoice: str | None
    paid_on: date
    principal_ore: int
    interest_ore: int
    fees_ore: int
    withheld_ore: int
    withheld_vat_ore: int
    posting_state: str | None
    in_ledger: bool


@dataclass(frozen=True, slots=True)
class Booking:
    """What a person books, or has booked."""

    lines: list[VoucherLine]
    booked_on: date | None
    booked_by: str | None
    booked_at: datetime | None
    voucher_number: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class PayoutDetail:
    line: PayoutLine
    shares: list[PayoutShare]
    booking: Booking | None


def payouts(
    work: UnitOfWork, position: Position, *, company_id: uuid.UUID | None = None, states: tuple[str, ...] | None = None
) -> Page[PayoutLine]:
    """Newest read first. One query."""
    query = _lines()
    if company_id is not None:
        query = query.where(SettlementRow.company_id == company_id)
    if states is not None:
        query = query.where(SettlementRow.state.in_(states))
    found = read_page(work, query, SettlementRow.id, position, newest_first=True)
    return Page(tuple(_line(*row) for row in found.rows), found.next_after)


def payout(work: UnitOfWork, settlement_id: uuid.UUID) -> PayoutDetail:
    """`LookupError` when it does not exist for this scope."""
    row = work.session.execute(_lines().where(SettlementRow.id == settlement_id)).one_or_none()
    if row is None:
        raise LookupError("no such payout")
    voucher = work.session.execute(select(SettlementVoucher).where(SettlementVoucher.settlement_id == settlement_id)).scalar_one_or_none()
    booking = None if voucher is None else Booking(
        vouchers.lines_of(voucher), voucher.booked_on, voucher.booked_by, voucher.booked_at, voucher.voucher_number, voucher.note
    )  # fmt: skip
    return PayoutDetail(_line(*row), _shares(work, settlement_id), booking)


def _lines() -> Select[SettlementRow, str]:
    return select(SettlementRow, Agreement.agency).join(Agreement, Agreement.id == SettlementRow.agreement_id)


def _line(row: SettlementRow, agency: str) -> PayoutLine:
    return PayoutLine(
        row.id, row.company_id, agency, row.external_id, row.settled_on, row.total_ore, row.currency, row.bank_reference, row.state,
        row.problem, row.read_at, row.booked_at,
    )  # fmt: skip


def _shares(work: UnitOfWork, settlement_id: uuid.UUID) -> list[PayoutShare]:
    rows = work.session.execute(
        select(SettlementLineRow, OpenItem.document_number, Debtor.name, Posting.state)
        .outerjoin(AgencyCase, AgencyCase.id == SettlementLineRow.agency_case_id)
        .outerjoin(OpenItem, OpenItem.id == AgencyCase.open_item_id)
        .outerjoin(Debtor, Debtor.id == OpenItem.debtor_id)
        .outerjoin(Posting, Posting.id == SettlementLineRow.posting_id)
        .where(SettlementLineRow.settlement_id == settlement_id)
        .order_by(SettlementLineRow.position)
    ).all()
    return [
        PayoutShare(
            line.agency_case_id, line.external_case_id, debtor, invoice, line.paid_on, line.principal_ore, line.interest_ore,
            line.fees_ore, line.withheld_ore, line.withheld_vat_ore, posting_state, line.in_ledger,
        )
        for line, invoice, debtor, posting_state in rows
    ]  # fmt: skip
