"""Create what ledger, we and agency do not agree on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate

revision = "20261126_2342"
down_revision = "20261126_2315"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reconciliations",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("ledger_count", sa.Integer(), nullable=False),
        sa.Column("ledger_ore", sa.BigInteger(), nullable=False),
        sa.Column("our_count", sa.Integer(), nullable=False),
        sa.Column("our_ore", sa.BigInteger(), nullable=False),
        sa.Column("their_count", sa.Integer(), nullable=True),
        sa.Column("their_ore", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        *_company_row("reconciliations"),
        sa.UniqueConstraint("bureau_id", "agreement_id", "on_day", name=op.f("uq_reconciliations_bureau_id_agreement_id_on_day")),
    )
    isolate("reconciliations")
    op.create_table(
        "case_differences",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("agency_case_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("external_id", sa.String(length=60), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("owner", sa.String(length=12), nullable=False),
        sa.Column("ledger_ore", sa.BigInteger(), nullable=True),
        sa.Column("ours_ore", sa.BigInteger(), nullable=True),
        sa.Column("theirs_ore", sa.BigInteger(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("owner in ('ledger','us','agency','travelling')", name=op.f("ck_case_differences_owner")),
        *_company_row("case_differences"),
        sa.ForeignKeyConstraint(
            ["bureau_id", "agency_case_id"],
            ["agency_cases.bureau_id", "agency_cases.id"],
            name=op.f("fk_case_differences_bureau_id_agency_case_id"),
        ),
    )
    op.create_index(
        "uq_case_differences_open", "case_differences", ["bureau_id", "agreement_id", "subject", "kind"], unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )  # fmt: skip
    isolate("case_differences")


def downgrade() -> None:
    op.drop_table("case_differences")
    op.drop_table("reconciliations")


def _company_row(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f(f"fk_{table}_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "agreement_id"], ["agreements.bureau_id", "agreements.id"], name=op.f(f"fk_{table}_bureau_id_agreement_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f(f"fk_{table}_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f(f"pk_{table}")),
    ]
