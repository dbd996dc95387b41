"""Table of the files that agencies have laid down for us, as they were read."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CompanyRow, within_bureau


class AgencyFileRow(CompanyRow, Base):
    """One file as it was read under one agreement: it counts once, by its path. The file itself stays where the agency laid it.

    `rows_` are the creditor's own, by our words, in øre and ISO dates; `problems` name what could not be read. `size`, `changed` (the
    server's clock, seconds) and `mark` (the way it was read) tell whether it must be read anew. Not `whole`: perhaps half written.
    """

    __tablename__ = "agency_files"
    agreement_id: Mapped[uuid.UUID]
    path: Mapped[str] = mapped_column(String(400))
    kind: Mapped[str] = mapped_column(String(12))
    size: Mapped[int] = mapped_column(BigInteger)
    changed: Mapped[int] = mapped_column(BigInteger)
    mark: Mapped[str] = mapped_column(String(16))
    whole: Mapped[bool]
    rows_: Mapped[list[Any]] = mapped_column("rows")
    problems: Mapped[list[Any]]
    read_at: Mapped[datetime]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("agreement_id", "agreements"),
        UniqueConstraint("bureau_id", "agreement_id", "path"),
        CheckConstraint("kind in ('receipts','status','settlements')", name="kind"),
        Index("ix_agency_files_read_at", "bureau_id", "agreement_id", "read_at"),
    )
