"""Create creditor numbers: which bureau a number at an agency belongs to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import share

revision = "20261122_0010"
down_revision = "20261121_0907"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "creditor_numbers",
        sa.Column("agency", sa.String(length=30), nullable=False),
        sa.Column("creditor_ref", sa.String(length=60), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_creditor_numbers_bureau_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_creditor_numbers_bureau_id_company_id")
        ),
        sa.PrimaryKeyConstraint("agency", "creditor_ref", name=op.f("pk_creditor_numbers")),
    )
    share("creditor_numbers", ("select", "insert"))


def downgrade() -> None:
    op.drop_table("creditor_numbers")
