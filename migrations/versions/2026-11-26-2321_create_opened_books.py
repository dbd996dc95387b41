"""Create opened books: which bureau a company's book belongs to where our own key opens it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import share, unforced

revision = "20261126_2321"
down_revision = "20261126_2320"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "opened_books",
        sa.Column("ledger", sa.String(length=30), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_number", sa.String(length=9), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_opened_books_bureau_id")),
        sa.PrimaryKeyConstraint("ledger", "external_id", name=op.f("pk_opened_books")),
    )
    share("opened_books", ("select", "insert", "update", "delete"))
    with unforced("connections", "company_links"):
        # Visma.net is the one ledger that our own key opens so far; the first to connect a company has it
        op.execute(
            "insert into opened_books (ledger, external_id, bureau_id, organisation_number, taken_at)"
            " select distinct on (l.external_id) c.ledger, l.external_id, c.bureau_id, l.organisation_number, c.connected_at"
            " from connections c join company_links l on l.bureau_id = c.bureau_id and l.connection_id = c.id"
            " where c.ledger = 'vismanet' and c.state <> 'revoked' order by l.external_id, c.connected_at"
        )


def downgrade() -> None:
    op.drop_table("opened_books")
