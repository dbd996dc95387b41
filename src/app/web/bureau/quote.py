"""The claim calculator as a page: asked and answered, nothing kept."""

from __future__ import annotations

from typing import Any

from litestar import get, post
from litestar.response import Template

from app.dunning.law_book import LawBook
from app.dunning.quote import QuoteInputError, quote
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, TheHouse, Work
from app.web.bureau.quote_form import NOTICE_ROWS, PAYMENT_ROWS, QuoteForm, complaint, empty_form, read_form
from app.web.i18n import gettext
from app.web.pages import Form, page, refuse, text_of

GUARDS = [requires(Permission.VIEW)]


@get("/quote", guards=GUARDS, sync_to_thread=True)
def show_quote(work: Work, frame: PageFrame) -> Template:
    return page("pages/quote/index.html", frame, **_context(empty_form(work.today())))


@post("/quote", guards=GUARDS, sync_to_thread=True, status_code=200)
def calculate(data: Form, work: Work, frame: PageFrame, house: TheHouse) -> Template:
    typed = {name: text_of(data, name) for name in data}
    form = read_form(typed, work.today())
    if form.errors:
        raise refuse(work, "pages/quote/index.html", frame, **_context(form))
    try:
        law = house.resources.of(LawBook).read(work)
        answer = quote(form.claim, law.rates, law.act_2026, gettext)
    except QuoteInputError as fault:
        wrong = QuoteForm(form.values, form.claim, complaint(fault, typed))
        raise refuse(work, "pages/quote/index.html", frame, **_context(wrong)) from fault
    return page("pages/quote/index.html", frame, **_context(form) | {"answer": answer})


def _context(form: QuoteForm) -> dict[str, Any]:
    touched = {**{name: text for name, text in form.values.items() if text}, **form.errors}
    return {
        "form": form, "answer": None, "payment_rows": PAYMENT_ROWS, "notice_rows": NOTICE_ROWS,
        "has_payments": any(name.startswith("payment_") for name in touched),
        "has_notices": any(name.startswith("notice_") and not name.startswith("notice_kind_") for name in touched),
    }  # fmt: skip


HANDLERS = [show_quote, calculate]
