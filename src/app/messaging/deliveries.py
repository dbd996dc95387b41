"""Reaching somebody on one road: planned with the business fact, sent at most once, followed by its receipts.

What is carried belongs to the rooms above; this file knows addresses, message ids, bounce tokens and states.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from app.db.unit_of_work import Begin, UnitOfWork
from app.jobs import effects
from app.jobs.effects import Counterpart, Go, Intent, Later, NotThere, Sent, Stop
from app.messaging import tokens
from app.messaging.models import Delivery, Document, Receipt
from app.messaging.ports import DkimKey, Enclosure, Mail, Mailer
from app.messaging.tokens import Thing
from app.tenants.models import Bureau
from app.values.ids import new_id

MAIL_KIND = "messaging.mail"
#: how an effect's end is said of a delivery
STATES = {"sent": "sent", "refused": "refused", "unknown": "unknown", "review": "review", "cancelled": "cancelled", "planned": "planned"}


@dataclass(frozen=True, slots=True)
class Sender:
    """In whose name a mail is sent: the company's, from its own address where its domain lets us, else from the house's.

    Bounces come to the house either way.
    """

    name: str
    mail_domain: str
    reply_to: str | None
    #: answers come to us, each to the address of what it answers
    answers_here: bool = False
    own_address: str | None = None
    dkim: DkimKey | None = None

    @property
    def address(self) -> str:
        return self.own_address or f"post@{self.mail_domain}"


def keep_document(work: UnitOfWork, company_id: uuid.UUID, kind: str, name: str, media_type: str, content: bytes) -> uuid.UUID:
    """Freeze a file as it was sent or received."""
    document_id = new_id()
    work.session.add(
        Document(
            bureau_id=work.bureau_id, id=document_id, company_id=company_id, kind=kind, name=name, media_type=media_type, content=content,
            sha256=hashlib.sha256(content).digest(), made_at=work.now(),
        )
    )  # fmt: skip
    work.session.flush()
    return document_id


def read_document(work: UnitOfWork, document_id: uuid.UUID) -> tuple[str, str, bytes]:
    """(name, media type, content). Raises `LookupError` when it does not exist for this scope."""
    return read_kind_of_document(work, document_id)[1:]


def read_kind_of_document(work: UnitOfWork, document_id: uuid.UUID) -> tuple[str, str, str, bytes]:
    """(kind, name, media type, content). Raises `LookupError` when it does not exist for this scope."""
    columns = select(Document.kind, Document.name, Document.media_type, Document.content)
    row = work.session.execute(columns.where(Document.id == document_id)).one_or_none()
    if row is None:
        raise LookupError("no such document")
    return row[0], row[1], row[2], row[3]


def plan(
    work: UnitOfWork, effect_kind: str, company_id: uuid.UUID, purpose: str, purpose_id: uuid.UUID, channel: str, address: str,
    subject: str, *, document_id: uuid.UUID | None = None, grounds: list[dict[str, Any]] | None = None,
) -> uuid.UUID | None:  # fmt: skip
    """Decide one delivery. The same purpose, channel and address again is the same delivery: returns None."""
    delivery_id = new_id()
    token = tokens.spell(work.bureau_id, delivery_id)
    key = f"{purpose}:{purpose_id}:{channel}:{hashlib.sha256(address.encode()).hexdigest()[:16]}"
    known = work.session.execute(
        select(Delivery.id).where(
            Delivery.purpose == purpose, Delivery.purpose_id == purpose_id, Delivery.channel == channel, Delivery.address == address
        )
    ).first()
    if known is not None:
        return None
    work.session.add(
        Delivery(
            bureau_id=work.bureau_id, id=delivery_id, company_id=company_id, purpose=purpose, purpose_id=purpose_id, channel=channel,
            address=address, subject=subject, document_id=document_id, grounds=grounds, planned_at=work.now(),
            message_id=f"<{token}@reskontro>" if channel == "email" else None,
            bounce_token=token if channel == "email" else None,
        )
    )  # fmt: skip
    work.session.flush()
    effects.plan(work, effect_kind, key, company_id, {"delivery_id": str(delivery_id)})
    return delivery_id


def plan_mail(
    work: UnitOfWork, company_id: uuid.UUID, purpose: str, purpose_id: uuid.UUID, address: str, subject: str, text: str, html: str | None
) -> uuid.UUID | None:
    """A mail to one of the bureau's or company's own people (weekly list, message): its words are kept as they were."""
    document_id = keep_mail(work, company_id, subject, text, html)
    return plan(work, MAIL_KIND, company_id, purpose, purpose_id, "email", address, subject, document_id=document_id)


def keep_mail(work: UnitOfWork, company_id: uuid.UUID, subject: str, text: str, html: str | None) -> uuid.UUID:
    """Freeze the words of a mail, as text and as HTML."""
    body = json.dumps({"text": text, "html": html}).encode()
    return keep_document(work, company_id, "mail", subject[:200], "application/json", body)


def read_mail(work: UnitOfWork, document_id: uuid.UUID) -> tuple[str, str | None]:
    """(text, HTML) as `keep_mail` froze them."""
    words = json.loads(read_document(work, document_id)[2])
    return words["text"], words["html"]


def delivery_of(work: UnitOfWork, intent: Intent) -> Delivery:
    return work.session.execute(select(Delivery).where(Delivery.id == uuid.UUID(intent.payload["delivery_id"]))).scalar_one()


def compose(
    delivery: Delivery, sender: Sender, to_name: str | None, text: str, html: str | None, *, language: str = "nb",
    enclosures: Sequence[Enclosure] = (),
) -> Mail:  # fmt: skip
    """The mail of a delivery: its Message-ID and its bounce address were made when it was planned."""
    token, domain = delivery.bounce_token or "", sender.mail_domain
    answers_to = tokens.reply_address(delivery.bureau_id, Thing.DELIVERY, delivery.id, domain) if sender.answers_here else sender.reply_to
    return Mail(
        message_id=(delivery.message_id or "").replace("@reskontro>", f"@{sender.mail_domain}>"),
        sender_name=sender.name, sender_address=sender.address, bounce_address=tokens.bounce_address(token, domain),
        reply_to=answers_to, to_address=delivery.address, to_name=to_name, subject=delivery.subject, text=text, html=html,
        language=language, enclosures=tuple(enclosures), dkim=sender.dkim,
    )  # fmt: skip


def record(work: UnitOfWork, delivery: Delivery, state: str, sent: Sent | None, reason: str | None) -> None:
    """How the act ended, on the delivery, with a receipt when the channel took it."""
    delivery.state, delivery.problem = STATES[state], None if state == "sent" else reason
    delivery.settled_at = None if state == "planned" else work.now()
    if sent is not None:
        delivery.sent_at, delivery.peer_ref = work.now(), sent.peer_ref or None
        add_receipt(work, delivery, "sent", str(sent.evidence.get("evidence") or sent.evidence.get("note", "")), sent.peer_ref or None)
    work.session.flush()


def add_receipt(work: UnitOfWork, delivery: Delivery, state: str, text: str, external_id: str | None) -> bool:
    """Remember what a channel said. False: it had said so before."""
    known = work.session.execute(
        select(Receipt.id).where(
            Receipt.delivery_id == delivery.id, Receipt.state == state, Receipt.external_id.is_not_distinct_from(external_id)
        )
    ).first()
    if known is not None:
        return False
    work.session.add(
        Receipt(
            bureau_id=delivery.bureau_id, id=new_id(), company_id=delivery.company_id, delivery_id=delivery.id, state=state, at=work.now(),
            text_=text, external_id=external_id,
        )
    )  # fmt: skip
    return True


def settle(work: UnitOfWork, delivery_id: uuid.UUID, state: str, problem: str | None) -> None:
    """A later word about a delivery: printed, posted, delivered, bounced, returned."""
    work.session.execute(update(Delivery).where(Delivery.id == delivery_id).values(state=state, problem=problem, settled_at=work.now()))


def sending_stopped(work: UnitOfWork) -> str | None:
    """The bureau's big switch: why nothing may leave, or None."""
    return work.session.execute(select(Bureau.sending_stopped_reason).where(Bureau.id == work.bureau_id)).scalar_one()


@dataclass(slots=True)
class MailSender:
    """Performs mails to our own people. SMTP knows no key and cannot be asked (class N): at most once, then a person."""

    mailer: Mailer
    mail_domain: str
    counterpart: Counterpart = Counterpart.NEITHER
    call_seconds: int = 60

    def refresh(self, begin: Begin, intent: Intent) -> None:
        return None

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later:
        delivery = delivery_of(work, intent)
        if delivery.document_id is None:
            return Stop("the words of this mail are gone")
        text, html = read_mail(work, delivery.document_id)
        return Go(compose(delivery, Sender("Reskontro", self.mail_domain, None), None, text, html))

    def call(self, intent: Intent, package: Mail) -> Sent:
        accepted = self.mailer.send(package)
        return Sent(accepted.external_id, {"evidence": accepted.evidence})

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        raise LookupError("SMTP cannot be asked")

    def record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None:
        record(work, delivery_of(work, intent), state, sent, reason)
