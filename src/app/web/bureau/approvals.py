"""What waits for somebody's yes, in all companies; the answers, one or many at once; and what the waiting has cost."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromQuery
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import approval_view, approvals
from app.dunning.approvals import ApprovalError, Voice
from app.tenants import companies
from app.tenants.identity import Identity
from app.tenants.permissions import Permission
from app.web.access import Place, requires
from app.web.asked import Asker, PageFrame, Work
from app.web.error_texts import said_of
from app.web.pages import Form, page, refuse, safe_path, see_other, text_of, texts_of
from app.web.typed import parse_day

#: as far back as the cost of waiting is added up unless somebody asks for more
LOST_SINCE = timedelta(days=90)


@get("/approvals", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_approvals(work: Work, frame: PageFrame, identity: Asker, company: FromQuery[str] = "", whose: FromQuery[str] = "") -> Template:
    return page("pages/approvals/index.html", frame, **approvals_context(work, identity, _id(company), whose))


@get("/approvals/lost", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_lost(work: Work, frame: PageFrame, since: FromQuery[str] = "") -> Template:
    """Days and kroner lost to approval, by company and by approver."""
    begin = _day(since, work.today()) or work.today() - LOST_SINCE
    by_company, by_person = approval_view.lost(work, begin)
    return page("pages/approvals/lost.html", frame, since=begin, by_company=by_company, by_person=by_person)


@get("/own/approvals", guards=[requires(Permission.VIEW, Place.COMPANY)], sync_to_thread=True)
def show_own_approvals(work: Work, frame: PageFrame, identity: Asker) -> Template:
    return page("pages/approvals/own.html", frame, **approvals_context(work, identity, None, ""))


@post("/approvals/answer", guards=[requires(Permission.APPROVE, Place.BOTH)], sync_to_thread=True)
def answer(work: Work, frame: PageFrame, identity: Asker, data: Form) -> Response[Any]:
    """Yes or no to everything that is ticked. A no stops the claims with the reason given."""
    own = identity.company_id is not None
    back = safe_path(text_of(data, "back"), "/own/approvals" if own else "/approvals")
    chosen = _chosen(data)
    if not chosen:
        return see_other(back, "nothing-chosen")
    typed = {name: text_of(data, name) for name in ("reason", "until", "company", "whose")}
    try:
        count = take(work, Voice.of(identity), chosen, data)
    except ApprovalError as fault:
        context = approvals_context(work, identity, None if own else _id(typed["company"]), typed["whose"])
        context |= {"typed": typed, "errors": {fault.field: said_of(fault)}, "ticked": frozenset(chosen)}
        raise refuse(work, "pages/approvals/own.html" if own else "pages/approvals/index.html", frame, message=None, **context) from fault
    return see_other(back, "answered-yes" if text_of(data, "answer") == "yes" else "answered-no", count)


def take(work: UnitOfWork, voice: Voice, chosen: list[uuid.UUID], form: Form) -> int:
    """The answer that was sent, to the requests chosen. ApprovalError names the field; 403 for what is another's to answer."""
    until: date | None = None
    if text_of(form, "until"):
        until = _day(text_of(form, "until"), work.today())
        if until is None:
            raise ApprovalError("until", WRITE_DATE)
    try:
        return approvals.answer(work, voice, chosen, yes=text_of(form, "answer") == "yes", reason=text_of(form, "reason"), until=until)
    except PermissionError as fault:
        raise PermissionDeniedException("somebody else is asked") from fault


def approvals_context(work: UnitOfWork, identity: Identity, company_id: uuid.UUID | None, whose: str) -> dict[str, Any]:
    """What the page shows: what the reader may answer first; `whose` = mine leaves the rest out."""
    voice = Voice.of(identity)
    found = approval_view.waiting(work, company_id=company_id)
    answerable = frozenset(one.request.id for one in approval_view.mine(work, voice, found))
    if identity.company_id is not None or whose == "mine":
        found = [one for one in found if one.request.id in answerable]
    choices = [] if identity.company_id is not None else [(one.id, one.name) for one in companies.all_open(work)]
    return {
        "rows": found, "answerable": answerable, "companies": choices, "company": company_id, "whose": whose, "now": work.now(),
        "typed": {}, "errors": {}, "ticked": frozenset(), "own": identity.company_id is not None,
        "may_answer": identity.may(Permission.APPROVE),
    }  # fmt: skip


def _chosen(form: Form) -> list[uuid.UUID]:
    found = []
    for text in texts_of(form, "request"):
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found


def _day(text: str, today: date) -> date | None:
    try:
        return parse_day(text, today) if text else None
    except ValueError:
        return None


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise NotFoundException from None


def N_(message: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return message


WRITE_DATE = N_("Write the date as dd.mm.yyyy.")
HANDLERS = [show_approvals, show_lost, show_own_approvals, answer]
