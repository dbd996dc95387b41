"""Create ledgers: tables and their policies together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate
from sqlalchemy.dialects import postgresql

revision = "20261121_0903"
down_revision = "20261121_0902"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connections",
        sa.Column("ledger", sa.String(length=30), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=True),
        sa.Column("credential_version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=12), server_default="working", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('working','reconnect','failing','revoked')", name=op.f("ck_connections_state")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_connections_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_connections")),
    )
    op.create_index("ix_connections_bureau_id_ledger", "connections", ["bureau_id", "ledger"], unique=False)
    op.create_table(
        "company_links",
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("external_id", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("organisation_number", sa.String(length=9), nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lost_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("customers_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("warnings", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_company_links_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "connection_id"],
            ["connections.bureau_id", "connections.id"],
            name=op.f("fk_company_links_bureau_id_connection_id"),
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_company_links_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_company_links")),
        sa.UniqueConstraint("bureau_id", "company_id", name=op.f("uq_company_links_bureau_id_company_id")),
        sa.UniqueConstraint("bureau_id", "connection_id", "external_id", name=op.f("uq_company_links_bureau_id_connection_id_external_id")),
    )
    op.create_table(
        "sync_runs",
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("opened", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("closed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unexplained", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('running','done','failed')", name=op.f("ck_sync_runs_state")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_sync_runs_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_sync_runs_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_sync_runs")),
    )
    op.create_index("ix_sync_runs_latest", "sync_runs", ["bureau_id", "company_id", "started_at"], unique=False)
    op.create_table(
        "postings",
        sa.Column("open_item_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("business_key", sa.String(length=200), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), server_default="planned", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("external_id", sa.String(length=120), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('planned','posted','refused','unknown','review','cancelled')", name=op.f("ck_postings_state")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_postings_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "open_item_id"], ["open_items.bureau_id", "open_items.id"], name=op.f("fk_postings_bureau_id_open_item_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_postings_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_postings")),
        sa.UniqueConstraint("bureau_id", "business_key", name=op.f("uq_postings_bureau_id_business_key")),
    )
    isolate("connections", company="bureau_only")
    isolate("company_links", company="bureau_only")
    isolate("sync_runs")
    isolate("postings")


def downgrade() -> None:
    op.drop_table("postings")
    op.drop_table("sync_runs")
    op.drop_table("company_links")
    op.drop_table("connections")
