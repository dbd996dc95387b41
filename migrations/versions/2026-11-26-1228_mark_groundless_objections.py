"""Mark groundless objections: a person may find an objection obviously groundless (inkassoloven 2026 § 18)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_1228"
down_revision = "20261126_1225"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("disputes", sa.Column("obviously_groundless", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_check_constraint(op.f("ck_disputes_groundless"), "disputes", "not obviously_groundless or decision = 'rejected'")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_disputes_groundless"), "disputes")
    op.drop_column("disputes", "obviously_groundless")
