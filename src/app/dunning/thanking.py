"""Thanks to a debtor who has paid after we wrote to him: a courtesy by mail, once per claim, free of charge, where the policy wants it.

It is never sent about a claim that has been with an agency, nor to somebody who has another overdue claim there or in dispute: thanks would
then be mockery. Nor to whoever should hear nothing from us, or about money that came long ago.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from app.agencies.models import AgencyCase
from app.agencies.queries import OPEN_STATES
from app.db.unit_of_work import Begin, UnitOfWork
from app.dunning import loading, own_wordings, policies
from app.dunning.facts import AgencyStanding, Channel, Insolvency, Sender
from app.dunning.fees import CHARGEABLE
from app.dunning.letter_language import language_of
from app.dunning.letters.thanks_mail import thanks_mail
from app.dunning.loading import Loaded
from app.dunning.models import Claim, Dispute
from app.dunning.notice_content import sender_of
from app.dunning.own_wordings import THANKS, Which
from app.dunning.policy import Policy
from app.dunning.sending_times import opens_in
from app.dunning.steps import Close, CloseWhy, Decision
from app.dunning.wording import Tone
from app.jobs.effects import Counterpart, Go, Intent, Later, NotThere, Sent, Stop
from app.messaging import deliveries, senders
from app.messaging.models import Delivery
from app.messaging.ports import Mail, Mailer
from app.messaging.senders import MailHouse
from app.receivables.models import OpenItem
from app.tenants.models import Bureau, Company

MAIL_KIND = "dunning.thanks_by_mail"
PURPOSE = "thanks"
STOPPED_AGAIN = timedelta(minutes=15)
#: thanks for a payment of long ago only puzzle, and so do thanks that were held up for as long
FRESH = timedelta(days=14)


def is_due(one: Loaded, decision: Decision, wishes: Policy, today: date) -> bool:
    """May the debtor be thanked for having paid, as far as this claim alone tells?"""
    facts = one.facts
    return (
        wishes.thank_on_payment
        and decision.step == Close(CloseWhy.SETTLED)
        and one.item.state == "paid"
        and facts.agency is AgencyStanding.NONE
        and any(past.sent_by is Sender.US and past.kind in CHARGEABLE for past in facts.notices)
        and all(today - past.paid_on <= FRESH for past in facts.payments[-1:])
        and facts.insolvency is Insolvency.NONE
        and not (facts.debtor_deceased or facts.debtor_minor or facts.considerate or facts.rest or facts.disputed)
        and Channel.EMAIL in facts.roads
    )


def plan(work: UnitOfWork, one: Loaded) -> None:
    """Write it and plan its mail, unless this claim has had one. Under the claim's lock."""
    claim, address = one.claim, one.roads.mail
    if address is None or not one.follow_up.is_on(work.now()) or _is_thanked(work, claim.id) or _out_of_place(work, claim):
        return
    company = work.session.execute(select(Company).where(Company.id == claim.company_id)).scalar_one()
    bureau = work.session.execute(select(Bureau.name).where(Bureau.id == work.bureau_id)).scalar_one()
    invoice = one.item.document_number or one.item.external_id
    language = _language(work, one)
    own_words = own_wordings.document(work, company.id, Which(THANKS, language, Tone.FRIENDLY.value))
    subject, text, html = thanks_mail(sender_of(company), bureau, invoice, language=language, own_words=own_words)
    words = deliveries.keep_mail(work, claim.company_id, subject, text, html)
    deliveries.plan(work, MAIL_KIND, claim.company_id, PURPOSE, claim.id, "email", address, subject, document_id=words)


def of_claim(work: UnitOfWork, claim_id: uuid.UUID) -> Delivery | None:
    """The thank-you for this claim, if there is one."""
    return work.session.execute(select(Delivery).where(Delivery.purpose == PURPOSE, Delivery.purpose_id == claim_id)).scalar_one_or_none()


@dataclass(slots=True)
class ThanksByMail:
    """SMTP knows no key and cannot be asked (class N): after a doubt a person decides, and a courtesy is never said twice."""

    mailer: Mailer
    house: MailHouse
    counterpart: Counterpart = Counterpart.NEITHER
    call_seconds: int = 60

    def refresh(self, begin: Begin, intent: Intent) -> None:
        return None

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later:
        stopped = deliveries.sending_stopped(work)
        if stopped is not None:
            return Later(f"sending is stopped for the bureau: {stopped}", STOPPED_AGAIN)
        delivery = deliveries.delivery_of(work, intent)
        one = loading.load(work, [delivery.purpose_id])[0]
        obstacle = _obstacle(work, one, intent)
        if obstacle is not None:
            return Stop(obstacle)
        closed = opens_in(work.now(), policies.for_claims(work, [one])[one.claim.id].policy)
        if closed is not None:
            return Later("outside the hours at which notices go out", closed)
        if delivery.document_id is None:
            return Stop("the words of this message are gone")
        company = work.session.execute(select(Company).where(Company.id == one.claim.company_id)).scalar_one()
        text, html = deliveries.read_mail(work, delivery.document_id)
        sender = senders.sender_for(work, self.house, company, grave=False)
        return Go(deliveries.compose(delivery, sender, one.debtor.name, text, html, language=_language(work, one)))

    def call(self, intent: Intent, package: Mail) -> Sent:
        accepted = self.mailer.send(package)
        return Sent(accepted.external_id, {"evidence": accepted.evidence})

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        raise LookupError("SMTP cannot be asked")

    def record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None:
        deliveries.record(work, deliveries.delivery_of(work, intent), state, sent, reason)


def _obstacle(work: UnitOfWork, one: Loaded, intent: Intent) -> str | None:
    """Why thanks that were in place when written may not go out now."""
    if not one.follow_up.is_on(work.now()):
        return "the follow-up is not switched on for the company"
    if one.item.state != "paid" or one.facts.remaining_ore > 0:
        return "it is no longer paid"
    if one.facts.disputed or one.facts.debtor_deceased or one.facts.insolvency is not Insolvency.NONE or _out_of_place(work, one.claim):
        return "thanks would be out of place now"
    return "too late for thanks" if work.now() - intent.planned_at > FRESH else None


def _is_thanked(work: UnitOfWork, claim_id: uuid.UUID) -> bool:
    """Whatever the address was then, and whatever became of it."""
    return of_claim(work, claim_id) is not None


def _out_of_place(work: UnitOfWork, claim: Claim) -> bool:
    """Has the claim been with an agency, or has the debtor another overdue one that is there or in dispute?"""
    been_there = select(AgencyCase.id).where(AgencyCase.claim_id == claim.id, AgencyCase.handed_over_at.is_not(None))
    other = aliased(Claim)
    disputed = exists().where(Dispute.claim_id == other.id, or_(Dispute.decided_at.is_(None), Dispute.decision == "upheld"))
    there = exists().where(AgencyCase.claim_id == other.id, AgencyCase.state.in_(OPEN_STATES))
    in_conflict = (
        select(other.id)
        .join(OpenItem, OpenItem.id == other.open_item_id)
        .where(
            other.debtor_id == claim.debtor_id, other.company_id == claim.company_id, other.id != claim.id, other.state == "active",
            OpenItem.due_on < work.today(), or_(disputed, there),
        )
    )  # fmt: skip
    return any(work.session.execute(question.limit(1)).first() is not None for question in (been_there, in_conflict))


def _language(work: UnitOfWork, one: Loaded) -> str:
    return language_of(policies.for_claims(work, [one])[one.claim.id], one.debtor.language)
