"""One claim with everything that belongs to it: what it is, what was said and done, and what it costs today. Read-only."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.agencies.models import AgencyCase
from app.db.unit_of_work import UnitOfWork
from app.dunning import addresses, call_facts, restart_facts, thanking
from app.dunning.addresses import Reached
from app.dunning.charges import InterestSpan, interest_runs_after, late_interest, principal_left
from app.dunning.claim_list import as_reasons, standing_of
from app.dunning.facts import Payment as PaidFact
from app.dunning.models import ApprovalRequest, ApprovalVerdict, Claim, DecisionRow, Dispute, Hold, ListEntry, Notice, PhoneCall, WeeklyList
from app.dunning.reasons import Reason, because
from app.dunning.restart_models import Restart
from app.dunning.statutes.rates import RATES, Rates
from app.messaging import sms_stops
from app.messaging.models import Delivery, InboundMail, Receipt, SmsStop
from app.receivables.book_state import LooseMoney, loose_money
from app.receivables.models import Debtor, OpenItem, Payment
from app.tenants.models import Company, User

DECISIONS_MAX = 50
SAID = ("issued", "sent", "review")


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One road a notice took, with what the channel said, oldest first."""

    delivery: Delivery
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice with its roads. `beside`: the numbers of the other invoices its letter was about; `fee_on`: the one its fee stands on.

    `set_aside`: it was said before the follow-up began anew, and its fee is not claimed.
    """

    notice: Notice
    deliveries: tuple[DeliveryLine, ...]
    beside: tuple[str, ...] = ()
    fee_on: str | None = None
    set_aside: bool = False


@dataclass(frozen=True, slots=True)
class ListLine:
    """What a weekly list said of the claim."""

    entry: ListEntry
    week: str
    made_at: date
    deadline_at: date
    open: bool


@dataclass(frozen=True, slots=True)
class AskedLine:
    """A yes that was asked for, with the answer if there is one; `name` is who is or was asked, None the bureau as a whole."""

    request: ApprovalRequest
    verdict: ApprovalVerdict | None
    name: str | None


@dataclass(frozen=True, slots=True)
class AmountsToday:
    """What is owed on a day, in øre. `interest_missing_from`: from that day on the rate is not confirmed, and the interest not complete.

    `spans`: the interest piece by piece, split at each payment and at each change of the rate.
    """

    on: date
    principal_ore: int
    interest_ore: int
    interest_per_day_ore: int
    fees_ore: int
    interest_missing_from: date | None
    spans: tuple[InterestSpan, ...] = ()

    @property
    def total_ore(self) -> int:
        return self.principal_ore + self.interest_ore + self.fees_ore


@dataclass(frozen=True, slots=True)
class ClaimDetail:
    """The rows are read-only and fully loaded. Notices, decisions, holds, disputes, lists, replies: newest first; payments oldest first."""

    claim: Claim
    item: OpenItem
    debtor: Debtor
    company: Company
    standing: str
    reasons: tuple[Reason, ...]
    amounts: AmountsToday
    notices: tuple[NoticeLine, ...]
    holds: tuple[Hold, ...]
    disputes: tuple[Dispute, ...]
    lists: tuple[ListLine, ...]
    decisions: tuple[DecisionRow, ...]
    payments: tuple[Payment, ...]
    cases: tuple[AgencyCase, ...]
    replies: tuple[InboundMail, ...]
    loose: LooseMoney
    reached: Reached
    approvals: tuple[AskedLine, ...] = ()
    calls: tuple[PhoneCall, ...] = ()
    sms_stops: tuple[SmsStop, ...] = ()
    restarts: tuple[Restart, ...] = ()
    thanks: Delivery | None = None

    @property
    def net_ore(self) -> int:
        """What would be left of the principal were the debtor's loose money and credit notes taken off: advice, never done silently."""
        return max(0, self.amounts.principal_ore - self.loose.money_ore - self.loose.credit_note_ore)

    @property
    def invoice(self) -> str:
        return self.item.document_number or self.item.external_id

    @property
    def hold(self) -> Hold | None:
        """The stop in force, if any."""
        return next((one for one in self.holds if one.lifted_at is None and one.claim_id is not None), None)

    @property
    def wide_holds(self) -> tuple[Hold, ...]:
        """Stops of the debtor or the company that keep this claim too, if any."""
        today = self.amounts.on
        return tuple(
            one for one in self.holds if one.lifted_at is None and one.claim_id is None and (one.until is None or one.until >= today)
        )

    @property
    def dispute(self) -> Dispute | None:
        """The objection nobody has decided yet, if any."""
        return next((one for one in self.disputes if one.decided_at is None), None)

    @property
    def open_entry(self) -> ListLine | None:
        return next((one for one in self.lists if one.open and one.entry.state in {"ready", "approved", "stopped"}), None)

    @property
    def behind(self) -> bool:
        """Has somebody done something since the claim was decided on, so that its step and reasons are of before it?"""
        return self.claim.state == "active" and self.claim.awaits_decision

    @property
    def next_reasons(self) -> tuple[Reason, ...]:
        """Why what comes next comes: on a list its own reasons, and of a claim that is behind only that it is."""
        if self.behind:
            return (because("looked_at_again"),)
        return self.list_reasons or self.reasons

    @property
    def list_reasons(self) -> tuple[Reason, ...]:
        """Why it stands on the list that is open now; nothing where it stands on none."""
        line = self.open_entry
        return () if line is None else as_reasons(line.entry.reasons)

    @property
    def case(self) -> AgencyCase | None:
        """The newest case at an agency, if any."""
        return self.cases[0] if self.cases else None


def claim_detail(work: UnitOfWork, claim_id: uuid.UUID) -> ClaimDetail:
    """Eighteen queries, whatever the history. LookupError when the claim does not exist for this scope."""
    row = work.session.execute(
        select(Claim, OpenItem, Debtor, Company, standing_of(work.today()))
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .join(Debtor, Debtor.id == Claim.debtor_id)
        .join(Company, Company.id == Claim.company_id)
        .where(Claim.id == claim_id)
    ).one_or_none()
    if row is None:
        raise LookupError("no such claim")
    claim, item, debtor, company, standing = row
    payments = tuple(
        work.session.execute(select(Payment).where(Payment.open_item_id == item.id).order_by(Payment.paid_on, Payment.id)).scalars()
    )
    restarts = restart_facts.of_claim(work, claim_id)
    notices, reached = _notices(work, claim_id, restarts), addresses.reached_now(work, debtor)
    return ClaimDetail(
        claim=claim, item=item, debtor=debtor, company=company, standing=standing, reasons=as_reasons(claim.reasons),
        amounts=amounts_on(item, payments, [line.notice for line in notices if not line.set_aside], work.today()),
        notices=notices, payments=payments, lists=_lists(work, claim_id),
        holds=tuple(work.session.execute(select(Hold).where(_about(claim)).order_by(Hold.placed_at.desc())).scalars()),
        disputes=tuple(
            work.session.execute(select(Dispute).where(Dispute.claim_id == claim_id).order_by(Dispute.raised_at.desc())).scalars()
        ),
        decisions=tuple(
            work.session.execute(
                select(DecisionRow).where(DecisionRow.claim_id == claim_id).order_by(DecisionRow.decided_at.desc()).limit(DECISIONS_MAX)
            ).scalars()
        ),
        cases=tuple(
            work.session.execute(select(AgencyCase).where(AgencyCase.claim_id == claim_id).order_by(AgencyCase.planned_at.desc())).scalars()
        ),
        replies=tuple(
            work.session.execute(
                select(InboundMail).where(InboundMail.purpose_id == claim_id).order_by(InboundMail.received_at.desc())
            ).scalars()
        ),
        approvals=_approvals(work, claim_id),
        calls=tuple(call_facts.of_claim(work, claim_id)),
        sms_stops=tuple(sms_stops.of_numbers(work, company.id, _numbers(reached, notices))),
        reached=reached,
        restarts=restarts,
        thanks=thanking.of_claim(work, claim_id),
        loose=loose_money(work, [debtor.id]).get(debtor.id, LooseMoney(0, 0, False)),
    )  # fmt: skip


def _numbers(reached: Reached, notices: Sequence[NoticeLine]) -> set[str]:
    """The debtor's number now, and those at which he was written to about this claim."""
    used = {one.delivery.address for line in notices for one in line.deliveries if one.delivery.channel == "sms"}
    return used if reached.mobile is None else used | {reached.mobile}


def amounts_on(item: OpenItem, payments: Sequence[Payment], notices: Sequence[Notice], on: date, rates: Rates = RATES) -> AmountsToday:
    """Principal as the ledger has it, late interest to that day and fees of the notices that count. What is closed owes nothing."""
    if item.state in {"paid", "credited"} or item.remaining_ore <= 0:
        return AmountsToday(on, max(item.remaining_ore, 0) if item.state == "open" else 0, 0, 0, 0, None)
    runs_after = None if item.due_on is None else interest_runs_after(item.due_on, True, None)
    seen = [PaidFact(one.paid_on, one.amount_ore) for one in payments if one.source == "ledger"]
    original = max(item.original_ore, item.remaining_ore)
    owed = late_interest(original, runs_after, on, seen, rates)
    overdue = runs_after is not None and on >= runs_after
    tomorrow = late_interest(principal_left(original, seen, on), on, on + timedelta(days=1), (), rates) if overdue else None
    fees = sum(one.fee_ore for one in notices if one.state in SAID)
    per_day = 0 if tomorrow is None else tomorrow.total_ore
    return AmountsToday(on, item.remaining_ore, owed.total_ore, per_day, fees, owed.missing_from, owed.spans)


def _about(claim: Claim) -> ColumnElement[bool]:
    """Stops on the claim itself, on its debtor, and on its company."""
    return or_(
        Hold.claim_id == claim.id, Hold.debtor_id == claim.debtor_id,
        and_(Hold.claim_id.is_(None), Hold.debtor_id.is_(None), Hold.company_id == claim.company_id),
    )  # fmt: skip


def _notices(work: UnitOfWork, claim_id: uuid.UUID, restarts: Sequence[Restart]) -> tuple[NoticeLine, ...]:
    notices = list(
        work.session.execute(
            select(Notice).where(Notice.claim_id == claim_id).order_by(Notice.planned_at.desc(), Notice.id.desc())
        ).scalars()
    )
    deliveries: dict[uuid.UUID, list[DeliveryLine]] = defaultdict(list)
    if notices:
        sent = list(
            work.session.execute(
                select(Delivery)
                .where(Delivery.purpose == "notice", Delivery.purpose_id.in_([one.letter_id for one in notices]))
                .order_by(Delivery.planned_at, Delivery.channel)
            ).scalars()
        )
        receipts: dict[uuid.UUID, list[Receipt]] = defaultdict(list)
        told = select(Receipt).where(Receipt.delivery_id.in_([one.id for one in sent])).order_by(Receipt.at, Receipt.id)
        for receipt in work.session.execute(told).scalars():
            receipts[receipt.delivery_id].append(receipt)
        for delivery in sent:
            deliveries[delivery.purpose_id].append(DeliveryLine(delivery, tuple(receipts[delivery.id])))
    letters, past = _letters(work, notices), {one for begun in restarts for one in begun.set_aside}
    return tuple(
        NoticeLine(
            one, tuple(deliveries[one.letter_id]),
            tuple(number for notice_id, number, _ in letters[one.letter_id] if notice_id != one.id),
            next((number for notice_id, number, fee_ore in letters[one.letter_id] if notice_id != one.id and fee_ore), None),
            one.id in past,
        )
        for one in notices
    )  # fmt: skip


def _letters(work: UnitOfWork, notices: Sequence[Notice]) -> Mapping[uuid.UUID, list[tuple[uuid.UUID, str, int]]]:
    """By letter: each notice in it with its invoice's number and its fee, in the order of the numbers."""
    found: dict[uuid.UUID, list[tuple[uuid.UUID, str, int]]] = defaultdict(list)
    number = func.coalesce(OpenItem.document_number, OpenItem.external_id)
    rows = (
        select(Notice.letter_id, Notice.id, number, Notice.fee_ore)
        .join(Claim, Claim.id == Notice.claim_id)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .where(Notice.letter_id.in_({one.letter_id for one in notices}))
        .order_by(number)
    )
    for letter_id, notice_id, invoice, fee_ore in work.session.execute(rows).all():
        found[letter_id].append((notice_id, invoice, fee_ore))
    return found


def _approvals(work: UnitOfWork, claim_id: uuid.UUID) -> tuple[AskedLine, ...]:
    rows = work.session.execute(
        select(ApprovalRequest, ApprovalVerdict, User.name)
        .outerjoin(ApprovalVerdict, ApprovalVerdict.request_id == ApprovalRequest.id)
        .outerjoin(User, User.id == ApprovalRequest.asked_id)
        .where(ApprovalRequest.claim_id == claim_id)
        .order_by(ApprovalRequest.id.desc())
    ).all()
    return tuple(AskedLine(*row) for row in rows)


def _lists(work: UnitOfWork, claim_id: uuid.UUID) -> tuple[ListLine, ...]:
    rows = work.session.execute(
        select(ListEntry, WeeklyList)
        .join(WeeklyList, WeeklyList.id == ListEntry.list_id)
        .where(ListEntry.claim_id == claim_id)
        .order_by(WeeklyList.made_at.desc())
    ).all()
    return tuple(
        ListLine(entry, weekly.week, weekly.made_at, weekly.deadline_at, weekly.state == "open" and weekly.deadline_at > work.now())
        for entry, weekly in rows
    )
