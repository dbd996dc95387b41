"""Sending what was issued: one performer per road. Both ask the ledger again right before the call, about each
invoice of the letter: nobody who has paid gets a notice."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from sqlalchemy import select

from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.dunning import loading, notices, policies
from app.dunning.facts import RunHold
from app.dunning.loading import Loaded
from app.dunning.models import Claim, Notice
from app.dunning.policy import StepKind
from app.dunning.sending_times import opens_in
from app.jobs.effects import Counterpart, Go, Intent, Later, NotThere, Sent, Stop
from app.ledgers.live import read_live
from app.ledgers.sync import Doorway
from app.messaging import deliveries, senders, sms_stops, tokens
from app.messaging.models import Delivery
from app.messaging.ports import Enclosure, Mail, Mailer, Printer, PrintJob, Sms, Texter
from app.messaging.senders import MailHouse
from app.messaging.sms_text import sender_id
from app.tenants.models import Company

STOPPED_AGAIN = timedelta(minutes=15)


@dataclass(slots=True)
class _Road:
    """What both roads share: re-reading the ledger, the questions before the call, and what the outcome means for the notice."""

    door: Doorway
    #: does the debtor notice at the very hour it is sent? Then only at the company's hours
    heard_at_once: ClassVar[bool] = True

    def refresh(self, begin: Begin, intent: Intent) -> None:
        with begin(BureauScope(intent.bureau_id)) as work:
            items = work.session.execute(
                select(Claim.open_item_id)
                .join(Notice, Notice.claim_id == Claim.id)
                .join(Delivery, Delivery.purpose_id == Notice.letter_id)
                .where(Delivery.id == uuid.UUID(intent.payload["delivery_id"]))
                .order_by(Claim.id)
            ).scalars()
            asked_about = list(items)
        for item_id in asked_about:
            read_live(self.door, intent.bureau_id, item_id)

    def _questions(self, work: UnitOfWork, intent: Intent) -> tuple[Delivery, Notice, Loaded] | Stop | Later:
        stopped = deliveries.sending_stopped(work)
        if stopped is not None:
            return Later(f"sending is stopped for the bureau: {stopped}", STOPPED_AGAIN)
        delivery = deliveries.delivery_of(work, intent)
        carried = work.session.execute(select(Notice).where(Notice.letter_id == delivery.purpose_id)).scalars()
        letter = {notice.claim_id: notice for notice in carried}
        told = {one.claim.id: one for one in loading.load(work, list(letter))}
        for claim_id, one in told.items():
            # one invoice that may not go keeps the whole letter: it is written anew without it
            obstacle = _obstacle(work, letter[claim_id], one)
            if obstacle is not None:
                return Stop(obstacle)
        notice = next(notice for notice in letter.values() if notice.id == delivery.purpose_id)
        one = told[notice.claim_id]
        policy = policies.for_claims(work, [one])[notice.claim_id].policy if self.heard_at_once else None
        closed = None if policy is None else opens_in(work.now(), policy)
        return Later("outside the hours at which notices go out", closed) if closed is not None else (delivery, notice, one)

    def _record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None:
        delivery = deliveries.delivery_of(work, intent)
        deliveries.record(work, delivery, state, sent, reason)
        notices.follow(work, delivery.purpose_id)


def _obstacle(work: UnitOfWork, notice: Notice, one: Loaded) -> str | None:
    """Why a notice that was right when issued may not go out now."""
    facts = one.facts
    if not one.follow_up.is_on(work.now()):
        return "the follow-up is not switched on for the company"
    if facts.remaining_ore <= 0:
        return "paid or credited since it was written"
    if facts.remaining_ore != notice.principal_ore:
        return "the amount has changed since it was written"
    if one.item.state == "unexplained":
        return "the ledger no longer shows the invoice"
    if facts.disputed:
        return "the debtor has objected"
    if facts.hold is not None and (facts.hold.until is None or facts.hold.until >= work.today()):
        return "somebody has stopped the claim"
    if facts.insolvency.value != "none":
        return "the debtor is insolvent"
    if facts.agency.value == "open":
        return "the claim is with the collection agency"
    if facts.bank_paid_ore > 0:
        return "the bank shows a payment that the ledger does not show yet"
    if facts.book_faults or facts.unallocated_covers:
        return "the company's book is not up to date"
    if facts.run_hold in (RunHold.HELD, RunHold.CANCELLED):
        return "the run it belongs to looked wrong and is held for a person"
    if notice.issued_on != work.today():
        # the deadline is counted from the day it is sent (inkassoloven 1988 § 9): a late one would be too short
        return "it was written for another day"
    return None


@dataclass(slots=True)
class NoticeByMail(_Road):
    """E-mail with the letter enclosed. SMTP knows no key and cannot be asked (class N)."""

    mailer: Mailer
    house: MailHouse
    counterpart: Counterpart = Counterpart.NEITHER
    call_seconds: int = 60

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later:
        answer = self._questions(work, intent)
        if not isinstance(answer, tuple):
            return answer
        delivery, notice, one = answer
        company = work.session.execute(select(Company).where(Company.id == notice.company_id)).scalar_one()
        if notice.document_id is None or delivery.document_id is None:
            return Stop("the letter is gone")
        name, media_type, content = deliveries.read_document(work, notice.document_id)
        text, html = deliveries.read_mail(work, delivery.document_id)
        sender = senders.sender_for(work, self.house, company, grave=StepKind(notice.kind).is_grave)
        return Go(
            deliveries.compose(
                delivery, sender, one.debtor.name, text, html, language=notice.language, enclosures=(Enclosure(name, media_type, content),)
            )
        )

    def call(self, intent: Intent, package: Mail) -> Sent:
        accepted = self.mailer.send(package)
        return Sent(accepted.external_id, {"evidence": accepted.evidence})

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        raise LookupError("SMTP cannot be asked")

    def record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None:
        self._record(work, intent, state, sent, reason)


@dataclass(slots=True)
class NoticeByLetter(_Road):
    """Print and post. The print house honours our key (class K): asking again with it is safe."""

    heard_at_once = False
    printer: Printer
    counterpart: Counterpart = Counterpart.KEYED
    call_seconds: int = 60

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later:
        answer = self._questions(work, intent)
        if not isinstance(answer, tuple):
            return answer
        delivery, notice, _ = answer
        company = work.session.execute(select(Company).where(Company.id == notice.company_id)).scalar_one()
        if notice.document_id is None:
            return Stop("the letter is gone")
        _, _, content = deliveries.read_document(work, notice.document_id)
        return Go(PrintJob(tokens.spell(delivery.bureau_id, delivery.id), content, tuple(delivery.address.split("\n")), company.name))

    def call(self, intent: Intent, package: PrintJob) -> Sent:
        accepted = self.printer.submit(package)
        return Sent(package.our_key, {"evidence": accepted.evidence, "external_id": accepted.external_id})

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        return NotThere()

    def record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None:
        self._record(work, intent, state, sent, reason)


@dataclass(slots=True)
class NoticeBySms(_Road):
    """A text message. The gateway honours no key and cannot be asked (class N)."""

    texter: Texter
    counterpart: Counterpart = Counterpart.NEITHER
    call_seconds: int = 60

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later:
        answer = self._questions(work, intent)
        if not isinstance(answer, tuple):
            return answer
        delivery, notice, _ = answer
        company = work.session.execute(select(Company).where(Company.id == notice.company_id)).scalar_one()
        if delivery.document_id is None:
            return Stop("the words of this message are gone")
        if sms_stops.is_stopped(work, delivery.company_id, delivery.address):
            return Stop("the debtor has asked for no more text messages")
        text, _ = deliveries.read_mail(work, delivery.document_id)
        try:
            sender = sender_id(company.name)
        except ValueError as fault:
            return Stop(str(fault))
        return Go(Sms(tokens.spell(delivery.bureau_id, delivery.id), sender, delivery.address, text))

    def call(self, intent: Intent, package: Sms) -> Sent:
        accepted = self.texter.send(package)
        return Sent(accepted.external_id, {"evidence": accepted.evidence})

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        raise LookupError("the gateway cannot be asked")

    def record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None:
        self._record(work, intent, state, sent, reason)
