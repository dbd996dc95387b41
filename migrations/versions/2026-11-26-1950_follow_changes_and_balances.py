"""Follow the ledgers' changes, hold the open items against the account, and take turns at a credential."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import share

revision = "20261126_1950"
down_revision = "20261126_1925"
branch_labels = None
depends_on = None

_LINK = ("cursor", "changes_read_at", "waits_since", "tried_at", "difference_ore", "differs_since", "accepted_difference_ore")


def upgrade() -> None:
    op.add_column("company_links", sa.Column("cursor", sa.Text(), nullable=True))
    for name in ("changes_read_at", "waits_since", "tried_at", "differs_since"):
        op.add_column("company_links", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for table, name in (
        ("company_links", "difference_ore"), ("company_links", "accepted_difference_ore"), ("sync_runs", "listed_ore"),
        ("sync_runs", "account_ore"),
    ):  # fmt: skip
        op.add_column(table, sa.Column(name, sa.BigInteger(), nullable=True))
    op.create_table(
        "ledger_turns",
        sa.Column("scope", sa.String(length=60), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "place", name=op.f("pk_ledger_turns")),
    )
    share("ledger_turns", ("select", "insert", "update", "delete"))


def downgrade() -> None:
    op.drop_table("ledger_turns")
    for name in ("listed_ore", "account_ore"):
        op.drop_column("sync_runs", name)
    for name in _LINK:
        op.drop_column("company_links", name)
