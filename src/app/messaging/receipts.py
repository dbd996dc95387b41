"""What channels tell us afterwards: the print house's progress and the mail system's bounces."""

from __future__ import annotations

import uuid

from sqlalchemy import select, update

from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.messaging import deliveries, tokens
from app.messaging.incoming import DeliveryReport
from app.messaging.models import Delivery
from app.messaging.ports import LetterReceipt, SmsReceipt
from app.receivables.models import Debtor

#: the print house's words, in ours, in the order in which a letter goes through them
PRINT_STATES = {"accepted": "sent", "printed": "printed", "posted": "posted", "rejected": "refused", "returned": "returned"}
_PLACE = {state: place for place, state in enumerate(PRINT_STATES.values())}
FAILED = ("refused", "returned")
NOT_DELIVERED = {"refused": "the print house did not take the letter", "returned": "the letter came back"}


def take_letter(begin: Begin, said: LetterReceipt) -> bool:
    """The print house's word about one letter. False: no letter of ours. The same word again, or an older one, changes nothing."""
    token = tokens.read_token(said.our_key)
    if token is None:
        return False
    with begin(BureauScope(token.bureau_id)) as work:
        row = work.session.execute(select(Delivery).where(Delivery.id == token.id).with_for_update()).scalar_one_or_none()
        if row is None or row.channel != "letter":
            return False
        state = PRINT_STATES[said.event]
        text = f"print house: {said.event} {said.at.isoformat(timespec='minutes')} {said.reference} {said.detail}".strip()
        told = said.event if state == "sent" else state
        if deliveries.add_receipt(work, row, told, text, said.reference or None) and _PLACE[state] > _PLACE.get(row.state, -1):
            problem = f"{NOT_DELIVERED[state]}: {said.detail}".removesuffix(": ") if state in FAILED else None
            deliveries.settle(work, row.id, state, problem)
            if state in FAILED:
                work.enqueue("dunning.delivery_failed", bureau_id=str(work.bureau_id), delivery_id=str(row.id))
    return True


def take_sms(begin: Begin, said: SmsReceipt) -> bool:
    """The gateway's word about one message: unsigned, so a hint for people, on which nothing is built. False: no message of ours."""
    token = tokens.read_token(said.our_key)
    if token is None:
        return False
    with begin(BureauScope(token.bureau_id)) as work:
        row = work.session.execute(select(Delivery).where(Delivery.id == token.id).with_for_update()).scalar_one_or_none()
        if row is None or row.channel != "sms":
            return False
        state = {"delivered": "delivered", "failed": "bounced"}.get(said.state)
        if state is None or row.state not in ("sent", "unknown", "review"):
            return True
        if deliveries.add_receipt(work, row, state, f"gateway: {said.code}", said.reference or None) and row.state == "sent":
            deliveries.settle(work, row.id, state, f"the gateway reports {said.code}" if state == "bounced" else None)
            if state == "bounced":
                work.enqueue("dunning.delivery_failed", bureau_id=str(work.bureau_id), delivery_id=str(row.id))
    return True


def take_report(work: UnitOfWork, delivery_id: uuid.UUID, report: DeliveryReport, external_id: str) -> bool:
    """A delivery report (RFC 3464) about something this bureau sent. False: a delay, or nothing of ours."""
    row = work.session.execute(select(Delivery).where(Delivery.id == delivery_id).with_for_update()).scalar_one_or_none()
    if row is None or row.channel != "email" or not report.permanent:
        return False
    said = f"{report.status} {report.diagnosis or f'{report.recipient} cannot be reached'}"
    if not deliveries.add_receipt(work, row, "bounced", said, external_id):
        return True
    deliveries.settle(work, row.id, "bounced", said)
    work.session.execute(
        update(Debtor).where(Debtor.company_id == row.company_id, Debtor.email == row.address).values(email_bad_reason=said)
    )
    work.enqueue("dunning.delivery_failed", bureau_id=str(work.bureau_id), delivery_id=str(row.id))
    return True
