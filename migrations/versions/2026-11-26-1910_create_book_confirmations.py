"""Create book confirmations: a person's dated word that bank and vouchers are booked, where the ledger does not tell."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate

revision = "20261126_1910"
down_revision = "20261126_1845"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "book_confirmations",
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("through_on", sa.Date(), nullable=False),
        sa.Column("confirmed_by", sa.String(length=200), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=200), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_book_confirmations_bureau_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_book_confirmations_bureau_id_company_id")
        ),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_book_confirmations")),
    )
    op.create_index(
        "uq_book_confirmations_active", "book_confirmations", ["bureau_id", "company_id"], unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )  # fmt: skip
    isolate("book_confirmations")


def downgrade() -> None:
    op.drop_table("book_confirmations")
