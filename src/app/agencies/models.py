"""Tables of agreements, cases and settlements."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CompanyRow, within_bureau


class Agreement(CompanyRow, Base):
    """A company's agreement with an agency, and the written authority (fullmakt, regnskapsførerloven § 5-2) to hand over for it."""

    __tablename__ = "agreements"
    agency: Mapped[str] = mapped_column(String(30))
    creditor_ref: Mapped[str] = mapped_column(String(60))
    credential: Mapped[bytes | None] = mapped_column(LargeBinary)
    authority_by: Mapped[str | None] = mapped_column(String(200))
    authority_from: Mapped[date | None]
    authority_until: Mapped[date | None]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    changes_since: Mapped[datetime | None]
    polled_at: Mapped[datetime | None]
    problem: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        within_bureau("company_id", "companies"),
        Index("uq_agreements_current", "bureau_id", "company_id", unique=True, postgresql_where=text("valid_until is null")),
    )


class CreditorNumber(Base):
    """Whose number at an agency this is. One partner token opens every creditor there, so a number may serve one bureau only.

    A platform table: the question "is it taken by somebody else?" cannot be asked from inside a tenant.
    """

    __tablename__ = "creditor_numbers"
    agency: Mapped[str] = mapped_column(String(30), primary_key=True)
    creditor_ref: Mapped[str] = mapped_column(String(60), primary_key=True)
    bureau_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bureaus.id"))
    company_id: Mapped[uuid.UUID]
    __table_args__ = (ForeignKeyConstraint(["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"]),)


class AgencyCase(CompanyRow, Base):
    """A claim at a collection agency (inkassosak). `id` is our reference there. One live case per claim, ever."""

    __tablename__ = "agency_cases"
    agreement_id: Mapped[uuid.UUID]
    open_item_id: Mapped[uuid.UUID]
    claim_id: Mapped[uuid.UUID]
    external_id: Mapped[str | None] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(15))
    agency_text: Mapped[str | None] = mapped_column(String(200))
    principal_ore: Mapped[int] = mapped_column(BigInteger)
    outstanding_ore: Mapped[int | None] = mapped_column(BigInteger)
    package: Mapped[dict[str, Any]]
    problem: Mapped[str | None] = mapped_column(Text)
    planned_at: Mapped[datetime]
    handed_over_at: Mapped[datetime | None]
    updated_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("agreement_id", "agreements"),
        within_bureau("open_item_id", "open_items"),
        CheckConstraint(
            "state in ('planned','registered','in_collection','legal','paused','paid','withdrawn','closed','refused','in_doubt',"
            "'cancelled')",
            name="state",
        ),
        Index(
            "uq_agency_cases_live", "bureau_id", "claim_id", unique=True,
            postgresql_where=text("state not in ('refused','cancelled','withdrawn')"),
        ),
        Index("ix_agency_cases_external_id", "bureau_id", "external_id"),
    )  # fmt: skip


class SettlementRow(CompanyRow, Base):
    """A payout from the agency (avregning). Read once per external id; each line is posted once."""

    __tablename__ = "settlements"
    agreement_id: Mapped[uuid.UUID]
    external_id: Mapped[str] = mapped_column(String(60))
    settled_on: Mapped[date]
    total_ore: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    bank_reference: Mapped[str | None] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(String(10))
    problem: Mapped[str | None] = mapped_column(Text)
    read_at: Mapped[datetime]
    booked_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("agreement_id", "agreements"),
        UniqueConstraint("bureau_id", "agreement_id", "external_id"),
        CheckConstraint("state in ('read','posted','booked','question')", name="state"),
    )


class SettlementLineRow(CompanyRow, Base):
    """One case's share of a payout: principal to be posted on the invoice, interest and fees shown apart."""

    __tablename__ = "settlement_lines"
    settlement_id: Mapped[uuid.UUID]
    agency_case_id: Mapped[uuid.UUID | None]
    external_case_id: Mapped[str] = mapped_column(String(60))
    position: Mapped[int]
    principal_ore: Mapped[int] = mapped_column(BigInteger)
    interest_ore: Mapped[int] = mapped_column(BigInteger)
    fees_ore: Mapped[int] = mapped_column(BigInteger)
    paid_on: Mapped[date]
    posting_id: Mapped[uuid.UUID | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("settlement_id", "settlements"),
        within_bureau("agency_case_id", "agency_cases"),
        within_bureau("posting_id", "postings"),
        UniqueConstraint("bureau_id", "settlement_id", "position"),
    )


class DirectPaymentRow(CompanyRow, Base):
    """A payment the creditor got himself while the agency has the case: reported once, payouts of the agency's own never."""

    __tablename__ = "direct_payments"
    agency_case_id: Mapped[uuid.UUID]
    payment_id: Mapped[uuid.UUID]
    amount_ore: Mapped[int] = mapped_column(BigInteger)
    paid_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(12), default="planned", server_default="planned")
    problem: Mapped[str | None] = mapped_column(Text)
    planned_at: Mapped[datetime]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("agency_case_id", "agency_cases"),
        within_bureau("payment_id", "payments"),
        UniqueConstraint("bureau_id", "payment_id"),
        CheckConstraint("state in ('planned','reported','refused','unknown','review','cancelled')", name="state"),
    )
