"""Stopping everything of a debtor, or of a whole company, where one sees it; and letting it go on there."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from app.db.unit_of_work import UnitOfWork
from app.dunning import wide_holds
from app.dunning.holds import HoldError
from app.portfolio.debtor_book import debtor_detail
from app.tenants import companies
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import Work
from app.web.pages import Form, see_other, text_of
from app.web.typed import parse_day


@post("/debtors/{debtor_id:uuid}/hold", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def hold_debtor(work: Work, debtor_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    company_id = debtor_detail(work, debtor_id).company.id
    return see_other(f"/debtors/{debtor_id}", _place(work, company_id, debtor_id, data))


@post("/debtors/{debtor_id:uuid}/lift", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def lift_debtor(work: Work, debtor_id: FromPath[uuid.UUID]) -> Response[Any]:
    wide_holds.lift(work, debtor_detail(work, debtor_id).company.id, debtor_id)
    return see_other(f"/debtors/{debtor_id}", "lifted-all")


@post("/companies/{company_id:uuid}/hold", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def hold_company(work: Work, company_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    companies.find(work, company_id)
    return see_other(f"/companies/{company_id}", _place(work, company_id, None, data))


@post("/companies/{company_id:uuid}/lift", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def lift_company(work: Work, company_id: FromPath[uuid.UUID]) -> Response[Any]:
    companies.find(work, company_id)
    wide_holds.lift(work, company_id, None)
    return see_other(f"/companies/{company_id}", "lifted-all")


def _place(work: UnitOfWork, company_id: uuid.UUID, debtor_id: uuid.UUID | None, form: Form) -> str:
    """What the next page says of it."""
    try:
        until = parse_day(text_of(form, "until"), work.today()) if text_of(form, "until") else None
    except ValueError:
        return "hold-needs-day"
    try:
        wide_holds.place(work, company_id, debtor_id, text_of(form, "reason")[:500], until)
    except HoldError as fault:
        return "hold-needs-day" if fault.field == "until" else "hold-needs-reason"
    return "held-all"


HANDLERS = [hold_debtor, lift_debtor, hold_company, lift_company]
