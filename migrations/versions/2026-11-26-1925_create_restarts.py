"""Create restarts: follow-ups begun anew, and what they set aside. Mark claims on which somebody has acted since they were decided on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate
from sqlalchemy.dialects import postgresql

revision = "20261126_1925"
down_revision = "20261126_1915"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("claims", sa.Column("awaits_decision", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_table(
        "restarts",
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_aside", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("waived_ore", sa.BigInteger(), nullable=False),
        sa.Column("restarted_by", sa.String(length=200), nullable=False),
        sa.Column("restarted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_restarts_bureau_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_restarts_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id", "claim_id"], ["claims.bureau_id", "claims.id"], name=op.f("fk_restarts_bureau_id_claim_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_restarts")),
    )
    op.create_index("ix_restarts_claim", "restarts", ["bureau_id", "claim_id"])
    isolate("restarts", rights=("select", "insert"))


def downgrade() -> None:
    op.drop_table("restarts")
    op.drop_column("claims", "awaits_decision")
