"""Create file imports, bank payments and invoice documents: what comes by file beside the book itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate
from sqlalchemy.dialects import postgresql

revision = "20261126_2000"
down_revision = "20261126_1950"
branch_labels = None
depends_on = None

PENDING = "shown_at is null and put_aside_at is null"


def _beside(table: str) -> list[sa.SchemaItem]:
    """The columns and keys that every row of a company has."""
    return [
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f(f"fk_{table}_bureau_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f(f"fk_{table}_bureau_id_company_id")
        ),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f(f"pk_{table}")),
    ]


def _of_file(table: str) -> list[sa.SchemaItem]:
    return [
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bureau_id", "file_id"], ["file_imports.bureau_id", "file_imports.id"], name=op.f(f"fk_{table}_bureau_id_file_id")
        ),
    ]


def upgrade() -> None:
    op.create_table(
        "file_imports",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("names", postgresql.ARRAY(sa.String(length=200)), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("imported_by", sa.String(length=200), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), server_default="0", nullable=False),
        sa.Column("left_out", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("layout", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        *_beside("file_imports"),
        sa.CheckConstraint("kind in ('saft','open_items','ocr','camt054','ehf')", name=op.f("ck_file_imports_kind")),
    )
    op.create_index("ix_file_imports_latest", "file_imports", ["bureau_id", "company_id", "imported_at"])
    isolate("file_imports")
    op.create_table(
        "bank_payments",
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("account", sa.String(length=34), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("kid", sa.String(length=35), nullable=True),
        sa.Column("kid_key", sa.String(length=35), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("payer", sa.String(length=200), nullable=True),
        sa.Column("open_item_id", sa.Uuid(), nullable=True),
        sa.Column("matched_by", sa.String(length=10), nullable=True),
        sa.Column("rest_then_ore", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("put_aside_by", sa.String(length=200), nullable=True),
        sa.Column("put_aside_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("put_aside_reason", sa.Text(), nullable=True),
        *_beside("bank_payments"),
        *_of_file("bank_payments"),
        sa.CheckConstraint("source in ('ocr','camt054')", name=op.f("ck_bank_payments_source")),
        sa.CheckConstraint("matched_by in ('kid','number','person')", name=op.f("ck_bank_payments_matched_by")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "open_item_id"], ["open_items.bureau_id", "open_items.id"], name=op.f("fk_bank_payments_bureau_id_open_item_id")
        ),
        sa.UniqueConstraint("bureau_id", "company_id", "source", "key", name=op.f("uq_bank_payments_bureau_id_company_id_source_key")),
    )
    op.create_index("ix_bank_payments_open_item", "bank_payments", ["bureau_id", "open_item_id"])
    op.create_index("ix_bank_payments_pending", "bank_payments", ["bureau_id", "company_id"], postgresql_where=sa.text(PENDING))
    isolate("bank_payments")
    op.create_table(
        "invoice_documents",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("kid", sa.String(length=35), nullable=True),
        sa.Column("payable_ore", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("customer_name", sa.String(length=300), nullable=True),
        sa.Column("customer_number", sa.String(length=9), nullable=True),
        sa.Column("customer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        *_beside("invoice_documents"),
        *_of_file("invoice_documents"),
        sa.CheckConstraint("kind in ('invoice','credit_note')", name=op.f("ck_invoice_documents_kind")),
        sa.UniqueConstraint(
            "bureau_id", "company_id", "kind", "number", name=op.f("uq_invoice_documents_bureau_id_company_id_kind_number")
        ),
    )
    isolate("invoice_documents", rights=("select", "insert"))


def downgrade() -> None:
    op.drop_table("invoice_documents")
    op.drop_table("bank_payments")
    op.drop_table("file_imports")
