"""Remember a restore: acts decided after it may have been done before it, and are asked about first. Let old days of the guard be forgotten."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import share

revision = "20261126_1640"
down_revision = "20261126_1645"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bureaus", sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True))
    share("outward_days", ("delete",))


def downgrade() -> None:
    op.execute("revoke delete on outward_days from reskontro_app")
    op.drop_column("bureaus", "restored_at")
