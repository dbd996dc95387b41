"""Widen the state of a notice: `undeliverable` did not fit, so that a notice that reached nobody could not be recorded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0110"
down_revision = "20261122_0100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("notices", "state", type_=sa.String(20), existing_type=sa.String(12), existing_nullable=False)


def downgrade() -> None:
    op.alter_column("notices", "state", type_=sa.String(12), existing_type=sa.String(20), existing_nullable=False)
