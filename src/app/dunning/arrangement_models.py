"""Tables of what was agreed about payment: a promise, time given or an instalment plan, with dates and amounts. Terms are append-only."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CompanyRow, within_bureau


class ArrangementRow(CompanyRow, Base):
    """A promise to pay (betalingsløfte), an extension (betalingsutsettelse) or an instalment plan (avdragsordning; inkassoloven 2026 § 16).

    `agreed_ore` is what the ledger showed open when it was made: what has come in since is counted from there. At most one is in force.
    """

    __tablename__ = "arrangements"
    claim_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(String(12))
    agreed_ore: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str | None] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime]
    confirmation: Mapped[str] = mapped_column(String(12), default="none", server_default="none")
    document_id: Mapped[uuid.UUID | None]
    outcome: Mapped[str | None] = mapped_column(String(12))
    missed_on: Mapped[date | None]
    ended_by: Mapped[str | None] = mapped_column(String(200))
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("claim_id", "claims"),
        within_bureau("document_id", "documents"),
        CheckConstraint("kind in ('promise','extension','plan')", name="kind"),
        CheckConstraint("outcome in ('kept','broken','withdrawn','replaced')", name="outcome"),
        CheckConstraint("(outcome is null) = (ended_at is null)", name="ended"),
        CheckConstraint("confirmation in ('none','planned','impossible')", name="confirmation"),
        Index("uq_arrangements_in_force", "bureau_id", "claim_id", unique=True, postgresql_where=text("ended_at is null")),
        Index("ix_arrangements_claim", "bureau_id", "claim_id", "made_at"),
    )


class InstalmentRow(CompanyRow, Base):
    """One date and amount of an arrangement; a promise and an extension have one. Append-only."""

    __tablename__ = "instalments"
    arrangement_id: Mapped[uuid.UUID]
    position: Mapped[int]
    due_on: Mapped[date]
    amount_ore: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("arrangement_id", "arrangements"),
        UniqueConstraint("bureau_id", "arrangement_id", "position"),
        CheckConstraint("amount_ore > 0", name="amount"),
    )
