"""Let a notice be a due notice: what is said before the due date is kept like what is said after it."""

from __future__ import annotations

from alembic import op

revision = "20261126_1250"
down_revision = "20261126_1240"
branch_labels = None
depends_on = None

BEFORE = "kind in ('reminder','collection_warning','payment_demand')"
AFTER = "kind in ('due_notice','reminder','collection_warning','payment_demand')"


def upgrade() -> None:
    _replace(AFTER)


def downgrade() -> None:
    _replace(BEFORE)


def _replace(rule: str) -> None:
    name = op.f("ck_notices_kind")
    op.drop_constraint(name, "notices", type_="check")
    op.create_check_constraint(name, "notices", rule)
