"""Create the addresses at which agencies tell that something happened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate
from sqlalchemy.dialects import postgresql

revision = "20261126_2332"
down_revision = "20261126_2342"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agency_hooks",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("heard_keys", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_heard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('active','by_hand','failing','ended')", name=op.f("ck_agency_hooks_state")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_agency_hooks_bureau_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "agreement_id"], ["agreements.bureau_id", "agreements.id"], name=op.f("fk_agency_hooks_bureau_id_agreement_id")
        ),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_agency_hooks")),
        sa.UniqueConstraint("bureau_id", "agreement_id", name=op.f("uq_agency_hooks_bureau_id_agreement_id")),
    )
    isolate("agency_hooks", company="bureau_only")


def downgrade() -> None:
    op.drop_table("agency_hooks")
