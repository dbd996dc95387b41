"""Create inbound_mails: answers by e-mail, each under the bureau and company whose address it came to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate
from sqlalchemy.dialects import postgresql

revision = "20261126_1233"
down_revision = "20261126_1228"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inbound_mails",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=300), nullable=False),
        sa.Column("from_address", sa.String(length=254), nullable=False),
        sa.Column("from_name", sa.String(length=200), nullable=False),
        sa.Column("to_address", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("about_kind", sa.String(length=10), nullable=False),
        sa.Column("about_id", sa.Uuid(), nullable=False),
        sa.Column("answered", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("enclosures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("purpose_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handled_by", sa.String(length=200), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('new','open','unmatched','handled')", name=op.f("ck_inbound_mails_state")),
        sa.CheckConstraint("about_kind in ('delivery','company')", name=op.f("ck_inbound_mails_about_kind")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_inbound_mails_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_inbound_mails_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_inbound_mails")),
        sa.UniqueConstraint("bureau_id", "fingerprint", name=op.f("uq_inbound_mails_bureau_id_fingerprint")),
    )
    op.create_index("ix_inbound_mails_purpose", "inbound_mails", ["bureau_id", "purpose_id"], unique=False)
    op.create_index(
        "ix_inbound_mails_waiting", "inbound_mails", ["bureau_id", "state"], unique=False, postgresql_where=sa.text("state <> 'handled'")
    )
    isolate("inbound_mails")


def downgrade() -> None:
    op.drop_table("inbound_mails")
