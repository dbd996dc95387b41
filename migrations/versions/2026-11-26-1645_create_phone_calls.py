"""Create phone calls: what came of the calls that a policy's step asks for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate

revision = "20261126_1645"
down_revision = "20261126_1630"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phone_calls",
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("called_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("called_by", sa.String(length=200), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome in ('reached','not_reached','wrong_number','promise','dispute')", name=op.f("ck_phone_calls_outcome")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_phone_calls_bureau_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_phone_calls_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "claim_id"], ["claims.bureau_id", "claims.id"], name=op.f("fk_phone_calls_bureau_id_claim_id")
        ),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_phone_calls")),
    )  # fmt: skip
    op.create_index("ix_phone_calls_claim", "phone_calls", ["bureau_id", "claim_id"])
    isolate("phone_calls", rights=("select", "insert"))


def downgrade() -> None:
    op.drop_table("phone_calls")
