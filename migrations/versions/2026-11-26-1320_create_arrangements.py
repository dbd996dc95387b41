"""Create arrangements and their instalments, and let a stop reach a debtor or a whole company."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate, unforced

revision = "20261126_1320"
down_revision = "20261126_1316"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("holds", "claim_id", nullable=True)
    op.add_column("holds", sa.Column("debtor_id", sa.Uuid(), nullable=True))
    with unforced("holds", "debtors"):
        op.create_foreign_key(op.f("fk_holds_bureau_id_debtor_id"), "holds", "debtors", ["bureau_id", "debtor_id"], ["bureau_id", "id"])
    op.create_check_constraint(op.f("ck_holds_reach"), "holds", "claim_id is null or debtor_id is null")
    op.drop_index("uq_holds_active", table_name="holds")
    op.create_index(
        "uq_holds_active", "holds", ["bureau_id", "company_id", "claim_id", "debtor_id"], unique=True,
        postgresql_nulls_not_distinct=True, postgresql_where=sa.text("lifted_at is null"),
    )  # fmt: skip
    op.create_index("ix_holds_claim", "holds", ["bureau_id", "claim_id"], postgresql_where=sa.text("lifted_at is null"))
    op.create_table(
        "arrangements",
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("agreed_ore", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmation", sa.String(length=12), server_default="none", nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("missed_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('promise','extension','plan')", name=op.f("ck_arrangements_kind")),
        sa.CheckConstraint("outcome in ('kept','broken','withdrawn','replaced')", name=op.f("ck_arrangements_outcome")),
        sa.CheckConstraint("(outcome is null) = (ended_at is null)", name=op.f("ck_arrangements_ended")),
        sa.CheckConstraint("confirmation in ('none','planned','impossible')", name=op.f("ck_arrangements_confirmation")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_arrangements_bureau_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_arrangements_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "claim_id"], ["claims.bureau_id", "claims.id"], name=op.f("fk_arrangements_bureau_id_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "document_id"], ["documents.bureau_id", "documents.id"], name=op.f("fk_arrangements_bureau_id_document_id")
        ),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_arrangements")),
    )
    op.create_index(
        "uq_arrangements_in_force", "arrangements", ["bureau_id", "claim_id"], unique=True, postgresql_where=sa.text("ended_at is null")
    )
    op.create_index("ix_arrangements_claim", "arrangements", ["bureau_id", "claim_id", "made_at"])
    op.create_table(
        "instalments",
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("arrangement_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount_ore", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_ore > 0", name=op.f("ck_instalments_amount")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_instalments_bureau_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_instalments_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "arrangement_id"], ["arrangements.bureau_id", "arrangements.id"],
            name=op.f("fk_instalments_bureau_id_arrangement_id"),
        ),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_instalments")),
        sa.UniqueConstraint(
            "bureau_id", "arrangement_id", "position", name=op.f("uq_instalments_bureau_id_arrangement_id_position")
        ),
    )  # fmt: skip
    isolate("arrangements")
    isolate("instalments", rights=("select", "insert"))


def downgrade() -> None:
    op.drop_table("instalments")
    op.drop_table("arrangements")
    op.drop_index("ix_holds_claim", table_name="holds")
    op.drop_index("uq_holds_active", table_name="holds")
    op.drop_constraint(op.f("ck_holds_reach"), "holds", type_="check")
    op.drop_constraint(op.f("fk_holds_bureau_id_debtor_id"), "holds", type_="foreignkey")
    op.execute("delete from holds where claim_id is null")
    op.drop_column("holds", "debtor_id")
    op.alter_column("holds", "claim_id", nullable=False)
    op.create_index("uq_holds_active", "holds", ["bureau_id", "claim_id"], unique=True, postgresql_where=sa.text("lifted_at is null"))
