"""Create dunning: tables and their policies together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate
from sqlalchemy.dialects import postgresql

revision = "20261121_0905"
down_revision = "20261121_0904"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policies",
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wishes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_policies_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_policies_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_policies")),
        sa.UniqueConstraint(
            "bureau_id", "company_id", "version", name=op.f("uq_policies_bureau_id_company_id_version"), postgresql_nulls_not_distinct=True
        ),
    )
    op.create_table(
        "weekly_lists",
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="open", nullable=False),
        sa.Column("left_out", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('open','closed')", name=op.f("ck_weekly_lists_state")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_weekly_lists_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_weekly_lists_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_weekly_lists")),
        sa.UniqueConstraint("bureau_id", "company_id", "week", name=op.f("uq_weekly_lists_bureau_id_company_id_week")),
    )
    op.create_index(
        "ix_weekly_lists_open", "weekly_lists", ["bureau_id", "deadline_at"], unique=False, postgresql_where=sa.text("state = 'open'")
    )
    op.create_table(
        "claims",
        sa.Column("open_item_id", sa.Uuid(), nullable=False),
        sa.Column("debtor_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="active", nullable=False),
        sa.Column("step", sa.String(length=30), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("awaits_list", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("next_action_on", sa.Date(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.String(length=40), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('active','closed')", name=op.f("ck_claims_state")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_claims_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "debtor_id"], ["debtors.bureau_id", "debtors.id"], name=op.f("fk_claims_bureau_id_debtor_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "open_item_id"], ["open_items.bureau_id", "open_items.id"], name=op.f("fk_claims_bureau_id_open_item_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_claims_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_claims")),
        sa.UniqueConstraint("bureau_id", "open_item_id", name=op.f("uq_claims_bureau_id_open_item_id")),
    )
    op.create_index("ix_claims_awaiting", "claims", ["bureau_id", "company_id"], unique=False, postgresql_where=sa.text("awaits_list"))
    op.create_index("ix_claims_debtor", "claims", ["bureau_id", "debtor_id"], unique=False)
    op.create_index(
        "ix_claims_due", "claims", ["bureau_id", "company_id", "next_action_on"], unique=False, postgresql_where=sa.text("state = 'active'")
    )
    op.create_index(
        "ix_claims_step", "claims", ["bureau_id", "company_id", "step"], unique=False, postgresql_where=sa.text("state = 'active'")
    )
    op.create_table(
        "decisions",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.String(length=30), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rules", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rule_version", sa.String(length=40), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["bureau_id", "claim_id"], ["claims.bureau_id", "claims.id"], name=op.f("fk_decisions_bureau_id_claim_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_decisions_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_decisions_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_decisions")),
    )
    op.create_index("ix_decisions_claim", "decisions", ["bureau_id", "claim_id", "decided_at"], unique=False)
    op.create_table(
        "disputes",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("raised_by", sa.String(length=200), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=True),
        sa.Column("decision_text", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("decision in ('upheld','rejected')", name=op.f("ck_disputes_decision")),
        sa.ForeignKeyConstraint(["bureau_id", "claim_id"], ["claims.bureau_id", "claims.id"], name=op.f("fk_disputes_bureau_id_claim_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_disputes_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_disputes_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_disputes")),
    )
    op.create_index("uq_disputes_open", "disputes", ["bureau_id", "claim_id"], unique=True, postgresql_where=sa.text("decided_at is null"))
    op.create_table(
        "holds",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("placed_by", sa.String(length=200), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.String(length=200), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["bureau_id", "claim_id"], ["claims.bureau_id", "claims.id"], name=op.f("fk_holds_bureau_id_claim_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_holds_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_holds_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_holds")),
    )
    op.create_index("uq_holds_active", "holds", ["bureau_id", "claim_id"], unique=True, postgresql_where=sa.text("lifted_at is null"))
    op.create_table(
        "list_entries",
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(length=20), server_default="collection_warning", nullable=False),
        sa.Column("stopped_until", sa.Date(), nullable=True),
        sa.Column("remaining_ore", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=12), server_default="ready", nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("state in ('ready','approved','stopped','released','left_out')", name=op.f("ck_list_entries_state")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "claim_id"], ["claims.bureau_id", "claims.id"], name=op.f("fk_list_entries_bureau_id_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_list_entries_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "list_id"], ["weekly_lists.bureau_id", "weekly_lists.id"], name=op.f("fk_list_entries_bureau_id_list_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_list_entries_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_list_entries")),
        sa.UniqueConstraint("bureau_id", "list_id", "claim_id", name=op.f("uq_list_entries_bureau_id_list_id_claim_id")),
    )
    op.create_index("ix_list_entries_claim", "list_entries", ["bureau_id", "claim_id"], unique=False)
    op.create_table(
        "notices",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), server_default="planned", nullable=False),
        sa.Column("statute", sa.String(length=20), nullable=False),
        sa.Column("rule_version", sa.String(length=40), nullable=False),
        sa.Column("wording", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("tone", sa.String(length=10), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("payment_deadline", sa.Date(), nullable=True),
        sa.Column("principal_ore", sa.BigInteger(), nullable=False),
        sa.Column("fee_ore", sa.BigInteger(), nullable=False),
        sa.Column("interest_ore", sa.BigInteger(), nullable=False),
        sa.Column("total_ore", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind in ('reminder','collection_warning','payment_demand')", name=op.f("ck_notices_kind")),
        sa.CheckConstraint("state in ('planned','issued','sent','cancelled','undeliverable','review')", name=op.f("ck_notices_state")),
        sa.ForeignKeyConstraint(["bureau_id", "claim_id"], ["claims.bureau_id", "claims.id"], name=op.f("fk_notices_bureau_id_claim_id")),
        sa.ForeignKeyConstraint(
            ["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"], name=op.f("fk_notices_bureau_id_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["bureau_id", "document_id"], ["documents.bureau_id", "documents.id"], name=op.f("fk_notices_bureau_id_document_id")
        ),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_notices_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_notices")),
        sa.UniqueConstraint("bureau_id", "claim_id", "kind", "round", name=op.f("uq_notices_bureau_id_claim_id_kind_round")),
    )
    op.create_index("ix_notices_claim", "notices", ["bureau_id", "claim_id", "issued_on"], unique=False)
    isolate("policies", rights=("select", "insert"))
    isolate("claims")
    isolate("decisions", rights=("select", "insert"))
    isolate("notices")
    isolate("weekly_lists")
    isolate("list_entries")
    isolate("holds")
    isolate("disputes")


def downgrade() -> None:
    op.drop_table("disputes")
    op.drop_table("holds")
    op.drop_table("list_entries")
    op.drop_table("weekly_lists")
    op.drop_table("notices")
    op.drop_table("decisions")
    op.drop_table("claims")
    op.drop_table("policies")
