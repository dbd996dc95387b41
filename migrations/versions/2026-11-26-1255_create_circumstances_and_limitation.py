"""Create circumstances and limitation: what people know of a debtor, and what interrupts the limitation of a claim."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate

revision = "20261126_1255"
down_revision = "20261126_1250"
branch_labels = None
depends_on = None

KINDS = "'deceased','minor','considerate','bankrupt','reconstruction','debt_settlement'"


def upgrade() -> None:
    op.create_table(
        "debtor_circumstances",
        sa.Column("debtor_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.String(length=10), nullable=True),
        sa.Column("answer_reason", sa.Text(), nullable=True),
        sa.Column("rest_until", sa.Date(), nullable=True),
        sa.Column("answered_by", sa.String(length=200), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(f"kind in ({KINDS})", name=op.f("ck_debtor_circumstances_kind")),
        sa.CheckConstraint("answer in ('go_on','rest')", name=op.f("ck_debtor_circumstances_answer")),
        sa.CheckConstraint("kind <> 'considerate' or note is null", name=op.f("ck_debtor_circumstances_no_health_data")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_debtor_circumstances_bureau_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_debtor_circumstances_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "debtor_id"], ["debtors.bureau_id", "debtors.id"], name=op.f("fk_debtor_circumstances_bureau_id_debtor_id")
        ),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_debtor_circumstances")),
    )
    op.create_index(
        "uq_debtor_circumstances_active", "debtor_circumstances", ["bureau_id", "debtor_id", "kind"], unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )  # fmt: skip
    isolate("debtor_circumstances")
    op.create_table(
        "limitation_events",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.String(length=200), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_limitation_events_bureau_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_limitation_events_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "claim_id"], ["claims.bureau_id", "claims.id"], name=op.f("fk_limitation_events_bureau_id_claim_id")
        ),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_limitation_events")),
    )
    op.create_index("ix_limitation_events_claim", "limitation_events", ["bureau_id", "claim_id"])
    isolate("limitation_events")


def downgrade() -> None:
    op.drop_table("limitation_events")
    op.drop_table("debtor_circumstances")
