"""The written confirmation of an extension or an instalment plan, with its dates and amounts (inkassoloven 2026 § 16 fourth paragraph).

Given under the act of 1988 too: what was agreed by telephone is then not a matter of memory.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from app.db.unit_of_work import Begin, UnitOfWork
from app.dunning import loading, policies
from app.dunning.arrangement_models import ArrangementRow, InstalmentRow
from app.dunning.letter_language import language_of
from app.dunning.letters.arrangement_letter import AgreedTerm, ArrangementContent, arrangement_letter
from app.dunning.loading import Loaded
from app.dunning.notice_content import obstacle, sender_of
from app.jobs.effects import Counterpart, Go, Intent, Later, NotThere, Sent, Stop
from app.messaging import deliveries, senders
from app.messaging.letters.rendering import render_letter
from app.messaging.mail_layout import notice_mail
from app.messaging.models import Delivery
from app.messaging.ports import Enclosure, Mail, Mailer, Printer, PrintJob
from app.messaging.senders import MailHouse
from app.tenants.models import Bureau, Company

MAIL_KIND = "dunning.confirmation_by_mail"
LETTER_KIND = "dunning.confirmation_by_letter"
PURPOSE = "arrangement"
STOPPED_AGAIN = timedelta(minutes=15)
FILE_NAMES = {"nb": "betalingsavtale", "nn": "betalingsavtale", "en": "payment-agreement"}


def plan(work: UnitOfWork, row: ArrangementRow) -> str:
    """Write it and plan its delivery: by mail where there is an address, else by letter. `impossible` when the debtor cannot be reached."""
    one = loading.load(work, [row.claim_id])[0]
    company = work.session.execute(select(Company).where(Company.id == row.company_id)).scalar_one()
    if obstacle(company, one) is not None:
        return "impossible"
    bureau = work.session.execute(select(Bureau.name).where(Bureau.id == work.bureau_id)).scalar_one()
    terms = work.session.execute(
        select(InstalmentRow.due_on, InstalmentRow.amount_ore)
        .where(InstalmentRow.arrangement_id == row.id)
        .order_by(InstalmentRow.position)
    ).all()
    language = _language(work, one)
    invoice = one.item.document_number or one.item.external_id
    letter, subject = arrangement_letter(
        ArrangementContent(
            sender=sender_of(company), recipient_lines=one.reached.window, dated_on=work.today(), place=company.city,
            invoice=invoice, terms=tuple(AgreedTerm(due_on, amount) for due_on, amount in terms),
            account_number=company.account_number or "", kid=one.item.kid, bureau_name=bureau, language=language,
        )
    )  # fmt: skip
    pdf = render_letter(letter, issued_at=work.now())
    name = f"{FILE_NAMES[language]}-{invoice}.pdf"
    document = deliveries.keep_document(work, row.company_id, PURPOSE, name, "application/pdf", pdf)
    said, text, html = notice_mail(letter, subject=subject)
    if one.roads.mail is not None:
        words = deliveries.keep_mail(work, row.company_id, said, text, html)
        deliveries.plan(
            work, MAIL_KIND, row.company_id, PURPOSE, row.id, "email", one.roads.mail, said, document_id=words,
        )  # fmt: skip
    else:
        deliveries.plan(work, LETTER_KIND, row.company_id, PURPOSE, row.id, "letter", one.roads.letter or "", said, document_id=document)
    row.document_id = document
    return "planned"


def _language(work: UnitOfWork, one: Loaded) -> str:
    return language_of(policies.for_claims(work, [one])[one.claim.id], one.debtor.language)


@dataclass(slots=True)
class _Confirmation:
    """What both roads share: nothing is fetched before, and an agreement that is over is not confirmed."""

    def refresh(self, begin: Begin, intent: Intent) -> None:
        return None

    def _asked(self, work: UnitOfWork, intent: Intent) -> tuple[Delivery, ArrangementRow] | Stop | Later:
        stopped = deliveries.sending_stopped(work)
        if stopped is not None:
            return Later(f"sending is stopped for the bureau: {stopped}", STOPPED_AGAIN)
        delivery = deliveries.delivery_of(work, intent)
        row = work.session.execute(select(ArrangementRow).where(ArrangementRow.id == delivery.purpose_id)).scalar_one()
        return Stop("the agreement is over") if row.ended_at is not None else (delivery, row)

    def record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None:
        deliveries.record(work, deliveries.delivery_of(work, intent), state, sent, reason)


@dataclass(slots=True)
class ConfirmationByMail(_Confirmation):
    """SMTP knows no key and cannot be asked (class N)."""

    mailer: Mailer
    house: MailHouse
    counterpart: Counterpart = Counterpart.NEITHER
    call_seconds: int = 60

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later:
        answer = self._asked(work, intent)
        if not isinstance(answer, tuple):
            return answer
        delivery, row = answer
        if row.document_id is None or delivery.document_id is None:
            return Stop("the letter is gone")
        one = loading.load(work, [row.claim_id])[0]
        company = work.session.execute(select(Company).where(Company.id == row.company_id)).scalar_one()
        name, media_type, content = deliveries.read_document(work, row.document_id)
        text, html = deliveries.read_mail(work, delivery.document_id)
        language = _language(work, one)
        return Go(
            deliveries.compose(
                delivery, senders.sender_for(work, self.house, company, grave=False), one.debtor.name, text, html, language=language,
                enclosures=(Enclosure(name, media_type, content),),
            )
        )  # fmt: skip

    def call(self, intent: Intent, package: Mail) -> Sent:
        accepted = self.mailer.send(package)
        return Sent(accepted.external_id, {"evidence": accepted.evidence})

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        raise LookupError("SMTP cannot be asked")


@dataclass(slots=True)
class ConfirmationByLetter(_Confirmation):
    """The print house honours our key (class K)."""

    printer: Printer
    counterpart: Counterpart = Counterpart.KEYED
    call_seconds: int = 60

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later:
        answer = self._asked(work, intent)
        if not isinstance(answer, tuple):
            return answer
        delivery, row = answer
        if row.document_id is None:
            return Stop("the letter is gone")
        company = work.session.execute(select(Company).where(Company.id == row.company_id)).scalar_one()
        _, _, content = deliveries.read_document(work, row.document_id)
        return Go(PrintJob(str(delivery.id), content, tuple(delivery.address.split("\n")), company.name))

    def call(self, intent: Intent, package: PrintJob) -> Sent:
        accepted = self.printer.submit(package)
        return Sent(package.our_key, {"evidence": accepted.evidence, "external_id": accepted.external_id})

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        return NotThere()


def documents(work: UnitOfWork, claim_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """How the confirmation of each agreement of a claim fared, by agreement: the delivery's state."""
    rows = work.session.execute(
        select(Delivery.purpose_id, Delivery.state)
        .join(ArrangementRow, ArrangementRow.id == Delivery.purpose_id)
        .where(Delivery.purpose == PURPOSE, ArrangementRow.claim_id == claim_id)
    )
    return {row.purpose_id: row.state for row in rows}
