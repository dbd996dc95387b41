"""The state of one company's book: what is behind, what puts it right, and the money nobody has tied to an invoice."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy import select

from app.db.unit_of_work import UnitOfWork
from app.receivables import book_confirmations, book_state
from app.receivables.book_confirmations import ConfirmationError
from app.receivables.models import Debtor
from app.tenants import companies
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import Asker, PageFrame, Work
from app.web.bureau.book_words import told_book
from app.web.i18n import gettext
from app.web.pages import Form, page, refuse, see_other, text_of
from app.web.typed import parse_day

PAGE = "pages/companies/readiness.html"


@get("/companies/{company_id:uuid}/readiness", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_readiness(work: Work, frame: PageFrame, identity: Asker, company_id: FromPath[uuid.UUID]) -> Template:
    return page(PAGE, frame, **_context(work, company_id, may_confirm=identity.may(Permission.HOLD)))


@post("/companies/{company_id:uuid}/readiness/confirm", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def confirm_book(work: Work, frame: PageFrame, company_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    """Somebody has looked: bank and vouchers are booked through a day."""
    typed = text_of(data, "through_on")
    context = _context(work, company_id, typed, may_confirm=True)
    try:
        book_confirmations.confirm(work, company_id, parse_day(typed, work.today()))
    except ConfirmationError as fault:
        raise refuse(work, PAGE, frame, **context | {"errors": {fault.field: gettext(str(fault))}}) from None
    except ValueError:
        raise refuse(work, PAGE, frame, **context | {"errors": {"through_on": gettext("Write the date as dd.mm.yyyy.")}}) from None
    return see_other(f"/companies/{company_id}/readiness", "book-confirmed")


@post("/companies/{company_id:uuid}/readiness/take-back", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def take_back(work: Work, company_id: FromPath[uuid.UUID]) -> Response[Any]:
    """What the ledger does not tell is not known again."""
    book_confirmations.take_back(work, company_id)
    return see_other(f"/companies/{company_id}/readiness", "saved")


def _context(work: UnitOfWork, company_id: uuid.UUID, typed: str = "", *, may_confirm: bool) -> dict[str, Any]:
    company = companies.find(work, company_id)
    standing = book_state.standing_of(work, company_id)
    loose = book_state.loose_items(work, company_id)
    names = {
        row.id: row.name
        for row in work.session.execute(select(Debtor.id, Debtor.name).where(Debtor.id.in_({one.debtor_id for one in loose})))
    }
    return {
        "company": company, "book": told_book(standing, company_id), "standing": standing, "loose": loose, "names": names,
        "readings": book_state.history(work, company_id), "now": work.now(), "today": work.today(), "typed": typed, "errors": {},
        "may_confirm": may_confirm,
    }  # fmt: skip


HANDLERS = [show_readiness, confirm_book, take_back]
