"""Answers by e-mail, and what a person says about them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal, cast

import msgspec
from litestar import get, put
from litestar.params import JSONBody, QueryParameter

from app.api.paging import AskedPage
from app.api.v1.words import Id, Note, OfClaim, OfCompany
from app.dunning import replies, reply_view
from app.dunning.reply_view import Reply
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Replies"
ReplyState = Literal["new", "open", "unmatched", "handled"]


class EnclosureOut(msgspec.Struct, frozen=True):
    """A file that came with an answer."""

    name: str
    bytes: int
    document_id: uuid.UUID


class ReplyOut(msgspec.Struct, frozen=True):
    """Somebody's answer by e-mail (svar). While it is `open` its claim rests; `unmatched` waits for a person to say what it is about."""

    id: uuid.UUID
    company_id: uuid.UUID
    claim_id: uuid.UUID | None
    invoice: str | None
    debtor_name: str | None
    state: ReplyState
    from_address: str
    from_name: str
    subject: str
    text: str
    enclosures: list[EnclosureOut]
    enclosures_left_out: int
    received_at: datetime
    handled_by: str | None
    handled_at: datetime | None
    note: str | None


class ReplyPage(msgspec.Struct, frozen=True):
    """Some answers, newest first; `next_cursor` gives those before them."""

    items: list[ReplyOut]
    next_cursor: str | None


class AttachmentIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The claim an answer is about."""

    claim_id: uuid.UUID


class HandlingIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was done about an answer."""

    note: Note = ""


@get("/replies", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listReplies", tags=[TAG])
def list_replies(
    work: Work,
    paging: AskedPage,
    company_id: OfCompany = None,
    claim_id: OfClaim = None,
    in_state: Annotated[ReplyState | None, QueryParameter(name="state", description="Only in this state.")] = None,
) -> ReplyPage:
    """Answers, perhaps of one company or claim."""
    page = reply_view.replies(work, paging.position, state=in_state, company_id=company_id, claim_id=claim_id)
    return paging.listed(ReplyPage, page, reply_of)


@get("/replies/{reply_id:uuid}", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getReply", tags=[TAG])
def get_reply(work: Work, reply_id: Id) -> ReplyOut:
    """One answer."""
    return reply_of(reply_view.find(work, reply_id))


@put("/replies/{reply_id:uuid}/claim", sync_to_thread=True, guards=[requires(Permission.HOLD)], operation_id="attachReply", tags=[TAG])
def attach_reply(work: Work, reply_id: Id, data: JSONBody[AttachmentIn]) -> ReplyOut:
    """Say which claim of the same company an answer is about. The claim rests until the answer is handled."""
    replies.attach(work, reply_id, data.claim_id)
    return reply_of(reply_view.find(work, reply_id))


@put("/replies/{reply_id:uuid}/handled", sync_to_thread=True, guards=[requires(Permission.HOLD)], operation_id="handleReply", tags=[TAG])
def handle_reply(work: Work, reply_id: Id, data: JSONBody[HandlingIn]) -> ReplyOut:
    """The answer has been read and acted on. Its claim goes on, unless something else stops it."""
    replies.handle(work, reply_id, data.note)
    return reply_of(reply_view.find(work, reply_id))


def reply_of(row: Reply) -> ReplyOut:
    mail, claim = row.mail, row.claim
    return ReplyOut(
        id=mail.id, company_id=mail.company_id, claim_id=mail.purpose_id, invoice=None if claim is None else claim.invoice,
        debtor_name=None if claim is None else claim.debtor_name, state=cast("ReplyState", mail.state), from_address=mail.from_address,
        from_name=mail.from_name, subject=mail.subject, text=mail.text_,
        enclosures=[EnclosureOut(one["name"], one["bytes"], uuid.UUID(one["document_id"])) for one in mail.enclosures],
        enclosures_left_out=mail.left_out, received_at=mail.received_at, handled_by=mail.handled_by, handled_at=mail.handled_at,
        note=mail.note,
    )  # fmt: skip


HANDLERS = (list_replies, get_reply, attach_reply, handle_reply)
