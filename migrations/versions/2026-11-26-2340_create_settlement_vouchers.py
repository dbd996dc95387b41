"""Create what a payout leaves to be booked by a person, and the accounts for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate
from sqlalchemy.dialects import postgresql

revision = "20261126_2340"
down_revision = "20261126_2322"
branch_labels = None
depends_on = None

STATES = "state in ('read','posted','booked','question'{})"
ACCOUNTS = ("bank", "receivables", "interest_income", "fee_income", "collection_costs", "input_vat")


def upgrade() -> None:
    op.drop_constraint("ck_settlements_state", "settlements")
    op.create_check_constraint(op.f("ck_settlements_state"), "settlements", STATES.format(",'proposal'"))
    op.add_column("settlement_lines", sa.Column("in_ledger", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_table(
        "posting_accounts",
        *(sa.Column(name, sa.String(length=20), nullable=False) for name in ACCOUNTS),
        *_company_row("posting_accounts"),
        sa.UniqueConstraint("bureau_id", "company_id", name=op.f("uq_posting_accounts_bureau_id_company_id")),
    )
    op.create_table(
        "settlement_vouchers",
        sa.Column("settlement_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=True),
        sa.Column("booked_by", sa.String(length=200), nullable=True),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voucher_number", sa.String(length=60), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("state in ('proposed','booked')", name=op.f("ck_settlement_vouchers_state")),
        sa.CheckConstraint("(state = 'booked') = (booked_at is not null)", name=op.f("ck_settlement_vouchers_booked")),
        *_company_row("settlement_vouchers"),
        sa.ForeignKeyConstraint(
            ["bureau_id", "settlement_id"],
            ["settlements.bureau_id", "settlements.id"],
            name=op.f("fk_settlement_vouchers_bureau_id_settlement_id"),
        ),
        sa.UniqueConstraint("bureau_id", "settlement_id", name=op.f("uq_settlement_vouchers_bureau_id_settlement_id")),
    )
    isolate("posting_accounts")
    isolate("settlement_vouchers")


def downgrade() -> None:
    op.drop_table("settlement_vouchers")
    op.drop_table("posting_accounts")
    op.drop_column("settlement_lines", "in_ledger")
    op.drop_constraint("ck_settlements_state", "settlements")
    op.create_check_constraint(op.f("ck_settlements_state"), "settlements", STATES.format(""))


def _company_row(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f(f"fk_{table}_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f(f"fk_{table}_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f(f"pk_{table}")),
    ]
