"""The table of phone calls that a policy's step asked for."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CompanyRow, within_bureau


class PhoneCall(CompanyRow, Base):
    """What came of a call to the debtor (oppringning), as whoever called has noted it. Append-only. `called_on` is a day in Europe/Oslo."""

    __tablename__ = "phone_calls"
    claim_id: Mapped[uuid.UUID]
    outcome: Mapped[str] = mapped_column(String(20))
    called_on: Mapped[date]
    note: Mapped[str | None] = mapped_column(Text)
    called_by: Mapped[str] = mapped_column(String(200))
    called_at: Mapped[datetime]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("claim_id", "claims"),
        CheckConstraint("outcome in ('reached','not_reached','wrong_number','promise','dispute')", name="outcome"),
        Index("ix_phone_calls_claim", "bureau_id", "claim_id"),
    )
