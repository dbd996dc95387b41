"""Create the addresses at which ledgers tell that something happened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate
from sqlalchemy.dialects import postgresql

revision = "20261126_2030"
down_revision = "20261126_2006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_hooks",
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("external_ids", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('active','failing','ended')", name=op.f("ck_ledger_hooks_state")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_ledger_hooks_bureau_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "link_id"], ["company_links.bureau_id", "company_links.id"], name=op.f("fk_ledger_hooks_bureau_id_link_id")
        ),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_ledger_hooks")),
        sa.UniqueConstraint("bureau_id", "link_id", name=op.f("uq_ledger_hooks_bureau_id_link_id")),
    )
    isolate("ledger_hooks", company="bureau_only")


def downgrade() -> None:
    op.drop_table("ledger_hooks")
