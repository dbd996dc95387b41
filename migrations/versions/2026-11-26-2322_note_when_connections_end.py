"""Note when a connection ends: as the vendor tells, and as the bureau has noted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_2322"
down_revision = "20261126_2321"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("connections", sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("connections", sa.Column("ends_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("connections", "ends_on")
    op.drop_column("connections", "ends_at")
