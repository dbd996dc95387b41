"""Create book readings and the limits of the guards: how far each book had come at each reading."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate
from sqlalchemy.dialects import postgresql

revision = "20261126_1210"
down_revision = "20261126_1150"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "book_readings",
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.Column("link", sa.String(length=300), nullable=True),
        sa.Column("book_on", sa.Date(), nullable=False),
        sa.Column("banks", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("unposted", sa.Integer(), nullable=True),
        sa.Column("unposted_since", sa.Date(), nullable=True),
        sa.Column("unallocated_count", sa.Integer(), nullable=False),
        sa.Column("unallocated_ore", sa.BigInteger(), nullable=False),
        sa.Column("credit_note_count", sa.Integer(), nullable=False),
        sa.Column("credit_note_ore", sa.BigInteger(), nullable=False),
        sa.Column("overdue_ore", sa.BigInteger(), nullable=False),
        sa.Column("light", sa.String(length=5), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("light in ('red','amber','green')", name=op.f("ck_book_readings_light")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_book_readings_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_book_readings_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_book_readings")),
    )
    op.create_index("ix_book_readings_latest", "book_readings", ["bureau_id", "company_id", "read_at"], unique=False)
    isolate("book_readings", rights=("select", "insert", "delete"))
    op.create_table(
        "guard_limits",
        sa.Column("guard", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("limits", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("guard in ('readiness','blast_radius')", name=op.f("ck_guard_limits_guard")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_guard_limits_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_guard_limits")),
        sa.UniqueConstraint("bureau_id", "guard", "version", name=op.f("uq_guard_limits_bureau_id_guard_version")),
    )
    isolate("guard_limits", company="bureau_only", rights=("select", "insert"))
    op.create_index(
        "ix_open_items_credit", "open_items", ["bureau_id", "debtor_id"], unique=False,
        postgresql_where=sa.text("state = 'open' and remaining_ore < 0"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_open_items_credit", table_name="open_items")
    op.drop_table("guard_limits")
    op.drop_table("book_readings")
