"""Keep with each delivery why its road was a safe one (inkassoloven § 3 a), and let text messages be deliveries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261126_1310"
down_revision = "20261126_1304"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("grounds", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.drop_constraint(op.f("ck_deliveries_channel"), "deliveries", type_="check")
    op.create_check_constraint(op.f("ck_deliveries_channel"), "deliveries", "channel in ('email','letter','sms')")


def downgrade() -> None:
    op.execute("delete from receipts using deliveries where receipts.delivery_id = deliveries.id and deliveries.channel = 'sms'")
    op.execute("delete from deliveries where channel = 'sms'")
    op.drop_constraint(op.f("ck_deliveries_channel"), "deliveries", type_="check")
    op.create_check_constraint(op.f("ck_deliveries_channel"), "deliveries", "channel in ('email','letter')")
    op.drop_column("deliveries", "grounds")
