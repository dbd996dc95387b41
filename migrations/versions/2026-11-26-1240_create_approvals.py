"""Create approvals: who looks after a debtor and who is away, what was asked of whom, and what they answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate, unforced

revision = "20261126_1240"
down_revision = "20261126_1233"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("ledger_owner_id", "backup_id"):
        op.add_column("companies", sa.Column(column, sa.Uuid(), nullable=True))
        with unforced("companies"):
            op.create_foreign_key(op.f(f"fk_companies_{column}"), "companies", "users", [column], ["id"])
    op.create_table(
        "absences",
        *_key(),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("backup_id", sa.Uuid(), nullable=True),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_absences_days")),
        sa.CheckConstraint("backup_id <> user_id", name=op.f("ck_absences_backup")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_absences_bureau_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_absences_user_id")),
        sa.ForeignKeyConstraint(["backup_id"], ["users.id"], name=op.f("fk_absences_backup_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_absences")),
    )
    op.create_table(
        "debtor_owners",
        *_key(),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("debtor_id", sa.Uuid(), nullable=False),
        sa.Column("account_manager_id", sa.Uuid(), nullable=True),
        sa.Column("ledger_owner_id", sa.Uuid(), nullable=True),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        *_within("debtor_owners", company_id="companies", debtor_id="debtors"),
        sa.ForeignKeyConstraint(["account_manager_id"], ["users.id"], name=op.f("fk_debtor_owners_account_manager_id")),
        sa.ForeignKeyConstraint(["ledger_owner_id"], ["users.id"], name=op.f("fk_debtor_owners_ledger_owner_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_debtor_owners")),
        sa.UniqueConstraint("bureau_id", "debtor_id", name=op.f("uq_debtor_owners_bureau_id_debtor_id")),
    )
    op.create_table(
        "approval_requests",
        *_key(),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(length=30), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("approver", sa.String(length=10), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("asked_id", sa.Uuid(), nullable=True),
        sa.Column("principal_ore", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mailed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mails", sa.Integer(), server_default="0", nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("approver in ('manager','bureau')", name=op.f("ck_approval_requests_approver")),
        *_within("approval_requests", company_id="companies", claim_id="claims"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_approval_requests_owner_id")),
        sa.ForeignKeyConstraint(["asked_id"], ["users.id"], name=op.f("fk_approval_requests_asked_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_approval_requests")),
        sa.UniqueConstraint(
            "bureau_id", "claim_id", "step", "round", "turn", "approver",
            name=op.f("uq_approval_requests_bureau_id_claim_id_step_round_turn_approver"),
        ),
    )  # fmt: skip
    op.create_index(
        "ix_approval_requests_open", "approval_requests", ["bureau_id", "company_id"], postgresql_where=sa.text("closed_at is null")
    )
    op.create_index("ix_approval_requests_claim", "approval_requests", ["bureau_id", "claim_id"])
    op.create_table(
        "approvals",
        *_key(),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("given_by", sa.String(length=200), nullable=False),
        sa.Column("given_by_id", sa.Uuid(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("verdict in ('yes','no','silence')", name=op.f("ck_approvals_verdict")),
        *_within("approvals", company_id="companies", request_id="approval_requests", claim_id="claims"),
        sa.ForeignKeyConstraint(["given_by_id"], ["users.id"], name=op.f("fk_approvals_given_by_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_approvals")),
        sa.UniqueConstraint("bureau_id", "request_id", name=op.f("uq_approvals_bureau_id_request_id")),
    )
    op.create_index("ix_approvals_claim", "approvals", ["bureau_id", "claim_id"])
    isolate("absences", company="bureau_only")
    isolate("debtor_owners")
    isolate("approval_requests")
    isolate("approvals", rights=("select", "insert"))


def downgrade() -> None:
    for table in ("approvals", "approval_requests", "debtor_owners", "absences"):
        op.drop_table(table)
    for column in ("backup_id", "ledger_owner_id"):
        op.drop_column("companies", column)


def _key() -> tuple[sa.Column[object], sa.Column[object]]:
    return sa.Column("bureau_id", sa.Uuid(), nullable=False), sa.Column("id", sa.Uuid(), nullable=False)


def _within(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    """Foreign keys that hold the bureau."""
    bureau = sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f(f"fk_{table}_bureau_id"))
    return [
        bureau,
        *(
            sa.ForeignKeyConstraint(
                ["bureau_id", column], [f"{target}.bureau_id", f"{target}.id"], name=op.f(f"fk_{table}_bureau_id_{column}")
            )
            for column, target in targets.items()
        ),
    ]
