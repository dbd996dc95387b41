"""Beginning a claim's follow-up anew: because the invoice went to a wrong address, or notices were sent by mistake.

What was said before stays in the history and counts no more, neither as a step taken nor as a fee (see `Restart` for why the fees are given
up). The ladder starts over with its first step; no fee is charged in the first fourteen days, for the debtor may not have known of the
claim until now. What the ledger itself has sent still counts: its fees stand in the ledger, and are not ours to give up.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, select, update

from app.agencies import handover
from app.agencies.models import AgencyCase
from app.db.unit_of_work import UnitOfWork
from app.dunning import claims, notices
from app.dunning.approval_models import ApprovalRequest
from app.dunning.arrangement_models import ArrangementRow
from app.dunning.call_models import PhoneCall
from app.dunning.models import Claim, Dispute, ListEntry, Notice, WeeklyList
from app.dunning.reasons import because
from app.dunning.restart_facts import still_counts
from app.dunning.restart_models import Restart
from app.dunning.run_models import HeldRun, HeldStep
from app.messaging.models import Delivery
from app.tenants import audit
from app.values.ids import new_id

WHY = "the follow-up began anew"
#: a notice in one of these was said, or may have been
_SAID = ("issued", "sent", "review")
#: nobody knows yet whether a delivery in one of these leaves the house
_ON_ITS_WAY = ("planned", "unknown")


class RestartError(ValueError):
    """A follow-up that cannot be begun anew. `field` names what to change; the text is an English message id."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def restart(work: UnitOfWork, claim_id: uuid.UUID, reason: str) -> Restart:
    """Begin anew. LookupError for a claim there is not in this scope, RestartError where it cannot be done now, with the way out."""
    waiting = _waiting_on_lists(work, claim_id)
    claim = work.session.execute(select(Claim).where(Claim.id == claim_id).with_for_update(key_share=True)).scalar_one_or_none()
    if claim is None:
        raise LookupError("no such claim")
    if not reason.strip():
        raise RestartError("reason", "Say why the follow-up begins anew.")
    if claim.state != "active":
        raise RestartError("reason", "The claim is closed: there is nothing to begin anew.")
    _refuse_disputed(work, claim_id)
    _refuse_at_agency(work, claim_id)
    notices.give_up_planned(work, [claim_id], WHY)
    said = work.session.execute(_said(claim_id)).scalars().all()
    _refuse_on_its_way(work, said)
    row = Restart(
        bureau_id=claim.bureau_id, id=new_id(), company_id=claim.company_id, claim_id=claim_id, reason=reason.strip(),
        set_aside=[one.id for one in said] + _besides(work, claim_id), waived_ore=sum(one.fee_ore for one in said if one.state in _SAID),
        restarted_by=work.actor.name, restarted_at=work.now(),
    )  # fmt: skip
    work.session.add(row)
    _take_off(work, waiting, work.today())
    work.session.execute(
        update(ApprovalRequest)
        .where(ApprovalRequest.claim_id == claim_id, ApprovalRequest.closed_at.is_(None))
        .values(closed_at=work.now())
    )
    work.session.flush()
    audit.record(work, "claim.restarted", "claim", claim_id, claim.company_id, reason=row.reason, waived_ore=row.waived_ore)
    claims.touch(work, claim_id)
    return row


def _said(claim_id: uuid.UUID) -> Select[Notice]:
    """What was written and still counts. A notice that never was is not history: it may be planned again."""
    return select(Notice).where(Notice.claim_id == claim_id, Notice.issued_on.is_not(None), still_counts(Notice)).order_by(Notice.id)


def _waiting_on_lists(work: UnitOfWork, claim_id: uuid.UUID) -> Sequence[ListEntry]:
    """Its places on open lists, ours with their lists until the transaction ends: lists first, as whoever closes one locks them."""
    open_ones = select(ListEntry.list_id).where(ListEntry.claim_id == claim_id)
    locked = select(WeeklyList.id).where(WeeklyList.id.in_(open_ones), WeeklyList.state == "open").order_by(WeeklyList.id)
    lists = work.session.execute(locked.with_for_update(key_share=True)).scalars().all()
    rows = select(ListEntry).where(ListEntry.claim_id == claim_id, ListEntry.list_id.in_(lists)).order_by(ListEntry.id)
    return work.session.execute(rows.with_for_update().execution_options(populate_existing=True)).scalars().all()


def _refuse_disputed(work: UnitOfWork, claim_id: uuid.UUID) -> None:
    standing = select(Dispute.decision).where(Dispute.claim_id == claim_id, Dispute.decided_at.is_(None) | (Dispute.decision == "upheld"))
    for decision in work.session.execute(standing).scalars():
        if decision is None:
            raise RestartError("reason", "There is an objection on this claim: decide it first.")
        raise RestartError("reason", "The objection was upheld: credit the invoice in the ledger, and the claim closes by itself.")


def _refuse_at_agency(work: UnitOfWork, claim_id: uuid.UUID) -> None:
    """What is only planned is called off. A case that has been there and was closed is not collected once more with fees of ours."""
    handover.call_off(work, claim_id, WHY)
    live = select(AgencyCase.state).where(AgencyCase.claim_id == claim_id, AgencyCase.state.not_in(handover.NOT_LIVE))
    state = work.session.execute(live).scalar_one_or_none()
    if state == "closed":
        raise RestartError("reason", "The agency has had this claim and closed its case: the follow-up cannot begin anew.")
    if state is not None:
        raise RestartError("reason", "The claim is with the agency: withdraw it there first.")


def _refuse_on_its_way(work: UnitOfWork, said: Sequence[Notice]) -> None:
    """A notice that nobody knows the fate of could come after the new beginning, and count in neither."""
    if any(one.state == "review" for one in said):
        raise RestartError("reason", "Nobody knows whether the last notice went out: find out first, and say so on the work list.")
    letters = [one.letter_id for one in said]
    underway = select(Delivery.id).where(Delivery.purpose == "notice", Delivery.purpose_id.in_(letters), Delivery.state.in_(_ON_ITS_WAY))
    if any(one.state == "issued" for one in said) or work.session.execute(underway.limit(1)).first() is not None:
        raise RestartError("reason", "A notice is on its way: wait until it has gone out, or stop the claim, which calls it off.")


def _besides(work: UnitOfWork, claim_id: uuid.UUID) -> list[uuid.UUID]:
    """What else has counted until now. A run that is held or called off stays so, and an agreement in force is kept."""
    found = [
        select(ListEntry.id).where(ListEntry.claim_id == claim_id, still_counts(ListEntry)),
        select(PhoneCall.id).where(PhoneCall.claim_id == claim_id, still_counts(PhoneCall)),
        select(ApprovalRequest.id).where(ApprovalRequest.claim_id == claim_id, still_counts(ApprovalRequest)),
        select(ArrangementRow.id).where(
            ArrangementRow.claim_id == claim_id, ArrangementRow.ended_at.is_not(None), still_counts(ArrangementRow)
        ),
        select(AgencyCase.id).where(AgencyCase.claim_id == claim_id, AgencyCase.state == "withdrawn", still_counts(AgencyCase)),
        select(HeldStep.id)
        .join(HeldRun, HeldRun.id == HeldStep.run_id)
        .where(HeldStep.claim_id == claim_id, HeldRun.state == "released", still_counts(HeldStep)),
    ]
    return [row for query in found for row in work.session.execute(query).scalars()]


def _take_off(work: UnitOfWork, entries: Sequence[ListEntry], on: date) -> None:
    for entry in entries:
        if entry.state in {"ready", "approved", "stopped"}:
            entry.state, entry.reasons = "left_out", [because("begun_anew", anew_on=on).as_json()]
            entry.decided_by, entry.decided_at = work.actor.name, work.now()
