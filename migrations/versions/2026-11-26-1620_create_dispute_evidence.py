"""Create what stands beside an objection: the files somebody has put there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate, unforced

revision = "20261126_1620"
down_revision = "20261126_1600"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with unforced("disputes", "documents"):
        op.create_table(
            "dispute_evidence",
            sa.Column("bureau_id", sa.Uuid(), nullable=False),
            sa.Column("id", sa.Uuid(), nullable=False),
            sa.Column("company_id", sa.Uuid(), nullable=False),
            sa.Column("dispute_id", sa.Uuid(), nullable=False),
            sa.Column("document_id", sa.Uuid(), nullable=False),
            sa.Column("added_by", sa.String(length=200), nullable=False),
            sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
            sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_dispute_evidence_bureau_id")),
            sa.ForeignKeyConstraint(
                ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_dispute_evidence_bureau_id_company_id")
            ),
            sa.ForeignKeyConstraint(
                ["bureau_id", "dispute_id"], ["disputes.bureau_id", "disputes.id"], name=op.f("fk_dispute_evidence_bureau_id_dispute_id")
            ),
            sa.ForeignKeyConstraint(
                ["bureau_id", "document_id"], ["documents.bureau_id", "documents.id"],
                name=op.f("fk_dispute_evidence_bureau_id_document_id"),
            ),
            sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_dispute_evidence")),
            sa.UniqueConstraint(
                "bureau_id", "dispute_id", "document_id", name=op.f("uq_dispute_evidence_bureau_id_dispute_id_document_id")
            ),
        )  # fmt: skip
    isolate("dispute_evidence", rights=("select", "insert"))


def downgrade() -> None:
    op.drop_table("dispute_evidence")
