"""Create wordings: a bureau's or a company's own words for a notice, versioned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import share

revision = "20261126_1312"
down_revision = "20261126_1310"
branch_labels = None
depends_on = None

#: a company's own people write under the bureau's words where theirs has none: they may read those, and write only their own
RULE = "bureau_id = (select app_bureau()) and ((select app_company()) is null or company_id = (select app_company())"


def upgrade() -> None:
    op.create_table(
        "wordings",
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("tone", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_wordings_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_wordings_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_wordings")),
        sa.UniqueConstraint(
            "bureau_id",
            "company_id",
            "kind",
            "language",
            "tone",
            "version",
            name=op.f("uq_wordings_place"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.execute("alter table wordings enable row level security")
    op.execute("alter table wordings force row level security")
    op.execute(f"create policy wordings_scope on wordings using ({RULE} or company_id is null)) with check ({RULE}))")
    share("wordings", ("select", "insert"))


def downgrade() -> None:
    op.drop_table("wordings")
