"""The phone task: whom to call and about what, and what came of it."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import calls, queries
from app.dunning.arrangements import ArrangementError, Term
from app.dunning.call_facts import Outcome
from app.dunning.calls import CallError
from app.dunning.holds import HoldError
from app.tenants.permissions import Permission
from app.values.money import parse_kroner
from app.web.access import requires
from app.web.asked import PageFrame, Work
from app.web.error_texts import said_of
from app.web.pages import Form, page, refuse, see_other, text_of
from app.web.typed import parse_day

PAGE = "pages/claims/call.html"
FIELDS = ("outcome", "note", "promised_on", "promised")


@get("/claims/{claim_id:uuid}/call", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_call(work: Work, frame: PageFrame, claim_id: FromPath[uuid.UUID]) -> Template:
    return page(PAGE, frame, **_context(work, claim_id))


@post("/claims/{claim_id:uuid}/call", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def note_call(work: Work, frame: PageFrame, claim_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    typed = {name: text_of(data, name) for name in FIELDS}
    context = _context(work, claim_id, typed)
    try:
        calls.record(work, claim_id, typed["outcome"], typed["note"][:2000], _promised(work, typed))
    except (CallError, ArrangementError, HoldError) as fault:
        field = {"terms": "promised", "kind": "outcome", "text": "note"}.get(fault.field, fault.field)
        raise refuse(work, PAGE, frame, **context | {"errors": {field: said_of(fault)}}) from None
    return see_other(f"/claims/{claim_id}", "called")


def _promised(work: UnitOfWork, typed: dict[str, str]) -> Term | None:
    if typed["outcome"] != Outcome.PROMISE or not (typed["promised_on"] or typed["promised"]):
        return None
    try:
        due_on = parse_day(typed["promised_on"], work.today())
    except ValueError:
        raise CallError("promised_on", "Write the date as dd.mm.yyyy.") from None
    try:
        return Term(due_on, parse_kroner(typed["promised"]))
    except ValueError:
        raise CallError("promised", "Write an amount in kroner, such as 1 234,50.") from None


def _context(work: UnitOfWork, claim_id: uuid.UUID, typed: dict[str, str] | None = None) -> dict[str, Any]:
    detail = queries.claim_detail(work, claim_id)
    return {
        "detail": detail, "asked": calls.is_asked(detail.claim), "typed": typed or dict.fromkeys(FIELDS, ""), "errors": {},
        "today": work.today(),
    }  # fmt: skip


HANDLERS = [show_call, note_call]
