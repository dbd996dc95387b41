"""Tables of what a payout leaves to be booked, and on which accounts."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CompanyRow, within_bureau


class PostingAccountsRow(CompanyRow, Base):
    """A company's accounts for payouts of an agency; see `voucher.PostingAccounts`. One row a company."""

    __tablename__ = "posting_accounts"
    bank: Mapped[str] = mapped_column(String(20))
    receivables: Mapped[str] = mapped_column(String(20))
    interest_income: Mapped[str] = mapped_column(String(20))
    fee_income: Mapped[str] = mapped_column(String(20))
    collection_costs: Mapped[str] = mapped_column(String(20))
    input_vat: Mapped[str] = mapped_column(String(20))
    __table_args__ = (within_bureau("company_id", "companies"), UniqueConstraint("bureau_id", "company_id"))


class SettlementVoucher(CompanyRow, Base):
    """What of a payout a person books (bilagsforslag), and that it was done. Once per payout: the lines are frozen when it is booked.

    `lines` are `[account, what, amount_ore, invoice]`, debit above zero. `voucher_number` is the ledger's, where the person wrote it down.
    """

    __tablename__ = "settlement_vouchers"
    settlement_id: Mapped[uuid.UUID]
    state: Mapped[str] = mapped_column(String(10))
    lines: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    proposed_at: Mapped[datetime]
    booked_on: Mapped[date | None]
    booked_by: Mapped[str | None] = mapped_column(String(200))
    booked_at: Mapped[datetime | None]
    voucher_number: Mapped[str | None] = mapped_column(String(60))
    note: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("settlement_id", "settlements"),
        UniqueConstraint("bureau_id", "settlement_id"),
        CheckConstraint("state in ('proposed','booked')", name="state"),
        CheckConstraint("(state = 'booked') = (booked_at is not null)", name="booked"),
    )
