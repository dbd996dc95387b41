"""What else waits for a person: claims with a question, notices that cannot be written, cases and payouts that stopped, shut ledgers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Select, Text, Uuid, and_, case, cast, exists, func, literal, or_, select, text
from sqlalchemy.orm import aliased

from app.agencies import obstacle_texts as texts
from app.agencies import payouts, settlements
from app.agencies.models import AgencyCase, Agreement, SettlementLineRow, SettlementRow
from app.agencies.queries import OPEN_STATES
from app.agencies.reconciliation_models import CaseDifference
from app.db.unit_of_work import UnitOfWork
from app.dunning.models import ApprovalRequest, Claim, Dispute, Notice
from app.dunning.run_models import HeldRun
from app.jobs.models import Effect, FailedJob
from app.jobs.reviews import WAITING
from app.ledgers import endings
from app.ledgers.endings import Ending
from app.ledgers.following import FOLLOWED_FOR
from app.ledgers.models import CompanyLink, Connection, Posting
from app.messaging.models import InboundMail, MailSenderRow
from app.portfolio.waiting_shape import Kind, group_of, told
from app.receivables import bank_money
from app.receivables.file_models import BankPayment
from app.receivables.models import MISSED_BEFORE_ASKING, Debtor, OpenItem
from app.tenants.models import Bureau

#: a notice that could not be said at once: the ledger may only have been away for a moment
NOTICE_WAITS_LONG = timedelta(hours=1)
#: a ledger's own queue is emptied at least once a day
POSTING_WAITS_LONG = timedelta(days=2)
#: a job that gave up is rung again by the next sweep; what failed before this is history
FAILED_LATELY = "7 days"

#: the reasons that ask a person; others may stand beside them
ASKING = (
    "debtor_bankrupt", "debtor_in_reconstruction", "debtor_in_debt_settlement", "debtor_dissolved", "debtor_deceased", "debtor_minor",
    "disputed", "returned_by_agency", "no_due_date", "uncertain_item", "foreign_currency", "ledger_duns_too", "ledger_collected",
    "no_channel", "warning_figures_unknown", "no_handover_wished", "debtor_needs_consideration", "demand_needs_missed_deadline",
    "demand_deadline_missed", "call_due",
)  # fmt: skip
#: one and the same expression wherever it is used, or the database would not know its groups again
_CODE = case(*((Claim.reasons.contains([{"code": code}]), code) for code in ASKING), else_="other")
_ASKED = Claim.reasons.contains([{"code": "approval_waits"}])
_Later = aliased(AgencyCase)


def parts(work: UnitOfWork) -> list[Select[Any]]:
    """One select for each kind of standstill, in the common shape."""
    return [
        _sending_stopped(work), _held_runs(), _connections(), _ending_connections(work), _refused_cases(), _payouts(), _case_differences(),
        _blocked_notices(work), _authority(work), _approvals(),
        _questions(), _answers(),
        _doubtful(
            Kind.UNEXPLAINED,
            text(f"open_items.state = 'unexplained' and open_items.missed_runs >= {MISSED_BEFORE_ASKING}"),
            OpenItem.changed_at.expression,
        ),
        _doubtful(
            Kind.UNCERTAIN,
            text("open_items.state = 'open' and open_items.confidence = 'low' and open_items.approved_at is null"),
            OpenItem.first_seen_at.expression,
        ),
        _postings(work), _differences(), _bank_payments(work), _senders(), _failed_jobs(work),
    ]  # fmt: skip


def _sending_stopped(work: UnitOfWork) -> Select[Any]:
    """Since when nobody has written down: from now, so that it never looks old."""
    return told(Kind.SENDING_STOPPED, what=literal("bureau"), since=literal(work.now()), reason=Bureau.sending_stopped_reason).where(
        Bureau.id == work.bureau_id, Bureau.sending_stopped_reason.is_not(None)
    )


def _held_runs() -> Select[Any]:
    """A day's run that looked wrong: nothing of it leaves the house before somebody has looked."""
    return told(
        Kind.HELD_RUN, company_id=HeldRun.company_id, what=literal("held"), since=HeldRun.held_at, number=HeldRun.count,
        amount_ore=HeldRun.amount_ore, currency=literal("NOK"), target_id=HeldRun.id,
    ).where(HeldRun.state == "held")  # fmt: skip


def _connections() -> Select[Any]:
    """Those that somebody is read through: one that another has taken the place of stops nothing any more."""
    ticked = select(func.count(CompanyLink.company_id)).where(CompanyLink.connection_id == Connection.id, CompanyLink.lost_at.is_(None))
    return told(
        Kind.CONNECTION, what=Connection.state, subject=Connection.label,
        since=func.coalesce(Connection.checked_at, Connection.connected_at),
        number=ticked.scalar_subquery(), reason=Connection.problem, target_id=Connection.id,
    ).where(Connection.state.in_(["reconnect", "failing"]), ticked.scalar_subquery() > 0)  # fmt: skip


def _ending_connections(work: UnitOfWork) -> Select[Any]:
    """Those that work, are needed, and will not work for long as far as somebody knows. `reason` is the last day, in ISO format."""
    ticked = select(func.count(CompanyLink.company_id)).where(CompanyLink.connection_id == Connection.id, CompanyLink.lost_at.is_(None))
    near, last = endings.nearness(work.today()), endings.last_day()
    told_again = case((near == Ending.ENDING.value, last - endings.WARNED_BEFORE.days), else_=last - endings.AGAIN_BEFORE.days)
    return told(
        Kind.CONNECTION, what=near, subject=Connection.label, since=func.timezone("Europe/Oslo", cast(told_again, DateTime)),
        number=ticked.scalar_subquery(), reason=cast(last, Text), target_id=Connection.id,
    ).where(Connection.state.in_(["working", "failing"]), near.is_not(None), ticked.scalar_subquery() > 0)  # fmt: skip


def _refused_cases() -> Select[Any]:
    """The agency said no, and the claim has not been offered again."""
    later = exists().where(_Later.claim_id == AgencyCase.claim_id, _Later.id > AgencyCase.id)
    return (
        told(
            Kind.REFUSED_CASE, company_id=AgencyCase.company_id, what=literal("refused"), subject=Debtor.name, invoice=_invoice(),
            since=func.coalesce(AgencyCase.closed_at, AgencyCase.planned_at), amount_ore=AgencyCase.principal_ore,
            currency=OpenItem.currency, reason=AgencyCase.problem, target_id=AgencyCase.id, claim_id=Claim.id,
        )
        .select_from(AgencyCase)
        .join(Claim, Claim.id == AgencyCase.claim_id)
        .join(OpenItem, OpenItem.id == AgencyCase.open_item_id)
        .join(Debtor, Debtor.id == OpenItem.debtor_id)
        .where(AgencyCase.state == "refused", Claim.state == "active", OpenItem.state == "open", ~later)
    )  # fmt: skip


def _payouts() -> Select[Any]:
    """Payouts with a question of their own; one that only waits for an act in doubt stands there as that act."""
    act = exists().where(
        Effect.kind == settlements.KIND, Effect.business_key == func.concat("booked:", cast(SettlementRow.id, Text)),
        Effect.state.in_(WAITING),
    )  # fmt: skip
    posting = exists().where(
        SettlementLineRow.settlement_id == SettlementRow.id, Posting.id == SettlementLineRow.posting_id, Posting.state.in_(WAITING)
    )
    return told(
        Kind.SETTLEMENT, company_id=SettlementRow.company_id, what=func.coalesce(SettlementRow.problem, texts.REST_TO_BOOK),
        subject=SettlementRow.external_id,
        since=SettlementRow.read_at, amount_ore=SettlementRow.total_ore, currency=SettlementRow.currency, target_id=SettlementRow.id,
    ).where(SettlementRow.state.in_(payouts.WAITING), ~act, ~posting)  # fmt: skip


def _case_differences() -> Select[Any]:
    """Ledger, we and agency disagree, on a second morning too, and no money on its way explains it."""
    return (
        told(
            Kind.CASE_DIFFERENCE, company_id=CaseDifference.company_id, what=CaseDifference.kind,
            subject=func.coalesce(Debtor.name, CaseDifference.external_id), invoice=_invoice(), since=CaseDifference.since,
            amount_ore=func.coalesce(CaseDifference.ledger_ore, CaseDifference.theirs_ore), currency=literal("NOK"),
            reason=CaseDifference.owner, target_id=CaseDifference.id,
        )
        .select_from(CaseDifference)
        .outerjoin(AgencyCase, AgencyCase.id == CaseDifference.agency_case_id)
        .outerjoin(OpenItem, OpenItem.id == AgencyCase.open_item_id)
        .outerjoin(Debtor, Debtor.id == OpenItem.debtor_id)
        .where(CaseDifference.ended_at.is_(None), CaseDifference.times > 1, CaseDifference.owner != "travelling")
    )  # fmt: skip


def _blocked_notices(work: UnitOfWork) -> Select[Any]:
    """Decided and not written. While sending is stopped for the whole bureau, that alone is said."""
    return (
        told(
            Kind.BLOCKED_NOTICE, company_id=Notice.company_id, what=Notice.problem, since=func.min(Notice.planned_at),
            **group_of(Claim.id.expression, Debtor.name.expression),
        )
        .select_from(Notice)
        .join(Claim, Claim.id == Notice.claim_id)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .join(Debtor, Debtor.id == Claim.debtor_id)
        .where(
            text("notices.state = 'planned'"), Notice.problem.is_not(None), Notice.planned_at <= work.now() - NOTICE_WAITS_LONG,
            Notice.problem.not_like("sending is stopped for the bureau%"),
        )
        .group_by(Notice.company_id, Notice.problem)
    )  # fmt: skip


def _authority(work: UnitOfWork) -> Select[Any]:
    """Claims ripe for the agency in a company that may hand none over: the same questions as `agreements.obstacle` asks."""
    today = work.today()
    obstacle = case(
        (Agreement.id.is_(None), texts.NO_AGREEMENT),
        (or_(Agreement.authority_by.is_(None), Agreement.authority_from.is_(None)), texts.NO_AUTHORITY),
        (Agreement.authority_from > today, texts.AUTHORITY_LATER),
        (Agreement.authority_until < today, texts.AUTHORITY_EXPIRED),
    )
    there = exists().where(AgencyCase.claim_id == Claim.id, AgencyCase.state.in_(OPEN_STATES))
    return (
        _claims(Kind.AUTHORITY, obstacle)
        .outerjoin(Agreement, and_(Agreement.company_id == Claim.company_id, Agreement.valid_until.is_(None)))
        .where(Claim.state == "active", Claim.step == "hand_over", obstacle.is_not(None), ~there)
        .group_by(Claim.company_id, obstacle)
    )


def _approvals() -> Select[Any]:
    """Steps that wait for a person's yes: however many people are asked about one, it is one thing that waits."""
    asked = exists().where(ApprovalRequest.claim_id == Claim.id, ApprovalRequest.closed_at.is_(None))
    return _claims(Kind.APPROVAL, literal("approval")).where(Claim.state == "active", _ASKED, asked).group_by(Claim.company_id)


def _questions() -> Select[Any]:
    """What the engine asks, by the reason it gives. Uncertain items are listed as such, and an upheld objection asks nothing."""
    answered = and_(_CODE == "disputed", ~exists().where(Dispute.claim_id == Claim.id, Dispute.decided_at.is_(None)))
    upheld = Claim.reasons.contains([{"code": "dispute_upheld"}])
    return (
        _claims(Kind.QUESTION, _CODE)
        .where(Claim.state == "active", Claim.step == "ask_person", _CODE != "uncertain_item", ~answered, ~upheld, ~_ASKED)
        .group_by(Claim.company_id, _CODE)
    )


def _answers() -> Select[Any]:
    """What debtors have written, and nobody has handled."""
    return (
        told(
            Kind.REPLY, company_id=InboundMail.company_id, what=InboundMail.state,
            subject=func.coalesce(Debtor.name, InboundMail.from_address), invoice=_invoice(), since=InboundMail.received_at,
            amount_ore=OpenItem.remaining_ore, currency=OpenItem.currency, reason=InboundMail.subject, target_id=InboundMail.id,
            claim_id=Claim.id,
        )
        .select_from(InboundMail)
        .outerjoin(Claim, Claim.id == InboundMail.purpose_id)
        .outerjoin(OpenItem, OpenItem.id == Claim.open_item_id)
        .outerjoin(Debtor, Debtor.id == Claim.debtor_id)
        .where(text("inbound_mails.state in ('open', 'unmatched')"))
    )  # fmt: skip


def _claims(kind: Kind, what: ColumnElement[Any]) -> Select[Any]:
    return (
        told(
            kind, company_id=Claim.company_id, what=what, since=func.min(Claim.decided_at),
            **group_of(Claim.id.expression, Debtor.name.expression),
        )
        .select_from(Claim)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .join(Debtor, Debtor.id == Claim.debtor_id)
    )  # fmt: skip


def _doubtful(kind: Kind, condition: Any, since: ColumnElement[Any]) -> Select[Any]:
    """Debts the ledger does not tell enough about. The condition is written out, so that its index is used whatever the parameters."""
    return (
        told(
            kind, company_id=OpenItem.company_id, what=literal(kind.value), since=func.min(since),
            **group_of(Claim.id.expression, Debtor.name.expression),
        )
        .select_from(OpenItem)
        .join(Debtor, Debtor.id == OpenItem.debtor_id)
        .outerjoin(Claim, Claim.open_item_id == OpenItem.id)
        .where(condition, OpenItem.remaining_ore > 0)
        .group_by(OpenItem.company_id)
    )  # fmt: skip


def _postings(work: UnitOfWork) -> Select[Any]:
    """Payments a ledger has only taken in, or booked without tying them to the invoice, for longer than that takes by itself."""
    return (
        told(
            Kind.POSTING, company_id=Posting.company_id, what=Posting.state, subject=Debtor.name, invoice=_invoice(),
            since=Posting.posted_at, amount_ore=Posting.amount_ore, currency=Posting.currency, target_id=Posting.id, claim_id=Claim.id,
        )
        .select_from(Posting)
        .join(OpenItem, OpenItem.id == Posting.open_item_id)
        .join(Debtor, Debtor.id == OpenItem.debtor_id)
        .outerjoin(Claim, Claim.open_item_id == OpenItem.id)
        .where(
            text("postings.state in ('accepted','unmatched')"),
            Posting.posted_at.between(work.now() - FOLLOWED_FOR, work.now() - POSTING_WAITS_LONG),
            # the invoice came down all the same: somebody has tied it
            OpenItem.state == "open",
        )
    )  # fmt: skip


def _differences() -> Select[Any]:
    """Open items that do not add up to the account, by another amount than somebody has accepted."""
    return told(
        Kind.DIFFERENCE, company_id=CompanyLink.company_id, what=literal("difference"), since=CompanyLink.differs_since,
        amount_ore=func.abs(CompanyLink.difference_ore), currency=literal("NOK"), target_id=CompanyLink.id,
    ).where(CompanyLink.differs_since.is_not(None), CompanyLink.company_id.is_not(None))  # fmt: skip


def _bank_payments(work: UnitOfWork) -> Select[Any]:
    """Money at the bank that is tied to no invoice, or that the ledger has not shown for a week."""
    return (
        told(
            Kind.BANK_PAYMENT, company_id=BankPayment.company_id, what=literal("bank_payment"), since=func.min(BankPayment.seen_at),
            number=func.count(), amount_ore=func.sum(BankPayment.amount_ore), currency=literal("NOK"),
        )
        .where(bank_money.PENDING, bank_money.overdue_at(work.now()))
        .group_by(BankPayment.company_id)
    )  # fmt: skip


def _senders() -> Select[Any]:
    """Domains that had let us write in their name, and no longer do."""
    return told(
        Kind.SENDER, company_id=MailSenderRow.company_id, what=MailSenderRow.domain, since=MailSenderRow.failed_at,
        target_id=MailSenderRow.company_id,
    ).where(MailSenderRow.state == "failed", MailSenderRow.passed_at.is_not(None))  # fmt: skip


def _failed_jobs(work: UnitOfWork) -> Select[Any]:
    """By job and company. The table is the platform's: the bureau is asked for by name. Its times are the machine's own."""
    company = cast(FailedJob.arguments["company_id"].astext, Uuid)
    recent = FailedJob.failed_at > func.clock_timestamp() - text(f"interval '{FAILED_LATELY}'")
    return (
        told(Kind.JOB, company_id=company, what=FailedJob.job, since=func.max(FailedJob.failed_at), number=func.count())
        .where(FailedJob.bureau_id == work.bureau_id, recent)
        .group_by(company, FailedJob.job)
    )


def _invoice() -> ColumnElement[str]:
    return func.coalesce(OpenItem.document_number, OpenItem.external_id)
