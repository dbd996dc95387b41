"""Ask twice about what is gone, go on with a killed reading, and keep why a list of changes could not be read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import unforced
from sqlalchemy.dialects import postgresql

revision = "20261126_2320"
down_revision = "20261126_2300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("open_items", sa.Column("missed_runs", sa.Integer(), server_default="0", nullable=False))
    with unforced("open_items"):
        # a person has been asked about these already
        op.execute("update open_items set missed_runs = 2 where state = 'unexplained'")
    op.add_column("company_links", sa.Column("changes_tried_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("company_links", sa.Column("changes_problem", sa.Text(), nullable=True))
    op.add_column("sync_runs", sa.Column("asked_again", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sync_runs", sa.Column("holder", sa.Uuid(), nullable=True))
    op.add_column("sync_runs", sa.Column("resume", postgresql.JSONB(), nullable=True))
    op.create_index("ix_sync_runs_running", "sync_runs", ["bureau_id"], postgresql_where=sa.text("state = 'running'"))


def downgrade() -> None:
    op.drop_index("ix_sync_runs_running", table_name="sync_runs")
    op.drop_column("sync_runs", "resume")
    op.drop_column("sync_runs", "holder")
    op.drop_column("sync_runs", "asked_again")
    op.drop_column("company_links", "changes_problem")
    op.drop_column("company_links", "changes_tried_at")
    op.drop_column("open_items", "missed_runs")
