"""Tables of what ledger, we and agency did not agree on, day by day."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CompanyRow, within_bureau


class Reconciliation(CompanyRow, Base):
    """One agreement's three books on one day (avstemming): how many live cases each has, and their open principal in øre.

    `their_count` is None where the agency has no list to give, or could not be asked; then `problem` says why.
    """

    __tablename__ = "reconciliations"
    agreement_id: Mapped[uuid.UUID]
    on_day: Mapped[date]
    ledger_count: Mapped[int]
    ledger_ore: Mapped[int] = mapped_column(BigInteger)
    our_count: Mapped[int]
    our_ore: Mapped[int] = mapped_column(BigInteger)
    their_count: Mapped[int | None]
    their_ore: Mapped[int | None] = mapped_column(BigInteger)
    problem: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[datetime]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("agreement_id", "agreements"),
        UniqueConstraint("bureau_id", "agreement_id", "on_day"),
    )


class CaseDifference(CompanyRow, Base):
    """One thing the three books do not agree on, from when it was first seen until it is gone; see `reconciliation.Difference`.

    `subject` is the case's id, or the agency's number where no case of ours is meant. `times`: how many days it has been seen.
    """

    __tablename__ = "case_differences"
    agreement_id: Mapped[uuid.UUID]
    agency_case_id: Mapped[uuid.UUID | None]
    subject: Mapped[str] = mapped_column(String(60))
    external_id: Mapped[str | None] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    owner: Mapped[str] = mapped_column(String(12))
    ledger_ore: Mapped[int | None] = mapped_column(BigInteger)
    ours_ore: Mapped[int | None] = mapped_column(BigInteger)
    theirs_ore: Mapped[int | None] = mapped_column(BigInteger)
    times: Mapped[int]
    since: Mapped[datetime]
    seen_on: Mapped[date]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("agreement_id", "agreements"),
        within_bureau("agency_case_id", "agency_cases"),
        CheckConstraint("owner in ('ledger','us','agency','travelling')", name="owner"),
        Index(
            "uq_case_differences_open", "bureau_id", "agreement_id", "subject", "kind", unique=True,
            postgresql_where=text("ended_at is null"),
        ),
    )  # fmt: skip
