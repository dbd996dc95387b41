"""Answers by e-mail (svar): found to be about a claim, which then rests until a person has read and handled them."""

from __future__ import annotations

import re
import uuid

from sqlalchemy import func, select

from app.db.unit_of_work import UnitOfWork
from app.dunning import holds
from app.dunning.models import Claim, Hold, Notice
from app.messaging.models import Delivery, InboundMail
from app.receivables.models import Debtor, OpenItem
from app.tenants import audit

#: the reason of the house's own stop, in the language in which people write theirs
STOP = "Skyldneren har svart på e-post. Les svaret før kravet går videre."
CANDIDATES_MAX = 500
NOTE_MAX = 500


class ReplyError(ValueError):
    """An answer that cannot be treated so. `field` names what to change; the text is an English message id."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def match(work: UnitOfWork, mail_id: uuid.UUID) -> str:
    """Find the claim a new answer is about, and stop it. Returns the answer's state; idempotent by state.

    In this order: what the address it came to names; what it says it answers; a KID or an invoice number in it, together with the debtor's
    own address. Anything less certain waits for a person.
    """
    mail = _locked(work, mail_id)
    if mail.state != "new":
        return mail.state
    claim_id = _named_by_what_it_answers(work, mail) or _named_by_number(work, mail)
    if claim_id is None:
        mail.state = "unmatched"
    else:
        _attach(work, mail, claim_id)
    return mail.state


def attach(work: UnitOfWork, mail_id: uuid.UUID, claim_id: uuid.UUID) -> InboundMail:
    """A person says which claim an answer is about. LookupError: there is no such answer or claim."""
    mail = _locked(work, mail_id)
    if mail.state == "handled":
        raise ReplyError("claim_id", "Somebody has handled this answer already.")
    found = work.session.execute(select(Claim.id).where(Claim.id == claim_id, Claim.company_id == mail.company_id)).first()
    if found is None:
        raise LookupError("no such claim of this company")
    if mail.purpose_id == claim_id:
        return mail
    before = mail.purpose_id
    _attach(work, mail, claim_id)
    work.session.flush()
    if before is not None:
        _let_go(work, before, before)
    audit.record(work, "reply.attached", "claim", claim_id, mail.company_id, reply=str(mail.id))
    return mail


def find_claim(work: UnitOfWork, mail: InboundMail, number: str) -> uuid.UUID | None:
    """The claim of the answer's company with this invoice number or KID, as a person types it."""
    wanted = "".join(number.split())
    query = (
        select(Claim.id)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .where(Claim.company_id == mail.company_id, (OpenItem.document_number == wanted) | (OpenItem.kid == wanted))
        .limit(2)
    )
    found = work.session.execute(query).scalars().all()
    return found[0] if len(found) == 1 else None


def handle(work: UnitOfWork, mail_id: uuid.UUID, note: str) -> InboundMail:
    """A person has read it and done what it asks for. The claim goes on, unless another answer waits or somebody else has stopped it."""
    mail = _locked(work, mail_id)
    if mail.state == "handled":
        raise ReplyError("note", "Somebody has handled this answer already.")
    mail.state, mail.handled_by, mail.handled_at, mail.note = "handled", work.actor.name, work.now(), note.strip()[:NOTE_MAX] or None
    work.session.flush()
    audit.record(work, "reply.handled", "reply", mail.id, mail.company_id, claim=None if mail.purpose_id is None else str(mail.purpose_id))
    if mail.purpose_id is not None:
        for claim_id in sorted(_claims_of(work, mail, _answered(mail)) | {mail.purpose_id}):
            _let_go(work, claim_id, mail.purpose_id)
    return mail


def _attach(work: UnitOfWork, mail: InboundMail, claim_id: uuid.UUID) -> None:
    """The claim rests, and so does every other that the answered letter was about. A stop that a person has placed already is enough,
    and stays as it is."""
    mail.purpose_id, mail.state = claim_id, "open"
    work.session.flush()
    about = _claims_of(work, mail, _answered(mail)) | {claim_id}
    claims = work.session.execute(select(Claim).where(Claim.id.in_(about)).order_by(Claim.id).with_for_update(key_share=True)).scalars()
    stopped = set(work.session.execute(select(Hold.claim_id).where(Hold.claim_id.in_(about), Hold.lifted_at.is_(None))).scalars())
    for claim in claims:
        if claim.state == "active" and claim.id not in stopped:
            holds.place(work, claim.id, STOP, None)


def _let_go(work: UnitOfWork, claim_id: uuid.UUID, named: uuid.UUID) -> None:
    """Unless an answer about it, or about the claim that the handled answer `named`, still waits."""
    waiting = select(InboundMail.id).where(InboundMail.purpose_id.in_([claim_id, named]), InboundMail.state == "open")
    if work.session.execute(waiting).first() is None:
        holds.lift_own(work, claim_id, STOP)


def _named_by_what_it_answers(work: UnitOfWork, mail: InboundMail) -> uuid.UUID | None:
    """The address it came to is the surest; else all it answers must be about one and the same claim."""
    if mail.about_kind == "delivery":
        to = _claims_of(work, mail, [mail.about_id], carrying=True)
        if len(to) == 1:
            return to.pop()
    said = _claims_of(work, mail, [uuid.UUID(one) for one in mail.answered], carrying=True)
    return said.pop() if len(said) == 1 else None


def _answered(mail: InboundMail) -> list[uuid.UUID]:
    """The deliveries it may be an answer to."""
    to = [mail.about_id] if mail.about_kind == "delivery" else []
    return [*to, *(uuid.UUID(one) for one in mail.answered)]


def _claims_of(work: UnitOfWork, mail: InboundMail, delivery_ids: list[uuid.UUID], *, carrying: bool = False) -> set[uuid.UUID]:
    """The claims that the notices in these deliveries were about; with `carrying` only the one that carried each."""
    query = (
        select(Notice.claim_id)
        .join(Delivery, (Delivery.purpose == "notice") & (Delivery.purpose_id == (Notice.id if carrying else Notice.letter_id)))
        .where(Delivery.id.in_(delivery_ids), Delivery.company_id == mail.company_id)
    )
    return set(work.session.execute(query).scalars())


def _named_by_number(work: UnitOfWork, mail: InboundMail) -> uuid.UUID | None:
    query = (
        select(Claim.id, OpenItem.document_number, OpenItem.kid)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .join(Debtor, Debtor.id == Claim.debtor_id)
        .where(Claim.company_id == mail.company_id, func.lower(Debtor.email) == mail.from_address.lower())
        .order_by(Claim.id.desc())
        .limit(CANDIDATES_MAX)
    )
    text = f"{mail.subject}\n{mail.text_}"
    named = {claim_id for claim_id, number, kid in work.session.execute(query).all() if _says(text, number) or _says(text, kid)}
    return named.pop() if len(named) == 1 else None


def _says(text: str, number: str | None) -> bool:
    """Whether a number stands in the text as itself, not as a piece of a longer one."""
    return number is not None and re.search(rf"(?<![\w-]){re.escape(number)}(?![\w-])", text) is not None


def _locked(work: UnitOfWork, mail_id: uuid.UUID) -> InboundMail:
    found = work.session.execute(select(InboundMail).where(InboundMail.id == mail_id).with_for_update()).scalar_one_or_none()
    if found is None:
        raise LookupError("no such answer")
    return found
