"""Outward acts that wait for a person, with what they are about: in doubt, refused, or tried so often that something must be in the way."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, Uuid, and_, cast, exists, func, or_, select
from sqlalchemy.orm import aliased

from app.agencies import direct_payments, handover, settlements
from app.agencies.models import AgencyCase, DirectPaymentRow, SettlementRow
from app.db.unit_of_work import UnitOfWork
from app.dunning import notices
from app.dunning.models import Claim, Notice
from app.dunning.restart_facts import still_counts
from app.jobs import reviews
from app.jobs.effects import TRIES_MAX
from app.jobs.models import Effect
from app.jobs.reviews import ReviewRow, Verdict
from app.ledgers import postings
from app.ledgers.models import Posting
from app.messaging.models import Delivery
from app.portfolio.waiting_shape import Kind, told
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Company

NOTICES = (notices.MAIL_KIND, notices.LETTER_KIND, notices.SMS_KIND)
EVERY_VERDICT = (Verdict.DONE, Verdict.AGAIN, Verdict.GIVE_UP)

_Noticed = aliased(Claim)


@dataclass(frozen=True, slots=True)
class UnsettledAct:
    """One act with what a person needs to find out what became of it. Øre; `reference` is what we call it to the counterpart."""

    row: ReviewRow
    company_name: str
    debtor_name: str | None
    invoice: str | None
    claim_id: uuid.UUID | None
    amount_ore: int | None
    currency: str
    address: str | None
    message_id: str | None
    paid_on: date | None
    payout: str | None
    reference: str
    verdicts: tuple[Verdict, ...]


def verdicts_for(kind: str, state: str) -> tuple[Verdict, ...]:
    """What a person may say of such an act. `state`: review or refused; nothing of any other.

    A case in doubt cannot be let be: the claim would be handed over anew by itself, and stand there twice. Nor can the word to the agency
    that its payout is booked. What a debtor's notice met with is known to the claim already, which goes on without it.
    """
    if state not in reviews.WAITING:
        return ()
    if kind == handover.KIND:
        return (Verdict.DONE, Verdict.AGAIN) if state == "review" else ()
    if kind == settlements.KIND:
        return (Verdict.DONE, Verdict.AGAIN)
    if kind in NOTICES and state == "refused":
        return (Verdict.GIVE_UP,)
    return EVERY_VERDICT


def unsettled_act(work: UnitOfWork, effect_id: uuid.UUID) -> UnsettledAct:
    """LookupError when no such act waits, or was settled by a person, in this scope."""
    row = reviews.find(work, effect_id)
    wanted: Any = select(
        Company.name, Debtor.name.label("debtor"), _INVOICE.label("invoice"), Claim.id.label("claim_id"), _AMOUNT.label("amount"),
        _CURRENCY.label("currency"), Delivery.address, Delivery.message_id, Delivery.id.label("delivery_id"), _PAID_ON.label("paid_on"),
        SettlementRow.external_id, AgencyCase.id.label("case_id"),
    )  # fmt: skip
    query = _around(wanted.select_from(Effect)).join(Company, Company.id == Effect.company_id).where(Effect.id == effect_id)
    found = work.session.execute(query).one()
    reference = found.delivery_id or (found.case_id if row.kind == handover.KIND else None) or effect_id
    return UnsettledAct(
        row, found.name, found.debtor, found.invoice, found.claim_id, found.amount, found.currency or "NOK", found.address,
        found.message_id, found.paid_on, found.external_id, str(reference), verdicts_for(row.kind, row.state),
    )  # fmt: skip


def parts(work: UnitOfWork) -> list[Select[Any]]:
    """Acts in doubt, acts refused, and acts that do not get through."""
    return [_waiting(Kind.REVIEW, _IN_DOUBT), _waiting(Kind.REFUSED, _SAID_NO), _stuck()]


def _waiting(kind: Kind, condition: ColumnElement[bool]) -> Select[Any]:
    subject = func.coalesce(Debtor.name, SettlementRow.external_id, Delivery.address)
    return _around(
        told(
            kind, company_id=Effect.company_id, what=Effect.kind, subject=subject, invoice=_INVOICE, amount_ore=_AMOUNT, currency=_CURRENCY,
            since=func.coalesce(Effect.settled_at, Effect.planned_at), reason=Effect.reason, target_id=Effect.id, claim_id=Claim.id,
        ).select_from(Effect)
    ).where(condition)  # fmt: skip


def _stuck() -> Select[Any]:
    """Tried again and again: the counterpart is away, or something is wrong that no repetition mends."""
    return (
        told(
            Kind.STUCK, company_id=Effect.company_id, what=Effect.kind, since=func.min(Effect.planned_at), reason=func.max(Effect.reason),
            number=func.count(),
        )
        .where(Effect.state.in_(["planned", "unknown"]), Effect.attempts >= TRIES_MAX)
        .group_by(Effect.company_id, Effect.kind)
    )  # fmt: skip


def _of(name: str) -> ColumnElement[uuid.UUID]:
    """An id in the act's payload; nothing where the payload has none of that name."""
    return cast(Effect.payload[name].astext, Uuid)


def _around(query: Select[Any]) -> Select[Any]:
    """The act with delivery, notice, posting, case, payment and payout, and through them with claim, invoice and debtor."""
    return (
        query.outerjoin(Delivery, Delivery.id == _of("delivery_id"))
        .outerjoin(Notice, and_(Delivery.purpose == "notice", Notice.id == Delivery.purpose_id))
        .outerjoin(_Noticed, _Noticed.id == Notice.claim_id)
        .outerjoin(Posting, and_(Effect.kind == postings.KIND, Posting.business_key == Effect.business_key))
        .outerjoin(DirectPaymentRow, DirectPaymentRow.id == _of("direct_payment_id"))
        .outerjoin(AgencyCase, AgencyCase.id == func.coalesce(_of("case_id"), DirectPaymentRow.agency_case_id))
        .outerjoin(SettlementRow, SettlementRow.id == _of("settlement_id"))
        .outerjoin(OpenItem, OpenItem.id == func.coalesce(_Noticed.open_item_id, Posting.open_item_id, AgencyCase.open_item_id))
        .outerjoin(Claim, Claim.open_item_id == OpenItem.id)
        .outerjoin(Debtor, Debtor.id == OpenItem.debtor_id)
    )


_INVOICE = func.coalesce(OpenItem.document_number, OpenItem.external_id)
_AMOUNT = func.coalesce(
    Posting.amount_ore, DirectPaymentRow.amount_ore, SettlementRow.total_ore, AgencyCase.principal_ore, Notice.total_ore
)
_CURRENCY = func.coalesce(Posting.currency, SettlementRow.currency, OpenItem.currency)
_PAID_ON: ColumnElement[date | None] = func.coalesce(Posting.paid_on, DirectPaymentRow.paid_on, SettlementRow.settled_on)

#: a mail in doubt beside a letter that went is no question any more; nor is one about which the claim's page was answered
_IN_DOUBT = and_(Effect.state == "review", or_(Notice.id.is_(None), Notice.state == "review"))
_Later = aliased(Notice)
_NOTICE_FAILED = and_(
    Notice.state == "undeliverable", _Noticed.state == "active", ~exists().where(_Later.claim_id == Notice.claim_id, _Later.id > Notice.id),
    still_counts(Notice),
)  # fmt: skip
#: a refused handover is shown as the case it is
_SAID_NO = and_(Effect.state == "refused", Effect.kind != handover.KIND, or_(Notice.id.is_(None), _NOTICE_FAILED))
#: acts that move money or cases
WEIGHTY = (postings.KIND, handover.KIND, settlements.KIND, direct_payments.KIND)
