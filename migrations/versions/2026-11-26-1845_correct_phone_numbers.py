"""Correct phone numbers: a debtor's number may stand in for the ledger's, as his addresses may."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_1845"
down_revision = "20261126_1840"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("corrected_addresses", sa.Column("phone", sa.String(length=30), nullable=True))
    op.drop_constraint(op.f("ck_corrected_addresses_channel"), "corrected_addresses")
    op.create_check_constraint(op.f("ck_corrected_addresses_channel"), "corrected_addresses", "channel in ('email','letter','sms')")
    op.create_check_constraint(op.f("ck_corrected_addresses_phone"), "corrected_addresses", "(channel = 'sms') = (phone is not null)")


def downgrade() -> None:
    op.execute("delete from corrected_addresses where channel = 'sms'")
    op.drop_constraint(op.f("ck_corrected_addresses_phone"), "corrected_addresses")
    op.drop_constraint(op.f("ck_corrected_addresses_channel"), "corrected_addresses")
    op.create_check_constraint(op.f("ck_corrected_addresses_channel"), "corrected_addresses", "channel in ('email','letter')")
    op.drop_column("corrected_addresses", "phone")
