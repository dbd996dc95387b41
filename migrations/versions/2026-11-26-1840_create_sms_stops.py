"""Create SMS stops: a debtor's STOP to text messages from a company, and the way from a number to those who wrote to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate

revision = "20261126_1840"
down_revision = "20261126_1650"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sms_stops",
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=200), nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lift_reason is null)", name=op.f("ck_sms_stops_lifted")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_sms_stops_bureau_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_sms_stops_bureau_id_company_id")
        ),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_sms_stops")),
    )
    op.create_index(
        "uq_sms_stops_active", "sms_stops", ["bureau_id", "company_id", "number"], unique=True,
        postgresql_where=sa.text("lifted_at is null"),
    )  # fmt: skip
    op.create_index(
        "ix_deliveries_sms_address", "deliveries", ["bureau_id", "address"], postgresql_where=sa.text("channel = 'sms'")
    )  # fmt: skip
    isolate("sms_stops")


def downgrade() -> None:
    op.drop_index("ix_deliveries_sms_address", "deliveries")
    op.drop_table("sms_stops")
