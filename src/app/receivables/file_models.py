"""Tables of what comes by file beside the book itself: the files taken in, money the bank has shown, and invoices as they were sent."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CompanyRow, within_bureau


class FileImport(CompanyRow, Base):
    """A file that was taken in: whose, by whom, what came of it, and every line that was left out. `layout`: how its columns were read."""

    __tablename__ = "file_imports"
    kind: Mapped[str] = mapped_column(String(20))
    names: Mapped[list[str]] = mapped_column(ARRAY(String(200)))
    digest: Mapped[str] = mapped_column(String(64))
    imported_by: Mapped[str] = mapped_column(String(200))
    imported_at: Mapped[datetime]
    taken: Mapped[int]
    known: Mapped[int] = mapped_column(default=0, server_default="0")
    left_out: Mapped[list[Any]]
    layout: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    __table_args__ = (
        within_bureau("company_id", "companies"),
        CheckConstraint("kind in ('saft','open_items','ocr','camt054','ehf')", name="kind"),
        Index("ix_file_imports_latest", "bureau_id", "company_id", "imported_at"),
    )


class BankPayment(CompanyRow, Base):
    """Money on the company's account as the bank tells of it (OCR giro, camt.054), which the ledger may not show yet.

    It is never posted by us: the ledger gets the same file. It only keeps notices away from whoever has paid, until `shown_at`, when the
    ledger shows it too. `key` is the same whenever the same payment is read again; `kid_key` is the KID without leading zeros, which
    spreadsheets lose. `rest_then_ore`: what the ledger showed open on the item when the two were tied together.
    """

    __tablename__ = "bank_payments"
    file_id: Mapped[uuid.UUID]
    source: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(200))
    account: Mapped[str] = mapped_column(String(34))
    paid_on: Mapped[date]
    amount_ore: Mapped[int] = mapped_column(BigInteger)
    kid: Mapped[str | None] = mapped_column(String(35))
    kid_key: Mapped[str | None] = mapped_column(String(35))
    text_: Mapped[str | None] = mapped_column("text", Text)
    payer: Mapped[str | None] = mapped_column(String(200))
    open_item_id: Mapped[uuid.UUID | None]
    matched_by: Mapped[str | None] = mapped_column(String(10))
    rest_then_ore: Mapped[int | None] = mapped_column(BigInteger)
    seen_at: Mapped[datetime]
    shown_at: Mapped[datetime | None]
    put_aside_by: Mapped[str | None] = mapped_column(String(200))
    put_aside_at: Mapped[datetime | None]
    put_aside_reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("file_id", "file_imports"),
        within_bureau("open_item_id", "open_items"),
        UniqueConstraint("bureau_id", "company_id", "source", "key"),
        CheckConstraint("source in ('ocr','camt054')", name="source"),
        CheckConstraint("matched_by in ('kid','number','person')", name="matched_by"),
        Index("ix_bank_payments_open_item", "bureau_id", "open_item_id"),
        Index(
            "ix_bank_payments_pending", "bureau_id", "company_id",
            postgresql_where=text("shown_at is null and put_aside_at is null"),
        ),
    )  # fmt: skip


class InvoiceDocument(CompanyRow, Base):
    """An invoice or credit note as it was sent (EHF Billing 3.0), kept for what the ledger does not tell of it. `number` as printed."""

    __tablename__ = "invoice_documents"
    file_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(60))
    issued_on: Mapped[date | None]
    due_on: Mapped[date | None]
    kid: Mapped[str | None] = mapped_column(String(35))
    payable_ore: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    customer_name: Mapped[str | None] = mapped_column(String(300))
    customer_number: Mapped[str | None] = mapped_column(String(9))
    customer: Mapped[dict[str, Any]]
    read_at: Mapped[datetime]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("file_id", "file_imports"),
        UniqueConstraint("bureau_id", "company_id", "kind", "number"),
        CheckConstraint("kind in ('invoice','credit_note')", name="kind"),
    )
