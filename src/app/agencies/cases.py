"""Following cases at the agency: what has changed since we last asked, told in our words with the agency's own beside them."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import ColumnElement, select, update

from app.agencies import obstacle_texts as texts
from app.agencies import packages, story, terms
from app.agencies.doors import Agencies, key_of
from app.agencies.models import AgencyCase, Agreement, SettlementRow
from app.agencies.ports import CaseState, CaseUpdate
from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.net.errors import OutsideError

#: asked for again each time: the agency's clock and ours differ, and rows with an equal time come twice
OVERLAP = timedelta(minutes=15)
PROBLEM_LENGTH_MAX = 1000
#: cases the agency still works on
LIVE = ("registered", "in_collection", "legal", "paused")
#: ends that somebody above must hear of
ENDS = ("paid", "withdrawn", "closed")
NEVER_THERE = ("refused", "cancelled")


def follow(begin: Begin, agencies: Agencies, bureau_id: uuid.UUID, agreement_id: uuid.UUID) -> int:
    """Ask what has changed under one agreement. Returns how many cases did. Outside trouble is noted on the agreement and raised."""
    scope = BureauScope(bureau_id)
    with begin(scope) as work:
        agreement = work.session.execute(select(Agreement).where(Agreement.id == agreement_id)).scalar_one()
        key, since = key_of(work, agreement_id), agreement.changes_since
    try:
        agency = agencies.open(key)
        updates, troubles = agency.changes(key.creditor_ref, None if since is None else since - OVERLAP), agency.troubles()
    except OutsideError as fault:
        with begin(scope) as work:
            note_problem(work, agreement_id, str(fault))
        raise
    with begin(scope) as work:
        changed = sum(hear(work, agreement_id, one) for one in updates)
        newest = max((one.updated_at for one in updates), default=since)
        values = {"changes_since": newest, "polled_at": work.now(), "problem": "; ".join(troubles)[:PROBLEM_LENGTH_MAX] or None}
        work.session.execute(update(Agreement).where(Agreement.id == agreement_id).values(**values))
        _ring_for_documents(work, agreement_id)
    return changed


def note_problem(work: UnitOfWork, agreement_id: uuid.UUID, problem: str) -> None:
    """What stands between us and the agency, for the page."""
    work.session.execute(update(Agreement).where(Agreement.id == agreement_id).values(problem=problem, polled_at=work.now()))


def to_follow(work: UnitOfWork) -> list[uuid.UUID]:
    """Agreements to ask about: those in force, and ended ones whose cases or payouts are not at their end."""
    unfinished_case = select(AgencyCase.id).where(
        AgencyCase.agreement_id == Agreement.id, AgencyCase.state.in_([*LIVE, "awaiting", "in_doubt", "planned", "paid"])
    )
    unfinished_payout = select(SettlementRow.id).where(SettlementRow.agreement_id == Agreement.id, SettlementRow.state != "booked")
    wanted = Agreement.valid_until.is_(None) | unfinished_case.exists() | unfinished_payout.exists()
    return list(work.session.execute(select(Agreement.id).where(wanted).order_by(Agreement.id)).scalars())


def hear(work: UnitOfWork, agreement_id: uuid.UUID, said: CaseUpdate) -> bool:
    """Take in what the agency says about one of its cases. False: nothing new, or no case of ours."""
    case = _find(work, agreement_id, said)
    if case is None or (case.updated_at is not None and said.updated_at < case.updated_at):
        return False
    before = (case.state, case.agency_text, case.outstanding_ore, case.external_id)
    state = _state_after(work, case, said)
    case.agency_text, case.updated_at = said.agency_text[:200], said.updated_at
    if said.state not in (CaseState.AWAITING, CaseState.REFUSED):
        case.external_id = said.external_id
    case.outstanding_ore = case.outstanding_ore if said.outstanding_ore is None else said.outstanding_ore
    case.agency_principal_ore = case.agency_principal_ore if said.principal_ore is None else said.principal_ore
    moved, case.state = case.state != state, state
    case.closed_at = (case.closed_at or work.now()) if state in (*ENDS, *NEVER_THERE) else None
    if state in LIVE:
        terms.mark_taken(work, case)
    work.session.flush()
    if moved:
        story.add(work, case, "state", said.agency_text, said.updated_at)
        work.enqueue("dunning.evaluate_item", bureau_id=str(work.bureau_id), open_item_id=str(case.open_item_id))
    told = story.keep(work, case, said)
    return bool(told) or before != (case.state, case.agency_text, case.outstanding_ore, case.external_id)


def _state_after(work: UnitOfWork, case: AgencyCase, said: CaseUpdate) -> str:
    """Where the case stands once this is heard; says on the case what a person must look at."""
    unheard = case.state in (*NEVER_THERE, "planned", "in_doubt", "awaiting")
    if case.state in NEVER_THERE and (said.state is CaseState.REFUSED or _has_other(work, case)):
        case.problem = case.problem if said.state is CaseState.REFUSED else texts.CALLED_OFF_BUT_THERE
        return case.state
    comes_back = case.state == "withdrawn" and said.state not in (CaseState.WITHDRAWN, CaseState.UNKNOWN, CaseState.AWAITING)
    if comes_back and said.state is not CaseState.REFUSED and _has_other(work, case):
        # the claim is at another agency by now: one claim is never at two, so this one is only told of
        case.problem = texts.CALLED_OFF_BUT_THERE
        return case.state
    if said.state is CaseState.REFUSED:
        case.problem = said.agency_text
        return "refused"
    if said.state is CaseState.AWAITING:
        case.consignment = said.external_id
        return "awaiting" if unheard else case.state
    if unheard:
        # found there although our own call ended otherwise, or has not been heard of: the agency's word stands
        case.problem = texts.CALLED_OFF_BUT_THERE if case.state in NEVER_THERE else None
        return "registered" if said.state is CaseState.UNKNOWN else said.state.value
    return case.state if said.state is CaseState.UNKNOWN else said.state.value


def _find(work: UnitOfWork, agreement_id: uuid.UUID, said: CaseUpdate) -> AgencyCase | None:
    """By our reference, else by the agency's number. Cases that others handed over are none of ours.

    A consignment may hold several cases: without a reference it speaks of one only where that one came alone.
    """
    ours = reference_of(said.our_reference)
    by_consignment = said.state in (CaseState.AWAITING, CaseState.REFUSED)
    number = AgencyCase.consignment if by_consignment else AgencyCase.external_id
    for known in ([] if ours is None else [AgencyCase.id == ours]) + [number == said.external_id]:
        found = _locked(work, agreement_id, known)
        if found:
            return None if by_consignment and len(found) > 1 else found[0]
        if ours is not None and by_consignment:
            return None
    return None


def _locked(work: UnitOfWork, agreement_id: uuid.UUID, known: ColumnElement[bool]) -> list[AgencyCase]:
    rows = select(AgencyCase).where(AgencyCase.agreement_id == agreement_id, known).order_by(AgencyCase.id)
    return list(work.session.execute(rows.with_for_update()).scalars())


def _has_other(work: UnitOfWork, case: AgencyCase) -> bool:
    others = select(AgencyCase.id).where(
        AgencyCase.claim_id == case.claim_id, AgencyCase.id != case.id, AgencyCase.state.not_in([*NEVER_THERE, "withdrawn"])
    )
    return work.session.execute(others).first() is not None


def _ring_for_documents(work: UnitOfWork, agreement_id: uuid.UUID) -> None:
    """Cases that still lack documents: tried again at every poll, until the agency has them all."""
    there = select(AgencyCase).where(
        AgencyCase.agreement_id == agreement_id, AgencyCase.state.in_(LIVE), AgencyCase.external_id.is_not(None)
    )
    for case in work.session.execute(there).scalars():
        if not packages.is_complete(case):
            work.enqueue("agencies.attach_missing", bureau_id=str(work.bureau_id), case_id=str(case.id))


def reference_of(text: str | None) -> uuid.UUID | None:
    """Our case id, when that is what the agency was given; other creditors' systems write what they like."""
    try:
        return None if text is None else uuid.UUID(text)
    except ValueError:
        return None
