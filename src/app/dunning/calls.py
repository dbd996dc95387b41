"""The phone task: a policy's step asks somebody to call, and what came of the call takes the follow-up on."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from app.db.unit_of_work import UnitOfWork
from app.dunning import arrangements, claims, holds
from app.dunning.arrangements import Term
from app.dunning.call_facts import Outcome
from app.dunning.call_models import PhoneCall
from app.dunning.facts import ArrangementKind
from app.dunning.models import Claim
from app.tenants import audit
from app.values.ids import new_id

#: the reason by which the engine asks for a call
ASKED = "call_due"


class CallError(ValueError):
    """A call that cannot be noted. `field` names what to change; the text is an English message id."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def record(work: UnitOfWork, claim_id: uuid.UUID, outcome: str, note: str, promised: Term | None = None) -> PhoneCall:
    """Note what came of the call that is asked for. A promise is agreed and an objection recorded, each as by itself.

    CallError, ArrangementError and HoldError name the field; nothing is kept then. LookupError for a claim there is not.
    """
    claim = work.session.execute(select(Claim).where(Claim.id == claim_id).with_for_update(key_share=True)).scalar_one_or_none()
    if claim is None:
        raise LookupError("no such claim")
    if outcome not in set(Outcome):
        raise CallError("outcome", "Choose what came of the call.")
    if not is_asked(claim) or _answered_since(work, claim):
        raise CallError("outcome", "No call is asked for on this claim now.")
    row = PhoneCall(
        bureau_id=claim.bureau_id, id=new_id(), company_id=claim.company_id, claim_id=claim.id, outcome=outcome, called_on=work.today(),
        note=note.strip() or None, called_by=work.actor.name, called_at=work.now(),
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    if outcome == Outcome.PROMISE:
        if promised is None:
            raise CallError("promised_on", "Give the day and the amount that were promised.")
        arrangements.agree(work, claim_id, ArrangementKind.PROMISE, [promised], note)
    elif outcome == Outcome.DISPUTE:
        if not row.note:
            raise CallError("note", "Write what the debtor objects to.")
        holds.object_to(work, claim_id, note)
    audit.record(work, "claim.called", "claim", claim.id, company_id=claim.company_id, outcome=outcome)
    claims.touch(work, claim_id)
    return row


def is_asked(claim: Claim) -> bool:
    """Does the claim's current decision ask somebody to call?"""
    return claim.state == "active" and claim.step == "ask_person" and any(one.get("code") == ASKED for one in claim.reasons)


def _answered_since(work: UnitOfWork, claim: Claim) -> bool:
    """Has the task been ended after it was decided on, so that the next decision is only on its way?"""
    ended = select(PhoneCall.id).where(
        PhoneCall.claim_id == claim.id, PhoneCall.outcome != Outcome.NOT_REACHED, PhoneCall.called_at >= claim.decided_at
    )
    return work.session.execute(ended.limit(1)).first() is not None
