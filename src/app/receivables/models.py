"""Tables of what is owed. Amounts are øre, signed: a debt positive, a credit negative."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CompanyRow, TenantRow, within_bureau

#: so many readings of the book must miss an item, and not be told why, before a person is asked: what a ledger answers from may lag behind
MISSED_BEFORE_ASKING = 2


class Debtor(CompanyRow, Base):
    """A company's customer who owes it money (skyldner). Its behaviour here is never shown to another company."""

    __tablename__ = "debtors"
    external_id: Mapped[str] = mapped_column(String(100))
    number: Mapped[str | None] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(300))
    sort_key: Mapped[str] = mapped_column(String(600))
    kind: Mapped[str] = mapped_column(String(20))
    organisation_number: Mapped[str | None] = mapped_column(String(9))
    email: Mapped[str | None] = mapped_column(String(254))
    email_bad_reason: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(String(30))
    address_lines: Mapped[list[str]] = mapped_column(ARRAY(String(200)), default=list, server_default=text("'{}'"))
    postal_code: Mapped[str | None] = mapped_column(String(10))
    city: Mapped[str | None] = mapped_column(String(100))
    country: Mapped[str] = mapped_column(String(2), default="NO", server_default="NO")
    language: Mapped[str] = mapped_column(String(5), default="nb", server_default="nb")
    own_dunning: Mapped[list[str]] = mapped_column(ARRAY(String(60)), default=list, server_default=text("'{}'"))
    insolvency: Mapped[str] = mapped_column(String(30), default="none", server_default="none")
    insolvency_on: Mapped[date | None]
    standing_checked_at: Mapped[datetime | None]
    industry_code: Mapped[str | None] = mapped_column(String(10))
    version: Mapped[str | None] = mapped_column(String(100))
    seen_at: Mapped[datetime]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        UniqueConstraint("bureau_id", "company_id", "external_id"),
        CheckConstraint("kind in ('consumer','sole_proprietor','business','public')", name="kind"),
        Index("ix_debtors_sort", "bureau_id", "company_id", "sort_key"),
        Index("ix_debtors_organisation_number", "bureau_id", "organisation_number"),
    )


class OpenItem(CompanyRow, Base):
    """A row of the ledger's open post list (åpen post). `state` is what the ledger says; an unexplained disappearance is never "paid"."""

    __tablename__ = "open_items"
    debtor_id: Mapped[uuid.UUID]
    external_id: Mapped[str] = mapped_column(String(100))
    invoice_external_id: Mapped[str | None] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    document_number: Mapped[str | None] = mapped_column(String(60))
    kid: Mapped[str | None] = mapped_column(String(30))
    issued_on: Mapped[date | None]
    due_on: Mapped[date | None]
    proposed_due_on: Mapped[date | None]
    original_ore: Mapped[int] = mapped_column(BigInteger)
    remaining_ore: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    confidence: Mapped[str] = mapped_column(String(10))
    doubts: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    approved_by: Mapped[str | None] = mapped_column(String(200))
    approved_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(20), default="open", server_default="open")
    closed_at: Mapped[datetime | None]
    ledger_notices: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    #: what a bureau before this one had said about it, in the shape of `ledger_notices`; no reading of the ledger touches it
    carried_notices: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))
    ledger_reminders: Mapped[list[date]] = mapped_column(ARRAY(Date), default=list, server_default=text("'{}'"))
    version: Mapped[str | None] = mapped_column(String(100))
    first_seen_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    read_live_at: Mapped[datetime | None]
    #: readings of the book in a row that did not show it and were not told why
    missed_runs: Mapped[int] = mapped_column(default=0, server_default="0")
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("debtor_id", "debtors"),
        UniqueConstraint("bureau_id", "company_id", "external_id"),
        CheckConstraint("state in ('open','paid','credited','unexplained')", name="state"),
        CheckConstraint("confidence in ('high','medium','low')", name="confidence"),
        Index("ix_open_items_debtor", "bureau_id", "debtor_id"),
        Index("ix_open_items_open", "bureau_id", "company_id", "due_on", postgresql_where=text("state = 'open'")),
        Index("ix_open_items_changed", "bureau_id", "changed_at"),
        Index("ix_open_items_document_number", "bureau_id", "company_id", "document_number"),
        Index("ix_open_items_kid", "bureau_id", "kid"),
        Index("ix_open_items_credit", "bureau_id", "debtor_id", postgresql_where=text("state = 'open' and remaining_ore < 0")),
        Index(
            "ix_open_items_doubtful", "bureau_id", "company_id",
            postgresql_where=text("state = 'unexplained' or (state = 'open' and confidence = 'low' and approved_at is null)"),
        ),
    )  # fmt: skip

    @property
    def is_asked_about(self) -> bool:
        """Gone without an explanation, but not missed often enough to trouble a person: the next reading asks again."""
        return self.state == "unexplained" and self.missed_runs < MISSED_BEFORE_ASKING


class Payment(CompanyRow, Base):
    """Money or a credit note seen against an open item, in the ledger or at the agency."""

    __tablename__ = "payments"
    open_item_id: Mapped[uuid.UUID]
    external_id: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(20))
    paid_on: Mapped[date]
    amount_ore: Mapped[int] = mapped_column(BigInteger)
    text_: Mapped[str | None] = mapped_column("text", Text)
    evidence: Mapped[dict[str, Any] | None]
    seen_at: Mapped[datetime]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("open_item_id", "open_items"),
        UniqueConstraint("bureau_id", "company_id", "open_item_id", "source", "external_id"),
        CheckConstraint("source in ('ledger','agency')", name="source"),
        CheckConstraint("kind in ('payment','credit_note','other')", name="kind"),
        Index("ix_payments_open_item", "bureau_id", "open_item_id", "paid_on"),
    )


class BookReading(CompanyRow, Base):
    """How far a company's book had come at one reading (klar bok), with the light it gave then. None where the ledger does not tell."""

    __tablename__ = "book_readings"
    read_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(30))
    link: Mapped[str | None] = mapped_column(String(300))
    book_on: Mapped[date]
    banks: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    unposted: Mapped[int | None]
    unposted_since: Mapped[date | None]
    unallocated_count: Mapped[int]
    unallocated_ore: Mapped[int] = mapped_column(BigInteger)
    credit_note_count: Mapped[int]
    credit_note_ore: Mapped[int] = mapped_column(BigInteger)
    overdue_ore: Mapped[int] = mapped_column(BigInteger)
    light: Mapped[str] = mapped_column(String(5))
    findings: Mapped[list[Any]]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        CheckConstraint("light in ('red','amber','green')", name="light"),
        Index("ix_book_readings_latest", "bureau_id", "company_id", "read_at"),
    )


class BookConfirmation(CompanyRow, Base):
    """A person's word that bank and vouchers are booked through a day, for what the ledger does not tell. One in force for each company."""

    __tablename__ = "book_confirmations"
    through_on: Mapped[date]
    confirmed_by: Mapped[str] = mapped_column(String(200))
    confirmed_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(String(200))
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        Index("uq_book_confirmations_active", "bureau_id", "company_id", unique=True, postgresql_where=text("ended_at is null")),
    )


class GuardLimits(TenantRow, Base):
    """From where on a guard stops or warns, as the bureau wants it. Append-only; the newest version of each guard holds."""

    __tablename__ = "guard_limits"
    guard: Mapped[str] = mapped_column(String(20))
    version: Mapped[int]
    limits: Mapped[dict[str, Any]]
    made_by: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("bureau_id", "guard", "version"),
        CheckConstraint("guard in ('readiness','blast_radius')", name="guard"),
    )
