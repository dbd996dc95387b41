"""The table of what another bureau had said and agreed about an invoice before the company came here."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from app.db.base import Base, CompanyRow, within_bureau


class CarriedHistory(CompanyRow, Base):
    """One invoice's past with the bureau before. Waits until the invoice is in the mirror; from then on its notices count as said (fee
    caps, deadlines) and its stops stop. Append-only but for the tie."""

    __tablename__ = "carried_histories"
    document_number: Mapped[str] = mapped_column(String(60))
    kid: Mapped[str | None] = mapped_column(String(30))
    original_ore: Mapped[int] = mapped_column(BigInteger)
    issued_on: Mapped[date | None]
    notices: Mapped[list[Any]]
    stops: Mapped[list[str]] = mapped_column(ARRAY(Text))
    came_from: Mapped[str] = mapped_column(String(200))
    received_at: Mapped[datetime]
    open_item_id: Mapped[uuid.UUID | None]
    tied_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("open_item_id", "open_items"),
        Index("ix_carried_histories_waiting", "bureau_id", "company_id", postgresql_where="open_item_id is null"),
    )
