"""A person's stop (stans) on a claim, and an objection (innsigelse): both keep automation away until a person lifts or decides."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import select

from app.agencies import handover
from app.db.scope import SYSTEM
from app.db.unit_of_work import UnitOfWork
from app.dunning import claims, notices
from app.dunning.models import Claim, Dispute, Hold
from app.tenants import audit
from app.values.ids import new_id


class HoldError(ValueError):
    """A stop or an objection that cannot be recorded. `field` names what to change; the text is an English message id."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def place(work: UnitOfWork, claim_id: uuid.UUID, reason: str, until: date | None) -> Hold:
    """Stop a claim, to and including `until` or until lifted. A claim already stopped gets the new reason and end."""
    claim = _claim(work, claim_id)
    if not reason.strip():
        raise HoldError("reason", "Say why the claim is stopped.")
    if until is not None and until < work.today():
        raise HoldError("until", "The last day of the stop must be today or later.")
    current = _active(work, claim_id)
    if current is not None:
        current.lifted_by, current.lifted_at = work.actor.name, work.now()
        work.session.flush()
    hold = Hold(
        bureau_id=claim.bureau_id, id=new_id(), company_id=claim.company_id, claim_id=claim.id, reason=reason.strip(), until=until,
        placed_by=work.actor.name, placed_at=work.now(),
    )  # fmt: skip
    work.session.add(hold)
    work.session.flush()
    _call_off(work, claim_id, "stopped by a person")
    audit.record(work, "claim.held", "claim", claim.id, company_id=claim.company_id, until=None if until is None else until.isoformat())
    claims.touch(work, claim_id)
    return hold


def lift(work: UnitOfWork, claim_id: uuid.UUID) -> bool:
    """Let the claim go on. False: it was not stopped."""
    claim = _claim(work, claim_id)
    current = _active(work, claim_id)
    if current is None:
        return False
    current.lifted_by, current.lifted_at = work.actor.name, work.now()
    notices.doubt_is_over(work, claim_id)
    work.session.flush()
    audit.record(work, "claim.released", "claim", claim.id, company_id=claim.company_id)
    claims.touch(work, claim_id)
    return True


def lift_own(work: UnitOfWork, claim_id: uuid.UUID, reason: str) -> bool:
    """The house's own stop with this reason is over; a person's stop stays, and so does a notice in doubt."""
    current = _active(work, _claim(work, claim_id).id)
    if current is None or current.placed_by != SYSTEM.name or current.reason != reason:
        return False
    current.lifted_by, current.lifted_at = work.actor.name, work.now()
    work.session.flush()
    audit.record(work, "claim.released", "claim", claim_id, company_id=current.company_id)
    claims.touch(work, claim_id)
    return True


def object_to(work: UnitOfWork, claim_id: uuid.UUID, text: str) -> Dispute:
    """Record the debtor's objection. Nothing more is sent or charged until somebody has decided (inkassoloven 1988 § 17)."""
    claim = _claim(work, claim_id)
    if not text.strip():
        raise HoldError("text", "Write what the debtor objects to.")
    current = _open_dispute(work, claim_id)
    if current is not None:
        raise HoldError("text", "There is an objection on this claim already.")
    dispute = Dispute(
        bureau_id=claim.bureau_id, id=new_id(), company_id=claim.company_id, claim_id=claim.id, text_=text.strip(),
        raised_by=work.actor.name, raised_at=work.now(),
    )  # fmt: skip
    work.session.add(dispute)
    work.session.flush()
    _call_off(work, claim_id, "the debtor has objected")
    audit.record(work, "claim.disputed", "claim", claim.id, company_id=claim.company_id)
    claims.touch(work, claim_id)
    return dispute


def decide_dispute(work: UnitOfWork, claim_id: uuid.UUID, decision: str, text: str, *, obviously_groundless: bool = False) -> Dispute:
    """`upheld`: the debtor is right, the claim stays stopped. `rejected`: the claim goes on. With a reason, always.

    `obviously_groundless` goes with `rejected` only: under inkassoloven 2026 § 18 no other objection leaves room for costs.
    """
    claim = _claim(work, claim_id)
    current = _open_dispute(work, claim_id)
    if current is None:
        raise HoldError("decision", "There is no open objection on this claim.")
    if decision not in {"upheld", "rejected"}:
        raise HoldError("decision", "Choose whether the objection is upheld or rejected.")
    if not text.strip():
        raise HoldError("text", "Give the reason for the decision.")
    if obviously_groundless and decision != "rejected":
        raise HoldError("obviously_groundless", "An objection that is upheld is not groundless.")
    current.obviously_groundless = obviously_groundless
    current.decision, current.decision_text, current.decided_by, current.decided_at = decision, text.strip(), work.actor.name, work.now()
    work.session.flush()
    audit.record(
        work, "dispute.decided", "claim", claim.id, company_id=claim.company_id, decision=decision, groundless=obviously_groundless
    )
    claims.touch(work, claim_id)
    return current


def _call_off(work: UnitOfWork, claim_id: uuid.UUID, why: str) -> None:
    """What is planned and has not begun stops here; what has begun asks again right before it leaves."""
    notices.give_up_planned(work, [claim_id], why)
    handover.call_off(work, claim_id, why)


def _claim(work: UnitOfWork, claim_id: uuid.UUID) -> Claim:
    claim = work.session.execute(select(Claim).where(Claim.id == claim_id).with_for_update(key_share=True)).scalar_one_or_none()
    if claim is None:
        raise LookupError("no such claim")
    return claim


def _active(work: UnitOfWork, claim_id: uuid.UUID) -> Hold | None:
    return work.session.execute(select(Hold).where(Hold.claim_id == claim_id, Hold.lifted_at.is_(None))).scalar_one_or_none()


def _open_dispute(work: UnitOfWork, claim_id: uuid.UUID) -> Dispute | None:
    return work.session.execute(select(Dispute).where(Dispute.claim_id == claim_id, Dispute.decided_at.is_(None))).scalar_one_or_none()
