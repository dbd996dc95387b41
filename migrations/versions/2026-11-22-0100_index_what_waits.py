"""Index what waits for a person: the count stands on every page, and must not cost more as history grows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0100"
down_revision = "20261122_0010"
branch_labels = None
depends_on = None

_DOUBTFUL = "state = 'unexplained' or (state = 'open' and confidence = 'low' and approved_at is null)"


def upgrade() -> None:
    op.create_index("ix_effects_waiting", "effects", ["bureau_id", "company_id"], postgresql_where=sa.text("state in ('review','refused')"))
    op.create_index("ix_open_items_doubtful", "open_items", ["bureau_id", "company_id"], postgresql_where=sa.text(_DOUBTFUL))
    op.create_index("ix_notices_planned", "notices", ["bureau_id", "company_id"], postgresql_where=sa.text("state = 'planned'"))


def downgrade() -> None:
    op.drop_index("ix_notices_planned", table_name="notices")
    op.drop_index("ix_open_items_doubtful", table_name="open_items")
    op.drop_index("ix_effects_waiting", table_name="effects")
