"""Keep what the ledger charged for its own notices, of what kind they were and which deadline they set."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261126_1304"
down_revision = "20261126_1302"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "open_items",
        sa.Column("ledger_notices", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("open_items", "ledger_notices")
