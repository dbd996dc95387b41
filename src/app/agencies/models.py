"""Tables of agreements, cases, what is said and asked about them, and settlements."""

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

from app.db.base import Base, CompanyRow, TenantRow, within_bureau

TERMS = (
    "coalesce(commission_bp, 0) between 0 and 10000 and coalesce(free_withdrawal_days, 0) between 0 and 3650"
    " and coalesce(late_withdrawal_ore, 0) >= 0 and coalesce(vat, 'invoiced') in ('withheld', 'invoiced', 'none')"
    " and coalesce(takeover, 'warning') in ('warning', 'payment_demand')"
)


class TermsColumns:
    """What is agreed on (oppdragsavtale). None in a company's row: as the bureau's agreement has it; None there: not known.

    `commission_bp` is the agency's share of what it collects, in hundredths of a percent, without VAT. A case may be taken back for nothing
    within `free_withdrawal_days` of its handover, and costs `late_withdrawal_ore` after that, VAT apart. `vat`: whether VAT on the agency's
    work is withheld from payouts, invoiced apart, or not charged. `takeover`: from which step on the agency acts.
    """

    commission_bp: Mapped[int | None]
    free_withdrawal_days: Mapped[int | None]
    late_withdrawal_ore: Mapped[int | None] = mapped_column(BigInteger)
    vat: Mapped[str | None] = mapped_column(String(10))
    takeover: Mapped[str | None] = mapped_column(String(20))


class BureauAgreement(TermsColumns, TenantRow, Base):
    """A bureau's cooperation agreement with an agency, which its companies may follow. One is the standard offered to them first."""

    __tablename__ = "bureau_agreements"
    agency: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(100))
    setup: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    credential: Mapped[bytes | None] = mapped_column(LargeBinary)
    is_standard: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    __table_args__ = (
        Index("uq_bureau_agreements_standard", "bureau_id", unique=True, postgresql_where=text("is_standard and valid_until is null")),
        CheckConstraint(TERMS, name="terms"),
    )


class AgreementDecline(CompanyRow, Base):
    """A company that follows none of its bureau's agreements: nothing is handed over for it, and nobody asks again."""

    __tablename__ = "agreement_declines"
    reason: Mapped[str] = mapped_column(Text)
    declined_by: Mapped[str] = mapped_column(String(200))
    declined_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        Index("uq_agreement_declines_current", "bureau_id", "company_id", unique=True, postgresql_where=text("ended_at is null")),
    )


class Agreement(TermsColumns, CompanyRow, Base):
    """A company's agreement with an agency, and the written authority (fullmakt, regnskapsførerloven § 5-2) to hand over for it.

    With `bureau_agreement_id` it follows the bureau's, and says only what differs. `authority_scope` is what the authority covers, in the
    words of who gave it; from `frozen_from` on nothing new is handed over under it, while the cases that are there run to their end.
    """

    __tablename__ = "agreements"
    bureau_agreement_id: Mapped[uuid.UUID | None]
    agency: Mapped[str] = mapped_column(String(30))
    creditor_ref: Mapped[str] = mapped_column(String(60))
    setup: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    credential: Mapped[bytes | None] = mapped_column(LargeBinary)
    frozen_from: Mapped[date | None]
    authority_scope: Mapped[str | None] = mapped_column(Text)
    authority_document_id: Mapped[uuid.UUID | None]
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
        within_bureau("bureau_agreement_id", "bureau_agreements"),
        within_bureau("authority_document_id", "documents"),
        CheckConstraint(TERMS, name="terms"),
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
    """A claim at a collection agency (inkassosak). `id` is our reference there. One live case per claim, ever.

    `consignment` is what it left in (a batch, a file) while the agency has not said whether it takes it. `free_until` is the last day it
    may be taken back for nothing by the terms at its handover.
    """

    __tablename__ = "agency_cases"
    agreement_id: Mapped[uuid.UUID]
    open_item_id: Mapped[uuid.UUID]
    claim_id: Mapped[uuid.UUID]
    external_id: Mapped[str | None] = mapped_column(String(60))
    consignment: Mapped[str | None] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(15))
    agency_text: Mapped[str | None] = mapped_column(String(200))
    principal_ore: Mapped[int] = mapped_column(BigInteger)
    outstanding_ore: Mapped[int | None] = mapped_column(BigInteger)
    agency_principal_ore: Mapped[int | None] = mapped_column(BigInteger)
    free_until: Mapped[date | None]
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
            "state in ('planned','awaiting','registered','in_collection','legal','paused','paid','withdrawn','closed','refused','in_doubt',"
            "'cancelled')",
            name="state",
        ),
        Index(
            "uq_agency_cases_live", "bureau_id", "claim_id", unique=True,
            postgresql_where=text("state not in ('refused','cancelled','withdrawn')"),
        ),
        Index("ix_agency_cases_external_id", "bureau_id", "external_id"),
    )  # fmt: skip


class CaseEventRow(CompanyRow, Base):
    """One line of a case's story: the agency's words, or ours to it. Append-only; what the agency numbers is kept once."""

    __tablename__ = "case_events"
    agency_case_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str | None] = mapped_column(String(15))
    text_: Mapped[str] = mapped_column("text", Text)
    external_id: Mapped[str | None] = mapped_column(String(120))
    at: Mapped[datetime]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("agency_case_id", "agency_cases"),
        UniqueConstraint("bureau_id", "agency_case_id", "external_id"),
        CheckConstraint("kind in ('state','told','asked','ordered','reported')", name="kind"),
    )


class CaseQuestionRow(CompanyRow, Base):
    """Something the agency asks of us about a case: a task with a deadline until it is answered, or asked no more."""

    __tablename__ = "case_questions"
    agency_case_id: Mapped[uuid.UUID]
    external_id: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(12))
    text_: Mapped[str] = mapped_column("text", Text)
    due_on: Mapped[date | None]
    cost_ore: Mapped[int | None] = mapped_column(BigInteger)
    asked_at: Mapped[datetime]
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by: Mapped[str | None] = mapped_column(String(200))
    answered_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("agency_case_id", "agency_cases"),
        UniqueConstraint("bureau_id", "agency_case_id", "external_id"),
        CheckConstraint("kind in ('address','document','objection','legal','list','other')", name="kind"),
        Index("ix_case_questions_open", "bureau_id", "due_on", postgresql_where=text("answered_at is null")),
    )


class CaseOrderRow(CompanyRow, Base):
    """Something a person here asks the agency to do with a case. `id` is our key there; done once, as every outward act."""

    __tablename__ = "case_orders"
    agency_case_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(String(12))
    text_: Mapped[str] = mapped_column("text", Text)
    question_id: Mapped[uuid.UUID | None]
    ordered_by: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(12), default="planned", server_default="planned")
    problem: Mapped[str | None] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(String(120))
    planned_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("agency_case_id", "agency_cases"),
        within_bureau("question_id", "case_questions"),
        CheckConstraint(
            "kind in ('pause','resume','withdraw','message','answer','legal_yes','legal_no','release','stop')", name="kind"
        ),
        CheckConstraint("state in ('planned','sent','refused','unknown','review','cancelled')", name="state"),
        Index(
            "uq_case_orders_waiting", "bureau_id", "agency_case_id", "kind", unique=True,
            postgresql_where=text("state in ('planned','unknown','review') and kind not in ('message','answer')"),
        ),
        Index(
            "uq_case_orders_question", "bureau_id", "question_id", unique=True,
            postgresql_where=text("state not in ('refused','cancelled')"),
        ),
    )  # fmt: skip


class SettlementRow(CompanyRow, Base):
    """A payout from the agency (avregning). Read once per external id; each line is posted once.

    `proposal`: every principal is in the ledger, and the rest waits for a person to book it. `posted`: all of it is there. `booked`: and
    the agency has been told, where it keeps such a mark.
    """

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
        CheckConstraint("state in ('read','posted','booked','question','proposal')", name="state"),
    )


class SettlementLineRow(CompanyRow, Base):
    """One case's share of a payout: principal to be posted on the invoice, interest and fees apart, and what the agency keeps of it."""

    __tablename__ = "settlement_lines"
    settlement_id: Mapped[uuid.UUID]
    agency_case_id: Mapped[uuid.UUID | None]
    external_case_id: Mapped[str] = mapped_column(String(60))
    position: Mapped[int]
    principal_ore: Mapped[int] = mapped_column(BigInteger)
    interest_ore: Mapped[int] = mapped_column(BigInteger)
    fees_ore: Mapped[int] = mapped_column(BigInteger)
    withheld_ore: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    withheld_vat_ore: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    #: the principal came into the ledger by itself: the agency paid the invoice with its KID
    in_ledger: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
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
