"""Let companies change bureau: offers by code, and what was said before waits for its invoice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate, share
from sqlalchemy.dialects import postgresql

revision = "20261126_1915"
down_revision = "20261126_1910"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "company_moves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("from_bureau_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("company_name", sa.String(length=200), nullable=False),
        sa.Column("organisation_number", sa.String(length=9), nullable=False),
        sa.Column("offered_by", sa.String(length=200), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="offered", nullable=False),
        sa.Column("to_bureau_id", sa.Uuid(), nullable=True),
        sa.Column("taken_by", sa.String(length=200), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("package", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("state in ('offered','packed','received','withdrawn')", name=op.f("ck_company_moves_state")),
        sa.CheckConstraint("(state = 'packed') = (package is not null)", name=op.f("ck_company_moves_package")),
        sa.CheckConstraint("state not in ('packed','received') or to_bureau_id is not null", name=op.f("ck_company_moves_taken")),
        sa.ForeignKeyConstraint(["from_bureau_id"], ["bureaus.id"], name=op.f("fk_company_moves_from_bureau_id")),
        sa.ForeignKeyConstraint(["to_bureau_id"], ["bureaus.id"], name=op.f("fk_company_moves_to_bureau_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_moves")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_company_moves_code_hash")),
    )  # fmt: skip
    op.create_index(
        "uq_company_moves_offered", "company_moves", ["from_bureau_id", "company_id"], unique=True,
        postgresql_where=sa.text("state = 'offered'"),
    )  # fmt: skip
    share("company_moves")
    op.create_table(
        "carried_histories",
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("document_number", sa.String(length=60), nullable=False),
        sa.Column("kid", sa.String(length=30), nullable=True),
        sa.Column("original_ore", sa.BigInteger(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("notices", postgresql.JSONB(), nullable=False),
        sa.Column("stops", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("came_from", sa.String(length=200), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("open_item_id", sa.Uuid(), nullable=True),
        sa.Column("tied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_carried_histories_bureau_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_carried_histories_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "open_item_id"], ["open_items.bureau_id", "open_items.id"],
            name=op.f("fk_carried_histories_bureau_id_open_item_id"),
        ),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_carried_histories")),
    )  # fmt: skip
    op.create_index(
        "ix_carried_histories_waiting", "carried_histories", ["bureau_id", "company_id"], postgresql_where=sa.text("open_item_id is null")
    )
    isolate("carried_histories")
    op.add_column(
        "open_items",
        sa.Column("carried_notices", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("open_items", "carried_notices")
    op.drop_table("carried_histories")
    op.drop_table("company_moves")
