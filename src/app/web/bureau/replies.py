"""Answers by e-mail: those that wait for a person, one to read with what came with it, and what a person says about it."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from app.db.paging import Position
from app.db.unit_of_work import UnitOfWork
from app.dunning import replies, reply_view
from app.dunning.replies import ReplyError
from app.tenants import companies
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import Asker, PageFrame, Work
from app.web.error_texts import said_of
from app.web.i18n import gettext
from app.web.pages import Form, page, refuse, see_other, text_of
from app.web.templating import Frame

SHOWN = ("open", "unmatched", "handled", "all")


@get("/replies", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_replies(
    work: Work, frame: PageFrame, show: FromQuery[str] = "open", cursor: FromQuery[uuid.UUID | None] = None,
) -> Template:  # fmt: skip
    if show not in SHOWN:
        raise NotFoundException
    found = reply_view.replies(work, Position(cursor), state=None if show == "all" else show)
    names = {one.id: one.name for one in companies.all_open(work)}
    return page("pages/replies/index.html", frame, found=found, show=show, company_names=names, now=work.now())


@get("/replies/{reply_id:uuid}", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_reply(work: Work, frame: PageFrame, identity: Asker, reply_id: FromPath[uuid.UUID]) -> Template:
    return page("pages/replies/show.html", frame, may_handle=identity.may(Permission.HOLD), **_reply(work, reply_id))


@post("/replies/{reply_id:uuid}/handle", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def handle_reply(work: Work, frame: PageFrame, reply_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    """Read and done: the claim goes on."""
    typed = {"note": text_of(data, "note")}
    try:
        replies.handle(work, reply_id, typed["note"])
    except ReplyError as fault:
        raise _again(work, frame, reply_id, typed, {fault.field: said_of(fault)}) from None
    return see_other(f"/replies/{reply_id}", "reply-handled")


@post("/replies/{reply_id:uuid}/attach", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def attach_reply(work: Work, frame: PageFrame, reply_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    """Say which claim it is about: one of the suggested, or by invoice number or KID."""
    typed = {"claim": text_of(data, "claim"), "number": text_of(data, "number")}
    mail = reply_view.find(work, reply_id).mail
    claim_id = _chosen(typed["claim"]) if not typed["number"] else replies.find_claim(work, mail, typed["number"][:60])
    if claim_id is None:
        text = (
            gettext("The company has no single claim with this number.")
            if typed["number"]
            else gettext("Choose a claim, or write a number.")
        )
        raise _again(work, frame, reply_id, typed, {"number": text})
    try:
        replies.attach(work, reply_id, claim_id)
    except ReplyError as fault:
        raise _again(work, frame, reply_id, typed, {"number": said_of(fault)}) from None
    return see_other(f"/replies/{reply_id}", "reply-attached")


def _reply(work: UnitOfWork, reply_id: uuid.UUID) -> dict[str, Any]:
    found = reply_view.find(work, reply_id)
    suggested = [one for one in reply_view.suggestions(work, found.mail) if found.claim is None or one.claim_id != found.claim.claim_id]
    return {
        "reply": found, "mail": found.mail, "suggested": suggested, "company": companies.find(work, found.mail.company_id),
        "typed": {}, "errors": {}, "now": work.now(),
    }  # fmt: skip


def _again(work: UnitOfWork, frame: Frame, reply_id: uuid.UUID, typed: dict[str, str], errors: dict[str, str]) -> Exception:
    context = _reply(work, reply_id) | {"typed": typed, "errors": errors, "may_handle": True}
    return refuse(work, "pages/replies/show.html", frame, message=None, **context)


def _chosen(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise NotFoundException from None


HANDLERS = [show_replies, show_reply, handle_reply, attach_reply]
