"""Create messaging: tables and their policies together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate
from sqlalchemy.dialects import postgresql

revision = "20261121_0904"
down_revision = "20261121_0903"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "documents",
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_documents_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_documents_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_documents")),
    )
    op.create_table(
        "deliveries",
        sa.Column("purpose", sa.String(length=30), nullable=False),
        sa.Column("purpose_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=True),
        sa.Column("bounce_token", sa.String(length=60), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=12), server_default="planned", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("peer_ref", sa.String(length=300), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("channel in ('email','letter')", name=op.f("ck_deliveries_channel")),
        sa.CheckConstraint(
            "state in ('planned','sent','printed','posted','delivered','bounced','returned','refused','unknown','review','cancelled')",
            name=op.f("ck_deliveries_state"),
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_deliveries_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "document_id"], ["documents.bureau_id", "documents.id"], name=op.f("fk_deliveries_bureau_id_document_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_deliveries_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "bureau_id",
            "purpose",
            "purpose_id",
            "channel",
            "address",
            name=op.f("uq_deliveries_bureau_id_purpose_purpose_id_channel_address"),
        ),
    )
    op.create_index("ix_deliveries_bounce_token", "deliveries", ["bureau_id", "bounce_token"], unique=False)
    op.create_index("ix_deliveries_purpose", "deliveries", ["bureau_id", "purpose_id"], unique=False)
    op.create_table(
        "receipts",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_receipts_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "delivery_id"], ["deliveries.bureau_id", "deliveries.id"], name=op.f("fk_receipts_bureau_id_delivery_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_receipts_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_receipts")),
        sa.UniqueConstraint(
            "bureau_id",
            "delivery_id",
            "state",
            "external_id",
            name=op.f("uq_receipts_bureau_id_delivery_id_state_external_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    isolate("documents", rights=("select", "insert"))
    isolate("deliveries")
    isolate("receipts", rights=("select", "insert"))


def downgrade() -> None:
    op.drop_table("receipts")
    op.drop_table("deliveries")
    op.drop_table("documents")
