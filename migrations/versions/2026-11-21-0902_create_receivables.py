"""Create receivables: tables and their policies together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate
from sqlalchemy.dialects import postgresql

revision = "20261121_0902"
down_revision = "20261121_0901"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "debtors",
        sa.Column("external_id", sa.String(length=100), nullable=False),
        sa.Column("number", sa.String(length=50), nullable=True),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("sort_key", sa.String(length=600), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("organisation_number", sa.String(length=9), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("email_bad_reason", sa.Text(), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("address_lines", postgresql.ARRAY(sa.String(length=200)), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("postal_code", sa.String(length=10), nullable=True),
        sa.Column("city", sa.String(length=100), nullable=True),
        sa.Column("country", sa.String(length=2), server_default="NO", nullable=False),
        sa.Column("language", sa.String(length=5), server_default="nb", nullable=False),
        sa.Column("own_dunning", postgresql.ARRAY(sa.String(length=60)), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("insolvency", sa.String(length=30), server_default="none", nullable=False),
        sa.Column("insolvency_on", sa.Date(), nullable=True),
        sa.Column("standing_checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.String(length=100), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind in ('consumer','sole_proprietor','business','public')", name=op.f("ck_debtors_kind")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_debtors_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_debtors_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_debtors")),
        sa.UniqueConstraint("bureau_id", "company_id", "external_id", name=op.f("uq_debtors_bureau_id_company_id_external_id")),
    )
    op.create_index("ix_debtors_organisation_number", "debtors", ["bureau_id", "organisation_number"], unique=False)
    op.create_index("ix_debtors_sort", "debtors", ["bureau_id", "company_id", "sort_key"], unique=False)
    op.create_table(
        "open_items",
        sa.Column("debtor_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=False),
        sa.Column("invoice_external_id", sa.String(length=100), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("document_number", sa.String(length=60), nullable=True),
        sa.Column("kid", sa.String(length=30), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("proposed_due_on", sa.Date(), nullable=True),
        sa.Column("original_ore", sa.BigInteger(), nullable=False),
        sa.Column("remaining_ore", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("confidence", sa.String(length=10), nullable=False),
        sa.Column("doubts", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("approved_by", sa.String(length=200), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=20), server_default="open", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ledger_reminders", postgresql.ARRAY(sa.Date()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("version", sa.String(length=100), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_live_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("confidence in ('high','medium','low')", name=op.f("ck_open_items_confidence")),
        sa.CheckConstraint("state in ('open','paid','credited','unexplained')", name=op.f("ck_open_items_state")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_open_items_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "debtor_id"], ["debtors.bureau_id", "debtors.id"], name=op.f("fk_open_items_bureau_id_debtor_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_open_items_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_open_items")),
        sa.UniqueConstraint("bureau_id", "company_id", "external_id", name=op.f("uq_open_items_bureau_id_company_id_external_id")),
    )
    op.create_index("ix_open_items_debtor", "open_items", ["bureau_id", "debtor_id"], unique=False)
    op.create_index("ix_open_items_document_number", "open_items", ["bureau_id", "company_id", "document_number"], unique=False)
    op.create_index("ix_open_items_kid", "open_items", ["bureau_id", "kid"], unique=False)
    op.create_index(
        "ix_open_items_open", "open_items", ["bureau_id", "company_id", "due_on"], unique=False, postgresql_where=sa.text("state = 'open'")
    )
    op.create_table(
        "payments",
        sa.Column("open_item_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind in ('payment','credit_note','other')", name=op.f("ck_payments_kind")),
        sa.CheckConstraint("source in ('ledger','agency')", name=op.f("ck_payments_source")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_payments_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "open_item_id"], ["open_items.bureau_id", "open_items.id"], name=op.f("fk_payments_bureau_id_open_item_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_payments_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_payments")),
        sa.UniqueConstraint(
            "bureau_id",
            "company_id",
            "open_item_id",
            "source",
            "external_id",
            name=op.f("uq_payments_bureau_id_company_id_open_item_id_source_external_id"),
        ),
    )
    op.create_index("ix_payments_open_item", "payments", ["bureau_id", "open_item_id", "paid_on"], unique=False)
    isolate("debtors")
    isolate("open_items")
    isolate("payments")


def downgrade() -> None:
    op.drop_table("payments")
    op.drop_table("open_items")
    op.drop_table("debtors")
