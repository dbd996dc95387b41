"""A person's answer to what was asked: a yes lets the step go on, a no with its reason stops the claim."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.db.unit_of_work import UnitOfWork
from app.dunning import claims, holds
from app.dunning.approval_models import ApprovalRequest, ApprovalVerdict
from app.dunning.models import Claim
from app.tenants import audit
from app.tenants.identity import Identity
from app.tenants.permissions import Permission
from app.values.ids import new_id

REASON_MAX = 500


class ApprovalError(ValueError):
    """An answer that cannot be taken. `field` names what to change; the text is an English message id."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class Voice:
    """Whoever answers: a person by himself, for the bureau, or (an administrator) for anybody."""

    user_id: uuid.UUID | None
    for_bureau: bool = False
    for_anybody: bool = False

    @staticmethod
    def of(identity: Identity) -> Voice:
        at_bureau = identity.company_id is None and identity.may(Permission.APPROVE)
        return Voice(identity.user_id, at_bureau, at_bureau and identity.may(Permission.SETTINGS))

    def may_answer(self, request: ApprovalRequest) -> bool:
        mine = self.user_id is not None and self.user_id in (request.asked_id, request.owner_id)
        the_bureaus = request.approver == "bureau" or request.asked_id is None
        return mine or (self.for_bureau and the_bureaus) or self.for_anybody


def answer(
    work: UnitOfWork, voice: Voice, request_ids: Sequence[uuid.UUID], *, yes: bool, reason: str = "", until: date | None = None
) -> int:
    """One answer to several requests. What is answered already, or not asked any more, is passed over. Returns how many were answered.

    A no needs its reason and stops the claim, to and including `until` or until somebody lets it go on. LookupError for a request that
    does not exist in this scope, PermissionError for one that is somebody else's to answer.
    """
    reason = reason.strip()[:REASON_MAX]
    if not yes and not reason:
        raise ApprovalError("reason", "Say why not: the reason stands on the claim.")
    if until is not None and until < work.today():
        raise ApprovalError("until", "The last day of the stop must be today or later.")
    count = 0
    for request_id in dict.fromkeys(request_ids):
        request = _claimed(work, request_id)
        if not voice.may_answer(request):
            raise PermissionError("somebody else is asked")
        if request.closed_at is not None:
            continue
        _record(work, voice, request, yes=yes, reason=reason)
        if yes:
            claims.touch(work, request.claim_id)
        else:
            holds.place(work, request.claim_id, reason, until)
        count += 1
    return count


def _claimed(work: UnitOfWork, request_id: uuid.UUID) -> ApprovalRequest:
    """Ours until the transaction ends, its claim first, as everybody locks them."""
    claim_id = work.session.execute(select(ApprovalRequest.claim_id).where(ApprovalRequest.id == request_id)).scalar_one_or_none()
    if claim_id is None:
        raise LookupError("no such request")
    work.session.execute(select(Claim.id).where(Claim.id == claim_id).with_for_update(key_share=True))
    fresh = select(ApprovalRequest).where(ApprovalRequest.id == request_id).with_for_update()
    return work.session.execute(fresh.execution_options(populate_existing=True)).scalar_one()


def _record(work: UnitOfWork, voice: Voice, request: ApprovalRequest, *, yes: bool, reason: str) -> None:
    request.closed_at = work.now()
    work.session.add(
        ApprovalVerdict(
            bureau_id=work.bureau_id, id=new_id(), company_id=request.company_id, request_id=request.id, claim_id=request.claim_id,
            verdict="yes" if yes else "no", reason=reason or None, given_by=work.actor.name, given_by_id=voice.user_id, given_at=work.now(),
        )
    )  # fmt: skip
    work.session.flush()
    audit.record(
        work, "approval.given" if yes else "approval.refused", "claim", request.claim_id, request.company_id, step=request.step,
        approver=request.approver, reason=reason,
    )  # fmt: skip
