"""Tables of the people who are asked: who looks after a debtor, what was asked of whom, and what they answered. Answers are append-only."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CompanyRow, within_bureau


class DebtorOwner(CompanyRow, Base):
    """Who looks after one debtor where it is not the company's usual people: account manager (kundeansvarlig) and ledger owner
    (reskontroansvarlig)."""

    __tablename__ = "debtor_owners"
    debtor_id: Mapped[uuid.UUID]
    account_manager_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    ledger_owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    changed_by: Mapped[str] = mapped_column(String(200))
    changed_at: Mapped[datetime]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("debtor_id", "debtors"),
        UniqueConstraint("bureau_id", "debtor_id"),
    )


class ApprovalRequest(CompanyRow, Base):
    """A yes asked for before one step of one claim (godkjenning), once per step, round and approver; a new `turn` after a no or a pause.

    `owner_id` is whose yes it is, `asked_id` who is asked now: the backup while the owner is away. None: the bureau as a whole.
    """

    __tablename__ = "approval_requests"
    claim_id: Mapped[uuid.UUID]
    step: Mapped[str] = mapped_column(String(30))
    round: Mapped[int]
    turn: Mapped[int]
    approver: Mapped[str] = mapped_column(String(10))
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    asked_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    principal_ore: Mapped[int] = mapped_column(BigInteger)
    asked_at: Mapped[datetime]
    escalated_at: Mapped[datetime | None]
    mailed_at: Mapped[datetime | None]
    mails: Mapped[int] = mapped_column(default=0, server_default="0")
    closed_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("claim_id", "claims"),
        UniqueConstraint("bureau_id", "claim_id", "step", "round", "turn", "approver"),
        CheckConstraint("approver in ('manager','bureau')", name="approver"),
        Index("ix_approval_requests_open", "bureau_id", "company_id", postgresql_where=text("closed_at is null")),
        Index("ix_approval_requests_claim", "bureau_id", "claim_id"),
    )


class ApprovalVerdict(CompanyRow, Base):
    """The answer to a request: yes, no with a reason, or silence that by the company's rule counts as yes. Append-only."""

    __tablename__ = "approvals"
    request_id: Mapped[uuid.UUID]
    claim_id: Mapped[uuid.UUID]
    verdict: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(Text)
    given_by: Mapped[str] = mapped_column(String(200))
    given_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    given_at: Mapped[datetime]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("request_id", "approval_requests"),
        within_bureau("claim_id", "claims"),
        UniqueConstraint("bureau_id", "request_id"),
        CheckConstraint("verdict in ('yes','no','silence')", name="verdict"),
        Index("ix_approvals_claim", "bureau_id", "claim_id"),
    )
