"""Create mail_senders: as whom each company's mails are sent, and the keys of its own domain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate
from sqlalchemy.dialects import postgresql

revision = "20261126_1630"
down_revision = "20261126_1634"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_senders",
        sa.Column("name", sa.String(length=100), nullable=True),
        sa.Column("grave_name", sa.String(length=100), nullable=True),
        sa.Column("domain", sa.String(length=253), nullable=True),
        sa.Column("local_part", sa.String(length=64), nullable=True),
        sa.Column("grave_local_part", sa.String(length=64), nullable=True),
        sa.Column("selector", sa.String(length=63), nullable=True),
        sa.Column("public_key", sa.Text(), nullable=True),
        sa.Column("private_key", sa.LargeBinary(), nullable=True),
        sa.Column("next_selector", sa.String(length=63), nullable=True),
        sa.Column("next_public_key", sa.Text(), nullable=True),
        sa.Column("next_private_key", sa.LargeBinary(), nullable=True),
        sa.Column("retired_selector", sa.String(length=63), nullable=True),
        sa.Column("keys_made", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("passed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('none','waiting','passed','failed')", name=op.f("ck_mail_senders_state")),
        sa.CheckConstraint("(state = 'none') = (domain is null)", name=op.f("ck_mail_senders_domain")),
        sa.CheckConstraint(
            "domain is null or (local_part is not null and selector is not null and public_key is not null and private_key is not null)",
            name=op.f("ck_mail_senders_address"),
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_mail_senders_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_mail_senders_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_mail_senders")),
        sa.UniqueConstraint("bureau_id", "company_id", name=op.f("uq_mail_senders_bureau_id_company_id")),
    )
    isolate("mail_senders")


def downgrade() -> None:
    op.drop_table("mail_senders")
