"""Asking people for the yes a decision waits for: each once per step and round, and no longer than it is needed. Set-based."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.db.unit_of_work import UnitOfWork
from app.dunning import consent, owners
from app.dunning.approval_models import ApprovalRequest, ApprovalVerdict
from app.dunning.facts import Approver
from app.dunning.guarding import BOOK_REASONS, RUN_REASONS
from app.dunning.loading import Loaded
from app.dunning.policy import Rules
from app.dunning.steps import AskPerson, Decision
from app.tenants import absences
from app.values.ids import new_id

#: a book that cannot be read today, and a run that is held, make nobody's question go away
STILL_ASKED = frozenset({"ledger_stale", "ledger_never_read", *BOOK_REASONS, *RUN_REASONS})
SILENCE = "by the company's rule on silence"

Decided = tuple[Loaded, Decision, Rules]


def follow(work: UnitOfWork, decided: Sequence[Decided]) -> list[uuid.UUID]:
    """What these decisions mean for the people: who is asked now, whose silence has counted, whose question is over.

    Returns the claims about which somebody was asked just now; decided once more, they say who.
    """
    asking: dict[uuid.UUID, tuple[str, int]] = {}
    kept: set[uuid.UUID] = set()
    wanted: list[tuple[Loaded, Approver, tuple[str, int]]] = []
    silent: list[uuid.UUID] = []
    for one, decision, rules in decided:
        codes = {reason.code for reason in decision.reasons}
        if "approval_silent" in codes:
            silent.append(one.claim.id)
        if codes & STILL_ASKED:
            kept.add(one.claim.id)
        if isinstance(decision.step, AskPerson) and decision.step.about is not None:
            about = decision.step.about
            asking[one.claim.id] = consent.occurrence(about)
            known = {known.approver for known in one.facts.approvals if (known.step, known.round) == consent.occurrence(about)}
            wanted += [(one, approver, asking[one.claim.id]) for approver in consent.approvers(rules, about) if approver not in known]
    _count_silence(work, silent)
    _close(work, [one.claim.id for one, _, _ in decided if one.claim.id not in kept], asking)
    return _ask(work, wanted)


def _ask(work: UnitOfWork, wanted: list[tuple[Loaded, Approver, tuple[str, int]]]) -> list[uuid.UUID]:
    if not wanted:
        return []
    ids = {one.claim.id for one, _, _ in wanted}
    turns: dict[tuple[uuid.UUID, str, int, str], int] = {
        (row.claim_id, row.step, row.round, row.approver): row.turn
        for row in work.session.execute(
            select(
                ApprovalRequest.claim_id, ApprovalRequest.step, ApprovalRequest.round, ApprovalRequest.approver,
                func.max(ApprovalRequest.turn).label("turn"),
            )
            .where(ApprovalRequest.claim_id.in_(ids))
            .group_by(ApprovalRequest.claim_id, ApprovalRequest.step, ApprovalRequest.round, ApprovalRequest.approver)
        )
    }  # fmt: skip
    people = owners.responsible_for(work, list({one.debtor.id for one, _, _ in wanted}))
    away = absences.away_on(work, work.today())
    rows = []
    for one, approver, (step, round_) in wanted:
        responsible = people[one.debtor.id]
        owner = responsible.owner(approver)
        rows.append(
            {
                "bureau_id": work.bureau_id, "id": new_id(), "company_id": one.claim.company_id, "claim_id": one.claim.id, "step": step,
                "round": round_, "turn": turns.get((one.claim.id, step, round_, approver.value), 0) + 1, "approver": approver.value,
                "owner_id": owner, "asked_id": absences.stand_in(owner, away, responsible.backup),
                "principal_ore": one.item.remaining_ore, "asked_at": work.now(),
            }
        )  # fmt: skip
    work.session.execute(insert(ApprovalRequest).on_conflict_do_nothing(), rows)
    work.enqueue("dunning.chase_bureau_approvals", bureau_id=str(work.bureau_id))
    return sorted(ids)


def _close(work: UnitOfWork, claim_ids: list[uuid.UUID], asking: dict[uuid.UUID, tuple[str, int]]) -> None:
    """Nobody is asked about what is paid, held or with the agency, nor about a step that is no longer the next one."""
    rows = select(ApprovalRequest.id, ApprovalRequest.claim_id, ApprovalRequest.step, ApprovalRequest.round).where(
        ApprovalRequest.claim_id.in_(claim_ids), ApprovalRequest.closed_at.is_(None)
    )
    over = [row.id for row in work.session.execute(rows).all() if asking.get(row.claim_id) != (row.step, row.round)]
    if over:
        work.session.execute(update(ApprovalRequest).where(ApprovalRequest.id.in_(over)).values(closed_at=work.now()))


def _count_silence(work: UnitOfWork, claim_ids: list[uuid.UUID]) -> None:
    """The rule has spoken for whoever did not: that is an answer too, and is kept as what it is."""
    if not claim_ids:
        return
    open_ones = work.session.execute(
        select(ApprovalRequest).where(ApprovalRequest.claim_id.in_(claim_ids), ApprovalRequest.closed_at.is_(None)).with_for_update()
    ).scalars()
    by_claim: dict[uuid.UUID, list[ApprovalRequest]] = defaultdict(list)
    for request in open_ones:
        by_claim[request.claim_id].append(request)
    for request in (one for found in by_claim.values() for one in found):
        request.closed_at = work.now()
        work.session.add(
            ApprovalVerdict(
                bureau_id=work.bureau_id, id=new_id(), company_id=request.company_id, request_id=request.id, claim_id=request.claim_id,
                verdict="silence", reason=None, given_by=SILENCE, given_by_id=None, given_at=work.now(),
            )
        )  # fmt: skip
    work.session.flush()
