"""Tables of the follow-up itself: claims, decisions, notices, weekly lists, holds, disputes. What was said or decided is append-only."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ColumnElement, Index, String, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CompanyRow, ManyRow, TenantRow, within_bureau
from app.dunning.address_models import CorrectedAddress
from app.dunning.approval_models import ApprovalRequest, ApprovalVerdict, DebtorOwner
from app.dunning.arrangement_models import ArrangementRow, InstalmentRow
from app.dunning.call_models import PhoneCall
from app.dunning.law_models import ActDate, ConfirmedFigure
from app.dunning.restart_models import Restart

__all__ = [
    "ActDate",
    "ApprovalRequest",
    "ApprovalVerdict",
    "ArrangementRow",
    "Claim",
    "ConfirmedFigure",
    "CorrectedAddress",
    "DebtorOwner",
    "DecisionRow",
    "Dispute",
    "Hold",
    "InstalmentRow",
    "ListEntry",
    "Notice",
    "PhoneCall",
    "PolicyRow",
    "Restart",
    "WeeklyList",
]  # fmt: skip


class PolicyRow(TenantRow, Base):
    """A version of what one tier wishes otherwise than the tiers above it; the statute clamps the result when it is used. Append-only.

    Without any id it is the bureau's standard, with `company_id` alone a company's, else a segment's, a debtor's or a claim's. `rule` is a
    segment's name, place in the order and conditions; a segment without one is ended.
    """

    __tablename__ = "policies"
    company_id: Mapped[uuid.UUID | None]
    segment_id: Mapped[uuid.UUID | None]
    debtor_id: Mapped[uuid.UUID | None]
    claim_id: Mapped[uuid.UUID | None]
    version: Mapped[int]
    wishes: Mapped[dict[str, Any]]
    rule: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    made_by: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("debtor_id", "debtors"),
        within_bureau("claim_id", "claims"),
        UniqueConstraint(
            "bureau_id", "company_id", "segment_id", "debtor_id", "claim_id", "version", name="uq_policies_place",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("num_nonnulls(segment_id, debtor_id, claim_id) <= 1", name="place"),
        CheckConstraint("num_nonnulls(debtor_id, claim_id) = 0 or company_id is not null", name="company"),
        CheckConstraint("rule is null or segment_id is not null", name="rule"),
    )  # fmt: skip


class RoutineRow(CompanyRow, Base):
    """A version of a company's written routine, as its settings said it that day. Append-only."""

    __tablename__ = "routines"
    version: Mapped[int]
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str] = mapped_column(String(64))
    wording: Mapped[str] = mapped_column(String(40))
    made_at: Mapped[datetime]
    __table_args__ = (within_bureau("company_id", "companies"), UniqueConstraint("bureau_id", "company_id", "version"))


class Claim(CompanyRow, Base):
    """What we pursue (forfalt pengekrav, inkassoloven 1988 § 1), one per open item. Carries its current explanation.

    `awaits_decision`: somebody has done something since, and the explanation is of before it.
    """

    __tablename__ = "claims"
    open_item_id: Mapped[uuid.UUID]
    debtor_id: Mapped[uuid.UUID]
    state: Mapped[str] = mapped_column(String(10), default="active", server_default="active")
    step: Mapped[str] = mapped_column(String(30))
    reasons: Mapped[list[Any]]
    awaits_list: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    awaits_decision: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    next_action_on: Mapped[date | None]
    decided_on: Mapped[date]
    decided_at: Mapped[datetime]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None] = mapped_column(String(40))
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("open_item_id", "open_items"),
        within_bureau("debtor_id", "debtors"),
        UniqueConstraint("bureau_id", "open_item_id"),
        CheckConstraint("state in ('active','closed')", name="state"),
        Index("ix_claims_due", "bureau_id", "next_action_on", postgresql_where=text("state = 'active'")),
        Index("ix_claims_step", "bureau_id", "company_id", "step", postgresql_where=text("state = 'active'")),
        Index("ix_claims_debtor", "bureau_id", "debtor_id"),
        Index("ix_claims_awaiting", "bureau_id", "company_id", postgresql_where=text("awaits_list")),
    )


class DecisionRow(ManyRow, Base):
    """A decision that differed from the one before, with the facts it was made from: replayable. Append-only."""

    __tablename__ = "decisions"
    claim_id: Mapped[uuid.UUID]
    decided_on: Mapped[date]
    decided_at: Mapped[datetime]
    step: Mapped[str] = mapped_column(String(30))
    reasons: Mapped[list[Any]]
    facts: Mapped[dict[str, Any]]
    rules: Mapped[dict[str, Any]]
    rule_version: Mapped[str] = mapped_column(String(40))
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("claim_id", "claims"),
        Index("ix_decisions_claim", "bureau_id", "claim_id", "decided_at"),
    )


class Notice(ManyRow, Base):
    """A notice as it was said: text, amounts, dates, rule version, frozen. One per claim, kind and round.

    Several claims of a debtor may be told of in one letter: then one of their notices carries it, with the deliveries and the letter's one
    fee, and the others name it in `carried_by`. Amounts are each claim's own share; the shares sum to what the letter asks for.
    """

    __tablename__ = "notices"
    claim_id: Mapped[uuid.UUID]
    carried_by: Mapped[uuid.UUID | None]
    kind: Mapped[str] = mapped_column(String(20))
    round: Mapped[int]
    state: Mapped[str] = mapped_column(String(20), default="planned", server_default="planned")
    statute: Mapped[str] = mapped_column(String(20))
    rule_version: Mapped[str] = mapped_column(String(40))
    wording: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(5))
    tone: Mapped[str] = mapped_column(String(10))
    issued_on: Mapped[date | None]
    payment_deadline: Mapped[date | None]
    principal_ore: Mapped[int] = mapped_column(BigInteger)
    fee_ore: Mapped[int] = mapped_column(BigInteger)
    interest_ore: Mapped[int] = mapped_column(BigInteger)
    total_ore: Mapped[int] = mapped_column(BigInteger)
    subject: Mapped[str | None] = mapped_column(String(300))
    body: Mapped[str | None] = mapped_column(Text)
    document_id: Mapped[uuid.UUID | None]
    reasons: Mapped[list[Any]]
    problem: Mapped[str | None] = mapped_column(Text)
    planned_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("claim_id", "claims"),
        within_bureau("document_id", "documents"),
        within_bureau("carried_by", "notices"),
        UniqueConstraint("bureau_id", "claim_id", "kind", "round"),
        CheckConstraint("kind in ('due_notice','reminder','collection_warning','payment_demand')", name="kind"),
        CheckConstraint("state in ('planned','issued','sent','cancelled','undeliverable','review')", name="state"),
        CheckConstraint("carried_by is null or (carried_by <> id and issued_on is not null)", name="carried"),
        Index("ix_notices_planned", "bureau_id", "company_id", postgresql_where=text("state = 'planned'")),
        Index("ix_notices_carried", "bureau_id", "carried_by", postgresql_where=text("carried_by is not null")),
    )

    @hybrid_property
    def letter_id(self) -> uuid.UUID:
        """The notice whose deliveries are this one's: itself, unless another carries it."""
        return self.carried_by or self.id

    @letter_id.inplace.expression
    @classmethod
    def _letter_id(cls) -> ColumnElement[uuid.UUID]:
        return func.coalesce(cls.carried_by, cls.id)


class WordingRow(TenantRow, Base):
    """A company's own words for a notice (without a company: the bureau's), versioned; without a text the house's hold. Append-only."""

    __tablename__ = "wordings"
    company_id: Mapped[uuid.UUID | None]
    kind: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(5))
    tone: Mapped[str] = mapped_column(String(10))
    version: Mapped[int]
    text_: Mapped[str | None] = mapped_column("text", Text)
    made_by: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        UniqueConstraint(
            "bureau_id", "company_id", "kind", "language", "tone", "version", name="uq_wordings_place", postgresql_nulls_not_distinct=True
        ),
    )


class WeeklyList(CompanyRow, Base):
    """A company's list of invoices ready for the collection warning. At the deadline everything not stopped goes on by itself."""

    __tablename__ = "weekly_lists"
    week: Mapped[str] = mapped_column(String(8))
    made_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="open", server_default="open")
    left_out: Mapped[list[Any]]
    closed_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        UniqueConstraint("bureau_id", "company_id", "week"),
        CheckConstraint("state in ('open','closed')", name="state"),
        Index("ix_weekly_lists_open", "bureau_id", "deadline_at", postgresql_where=text("state = 'open'")),
    )


class ListEntry(CompanyRow, Base):
    """One invoice on a weekly list, with what became of it and who decided."""

    __tablename__ = "list_entries"
    list_id: Mapped[uuid.UUID]
    claim_id: Mapped[uuid.UUID]
    step: Mapped[str] = mapped_column(String(20), default="collection_warning", server_default="collection_warning")
    stopped_until: Mapped[date | None]
    remaining_ore: Mapped[int] = mapped_column(BigInteger)
    due_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(12), default="ready", server_default="ready")
    reasons: Mapped[list[Any]]
    note: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[str | None] = mapped_column(String(200))
    decided_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("list_id", "weekly_lists"),
        within_bureau("claim_id", "claims"),
        UniqueConstraint("bureau_id", "list_id", "claim_id"),
        CheckConstraint("state in ('ready','approved','stopped','released','left_out')", name="state"),
        Index("ix_list_entries_claim", "bureau_id", "claim_id"),
    )


class Hold(CompanyRow, Base):
    """A person's stop (stans), with a reason and perhaps an end: on a claim, on a debtor, or with neither on the whole company.

    Lifting it is a fact of its own.
    """

    __tablename__ = "holds"
    claim_id: Mapped[uuid.UUID | None]
    debtor_id: Mapped[uuid.UUID | None]
    reason: Mapped[str] = mapped_column(Text)
    until: Mapped[date | None]
    placed_by: Mapped[str] = mapped_column(String(200))
    placed_at: Mapped[datetime]
    lifted_by: Mapped[str | None] = mapped_column(String(200))
    lifted_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("claim_id", "claims"),
        within_bureau("debtor_id", "debtors"),
        CheckConstraint("claim_id is null or debtor_id is null", name="reach"),
        Index(
            "uq_holds_active",
            "bureau_id",
            "company_id",
            "claim_id",
            "debtor_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("lifted_at is null"),
        ),
        Index("ix_holds_claim", "bureau_id", "claim_id", postgresql_where=text("lifted_at is null")),
    )


class Dispute(CompanyRow, Base):
    """An objection (innsigelse, inkassoloven 1988 § 17): stops automation for that claim until a person has decided.

    `obviously_groundless`: a person has found it so, with his reason. Under inkassoloven 2026 § 18 any other objection ends all costs."""

    __tablename__ = "disputes"
    claim_id: Mapped[uuid.UUID]
    text_: Mapped[str] = mapped_column("text", Text)
    raised_by: Mapped[str] = mapped_column(String(200))
    raised_at: Mapped[datetime]
    decision: Mapped[str | None] = mapped_column(String(20))
    decision_text: Mapped[str | None] = mapped_column(Text)
    obviously_groundless: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    decided_by: Mapped[str | None] = mapped_column(String(200))
    decided_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("claim_id", "claims"),
        CheckConstraint("decision in ('upheld','rejected')", name="decision"),
        CheckConstraint("not obviously_groundless or decision = 'rejected'", name="groundless"),
        Index("uq_disputes_open", "bureau_id", "claim_id", unique=True, postgresql_where=text("decided_at is null")),
    )


class DisputeEvidence(CompanyRow, Base):
    """A file beside an objection (bevis for en innsigelse). Append-only: what was put forward stays."""

    __tablename__ = "dispute_evidence"
    dispute_id: Mapped[uuid.UUID]
    document_id: Mapped[uuid.UUID]
    added_by: Mapped[str] = mapped_column(String(200))
    added_at: Mapped[datetime]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("dispute_id", "disputes"),
        within_bureau("document_id", "documents"),
        UniqueConstraint("bureau_id", "dispute_id", "document_id"),
    )


class Circumstance(CompanyRow, Base):
    """What a person knows of a debtor that stops or softens the follow-up: death, minority, insolvency, or the neutral mark "hensynsfull
    behandling" (inkassoloven 2026 § 14), which carries no word about why (personvernforordningen art. 9). With what was decided."""

    __tablename__ = "debtor_circumstances"
    debtor_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(String(20))
    since_on: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(Text)
    recorded_by: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime]
    answer: Mapped[str | None] = mapped_column(String(10))
    answer_reason: Mapped[str | None] = mapped_column(Text)
    rest_until: Mapped[date | None]
    answered_by: Mapped[str | None] = mapped_column(String(200))
    answered_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(200))
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("debtor_id", "debtors"),
        CheckConstraint("kind in ('deceased','minor','considerate','bankrupt','reconstruction','debt_settlement')", name="kind"),
        CheckConstraint("answer in ('go_on','rest')", name="answer"),
        CheckConstraint("kind <> 'considerate' or note is null", name="no_health_data"),
        Index("uq_debtor_circumstances_active", "bureau_id", "debtor_id", "kind", unique=True, postgresql_where=text("ended_at is null")),
    )


class LimitationEvent(CompanyRow, Base):
    """Something that interrupts or prolongs the limitation of a claim (foreldelsesloven §§ 14-18, 20, 21, 28), as a person has recorded it.
    A mistake is withdrawn, never changed. Reminders and warnings are no such thing."""

    __tablename__ = "limitation_events"
    claim_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(String(30))
    on: Mapped[date] = mapped_column("happened_on")
    until_on: Mapped[date | None]
    evidence: Mapped[str] = mapped_column(Text)
    recorded_by: Mapped[str] = mapped_column(String(200))
    recorded_at: Mapped[datetime]
    withdrawn_by: Mapped[str | None] = mapped_column(String(200))
    withdrawn_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("claim_id", "claims"),
        Index("ix_limitation_events_claim", "bureau_id", "claim_id"),
    )
