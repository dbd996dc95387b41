"""Let a person take a payment of ours back in the ledger, once and with a reason."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261126_2006"
down_revision = "20261126_2004"
branch_labels = None
depends_on = None

_BEFORE = "state in ('planned','accepted','unmatched','posted','refused','unknown','review','cancelled')"
_NOW = "state in ('planned','accepted','unmatched','posted','reversed','refused','unknown','review','cancelled')"
_REVERSAL = "reversal is null or reversal in ('planned','done','refused','unknown','review','cancelled')"


def upgrade() -> None:
    op.add_column("postings", sa.Column("reversal", sa.String(length=12), nullable=True))
    op.add_column("postings", sa.Column("reversal_reason", sa.Text(), nullable=True))
    op.add_column("postings", sa.Column("reversal_asked_by", sa.String(length=200), nullable=True))
    op.create_check_constraint(op.f("ck_postings_reversal"), "postings", _REVERSAL)
    op.drop_constraint(op.f("ck_postings_state"), "postings", type_="check")
    op.create_check_constraint(op.f("ck_postings_state"), "postings", _NOW)


def downgrade() -> None:
    op.drop_constraint(op.f("ck_postings_state"), "postings", type_="check")
    op.execute("update postings set state = 'cancelled' where state = 'reversed'")
    op.create_check_constraint(op.f("ck_postings_state"), "postings", _BEFORE)
    op.drop_constraint(op.f("ck_postings_reversal"), "postings", type_="check")
    for name in ("reversal_asked_by", "reversal_reason", "reversal"):
        op.drop_column("postings", name)
