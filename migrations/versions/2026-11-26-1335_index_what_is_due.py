"""Index what is due: the night asks a whole bureau for the claims whose day has come and for what changed since it last did, not its book."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_1335"
down_revision = "20261126_1320"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bureaus", sa.Column("decided_through", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_open_items_changed", "open_items", ["bureau_id", "changed_at"])
    op.drop_index("ix_claims_due", table_name="claims")
    op.create_index("ix_claims_due", "claims", ["bureau_id", "next_action_on"], postgresql_where=sa.text("state = 'active'"))


def downgrade() -> None:
    op.drop_index("ix_claims_due", table_name="claims")
    op.create_index("ix_claims_due", "claims", ["bureau_id", "company_id", "next_action_on"], postgresql_where=sa.text("state = 'active'"))
    op.drop_index("ix_open_items_changed", table_name="open_items")
    op.drop_column("bureaus", "decided_through")
