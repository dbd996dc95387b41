"""Create law records: figures that a person has confirmed, the days on which the act of 2026 enters into force, and who may say so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import share

revision = "20261126_1150"
down_revision = "20261122_0110"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "confirmed_figures",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("figure", sa.String(length=40), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("known_through", sa.Date(), nullable=False),
        sa.Column("value", sa.Numeric(precision=12, scale=4), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("confirmed_by", sa.String(length=200), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("known_through >= effective_from", name=op.f("ck_confirmed_figures_period")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_confirmed_figures")),
    )
    share("confirmed_figures", ("select", "insert"))
    op.create_table(
        "act_dates",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("provision", sa.String(length=10), nullable=False),
        sa.Column("in_force_from", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("set_by", sa.String(length=200), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_act_dates")),
    )
    share("act_dates", ("select", "insert"))
    op.create_table(
        "platform_staff",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_platform_staff_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_platform_staff")),
    )
    share("platform_staff")


def downgrade() -> None:
    op.drop_table("platform_staff")
    op.drop_table("act_dates")
    op.drop_table("confirmed_figures")
