"""Create what was read of agencies' files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261126_2334"
down_revision = "20261126_2332"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agency_files",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.String(length=400), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("rows", JSONB(), nullable=False),
        sa.Column("problems", JSONB(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind in ('receipts','status','settlements')", name=op.f("ck_agency_files_kind")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_agency_files_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "agreement_id"], ["agreements.bureau_id", "agreements.id"], name=op.f("fk_agency_files_bureau_id_agreement_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_agency_files_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_agency_files")),
        sa.UniqueConstraint("bureau_id", "agreement_id", "path", name=op.f("uq_agency_files_bureau_id_agreement_id_path")),
    )
    op.create_index("ix_agency_files_read_at", "agency_files", ["bureau_id", "agreement_id", "read_at"])
    isolate("agency_files")


def downgrade() -> None:
    op.drop_table("agency_files")
