"""Tables of credit checks. A figure is kept with its source and date; a check says who asked, and why he was allowed to."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CompanyRow, within_bureau


class CreditCheck(CompanyRow, Base):
    """One check before a sale. `legitimate_need` (saklig behov, kredittopplysningsloven § 14) is required, in words."""

    __tablename__ = "credit_checks"
    organisation_number: Mapped[str] = mapped_column(String(9))
    subject_name: Mapped[str | None] = mapped_column(String(300))
    debtor_id: Mapped[uuid.UUID | None]
    legitimate_need: Mapped[str] = mapped_column(Text)
    order_ore: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3), default="NOK", server_default="NOK")
    requested_by: Mapped[str] = mapped_column(String(200))
    requested_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="running", server_default="running")
    problem: Mapped[str | None] = mapped_column(Text)
    advice: Mapped[str | None] = mapped_column(String(20))
    limit_ore: Mapped[int | None] = mapped_column(BigInteger)
    upfront_ore: Mapped[int | None] = mapped_column(BigInteger)
    reasons: Mapped[list[Any] | None]
    figures: Mapped[dict[str, Any] | None]
    answered_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("debtor_id", "debtors"),
        CheckConstraint("state in ('running','done','failed')", name="state"),
        CheckConstraint("advice in ('open_credit','part_payment','prepayment','decline','ask_person')", name="advice"),
        Index("ix_credit_checks_latest", "bureau_id", "company_id", "requested_at"),
    )
