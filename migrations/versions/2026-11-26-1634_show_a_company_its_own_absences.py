"""Show a company's own users when one of them is away: they record it themselves."""

from __future__ import annotations

from isolation import admit

revision = "20261126_1634"
down_revision = "20261126_1620"
branch_labels = None
depends_on = None


def upgrade() -> None:
    admit("absences", "person")


def downgrade() -> None:
    admit("absences", "bureau_only")
