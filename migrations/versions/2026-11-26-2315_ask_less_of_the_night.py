"""Drop what every decision and notice of a night was asked twice: whether its bureau exists, which its company's key says, and where the
notices of a claim are, which their unique key says."""

from __future__ import annotations

from alembic import op

revision = "20261126_2315"
down_revision = "20261126_2340"
branch_labels = None
depends_on = None

MANY = ("decisions", "notices")


def upgrade() -> None:
    for table in MANY:
        op.drop_constraint(op.f(f"fk_{table}_bureau_id"), table, type_="foreignkey")
    op.drop_index("ix_notices_claim", table_name="notices")


def downgrade() -> None:
    op.create_index("ix_notices_claim", "notices", ["bureau_id", "claim_id", "issued_on"], unique=False)
    for table in MANY:
        op.create_foreign_key(op.f(f"fk_{table}_bureau_id"), table, "bureaus", ["bureau_id"], ["id"])
