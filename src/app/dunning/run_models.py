"""Tables of the guard over a day's run: the figures of every day, the runs that are held for a person, and the steps they hold."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CompanyRow, TenantRow, within_bureau


class OutwardDay(TenantRow, Base):
    """What was let go on one day for one company, or (without one) for the whole bureau: what later days are compared with."""

    __tablename__ = "outward_days"
    company_id: Mapped[uuid.UUID | None]
    ran_on: Mapped[date]
    count: Mapped[int]
    amount_ore: Mapped[int] = mapped_column(BigInteger)
    good_count: Mapped[int]
    spread: Mapped[int]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        UniqueConstraint("bureau_id", "company_id", "ran_on", postgresql_nulls_not_distinct=True),
    )


class HeldRun(TenantRow, Base):
    """A day's run that looks wrong, of one company or (without one) of the bureau. A person releases or cancels it."""

    __tablename__ = "held_runs"
    company_id: Mapped[uuid.UUID | None]
    ran_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(10), default="held", server_default="held")
    count: Mapped[int]
    amount_ore: Mapped[int] = mapped_column(BigInteger)
    good_count: Mapped[int]
    spread: Mapped[int]
    excesses: Mapped[list[Any]]
    held_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        within_bureau("company_id", "companies"),
        CheckConstraint("state in ('held','released','cancelled')", name="state"),
        Index(
            "uq_held_runs_open", "bureau_id", "company_id", "ran_on", unique=True, postgresql_where=text("state = 'held'"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_held_runs_held_at", "bureau_id", "held_at"),
    )  # fmt: skip


class HeldStep(CompanyRow, Base):
    """One step of a held run: which claim, what would have been done, and whether its debtor mostly pays on time."""

    __tablename__ = "held_steps"
    run_id: Mapped[uuid.UUID]
    claim_id: Mapped[uuid.UUID]
    step: Mapped[str] = mapped_column(String(30))
    amount_ore: Mapped[int] = mapped_column(BigInteger)
    good_payer: Mapped[bool]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("run_id", "held_runs"),
        within_bureau("claim_id", "claims"),
        UniqueConstraint("bureau_id", "run_id", "claim_id"),
        Index("ix_held_steps_claim", "bureau_id", "claim_id"),
    )
