"""Gathering the facts of many claims in a handful of queries, whatever their number."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.agencies import queries as agency_queries
from app.db.among import among
from app.db.unit_of_work import UnitOfWork
from app.dunning import addresses, book_facts, call_facts, circumstances, ledger_notices, restart_facts, run_facts
from app.dunning import arrangement_facts as arrangements
from app.dunning import facts as f
from app.dunning.addresses import Reached
from app.dunning.models import ApprovalRequest, ApprovalVerdict, Claim, Dispute, Hold, ListEntry, Notice, WeeklyList
from app.dunning.restart_facts import Begun, still_counts
from app.ledgers.models import FILE_SOURCES, CompanyLink, SyncRun
from app.messaging import sms_stops
from app.messaging.models import Delivery, SmsStop
from app.receivables import bank_money
from app.receivables.models import Debtor, OpenItem
from app.receivables.models import Payment as SeenPayment
from app.tenants.models import Company, User
from app.values.calendar import oslo_date

#: what a register calls insolvency, in the engine's words; winding up by itself is a person's question at the credit check, not a stop
INSOLVENCY = {
    "bankrupt": f.Insolvency.BANKRUPT,
    "compulsory_liquidation": f.Insolvency.DISSOLVED,
    "deleted": f.Insolvency.DISSOLVED,
    "removed": f.Insolvency.DISSOLVED,
}
#: a notice counts when it was said; one that never reached anybody, or was called off, does not
SAID = ("sent", "review")
#: a delivery in one of these may have reached its reader
MAY_HAVE_ARRIVED = ("sent", "printed", "posted", "delivered", "unknown", "review")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Has the bureau switched the follow-up on for a company, and not paused or ended it?"""

    active_from: datetime | None
    paused: bool
    closed: bool

    def is_on(self, at: datetime) -> bool:
        return self.active_from is not None and self.active_from <= at and not self.paused and not self.closed


@dataclass(frozen=True, slots=True)
class Roads:
    """How a debtor can be reached for a claim: addresses that are known and have not failed. `letter` is the window's lines."""

    mail: str | None
    letter: str | None
    sms: str | None = None

    @property
    def channels(self) -> tuple[f.Channel, ...]:
        known = {f.Channel.EMAIL: self.mail, f.Channel.LETTER: self.letter, f.Channel.SMS: self.sms}
        return tuple(channel for channel, address in known.items() if address is not None)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A claim with what it is about. The rows are read-only here."""

    claim: Claim
    item: OpenItem
    debtor: Debtor
    facts: f.ClaimFacts
    follow_up: FollowUp
    roads: Roads
    reached: Reached


def load(work: UnitOfWork, claim_ids: Sequence[uuid.UUID], *, lock: bool = False) -> list[Loaded]:
    """Facts of these claims, oldest id first. With `lock` the claims stay ours until the transaction ends.

    Whoever locks a claim and one of its notices locks the claim first.
    """
    query = (
        select(Claim, OpenItem, Debtor)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .join(Debtor, Debtor.id == Claim.debtor_id)
        .where(among(Claim.id, claim_ids))
        .order_by(Claim.id)
    )
    rows = work.session.execute(query.with_for_update(of=Claim, key_share=True) if lock else query).all()
    items = [item.id for _, item, _ in rows]
    ids = [claim.id for claim, _, _ in rows]
    begun = restart_facts.load(work, ids)
    past = {one for claim in begun.values() for one in claim.set_aside}
    around = _Around(
        payments=_payments(work, items), notices=_notices(work, ids), holds=_holds(work, [claim for claim, _, _ in rows]),
        disputed=_disputed(work, ids),
        objected=_objected(work, ids), circumstances=circumstances.of_debtors(work, {debtor.id for _, _, debtor in rows}),
        verdicts=_verdicts(work, ids), agency=agency_queries.standing_of(work, ids, past),
        synced=synced_on(work, {claim.company_id for claim, _, _ in rows}), dead_ends=addresses.dead_ends(work, ids),
        in_doubt=_in_doubt(work, ids),
        book=book_facts.load(work, {claim.company_id for claim, _, _ in rows}, {claim.debtor_id for claim, _, _ in rows}),
        approvals=_approvals(work, ids), arrangements=arrangements.load(work, ids),
        runs=run_facts.load(work, ids), called=call_facts.called_on(work, ids), begun=begun,
        banked=bank_money.unbooked(work, {item.id: (item.company_id, item.kid) for _, item, _ in rows}),
    )  # fmt: skip
    followed = follow_ups(work, {claim.company_id for claim, _, _ in rows})
    corrected = addresses.corrections(work, {claim.debtor_id for claim, _, _ in rows})
    texts_stopped = sms_stops.standing(work, {claim.company_id for claim, _, _ in rows})
    loaded = []
    for claim, item, debtor in rows:
        reached = addresses.reached(debtor, corrected.get(debtor.id, ()))
        roads, stop = _roads(reached, around.dead_ends[claim.id], texts_stopped.get(claim.company_id, {}))
        facts = _facts(claim, item, debtor, roads, stop, around)
        loaded.append(Loaded(claim, item, debtor, facts, followed[claim.company_id], roads, reached))
    return loaded


@dataclass(frozen=True, slots=True)
class _Around:
    payments: dict[uuid.UUID, list[f.Payment]]
    notices: dict[uuid.UUID, list[f.PastNotice]]
    holds: dict[uuid.UUID, f.Hold]
    disputed: dict[uuid.UUID, bool]
    objected: set[uuid.UUID]
    circumstances: Mapping[uuid.UUID, circumstances.Known]
    verdicts: dict[uuid.UUID, f.ListVerdict]
    agency: Mapping[uuid.UUID, str]
    synced: dict[uuid.UUID, date]
    dead_ends: dict[uuid.UUID, set[tuple[str, str]]]
    in_doubt: set[uuid.UUID]
    book: book_facts.BookAround
    approvals: dict[uuid.UUID, list[f.Approval]]
    runs: dict[uuid.UUID, dict[str, Any]]
    arrangements: dict[uuid.UUID, f.Arrangement]
    called: dict[uuid.UUID, tuple[date, ...]]
    begun: Mapping[uuid.UUID, Begun]
    banked: Mapping[uuid.UUID, bank_money.Unbooked]


def _facts(claim: Claim, item: OpenItem, debtor: Debtor, roads: Roads, stop: SmsStop | None, around: _Around) -> f.ClaimFacts:
    known = around.circumstances.get(debtor.id, circumstances.Known())
    told = [*item.ledger_notices, *item.carried_notices]
    ledger_said = ledger_notices.past_notices(told, item.ledger_reminders)
    begun = around.begun.get(claim.id, Begun())
    banked = around.banked.get(item.id)
    return f.ClaimFacts(
        remaining_ore=0 if item.state in {"paid", "credited"} else item.remaining_ore,
        original_ore=item.original_ore,
        due_on=item.due_on,
        issued_on=item.issued_on,
        currency=item.currency,
        # an item the ledger no longer shows, without saying why, is as uncertain as one it never told us fully about
        confidence=f.Confidence.LOW if item.state == "unexplained" else f.Confidence(item.confidence),
        person_approved=item.approved_at is not None and item.state != "unexplained",
        debtor_kind=f.DebtorKind(debtor.kind),
        insolvency=INSOLVENCY.get(debtor.insolvency, known.insolvency),
        debtor_deceased=known.deceased,
        debtor_minor=known.minor,
        considerate=known.considerate,
        rest=known.rest,
        payments=tuple(around.payments[item.id]),
        notices=tuple(sorted([*around.notices[claim.id], *ledger_said], key=lambda n: n.sent_on)),
        disputed=claim.id in around.disputed,
        objected=claim.id in around.objected,
        # nothing is built on a notice that may not have arrived (inkassoloven 1988 § 9): a person must find out first
        hold=f.Hold() if claim.id in around.in_doubt else around.holds.get(claim.id),
        agency=f.AgencyStanding(around.agency.get(claim.id, "none")),
        ledger_synced_on=around.synced.get(claim.company_id),
        ledger_duns=bool(debtor.own_dunning),
        weekly_list=around.verdicts.get(claim.id, f.ListVerdict()),
        reachable=bool(roads.channels),
        roads=roads.channels,
        ledger_collected_on=ledger_notices.collected_on(told),
        **around.book.of(claim.company_id, claim.debtor_id),
        approvals=tuple(around.approvals[claim.id]),
        **around.runs.get(claim.id, {}),
        arrangement=around.arrangements.get(claim.id),
        called_on=around.called.get(claim.id, ()),
        texts_stopped_on=None if stop is None else oslo_date(stop.stopped_at),
        restarted_on=begun.on,
        earlier_fees=begun.earlier_fees,
        asked_about=item.is_asked_about,
        upheld=around.disputed.get(claim.id, False),
        bank_paid_ore=0 if banked is None else banked.amount_ore,
        bank_paid_on=None if banked is None else banked.paid_on,
    )


def _roads(reached: Reached, dead_ends: set[tuple[str, str]], stops: Mapping[str, SmsStop]) -> tuple[Roads, SmsStop | None]:
    """What is open, and the debtor's own stop where one of them would be."""
    mail, letter = reached.mail, "\n".join(reached.window) if reached.has_post else None
    mobile = reached.mobile
    stop = stops.get(mobile or "")
    return Roads(
        mail=None if mail is None or ("email", mail) in dead_ends else mail,
        letter=None if letter is None or ("letter", letter) in dead_ends else letter,
        sms=None if mobile is None or stop is not None or ("sms", mobile) in dead_ends else mobile,
    ), stop


def follow_ups(work: UnitOfWork, companies: set[uuid.UUID]) -> dict[uuid.UUID, FollowUp]:
    """Whether each company is followed up."""
    rows = select(Company.id, Company.active_from, Company.paused_reason, Company.closed_at).where(Company.id.in_(companies))
    return {
        company_id: FollowUp(active_from, paused is not None, closed_at is not None)
        for company_id, active_from, paused, closed_at in work.session.execute(rows).all()
    }


def _payments(work: UnitOfWork, items: list[uuid.UUID]) -> dict[uuid.UUID, list[f.Payment]]:
    found: dict[uuid.UUID, list[f.Payment]] = defaultdict(list)
    rows = select(SeenPayment.open_item_id, SeenPayment.paid_on, SeenPayment.amount_ore).where(
        among(SeenPayment.open_item_id, items), SeenPayment.source == "ledger"
    )
    for item_id, paid_on, amount in work.session.execute(rows.order_by(SeenPayment.paid_on, SeenPayment.id)).all():
        found[item_id].append(f.Payment(paid_on, amount))
    return found


def _notices(work: UnitOfWork, ids: list[uuid.UUID]) -> dict[uuid.UUID, list[f.PastNotice]]:
    """What has been said, or may have been. What was written on an earlier day and has left on no road never will: it was for its day."""
    found: dict[uuid.UUID, list[f.PastNotice]] = defaultdict(list)
    on_its_way = (
        select(Delivery.id)
        .where(Delivery.purpose == "notice", Delivery.purpose_id == Notice.letter_id, Delivery.state.in_(MAY_HAVE_ARRIVED))
        .exists()
    )
    carrier = aliased(Notice)
    counts = Notice.state.in_(SAID) | ((Notice.state == "issued") & or_(Notice.issued_on == work.today(), on_its_way))
    said = (
        select(Notice.claim_id, Notice.kind, Notice.issued_on, Notice.payment_deadline, Notice.fee_ore, carrier.fee_ore > 0)
        .outerjoin(carrier, carrier.id == Notice.carried_by)
        .where(among(Notice.claim_id, ids), Notice.issued_on.is_not(None), counts, still_counts(Notice))
    )
    for claim_id, kind, issued_on, deadline, fee, elsewhere in work.session.execute(said.order_by(Notice.issued_on, Notice.id)).all():
        if issued_on is not None:
            found[claim_id].append(f.PastNotice(f.NoticeKind(kind), issued_on, deadline, fee, fee_elsewhere=bool(elsewhere)))
    return found


def _in_doubt(work: UnitOfWork, ids: list[uuid.UUID]) -> set[uuid.UUID]:
    doubted = select(Notice.claim_id).where(among(Notice.claim_id, ids), Notice.state == "review", still_counts(Notice))
    return set(work.session.execute(doubted).scalars())


def _holds(work: UnitOfWork, claims: list[Claim]) -> dict[uuid.UUID, f.Hold]:
    """The stop that keeps each claim the longest, its own before the debtor's before the company's."""
    rows = work.session.execute(
        select(Hold.company_id, Hold.debtor_id, Hold.claim_id, Hold.until).where(
            Hold.lifted_at.is_(None), or_(Hold.until.is_(None), Hold.until >= work.today()),
            or_(
                Hold.claim_id.in_([one.id for one in claims]), Hold.debtor_id.in_([one.debtor_id for one in claims]),
                and_(Hold.claim_id.is_(None), Hold.debtor_id.is_(None), Hold.company_id.in_({one.company_id for one in claims})),
            ),
        )
    ).all()  # fmt: skip
    until = {(row.company_id, row.debtor_id, row.claim_id): row.until for row in rows}
    found: dict[uuid.UUID, f.Hold] = {}
    for one in claims:
        keys = ((one.company_id, None, one.id), (one.company_id, one.debtor_id, None), (one.company_id, None, None))
        stops = [f.Hold(until[key], reach) for key, reach in zip(keys, f.Reach, strict=True) if key in until]
        if stops:
            found[one.id] = max(stops, key=lambda stop: stop.until or date.max)
    return found


def _disputed(work: UnitOfWork, ids: list[uuid.UUID]) -> dict[uuid.UUID, bool]:
    """An objection freezes its claim until it is decided, and for good where it was upheld: that is said of each."""
    frozen = Dispute.decided_at.is_(None) | (Dispute.decision == "upheld")
    rows = select(Dispute.claim_id, func.bool_and(Dispute.decided_at.is_not(None))).where(among(Dispute.claim_id, ids), frozen)
    return {claim_id: bool(upheld) for claim_id, upheld in work.session.execute(rows.group_by(Dispute.claim_id)).all()}


def _objected(work: UnitOfWork, ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Claims on which something has been objected that nobody has found obviously groundless (inkassoloven 2026 § 18)."""
    rows = select(Dispute.claim_id).where(among(Dispute.claim_id, ids), Dispute.obviously_groundless.is_(False))
    return set(work.session.execute(rows).scalars())


def _verdicts(work: UnitOfWork, ids: list[uuid.UUID]) -> dict[uuid.UUID, f.ListVerdict]:
    """The latest list's word on each claim. `left_out` says nothing: the claim may come on the next list."""
    latest = (
        select(ListEntry.claim_id, ListEntry.state, ListEntry.step, ListEntry.stopped_until, WeeklyList.deadline_at)
        .join(WeeklyList, WeeklyList.id == ListEntry.list_id)
        .where(among(ListEntry.claim_id, ids), still_counts(ListEntry))
        .ext(distinct_on(ListEntry.claim_id))
        .order_by(ListEntry.claim_id, WeeklyList.made_at.desc())
    )
    states = {"ready": f.ListState.LISTED, "approved": f.ListState.LISTED, "stopped": f.ListState.STOPPED, "released": f.ListState.RELEASED}
    return {
        claim_id: f.ListVerdict(states[state], f.ListedStep(step), oslo_date(deadline), until)
        for claim_id, state, step, until, deadline in work.session.execute(latest).all()
        if state in states
    }


def _approvals(work: UnitOfWork, ids: list[uuid.UUID]) -> dict[uuid.UUID, list[f.Approval]]:
    """What is asked now, and what was answered with a yes or by silence. A no stands as a stop, and what was withdrawn is asked anew."""
    asked = (
        select(ApprovalRequest, ApprovalVerdict, User.name)
        .outerjoin(ApprovalVerdict, ApprovalVerdict.request_id == ApprovalRequest.id)
        .outerjoin(User, User.id == ApprovalRequest.asked_id)
        .where(
            among(ApprovalRequest.claim_id, ids), ApprovalRequest.closed_at.is_(None) | ApprovalVerdict.verdict.in_(["yes", "silence"]),
            still_counts(ApprovalRequest),
        )
        .order_by(ApprovalRequest.asked_at, ApprovalRequest.id)
    )  # fmt: skip
    found: dict[uuid.UUID, list[f.Approval]] = defaultdict(list)
    for request, verdict, name in work.session.execute(asked).all():
        given = None if verdict is None else oslo_date(verdict.given_at)
        yes = verdict is not None and verdict.verdict == "yes"
        found[request.claim_id].append(
            f.Approval(
                request.step, request.round, f.Approver(request.approver), oslo_date(request.asked_at),
                who=verdict.given_by if yes else name,
                escalated_on=None if request.escalated_at is None else oslo_date(request.escalated_at),
                yes_on=given if yes else None, silent_on=None if yes else given,
            )
        )  # fmt: skip
    return found


def synced_on(work: UnitOfWork, companies: set[uuid.UUID]) -> dict[uuid.UUID, date]:
    """The last day a company's book was read in full: from its ledger, or from a file."""
    live = select(CompanyLink.company_id, CompanyLink.synced_at).where(CompanyLink.company_id.in_(companies))
    files = (
        select(SyncRun.company_id, func.max(SyncRun.finished_at))
        .where(SyncRun.company_id.in_(companies), SyncRun.state == "done", SyncRun.source.in_(FILE_SOURCES))
        .group_by(SyncRun.company_id)
    )
    found: dict[uuid.UUID, date] = {}
    for company, at in [*work.session.execute(files).all(), *work.session.execute(live).all()]:
        if company is not None and at is not None:
            found[company] = max(oslo_date(at), found.get(company, date.min))
    return found
