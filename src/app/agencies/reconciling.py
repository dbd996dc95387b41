"""Holding the three books against each other, once a day and agreement: read, compared, kept; a lost acknowledgement is taken in.

Nothing is sent and nothing is corrected here but what the agency itself says about a case of ours.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import case as case_
from sqlalchemy import func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from app.agencies import cases
from app.agencies.doors import Agencies, Key, capabilities_of, key_of
from app.agencies.models import AgencyCase, Agreement, DirectPaymentRow, SettlementLineRow
from app.agencies.ports import CaseUpdate
from app.agencies.reconciliation import LIVE, UNCERTAIN, Difference, Kind, OurCase, Owner, TheirCase, Totals, compare
from app.agencies.reconciliation_models import CaseDifference, Reconciliation
from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.net.errors import OutsideError
from app.receivables.models import OpenItem
from app.values.calendar import oslo_date
from app.values.ids import new_id


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid


NO_LIST = N_("This agency gives no list of its cases: only the ledger and we are held against each other.")
NOT_ASKED = N_("The agency could not be asked. It is asked again tomorrow.")
#: what can be said without the agency's list
WITHOUT_LIST = (Kind.PAID_AT_AGENCY,)
#: reports that are on their way to the agency, or may be
ON_ITS_WAY = ("planned", "unknown", "review")


def reconcile(begin: Begin, agencies: Agencies, bureau_id: uuid.UUID, agreement_id: uuid.UUID) -> tuple[Difference, ...]:
    """Compare one agreement's three books and keep what came of it. Outside trouble is kept as the day's problem, not raised."""
    scope = BureauScope(bureau_id)
    with begin(scope) as work:
        key = key_of(work, agreement_id)
    listed, problem = _listed(agencies, key)
    with begin(scope) as work:
        taken = _take_in(work, agreement_id, listed or [])
    with begin(scope) as work:
        ours = _ours(work, agreement_id, listed or [])
        totals, found = compare(ours, [_there(one) for one in listed or []], work.today())
        if listed is None:
            # what an empty list would say about the agency is not known; what the ledger says about us is
            found = tuple(one for one in found if one.kind in WITHOUT_LIST)
        _keep(work, agreement_id, totals, found, taken, has_list=listed is not None, problem=problem)
    return found


def _listed(agencies: Agencies, key: Key) -> tuple[list[CaseUpdate] | None, str | None]:
    known = capabilities_of(agencies, key.agency)
    if known is None or not known.lists_book:
        return None, NO_LIST
    try:
        return agencies.open(key).book(key.creditor_ref), None
    except OutsideError:
        return None, NOT_ASKED


def _take_in(work: UnitOfWork, agreement_id: uuid.UUID, listed: Sequence[CaseUpdate]) -> list[uuid.UUID]:
    """Cases the agency has, of which we did not know that they had arrived. The ids of those that are known to be there now."""
    references = {one.our_reference: one for one in listed if one.our_reference}
    lost = work.session.execute(
        select(AgencyCase.id).where(AgencyCase.agreement_id == agreement_id, AgencyCase.state.in_([*UNCERTAIN, "planned"]))
    ).scalars()
    found = [case_id for case_id in lost if str(case_id) in references]
    for case_id in found:
        cases.hear(work, agreement_id, references[str(case_id)])
    return found


def _ours(work: UnitOfWork, agreement_id: uuid.UUID, listed: Sequence[CaseUpdate]) -> list[OurCase]:
    """Every case that should be there, or that is."""
    numbers = [one.external_id for one in listed]
    references = [found for one in listed if (found := cases.reference_of(one.our_reference)) is not None]
    wanted = or_(AgencyCase.state.in_([*LIVE, *UNCERTAIN, "paid"]), AgencyCase.external_id.in_(numbers), AgencyCase.id.in_(references))
    rows = work.session.execute(
        select(AgencyCase, OpenItem.state, OpenItem.remaining_ore)
        .join(OpenItem, OpenItem.id == AgencyCase.open_item_id)
        .where(AgencyCase.agreement_id == agreement_id, wanted)
        .order_by(AgencyCase.id)
    ).all()
    ids = [case.id for case, _, _ in rows]
    told = _sums(work, ids, ("reported",))
    telling = _sums(work, ids, ON_ITS_WAY)
    paid_out = _paid_out(work, ids)
    return [
        OurCase(
            case.id, case.external_id, case.state, case.principal_ore, remaining if state == "open" else 0, told.get(case.id, 0),
            telling.get(case.id, 0), paid_out.get(case.id, 0), None if case.closed_at is None else oslo_date(case.closed_at),
        )
        for case, state, remaining in rows
    ]  # fmt: skip


def _sums(work: UnitOfWork, ids: Sequence[uuid.UUID], states: Iterable[str]) -> dict[uuid.UUID, int]:
    rows = work.session.execute(
        select(DirectPaymentRow.agency_case_id, func.sum(DirectPaymentRow.amount_ore))
        .where(DirectPaymentRow.agency_case_id.in_(ids), DirectPaymentRow.state.in_(list(states)))
        .group_by(DirectPaymentRow.agency_case_id)
    ).all()
    return {case_id: int(total) for case_id, total in rows}


def _paid_out(work: UnitOfWork, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    rows = work.session.execute(
        select(SettlementLineRow.agency_case_id, func.sum(SettlementLineRow.principal_ore))
        .where(SettlementLineRow.agency_case_id.in_(ids))
        .group_by(SettlementLineRow.agency_case_id)
    ).all()
    return {case_id: int(total) for case_id, total in rows if case_id is not None}


def _there(one: CaseUpdate) -> TheirCase:
    return TheirCase(one.external_id, one.our_reference, one.state, one.principal_ore)


def _keep(
    work: UnitOfWork, agreement_id: uuid.UUID, totals: Totals, found: Sequence[Difference], taken: Sequence[uuid.UUID], *, has_list: bool,
    problem: str | None,
) -> None:  # fmt: skip
    company_id = work.session.execute(select(Agreement.company_id).where(Agreement.id == agreement_id)).scalar_one()
    today, now = work.today(), work.now()
    day = {
        "ledger_count": totals.ledger_count, "ledger_ore": totals.ledger_ore, "our_count": totals.our_count, "our_ore": totals.our_ore,
        "their_count": totals.their_count if has_list else None, "their_ore": totals.their_ore if has_list else None, "problem": problem,
        "made_at": now,
    }  # fmt: skip
    whose = {"bureau_id": work.bureau_id, "company_id": company_id, "agreement_id": agreement_id}
    row = insert(Reconciliation).values(**whose, id=new_id(), on_day=today, **day)
    work.session.execute(row.on_conflict_do_update(index_elements=["bureau_id", "agreement_id", "on_day"], set_=day))
    for one in (*found, *(Difference(Kind.FOUND, Owner.US, None, case_id) for case_id in taken)):
        _see(work, whose, one)
    # what is found is settled by that; what nobody told of today is gone, where somebody could have
    still = [(_subject(one), one.kind.value) for one in found if one.kind is not Kind.FOUND]
    gone = tuple_(CaseDifference.subject, CaseDifference.kind).not_in(still)
    told = CaseDifference.kind.in_([kind.value for kind in (Kind if has_list else WITHOUT_LIST)])
    work.session.execute(
        update(CaseDifference)
        .where(CaseDifference.agreement_id == agreement_id, CaseDifference.ended_at.is_(None), told, gone)
        .values(ended_at=now)
    )


def _subject(one: Difference) -> str:
    return str(one.case_id) if one.case_id is not None else one.external_id or ""


def _see(work: UnitOfWork, whose: dict[str, uuid.UUID], one: Difference) -> None:
    """Seen today: a new one, or one more day of one that is known. Twice on one day is once."""
    today, now = work.today(), work.now()
    sums = {"owner": one.owner.value, "ledger_ore": one.ledger_ore, "ours_ore": one.ours_ore, "theirs_ore": one.theirs_ore}
    row = insert(CaseDifference).values(
        **whose, id=new_id(), agency_case_id=one.case_id, subject=_subject(one), external_id=one.external_id, kind=one.kind.value, times=1,
        since=now, seen_on=today, **sums,
    )  # fmt: skip
    one_more = case_((CaseDifference.seen_on < today, 1), else_=0)
    work.session.execute(
        row.on_conflict_do_update(
            index_elements=["bureau_id", "agreement_id", "subject", "kind"], index_where=CaseDifference.ended_at.is_(None),
            set_={**sums, "times": CaseDifference.times + one_more, "seen_on": today},
        )
    )  # fmt: skip
