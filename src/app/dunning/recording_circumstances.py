"""A person records what he knows of a debtor, decides what comes of it, or says that it is over. Each is audited, and decided on again."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import func, literal, select, update

from app.agencies import handover
from app.db.unit_of_work import UnitOfWork
from app.dunning import notices
from app.dunning.circumstances import INSOLVENT, Kind, active
from app.dunning.holds import HoldError
from app.dunning.models import Circumstance, Claim
from app.receivables.models import Debtor
from app.tenants import audit
from app.values.calendar import add_months
from app.values.ids import new_id

NOTE_MAX = 500
#: from the opening of debt settlement proceedings nobody may demand or receive payment (gjeldsordningsloven § 3-4)
SETTLEMENT_STOP_MONTHS = 4
REST_MAX = date(2099, 12, 31)
WHY = "the debtor's circumstances"


class CircumstanceError(HoldError):
    """What cannot be recorded of a debtor. `field` names what to change; the text is an English message id."""


def record(work: UnitOfWork, debtor_id: uuid.UUID, kind: str, since_on: date | None, note: str) -> Circumstance:
    """From now on nothing is sent to the debtor before somebody has decided. What is planned is called off. Audited."""
    debtor = _debtor(work, debtor_id)
    what = _kind(kind)
    if what is Kind.CONSIDERATE and note.strip():
        raise CircumstanceError("note", N_("Write nothing here: why somebody needs consideration is not ours to keep."))
    if since_on is not None and since_on > work.today():
        raise CircumstanceError("since_on", N_("It cannot have happened after today."))
    if what is Kind.DEBT_SETTLEMENT and since_on is None:
        raise CircumstanceError("since_on", N_("Give the day the proceedings were opened: the stop of four months counts from it."))
    if any(one.kind == what.value for one in active(work, debtor_id)):
        raise CircumstanceError("kind", N_("This is recorded already."))
    row = Circumstance(
        bureau_id=debtor.bureau_id, id=new_id(), company_id=debtor.company_id, debtor_id=debtor.id, kind=what.value, since_on=since_on,
        note=note.strip()[:NOTE_MAX] or None, recorded_by=work.actor.name, recorded_at=work.now(),
    )  # fmt: skip
    if what is Kind.DEBT_SETTLEMENT and since_on is not None:
        row.answer, row.rest_until = "rest", add_months(since_on, SETTLEMENT_STOP_MONTHS)
        row.answer_reason, row.answered_by, row.answered_at = "gjeldsordningsloven § 3-4", work.actor.name, work.now()
    work.session.add(row)
    work.session.flush()
    audit.record(work, "debtor.circumstance_recorded", "debtor", debtor.id, company_id=debtor.company_id, kind=what.value)
    _decide_again(work, debtor, WHY)
    return row


def answer(
    work: UnitOfWork, debtor_id: uuid.UUID, circumstance_id: uuid.UUID, what: str, reason: str, rest_until: date | None
) -> Circumstance:
    """What a person decides: `go_on` (with the estate, the guardian, or with consideration), or `rest` until a day or further notice."""
    debtor, row = _debtor(work, debtor_id), _open(work, debtor_id, circumstance_id)
    if what not in {"go_on", "rest"}:
        raise CircumstanceError("answer", N_("Choose whether the claims go on or rest."))
    if what == "go_on" and Kind(row.kind) in INSOLVENT:
        raise CircumstanceError("answer", N_("While the proceedings last nobody may demand payment: let the claims rest, or end the mark."))
    if not reason.strip():
        raise CircumstanceError("reason", N_("Give the reason for the decision."))
    if rest_until is not None and (what == "go_on" or not work.today() <= rest_until <= REST_MAX):
        raise CircumstanceError("rest_until", N_("Only a rest has a last day, today or later."))
    row.answer, row.answer_reason, row.rest_until = what, reason.strip()[:NOTE_MAX], rest_until
    row.answered_by, row.answered_at = work.actor.name, work.now()
    work.session.flush()
    audit.record(work, "debtor.circumstance_answered", "debtor", debtor.id, company_id=debtor.company_id, kind=row.kind, answer=what)
    _decide_again(work, debtor, WHY)
    return row


def end(work: UnitOfWork, debtor_id: uuid.UUID, circumstance_id: uuid.UUID) -> None:
    """It is over, or was a mistake."""
    debtor, row = _debtor(work, debtor_id), _open(work, debtor_id, circumstance_id)
    row.ended_by, row.ended_at = work.actor.name, work.now()
    work.session.flush()
    audit.record(work, "debtor.circumstance_ended", "debtor", debtor.id, company_id=debtor.company_id, kind=row.kind)
    _decide_again(work, debtor, WHY)


def _decide_again(work: UnitOfWork, debtor: Debtor, why: str) -> None:
    ids = list(work.session.execute(select(Claim.id).where(Claim.debtor_id == debtor.id, Claim.state == "active")).scalars())
    notices.give_up_planned(work, ids, why)
    for claim_id in ids:
        handover.call_off(work, claim_id, why)
    due = update(Claim).where(Claim.id.in_(ids)).values(next_action_on=func.least(Claim.next_action_on, literal(work.today())))
    work.session.execute(due)
    work.enqueue("dunning.evaluate_company", bureau_id=str(work.bureau_id), company_id=str(debtor.company_id))


def _debtor(work: UnitOfWork, debtor_id: uuid.UUID) -> Debtor:
    debtor = work.session.execute(select(Debtor).where(Debtor.id == debtor_id)).scalar_one_or_none()
    if debtor is None:
        raise LookupError("no such debtor")
    return debtor


def _open(work: UnitOfWork, debtor_id: uuid.UUID, circumstance_id: uuid.UUID) -> Circumstance:
    mine = (Circumstance.id == circumstance_id, Circumstance.debtor_id == debtor_id, Circumstance.ended_at.is_(None))
    row = work.session.execute(select(Circumstance).where(*mine).with_for_update()).scalar_one_or_none()
    if row is None:
        raise LookupError("no such circumstance")
    return row


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError:
        raise CircumstanceError("kind", N_("Choose what is known of the debtor.")) from None


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid
