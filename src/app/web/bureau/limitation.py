"""Limitation: when a claim is barred and what has moved that day, and the radar over all companies."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import limitation_events, queries
from app.dunning.limitation import EventKind
from app.dunning.limitation_events import LimitationError
from app.tenants import companies
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, Work
from app.web.i18n import gettext
from app.web.pages import Form, page, refuse, see_other, text_of
from app.web.typed import parse_day

PAGE = "pages/limitation/claim.html"
FIELDS = ("kind", "on", "until_on", "evidence")


@get("/limitation", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_radar(work: Work, frame: PageFrame, company: FromQuery[str] = "") -> Template:
    """Claims that are barred within six months, the first to go first."""
    choices = [(one.id, one.name) for one in companies.all_open(work)]
    chosen = next((company_id for company_id, _ in choices if str(company_id) == company), None)
    lines = limitation_events.radar(work, chosen)
    return page("pages/limitation/index.html", frame, lines=lines, companies=choices, company=chosen, today=work.today())


@get("/claims/{claim_id:uuid}/limitation", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_limitation(work: Work, frame: PageFrame, claim_id: FromPath[uuid.UUID]) -> Template:
    return page(PAGE, frame, **_context(work, claim_id))


@post("/claims/{claim_id:uuid}/limitation", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def record_event(work: Work, frame: PageFrame, claim_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    """Something happened that interrupts or prolongs the limitation."""
    typed = {name: text_of(data, name) for name in FIELDS}
    errors, days = {}, {}
    for name in ("on", "until_on"):
        try:
            days[name] = parse_day(typed[name], work.today()) if typed[name] or name == "on" else None
        except ValueError:
            errors[name] = gettext("Write the date as dd.mm.yyyy.")
    if errors:
        raise refuse(work, PAGE, frame, **_context(work, claim_id, typed, errors))
    try:
        on = days["on"] or work.today()
        limitation_events.record(work, claim_id, typed["kind"], on, typed["evidence"], days["until_on"])
    except LimitationError as fault:
        raise refuse(work, PAGE, frame, **_context(work, claim_id, typed, {fault.field: gettext(str(fault))})) from None
    return see_other(f"/claims/{claim_id}/limitation", "saved")


@post("/claims/{claim_id:uuid}/limitation/{event_id:uuid}/withdraw", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def withdraw_event(work: Work, claim_id: FromPath[uuid.UUID], event_id: FromPath[uuid.UUID]) -> Response[Any]:
    """It was a mistake."""
    limitation_events.withdraw(work, claim_id, event_id)
    return see_other(f"/claims/{claim_id}/limitation", "saved")


def _context(
    work: UnitOfWork, claim_id: uuid.UUID, typed: dict[str, str] | None = None, errors: dict[str, str] | None = None
) -> dict[str, Any]:
    return {
        "detail": queries.claim_detail(work, claim_id), "limitation": limitation_events.limitation_of(work, claim_id),
        "events": limitation_events.events(work, claim_id, withdrawn=True), "kinds": [one.value for one in EventKind],
        "today": work.today(), "typed": typed or dict.fromkeys(FIELDS, ""), "errors": errors or {},
    }  # fmt: skip


HANDLERS = [show_radar, show_limitation, record_event, withdraw_event]
