"""Widen policies to tiers: wishes of a segment, a debtor or a claim, and the register's industry code of a debtor."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import unforced
from sqlalchemy.dialects import postgresql

revision = "20261126_1225"
down_revision = "20261126_1210"
branch_labels = None
depends_on = None

KEY = "uq_policies_place"
#: a company's own people follow the bureau's standard where theirs has no word: they may read it, and write only their own
RULE = "bureau_id = (select app_bureau()) and ((select app_company()) is null or company_id = (select app_company())"


def upgrade() -> None:
    op.add_column("debtors", sa.Column("industry_code", sa.String(length=10), nullable=True))
    for name in ("segment_id", "debtor_id", "claim_id"):
        op.add_column("policies", sa.Column(name, sa.Uuid(), nullable=True))
    op.add_column("policies", sa.Column("rule", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.drop_constraint("uq_policies_bureau_id_company_id_version", "policies")
    op.create_unique_constraint(
        op.f(KEY), "policies", ["bureau_id", "company_id", "segment_id", "debtor_id", "claim_id", "version"],
        postgresql_nulls_not_distinct=True,
    )  # fmt: skip
    for column, table in (("debtor_id", "debtors"), ("claim_id", "claims")):
        with unforced("policies", table):
            op.create_foreign_key(op.f(f"fk_policies_bureau_id_{column}"), "policies", table, ["bureau_id", column], ["bureau_id", "id"])
    op.create_check_constraint(op.f("ck_policies_place"), "policies", "num_nonnulls(segment_id, debtor_id, claim_id) <= 1")
    op.create_check_constraint(op.f("ck_policies_company"), "policies", "num_nonnulls(debtor_id, claim_id) = 0 or company_id is not null")
    op.create_check_constraint(op.f("ck_policies_rule"), "policies", "rule is null or segment_id is not null")
    op.execute("drop policy policies_scope on policies")
    op.execute(f"create policy policies_scope on policies using ({RULE} or company_id is null)) with check ({RULE}))")


def downgrade() -> None:
    op.execute("drop policy policies_scope on policies")
    op.execute(f"create policy policies_scope on policies using ({RULE})) with check ({RULE}))")
    for name in ("rule", "company", "place"):
        op.drop_constraint(f"ck_policies_{name}", "policies")
    for column in ("debtor_id", "claim_id"):
        op.drop_constraint(f"fk_policies_bureau_id_{column}", "policies")
    op.drop_constraint(KEY, "policies")
    op.create_unique_constraint(
        op.f("uq_policies_bureau_id_company_id_version"), "policies", ["bureau_id", "company_id", "version"],
        postgresql_nulls_not_distinct=True,
    )  # fmt: skip
    for name in ("rule", "claim_id", "debtor_id", "segment_id"):
        op.drop_column("policies", name)
    op.drop_column("debtors", "industry_code")
