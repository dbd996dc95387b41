"""Tables of the job room: the outbox and failed jobs (platform), and the ledger of outward acts (tenant)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, TenantRow, within_bureau


class OutboxMessage(Base):
    """A job to ring, written in the caller's transaction. Deleted when the broker has taken it."""

    __tablename__ = "outbox"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    job: Mapped[str] = mapped_column(String(100))
    arguments: Mapped[dict[str, Any]]
    queued_at: Mapped[datetime]


class FailedJob(Base):
    """A job that gave up, for a person to see. Carries ids only."""

    __tablename__ = "failed_jobs"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(100))
    arguments: Mapped[dict[str, Any]]
    error: Mapped[str] = mapped_column(Text)
    failed_at: Mapped[datetime]
    bureau_id: Mapped[uuid.UUID | None]


class DemoClockRow(Base):
    """How far the demo clock is ahead, and how far it is going. One row, always there."""

    __tablename__ = "demo_clock"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    offset_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    goal_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)


class Heartbeat(Base):
    """A process that is alive: worker and clock write here every few seconds, `/health` reads it."""

    __tablename__ = "heartbeats"
    process: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]


UNFINISHED = "state in ('planned','sending','unknown')"
EFFECT_STATES = "'planned','sending','sent','refused','unknown','review','cancelled'"


class Effect(TenantRow, Base):
    """One outward act. `business_key` comes from the business fact, so planning it twice is one row."""

    __tablename__ = "effects"
    company_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(String(60))
    business_key: Mapped[str] = mapped_column(String(200))
    payload: Mapped[dict[str, Any]]
    payload_hash: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(12), default="planned")
    reason: Mapped[str | None] = mapped_column(Text)
    fence: Mapped[int] = mapped_column(default=0, server_default="0")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    lease_until: Mapped[datetime | None]
    not_before: Mapped[datetime]
    peer_ref: Mapped[str | None] = mapped_column(String(300))
    evidence: Mapped[dict[str, Any] | None]
    planned_at: Mapped[datetime]
    called_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        UniqueConstraint("bureau_id", "kind", "business_key"),
        CheckConstraint(f"state in ({EFFECT_STATES})", name="state"),
        Index(
            "ix_effects_unfinished", "bureau_id", "state", "not_before", postgresql_where=text("state in ('planned','sending','unknown')")
        ),
        Index("ix_effects_waiting", "bureau_id", "company_id", postgresql_where=text("state in ('review','refused')")),
    )
