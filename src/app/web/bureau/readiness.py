"""The state of one company's book: what is behind, what puts it right, and the money nobody has tied to an invoice."""

from __future__ import annotations

import uuid

from litestar import get
from litestar.params import FromPath
from litestar.response import Template
from sqlalchemy import select

from app.receivables import book_state
from app.receivables.models import Debtor
from app.tenants import companies
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, Work
from app.web.bureau.book_words import told_book
from app.web.pages import page


@get("/companies/{company_id:uuid}/readiness", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_readiness(work: Work, frame: PageFrame, company_id: FromPath[uuid.UUID]) -> Template:
    company = companies.find(work, company_id)
    standing = book_state.standing_of(work, company_id)
    loose = book_state.loose_items(work, company_id)
    names = {
        row.id: row.name
        for row in work.session.execute(select(Debtor.id, Debtor.name).where(Debtor.id.in_({one.debtor_id for one in loose})))
    }
    return page(
        "pages/companies/readiness.html", frame, company=company, book=told_book(standing, company_id), standing=standing, loose=loose,
        names=names, readings=book_state.history(work, company_id), now=work.now(),
    )  # fmt: skip


HANDLERS = [show_readiness]
