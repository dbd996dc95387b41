"""Let companies follow their bureau's agreement, and keep what is said, asked and ordered about a case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from isolation import isolate, unforced
from sqlalchemy.dialects import postgresql

revision = "20261126_2300"
down_revision = "20261126_2030"
branch_labels = None
depends_on = None

STATES = "'planned',{}'registered','in_collection','legal','paused','paid','withdrawn','closed','refused','in_doubt','cancelled'"
TERMS = (
    "coalesce(commission_bp, 0) between 0 and 10000 and coalesce(free_withdrawal_days, 0) between 0 and 3650"
    " and coalesce(late_withdrawal_ore, 0) >= 0 and coalesce(vat, 'invoiced') in ('withheld', 'invoiced', 'none')"
    " and coalesce(takeover, 'warning') in ('warning', 'payment_demand')"
)


def upgrade() -> None:
    _agreements()
    _cases()
    op.add_column("settlement_lines", sa.Column("withheld_ore", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("settlement_lines", sa.Column("withheld_vat_ore", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("settlement_lines", "withheld_vat_ore")
    op.drop_column("settlement_lines", "withheld_ore")
    op.drop_table("case_orders")
    op.drop_table("case_questions")
    op.drop_table("case_events")
    _states("")
    for column in ("free_until", "agency_principal_ore", "consignment"):
        op.drop_column("agency_cases", column)
    op.drop_table("agreement_declines")
    op.drop_constraint("fk_agreements_bureau_id_authority_document_id", "agreements")
    op.drop_constraint("fk_agreements_bureau_id_bureau_agreement_id", "agreements")
    op.drop_constraint("ck_agreements_terms", "agreements")
    for column in (
        "authority_document_id",
        "authority_scope",
        "frozen_from",
        "setup",
        "bureau_agreement_id",
        *(one.name for one in _terms()),
    ):
        op.drop_column("agreements", column)
    op.drop_table("bureau_agreements")


def _terms() -> list[sa.Column[object]]:
    return [
        sa.Column("commission_bp", sa.Integer(), nullable=True),
        sa.Column("free_withdrawal_days", sa.Integer(), nullable=True),
        sa.Column("late_withdrawal_ore", sa.BigInteger(), nullable=True),
        sa.Column("vat", sa.String(length=10), nullable=True),
        sa.Column("takeover", sa.String(length=20), nullable=True),
    ]


def _setup() -> sa.Column[object]:
    return sa.Column("setup", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False)


def _agreements() -> None:
    op.create_table(
        "bureau_agreements",
        sa.Column("agency", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        _setup(),
        sa.Column("credential", sa.LargeBinary(), nullable=True),
        sa.Column("is_standard", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        *_terms(),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(TERMS, name=op.f("ck_bureau_agreements_terms")),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f("fk_bureau_agreements_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f("pk_bureau_agreements")),
    )
    op.create_index(
        "uq_bureau_agreements_standard", "bureau_agreements", ["bureau_id"], unique=True,
        postgresql_where=sa.text("is_standard and valid_until is null"),
    )  # fmt: skip
    # a company's own user may read what was agreed for his company through the agreement, not what the bureau has elsewhere
    isolate("bureau_agreements", company="bureau_only")
    for column in (
        sa.Column("bureau_agreement_id", sa.Uuid(), nullable=True), _setup(), sa.Column("frozen_from", sa.Date(), nullable=True),
        sa.Column("authority_scope", sa.Text(), nullable=True), sa.Column("authority_document_id", sa.Uuid(), nullable=True), *_terms(),
    ):  # fmt: skip
        op.add_column("agreements", column)
    op.create_check_constraint(op.f("ck_agreements_terms"), "agreements", TERMS)
    with unforced("agreements", "bureau_agreements", "documents"):
        _within("agreements", "bureau_agreement_id", "bureau_agreements")
        _within("agreements", "authority_document_id", "documents")
    op.create_table(
        "agreement_declines",
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("declined_by", sa.String(length=200), nullable=False),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        *_company_row("agreement_declines"),
    )
    op.create_index(
        "uq_agreement_declines_current", "agreement_declines", ["bureau_id", "company_id"], unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )  # fmt: skip
    isolate("agreement_declines")


def _cases() -> None:
    op.add_column("agency_cases", sa.Column("consignment", sa.String(length=120), nullable=True))
    op.add_column("agency_cases", sa.Column("agency_principal_ore", sa.BigInteger(), nullable=True))
    op.add_column("agency_cases", sa.Column("free_until", sa.Date(), nullable=True))
    _states("'awaiting',")
    op.create_table(
        "case_events",
        sa.Column("agency_case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=15), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('state','told','asked','ordered','reported')", name=op.f("ck_case_events_kind")),
        sa.UniqueConstraint("bureau_id", "agency_case_id", "external_id", name=op.f("uq_case_events_bureau_id_agency_case_id_external_id")),
        *_company_row("case_events"),
        _key("case_events", "agency_case_id", "agency_cases"),
    )
    isolate("case_events", rights=("select", "insert"))
    op.create_table(
        "case_questions",
        sa.Column("agency_case_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("cost_ore", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.String(length=200), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('address','document','objection','legal','list','other')", name=op.f("ck_case_questions_kind")),
        sa.UniqueConstraint(
            "bureau_id", "agency_case_id", "external_id", name=op.f("uq_case_questions_bureau_id_agency_case_id_external_id")
        ),
        *_company_row("case_questions"),
        _key("case_questions", "agency_case_id", "agency_cases"),
    )
    op.create_index("ix_case_questions_open", "case_questions", ["bureau_id", "due_on"], postgresql_where=sa.text("answered_at is null"))
    isolate("case_questions")
    op.create_table(
        "case_orders",
        sa.Column("agency_case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=True),
        sa.Column("ordered_by", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), server_default="planned", nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("external_id", sa.String(length=120), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind in ('pause','resume','withdraw','message','answer','legal_yes','legal_no','release','stop')",
            name=op.f("ck_case_orders_kind"),
        ),
        sa.CheckConstraint("state in ('planned','sent','refused','unknown','review','cancelled')", name=op.f("ck_case_orders_state")),
        *_company_row("case_orders"),
        _key("case_orders", "agency_case_id", "agency_cases"),
        _key("case_orders", "question_id", "case_questions"),
    )
    op.create_index(
        "uq_case_orders_waiting", "case_orders", ["bureau_id", "agency_case_id", "kind"], unique=True,
        postgresql_where=sa.text("state in ('planned','unknown','review') and kind not in ('message','answer')"),
    )  # fmt: skip
    op.create_index(
        "uq_case_orders_question", "case_orders", ["bureau_id", "question_id"], unique=True,
        postgresql_where=sa.text("state not in ('refused','cancelled')"),
    )  # fmt: skip
    isolate("case_orders")


def _states(also: str) -> None:
    op.drop_constraint("ck_agency_cases_state", "agency_cases")
    op.create_check_constraint(op.f("ck_agency_cases_state"), "agency_cases", f"state in ({STATES.format(also)})")


def _company_row(table: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("bureau_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _key(table, "company_id", "companies"),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureaus.id"], name=op.f(f"fk_{table}_bureau_id")),
        sa.PrimaryKeyConstraint("bureau_id", "id", name=op.f(f"pk_{table}")),
    ]


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["bureau_id", column], [f"{other}.bureau_id", f"{other}.id"], name=op.f(f"fk_{table}_bureau_id_{column}")
    )


def _within(table: str, column: str, other: str) -> None:
    op.create_foreign_key(op.f(f"fk_{table}_bureau_id_{column}"), table, other, ["bureau_id", column], ["bureau_id", "id"])
