"""From facts to what is done: claims are opened for open items, decided on, and the step is performed.

Set-based: the cost follows what is due, not the size of the book.

Deciding twice on one day changes nothing, by the engine (same facts, same answer) and by unique keys.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, assert_never

from sqlalchemy import ColumnElement, Interval, Select, func, literal, or_, select, true, union, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert
from sqlalchemy.orm import InstrumentedAttribute

from app.db.unit_of_work import UnitOfWork
from app.dunning import asking, handovers, held_runs, keeping, loading, moving, notices, policies, thanking
from app.dunning.deciding import decision_for
from app.dunning.facts_json import as_json
from app.dunning.guarding import BOOK_REASONS
from app.dunning.law import RULE_VERSION, Law
from app.dunning.loading import Loaded
from app.dunning.models import ActDate, Claim, ConfirmedFigure, DecisionRow
from app.dunning.policy import Rules
from app.dunning.replay import stored_law
from app.dunning.steps import AskPerson, Close, Decision, HandOver, SendNotice, Wait
from app.dunning.tiers import Resolved
from app.receivables.models import OpenItem
from app.tenants.models import Bureau
from app.values.ids import new_id

BATCH = 500
#: a change is stamped a moment before it can be seen: a decision made this soon after it may have missed it, and is made once more
SEEN_AFTER = timedelta(minutes=2)
#: how far before the last full run its successor looks for changes: longer than any transaction lasts
LOOKED_BACK = timedelta(hours=1)
#: reasons that a reading of the company's book takes away
WAITS_FOR_BOOK = ("ledger_stale", "ledger_never_read", *BOOK_REASONS)
#: reasons that a person of the platform takes away, by confirming a figure
WAITS_FOR_LAW = ("warning_figures_unknown", "interest_not_confirmed", "compensation_not_confirmed")


def open_claims(work: UnitOfWork, company_id: uuid.UUID) -> int:
    """A claim for every open item that is a debt and has none, tied to what a bureau before us had said of it. Returns how many."""
    unclaimed = (
        select(OpenItem.bureau_id, OpenItem.id, OpenItem.company_id, OpenItem.debtor_id)
        .outerjoin(Claim, Claim.open_item_id == OpenItem.id)
        .where(OpenItem.company_id == company_id, OpenItem.state == "open", OpenItem.remaining_ore > 0, Claim.id.is_(None))
    )
    rows = [
        {
            "bureau_id": bureau_id, "id": new_id(), "company_id": company, "open_item_id": item_id, "debtor_id": debtor_id,
            "state": "active", "step": "wait", "reasons": [], "awaits_list": False, "next_action_on": work.today(), "decided_on": date.min,
            "decided_at": work.now(), "opened_at": work.now(),
        }
        for bureau_id, item_id, company, debtor_id in work.session.execute(unclaimed).all()
    ]  # fmt: skip
    made = 0
    for page in _pages(rows):
        made += len(work.session.execute(insert(Claim).on_conflict_do_nothing().returning(Claim.id), page).all())
    moving.tie(work, company_id)
    return made


def due_by_company(work: UnitOfWork, company_id: uuid.UUID | None, *, everything: bool = False) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Claims to decide on now, of one company or of all: their day has come, or what they rest on has changed since; for one company also
    those that wait for its book to be read. Each question has an index of its own, so that the answer costs what is due, not what there is.
    """
    within = true() if company_id is None else Claim.company_id == company_id
    if everything:
        return _by_company(work, select(Claim.company_id, Claim.id).where(within))
    active = within & (Claim.state == "active")
    through = work.session.execute(select(Bureau.decided_through).where(Bureau.id == work.bureau_id)).scalar_one()
    changed = within & (OpenItem.changed_at > Claim.decided_at - literal(SEEN_AFTER, Interval))
    questions = [
        select(Claim.id).where(active, Claim.next_action_on <= work.today()),
        select(Claim.id).join(OpenItem, OpenItem.id == Claim.open_item_id).where(changed, *_since(OpenItem.changed_at, through)),
        select(Claim.id).where(active, _law_changed(), *_law_recorded(through)),
    ]
    if company_id is not None:
        questions.append(select(Claim.id).where(active, or_(*(Claim.reasons.contains([{"code": code}]) for code in WAITS_FOR_BOOK))))
    due = union(*questions).subquery()
    return _by_company(work, select(Claim.company_id, Claim.id).join(due, due.c.id == Claim.id))


def due_claims(work: UnitOfWork, company_id: uuid.UUID) -> list[uuid.UUID]:
    """Claims of one company to decide on now."""
    return due_by_company(work, company_id).get(company_id, [])


def all_decided(work: UnitOfWork, through: datetime) -> None:
    """Everything that had changed in the bureau at that instant has been decided on: the next run looks no further back."""
    work.session.execute(update(Bureau).where(Bureau.id == work.bureau_id).values(decided_through=through))


def evaluate(work: UnitOfWork, claim_ids: Sequence[uuid.UUID], law: Law, *, held: Collection[uuid.UUID] | None = None) -> dict[str, int]:
    """Decide on these claims and perform what was decided. Returns how many of each step.

    Steps out of the house are weighed against the day's run, unless that was done before: then `held` are the claims that are held back.
    """
    loaded = loading.load(work, claim_ids, lock=True)
    wishes = policies.for_claims(work, loaded)
    known = stored_law(law)
    decided: list[asking.Decided] = []
    for one in loaded:
        rules = law.rules(wishes[one.claim.id].policy, work.today())
        decided.append((one, decision_for(one, rules, work.today(), work.now()), rules))
    decided = held_runs.hold_back(work, decided) if held is None else held_runs.held_back(work, decided, held)
    counts: dict[str, int] = {}
    unwanted: dict[str, list[uuid.UUID]] = {}
    for one, decision, rules in decided:
        counts[decision.step_name] = counts.get(decision.step_name, 0) + 1
        remember(work, one, decision, followed(one, rules, wishes[one.claim.id], known, work.now()))
        perform(work, one, decision, rules)
        unwanted.setdefault(notice_kind(decision) or "", []).append(one.claim.id)
    work.session.flush()
    for kind, ids in unwanted.items():
        notices.give_up_planned(work, ids, "the facts changed before it was sent", but=kind or None)
    keeping.follow(work, decided)
    just_asked = asking.follow(work, decided)
    if just_asked:
        evaluate(work, just_asked, law)
    return counts


def followed(one: Loaded, rules: Rules, resolved: Resolved, law: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """What was followed, as it is kept beside a decision."""
    return {**rules.as_json(), "tiers": resolved.as_json(), "law": law, "followed_up": one.follow_up.is_on(at)}


def remember(work: UnitOfWork, one: Loaded, decision: Decision, rules: dict[str, Any]) -> None:
    """The current explanation on the claim; where it differs from the one before, a row in the record, with what was followed."""
    reasons = [reason.as_json() for reason in decision.reasons]
    claim = one.claim
    if (claim.step, claim.reasons) != (decision.step_name, reasons):
        work.session.add(
            DecisionRow(
                bureau_id=claim.bureau_id, id=new_id(), company_id=claim.company_id, claim_id=claim.id, decided_on=work.today(),
                decided_at=work.now(), step=decision.step_name, reasons=reasons, facts=as_json(one.facts),
                rules=rules, rule_version=RULE_VERSION,
            )
        )  # fmt: skip
    claim.step, claim.reasons, claim.next_action_on = decision.step_name, reasons, decision.next_action_on
    claim.awaits_list, claim.awaits_decision = decision.awaits_list, False
    claim.decided_on, claim.decided_at = work.today(), work.now()


def perform(work: UnitOfWork, one: Loaded, decision: Decision, rules: Rules) -> None:
    """Turn the step into rows: what leaves the house is planned here and happens elsewhere."""
    claim = one.claim
    match decision.step:
        case Wait() | AskPerson():
            _reopen(claim)
        case Close(why):
            if claim.state == "active" and thanking.is_due(one, decision, rules.wishes, work.today()):
                thanking.plan(work, one)
            claim.state, claim.close_reason = "closed", why.value
            claim.closed_at = claim.closed_at or work.now()
        case SendNotice(kind=kind):
            _reopen(claim)
            notices.plan(work, one, kind.value, decision)
        case HandOver():
            _reopen(claim)
            handovers.plan(work, one, rules)
        case _ as never:
            assert_never(never)


def touch(work: UnitOfWork, claim_id: uuid.UUID) -> None:
    """A person did something: decide again now."""
    soon = func.least(Claim.next_action_on, literal(work.today()))
    work.session.execute(update(Claim).where(Claim.id == claim_id).values(next_action_on=soon, awaits_decision=True))
    work.enqueue("dunning.evaluate_claim", bureau_id=str(work.bureau_id), claim_id=str(claim_id))


def _by_company(work: UnitOfWork, claims: Select[uuid.UUID, uuid.UUID]) -> dict[uuid.UUID, list[uuid.UUID]]:
    found = claims.subquery()
    ids = func.array_agg(aggregate_order_by(found.c.id, found.c.id))
    by_company = select(found.c.company_id, ids).group_by(found.c.company_id).order_by(found.c.company_id)
    return dict(work.session.execute(by_company).all())


def _law_changed() -> ColumnElement[bool]:
    """The claim waits for a figure that nobody had confirmed, and somebody has recorded something since."""
    waits = or_(*(Claim.reasons.contains([{"code": code}]) for code in WAITS_FOR_LAW))
    said_since = or_(
        select(ConfirmedFigure.number).where(ConfirmedFigure.confirmed_at > Claim.decided_at).exists(),
        select(ActDate.number).where(ActDate.set_at > Claim.decided_at).exists(),
    )
    return (Claim.step == "ask_person") & waits & said_since


def _law_recorded(through: datetime | None) -> list[ColumnElement[bool]]:
    """Has anything been recorded lately at all? Asked once, before any claim is looked at."""
    if through is None:
        return []
    figures = select(ConfirmedFigure.number).where(*_since(ConfirmedFigure.confirmed_at, through))
    return [or_(figures.exists(), select(ActDate.number).where(*_since(ActDate.set_at, through)).exists())]


def _since(changed_at: InstrumentedAttribute[datetime], through: datetime | None) -> list[ColumnElement[bool]]:
    return [] if through is None else [changed_at > through - LOOKED_BACK]


def notice_kind(decision: Decision) -> str | None:
    """The notice that a decision asks for."""
    return decision.step.kind.value if isinstance(decision.step, SendNotice) else None


def _reopen(claim: Claim) -> None:
    """A payment taken back makes a closed claim live again."""
    if claim.state == "closed":
        claim.state, claim.closed_at, claim.close_reason = "active", None, None


def _pages(rows: list[dict[str, Any]]) -> Iterable[list[dict[str, Any]]]:
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))
