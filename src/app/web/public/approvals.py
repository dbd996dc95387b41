"""The page behind the link of an approver's mail: no login, one person's questions in one company. A GET shows; only its form acts."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import approval_view
from app.dunning.approvals import ApprovalError, Voice
from app.tenants import companies
from app.web.approval_links import ApprovalLink
from app.web.asked import OpenedApproval, Work
from app.web.bureau.approvals import take
from app.web.error_texts import said_of
from app.web.pages import Form, FormError, bare_page, see_other, text_of, texts_of


@get("/a/{approval:str}", sync_to_thread=True)
def show_questions(work: Work, asked: OpenedApproval, approval: FromPath[str]) -> Template:
    return bare_page("pages/approvals/link.html", **_context(work, asked))


@post("/a/{approval:str}", sync_to_thread=True)
def answer(work: Work, asked: OpenedApproval, approval: FromPath[str], data: Form) -> Response[Any]:
    """Yes or no to what is ticked. Only what is asked of the link's own person: the rest does not exist here."""
    context = _context(work, asked)
    here = {str(one.request.id): one.request.id for one in context["rows"]}
    chosen = [here[text] for text in texts_of(data, "request") if text in here]
    if not chosen:
        return see_other(f"/a/{asked.token}", "nothing-chosen")
    try:
        count = take(work, Voice(asked.user_id), chosen, data)
    except ApprovalError as fault:
        typed = {name: text_of(data, name) for name in ("reason", "until")}
        work.session.expunge_all()
        raise FormError(
            "pages/approvals/link.html",
            context | {"message": None, "typed": typed, "errors": {fault.field: said_of(fault)}, "ticked": frozenset(chosen)},
        ) from fault
    return see_other(f"/a/{asked.token}", "answered-yes" if text_of(data, "answer") == "yes" else "answered-no", count)


def _context(work: UnitOfWork, asked: ApprovalLink) -> dict[str, Any]:
    rows = approval_view.waiting(work, company_id=asked.company_id, asked_id=asked.user_id)
    return {
        "rows": rows, "company": companies.find(work, asked.company_id), "token": asked.token, "typed": {}, "errors": {},
        "ticked": _all(rows),
    }  # fmt: skip


def _all(rows: list[approval_view.WaitingApproval]) -> frozenset[uuid.UUID]:
    """A mail about one invoice needs no tick; of several each is chosen by hand."""
    return frozenset(one.request.id for one in rows) if len(rows) == 1 else frozenset()


HANDLERS = [show_questions, answer]
