"""Create the guard over a day's run: figures of every day, runs held for a person, and the steps they hold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate
from sqlalchemy.dialects import postgresql

revision = "20261126_1302"
down_revision = "20261126_1255"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outward_days",
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("ran_on", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("good_count", sa.Integer(), nullable=False),
        sa.Column("spread", sa.Integer(), nullable=False),
        *_row("outward_days"),
        sa.UniqueConstraint(
            "bureau_id",
            "company_id",
            "ran_on",
            name=op.f("uq_outward_days_bureau_id_company_id_ran_on"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    isolate("outward_days", company="bureau_only")
    op.create_table(
        "held_runs",
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("ran_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="held", nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("good_count", sa.Integer(), nullable=False),
        sa.Column("spread", sa.Integer(), nullable=False),
        sa.Column("excesses", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        *_row("held_runs"),
        sa.CheckConstraint("state in ('held','released','cancelled')", name=op.f("ck_held_runs_state")),
    )
    op.create_index(
        "uq_held_runs_open", "held_runs", ["bureau_id", "company_id", "ran_on"], unique=True,
        postgresql_where=sa.text("state = 'held'"), postgresql_nulls_not_distinct=True,
    )  # fmt: skip
    op.create_index("ix_held_runs_held_at", "held_runs", ["bureau_id", "held_at"], unique=False)
    isolate("held_runs", company="bureau_only")
    op.create_table(
        "held_steps",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(length=30), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.Column("good_payer", sa.Boolean(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        *_row("held_steps"),
        sa.ForeignKeyConstraint(
            ["bureau_id", "run_id"], ["held_runs.bureau_id", "held_runs.id"], name=op.f("fk_held_steps_bureau_id_run_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "claim_id"], ["claims.bureau_id", "claims.id"], name=op.f("fk_held_steps_bureau_id_claim_id")
        ),
        sa.UniqueConstraint("bureau_id", "run_id", "claim_id", name=op.f("uq_held_steps_bureau_id_run_id_claim_id")),
    )
    op.create_index("ix_held_steps_claim", "held_steps", ["bureau_id", "claim_id"], unique=False)
    isolate("held_steps", company="bureau_only", rights=("select", "insert"))


def downgrade() -> None:
    op.drop_table("held_steps")
    op.drop_table("held_runs")
    op.drop_table("outward_days")


def _row(table: str) -> tuple[sa.Column[object] | sa.Constraint, ...]:
    """What each of them has: a bureau, a company, a key."""
    return (
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=f"fk_{table}_bureau_id_company_id"
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=f"fk_{table}_bureau_id"),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=f"pk_{table}"),
    )
