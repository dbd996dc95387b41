"""Create agencies: tables and their policies together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate
from sqlalchemy.dialects import postgresql

revision = "20261121_0906"
down_revision = "20261121_0905"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreements",
        sa.Column("agency", sa.String(length=30), nullable=False),
        sa.Column("creditor_ref", sa.String(length=60), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=True),
        sa.Column("authority_by", sa.String(length=200), nullable=True),
        sa.Column("authority_from", sa.Date(), nullable=True),
        sa.Column("authority_until", sa.Date(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("changes_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_agreements_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_agreements_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_agreements")),
    )
    op.create_index(
        "uq_agreements_current", "agreements", ["bureau_id", "company_id"], unique=True, postgresql_where=sa.text("valid_until is null")
    )
    op.create_table(
        "settlements",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=60), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=False),
        sa.Column("total_ore", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("bank_reference", sa.String(length=100), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('read','posted','booked','question')", name=op.f("ck_settlements_state")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "agreement_id"], ["agreements.bureau_id", "agreements.id"], name=op.f("fk_settlements_bureau_id_agreement_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_settlements_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_settlements_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_settlements")),
        sa.UniqueConstraint("bureau_id", "agreement_id", "external_id", name=op.f("uq_settlements_bureau_id_agreement_id_external_id")),
    )
    op.create_table(
        "agency_cases",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("open_item_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=60), nullable=True),
        sa.Column("state", sa.String(length=15), nullable=False),
        sa.Column("agency_text", sa.String(length=200), nullable=True),
        sa.Column("principal_ore", sa.BigInteger(), nullable=False),
        sa.Column("outstanding_ore", sa.BigInteger(), nullable=True),
        sa.Column("package", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state in ('planned','registered','in_collection','legal','paused','paid','withdrawn','closed','refused','in_doubt','cancelled')",
            name=op.f("ck_agency_cases_state"),
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "agreement_id"], ["agreements.bureau_id", "agreements.id"], name=op.f("fk_agency_cases_bureau_id_agreement_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_agency_cases_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "open_item_id"], ["open_items.bureau_id", "open_items.id"], name=op.f("fk_agency_cases_bureau_id_open_item_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_agency_cases_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_agency_cases")),
    )
    op.create_index("ix_agency_cases_external_id", "agency_cases", ["bureau_id", "external_id"], unique=False)
    op.create_index(
        "uq_agency_cases_live",
        "agency_cases",
        ["bureau_id", "claim_id"],
        unique=True,
        postgresql_where=sa.text("state not in ('refused','cancelled','withdrawn')"),
    )
    op.create_table(
        "direct_payments",
        sa.Column("agency_case_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=12), server_default="planned", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "state in ('planned','reported','refused','unknown','review','cancelled')", name=op.f("ck_direct_payments_state")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "agency_case_id"],
            ["agency_cases.bureau_id", "agency_cases.id"],
            name=op.f("fk_direct_payments_bureau_id_agency_case_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_direct_payments_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "payment_id"], ["payments.bureau_id", "payments.id"], name=op.f("fk_direct_payments_bureau_id_payment_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_direct_payments_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_direct_payments")),
        sa.UniqueConstraint("bureau_id", "payment_id", name=op.f("uq_direct_payments_bureau_id_payment_id")),
    )
    op.create_table(
        "settlement_lines",
        sa.Column("settlement_id", sa.Uuid(), nullable=False),
        sa.Column("agency_case_id", sa.Uuid(), nullable=True),
        sa.Column("external_case_id", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("principal_ore", sa.BigInteger(), nullable=False),
        sa.Column("interest_ore", sa.BigInteger(), nullable=False),
        sa.Column("fees_ore", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bureau_id", "agency_case_id"],
            ["agency_cases.bureau_id", "agency_cases.id"],
            name=op.f("fk_settlement_lines_bureau_id_agency_case_id"),
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_settlement_lines_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "posting_id"], ["postings.bureau_id", "postings.id"], name=op.f("fk_settlement_lines_bureau_id_posting_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "settlement_id"],
            ["settlements.bureau_id", "settlements.id"],
            name=op.f("fk_settlement_lines_bureau_id_settlement_id"),
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_settlement_lines_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_settlement_lines")),
        sa.UniqueConstraint("bureau_id", "settlement_id", "position", name=op.f("uq_settlement_lines_bureau_id_settlement_id_position")),
    )
    isolate("agreements")
    isolate("agency_cases")
    isolate("settlements")
    isolate("settlement_lines")
    isolate("direct_payments")


def downgrade() -> None:
    op.drop_table("direct_payments")
    op.drop_table("settlement_lines")
    op.drop_table("settlements")
    op.drop_table("agency_cases")
    op.drop_table("agreements")
