"""Follow postings to their end: what a ledger has only taken in, or booked without tying it to the invoice, is asked about again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_2004"
down_revision = "20261126_2000"
branch_labels = None
depends_on = None

_BEFORE = "state in ('planned','posted','refused','unknown','review','cancelled')"
_NOW = "state in ('planned','accepted','unmatched','posted','refused','unknown','review','cancelled')"


def upgrade() -> None:
    op.add_column("postings", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("ck_postings_state"), "postings", type_="check")
    op.create_check_constraint(op.f("ck_postings_state"), "postings", _NOW)
    op.create_index(
        "ix_postings_under_way", "postings", ["bureau_id", "company_id"], postgresql_where=sa.text("state in ('accepted','unmatched')")
    )


def downgrade() -> None:
    op.drop_index("ix_postings_under_way", table_name="postings")
    op.execute("update postings set state = 'posted' where state in ('accepted','unmatched')")
    op.drop_constraint(op.f("ck_postings_state"), "postings", type_="check")
    op.create_check_constraint(op.f("ck_postings_state"), "postings", _BEFORE)
    op.drop_column("postings", "asked_at")
