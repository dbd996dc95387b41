"""What came in by e-mail, to whose bureau it belongs, and what it means: a report about a delivery, or words for a person."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from app.db.scope import BureauScope, PlatformScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.jobs.models import Heartbeat
from app.messaging import deliveries, receipts
from app.messaging.incoming import Incoming, read_mail
from app.messaging.models import Delivery, InboundMail
from app.messaging.ports import Arrived
from app.messaging.tokens import Thing, Token
from app.tenants.models import Bureau, Company
from app.values.ids import new_id

log = logging.getLogger(__name__)
MAILBOX = "mailbox"
_NOTE = text("insert into heartbeats (process, at) values (:process, :at) on conflict (process) do update set at = excluded.at")


class Fate(StrEnum):
    """What became of a mail: ours (kept, or known before), a machine's answer, or nobody's here."""

    TAKEN = "taken"
    IGNORED = "ignored"
    NOBODYS = "nobodys"


def note_reading(begin: Begin) -> None:
    """Remember that the mailbox has just been read to its end."""
    with begin(PlatformScope()) as work:
        work.session.execute(_NOTE, {"process": MAILBOX, "at": work.now()})


def last_read(work: UnitOfWork) -> datetime | None:
    """When the mailbox was last read to its end, by the product's clock."""
    return work.session.execute(select(Heartbeat.at).where(Heartbeat.process == MAILBOX)).scalar_one_or_none()


def take(begin: Begin, arrived: Arrived) -> Fate:
    """Handle one mail in a transaction of its own. The same mail again, by this way or another, changes nothing."""
    try:
        mail = read_mail(arrived.raw, arrived.envelope_to, arrived.envelope_from)
    except Exception:
        # a stranger can write anything; what no parser understands must not keep the rest of the mailbox waiting
        log.exception("a mail cannot be read: %s", arrived.key)
        return Fate.NOBODYS
    token = mail.about or (mail.answered[0] if mail.answered else None)
    if token is None:
        return Fate.NOBODYS
    with begin(BureauScope(token.bureau_id)) as work:
        if work.session.execute(select(Bureau.id).where(Bureau.id == token.bureau_id)).first() is None:
            return Fate.NOBODYS
        if token.thing is Thing.DELIVERY and mail.report is not None:
            return Fate.TAKEN if receipts.take_report(work, token.id, mail.report, mail.fingerprint) else Fate.IGNORED
        if mail.automatic or mail.report is not None:
            return Fate.IGNORED
        return _keep(work, mail, token)


def _keep(work: UnitOfWork, mail: Incoming, token: Token) -> Fate:
    """Store the words and what was enclosed; which claim they are about is the dunning room's question."""
    company_id = _company_of(work, token)
    if company_id is None:
        return Fate.NOBODYS
    made = work.session.execute(
        insert(InboundMail)
        .values(
            bureau_id=work.bureau_id, id=new_id(), company_id=company_id, fingerprint=mail.fingerprint, message_id=mail.message_id,
            from_address=mail.from_address, from_name=mail.from_name, to_address=mail.to_address, subject=mail.subject, text_=mail.text,
            about_kind=token.thing.name.lower(), about_id=token.id, answered=[str(one.id) for one in mail.answered], enclosures=[],
            left_out=mail.left_out, state="new", received_at=work.now(),
        )
        .on_conflict_do_nothing()
        .returning(InboundMail.id)
    ).scalar_one_or_none()  # fmt: skip
    if made is None:
        return Fate.TAKEN
    row = work.session.execute(select(InboundMail).where(InboundMail.id == made)).scalar_one()
    row.enclosures = [
        {
            "name": name,
            "document_id": str(deliveries.keep_document(work, company_id, "received", name, kind, content)),
            "bytes": len(content),
        }
        for name, kind, content in mail.enclosures
    ]
    work.enqueue("dunning.match_reply", bureau_id=str(work.bureau_id), reply_id=str(made))
    return Fate.TAKEN


def _company_of(work: UnitOfWork, token: Token) -> uuid.UUID | None:
    query = select(Company.id).where(Company.id == token.id)
    if token.thing is Thing.DELIVERY:
        query = select(Delivery.company_id).where(Delivery.id == token.id)
    return work.session.execute(query).scalar_one_or_none()
