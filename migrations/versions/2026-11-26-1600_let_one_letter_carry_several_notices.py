"""Let one letter carry the notices of several claims: one of them has the deliveries and the fee, the others name it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import unforced

revision = "20261126_1600"
down_revision = "20261126_1335"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notices", sa.Column("carried_by", sa.Uuid(), nullable=True))
    with unforced("notices"):
        op.create_foreign_key(
            op.f("fk_notices_bureau_id_carried_by"), "notices", "notices", ["bureau_id", "carried_by"], ["bureau_id", "id"]
        )
    op.create_check_constraint(op.f("ck_notices_carried"), "notices", "carried_by is null or (carried_by <> id and issued_on is not null)")
    op.create_index("ix_notices_carried", "notices", ["bureau_id", "carried_by"], postgresql_where=sa.text("carried_by is not null"))


def downgrade() -> None:
    op.drop_index("ix_notices_carried", table_name="notices")
    op.drop_constraint(op.f("ck_notices_carried"), "notices", type_="check")
    op.drop_constraint(op.f("fk_notices_bureau_id_carried_by"), "notices", type_="foreignkey")
    op.drop_column("notices", "carried_by")
