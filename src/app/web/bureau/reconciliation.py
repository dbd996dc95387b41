"""Ledger, we and agency, held against each other: what each has, what differs, and whose move it is."""

from __future__ import annotations

import uuid

from litestar import get
from litestar.params import FromQuery
from litestar.response import Template

from app.agencies import differences
from app.tenants import companies
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, TheHouse, Work
from app.web.bureau.agency_cases import names_of
from app.web.pages import page


@get("/reconciliation", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_reconciliation(work: Work, frame: PageFrame, house: TheHouse, company: FromQuery[uuid.UUID | None] = None) -> Template:
    choices = [(one.id, one.name) for one in companies.all_open(work)]
    return page(
        "pages/reconciliation/index.html", frame, books=differences.books(work, company), found=differences.standing(work, company),
        chosen=company, companies=choices, company_names=dict(choices), agencies=names_of(house), now=work.now(),
    )  # fmt: skip


HANDLERS = [show_reconciliation]
