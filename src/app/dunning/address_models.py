"""The table of addresses that stand in for one of the ledger's that failed."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CompanyRow, within_bureau


class CorrectedAddress(CompanyRow, Base):
    """Where a debtor is reached instead of `instead_of`, the ledger's own address on that channel when it was corrected (empty: it had
    none). It holds until the ledger shows another, or a person ends it. `source`: Enhetsregisteret as it answered at `recorded_at`, or a
    person's own word."""

    __tablename__ = "corrected_addresses"
    debtor_id: Mapped[uuid.UUID]
    channel: Mapped[str] = mapped_column(String(10))
    instead_of: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(30))
    address_lines: Mapped[list[str]] = mapped_column(ARRAY(String(200)), default=list, server_default=text("'{}'"))
    postal_code: Mapped[str | None] = mapped_column(String(10))
    city: Mapped[str | None] = mapped_column(String(100))
    source: Mapped[str] = mapped_column(String(10))
    recorded_by: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(String(200))
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("debtor_id", "debtors"),
        CheckConstraint("channel in ('email','letter','sms')", name="channel"),
        CheckConstraint("source in ('register','person')", name="source"),
        CheckConstraint("(channel = 'email') = (email is not null)", name="email"),
        CheckConstraint("(channel = 'sms') = (phone is not null)", name="phone"),
        CheckConstraint("(channel = 'letter') = (postal_code is not null and city is not null)", name="place"),
        Index("uq_corrected_addresses_active", "bureau_id", "debtor_id", "channel", unique=True, postgresql_where=text("ended_at is null")),
    )
