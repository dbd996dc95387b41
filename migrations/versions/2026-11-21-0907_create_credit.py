"""Create credit: tables and their policies together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate
from sqlalchemy.dialects import postgresql

revision = "20261121_0907"
down_revision = "20261121_0906"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credit_checks",
        sa.Column("organisation_number", sa.String(length=9), nullable=False),
        sa.Column("subject_name", sa.String(length=300), nullable=True),
        sa.Column("debtor_id", sa.Uuid(), nullable=True),
        sa.Column("legitimate_need", sa.Text(), nullable=False),
        sa.Column("order_ore", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), server_default="NOK", nullable=False),
        sa.Column("requested_by", sa.String(length=200), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="running", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("advice", sa.String(length=20), nullable=True),
        sa.Column("limit_ore", sa.BigInteger(), nullable=True),
        sa.Column("upfront_ore", sa.BigInteger(), nullable=True),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "advice in ('open_credit','part_payment','prepayment','decline','ask_person')", name=op.f("ck_credit_checks_advice")
        ),
        sa.CheckConstraint("state in ('running','done','failed')", name=op.f("ck_credit_checks_state")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_credit_checks_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "debtor_id"], ["debtors.bureau_id", "debtors.id"], name=op.f("fk_credit_checks_bureau_id_debtor_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_credit_checks_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_credit_checks")),
    )
    op.create_index("ix_credit_checks_latest", "credit_checks", ["bureau_id", "company_id", "requested_at"], unique=False)
    isolate("credit_checks")


def downgrade() -> None:
    op.drop_table("credit_checks")
