"""Create corrected addresses: what stands in for an address of the ledger's that failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate
from sqlalchemy.dialects import postgresql

revision = "20261126_1650"
down_revision = "20261126_1640"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "corrected_addresses",
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("debtor_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("instead_of", sa.Text(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("address_lines", postgresql.ARRAY(sa.String(length=200)), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("postal_code", sa.String(length=10), nullable=True),
        sa.Column("city", sa.String(length=100), nullable=True),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=200), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel in ('email','letter')", name=op.f("ck_corrected_addresses_channel")),
        sa.CheckConstraint("source in ('register','person')", name=op.f("ck_corrected_addresses_source")),
        sa.CheckConstraint("(channel = 'email') = (email is not null)", name=op.f("ck_corrected_addresses_email")),
        sa.CheckConstraint(
            "(channel = 'letter') = (postal_code is not null and city is not null)", name=op.f("ck_corrected_addresses_place")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_corrected_addresses_bureau_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_corrected_addresses_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "debtor_id"], ["debtors.bureau_id", "debtors.id"], name=op.f("fk_corrected_addresses_bureau_id_debtor_id")
        ),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_corrected_addresses")),
    )  # fmt: skip
    op.create_index(
        "uq_corrected_addresses_active", "corrected_addresses", ["bureau_id", "debtor_id", "channel"], unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )  # fmt: skip
    isolate("corrected_addresses")


def downgrade() -> None:
    op.drop_table("corrected_addresses")
