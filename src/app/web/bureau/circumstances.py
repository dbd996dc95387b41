"""A debtor's circumstances: death, minority, insolvency, consideration; recorded, decided on and ended by a person."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import circumstances, recording_circumstances
from app.dunning.recording_circumstances import CircumstanceError
from app.receivables import queries
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, Work
from app.web.i18n import gettext
from app.web.pages import Form, page, refuse, see_other, text_of
from app.web.typed import parse_day

PAGE = "pages/circumstances.html"
GUARDS = [requires(Permission.HOLD)]
RECORDED = ("kind", "since_on", "note")
ANSWERED = ("answer", "reason", "rest_until")


@get("/debtors/{debtor_id:uuid}/circumstances", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_circumstances(work: Work, frame: PageFrame, debtor_id: FromPath[uuid.UUID]) -> Template:
    return page(PAGE, frame, **_context(work, debtor_id))


@post("/debtors/{debtor_id:uuid}/circumstances", guards=GUARDS, sync_to_thread=True)
def record_circumstance(work: Work, frame: PageFrame, debtor_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    """From now on nothing is sent to the debtor before somebody has decided."""
    typed = {name: text_of(data, name) for name in RECORDED}
    try:
        recording_circumstances.record(work, debtor_id, typed["kind"], _day(typed, "since_on", work), typed["note"])
    except CircumstanceError as fault:
        raise refuse(work, PAGE, frame, **_context(work, debtor_id, typed, {fault.field: gettext(str(fault))})) from None
    return see_other(f"/debtors/{debtor_id}/circumstances", "saved")


@post("/debtors/{debtor_id:uuid}/circumstances/{circumstance_id:uuid}/answer", guards=GUARDS, sync_to_thread=True)
def answer_circumstance(
    work: Work, frame: PageFrame, debtor_id: FromPath[uuid.UUID], circumstance_id: FromPath[uuid.UUID], data: Form
) -> Response[Any]:
    """The claims go on, or rest."""
    typed = {name: text_of(data, name) for name in ANSWERED}
    try:
        until = _day(typed, "rest_until", work)
        recording_circumstances.answer(work, debtor_id, circumstance_id, typed["answer"], typed["reason"], until)
    except CircumstanceError as fault:
        context = _context(work, debtor_id, {}, {fault.field: gettext(str(fault))}, typed | {"id": str(circumstance_id)})
        raise refuse(work, PAGE, frame, **context) from None
    return see_other(f"/debtors/{debtor_id}/circumstances", "saved")


@post("/debtors/{debtor_id:uuid}/circumstances/{circumstance_id:uuid}/end", guards=GUARDS, sync_to_thread=True)
def end_circumstance(work: Work, debtor_id: FromPath[uuid.UUID], circumstance_id: FromPath[uuid.UUID]) -> Response[Any]:
    """It is over, or was a mistake."""
    recording_circumstances.end(work, debtor_id, circumstance_id)
    return see_other(f"/debtors/{debtor_id}/circumstances", "saved")


def _day(typed: dict[str, str], name: str, work: UnitOfWork) -> datetime.date | None:
    try:
        return parse_day(typed[name], work.today()) if typed[name] else None
    except ValueError:
        raise CircumstanceError(name, gettext("Write the date as dd.mm.yyyy.")) from None


def _context(
    work: UnitOfWork, debtor_id: uuid.UUID, typed: dict[str, str] | None = None, errors: dict[str, str] | None = None,
    answered: dict[str, str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "debtor": queries.find_debtor(work, debtor_id), "known": circumstances.active(work, debtor_id),
        "kinds": [one.value for one in circumstances.Kind], "insolvent": [one.value for one in circumstances.INSOLVENT],
        "typed": dict.fromkeys(RECORDED, "") | (typed or {}), "errors": errors or {},
        "answered": dict.fromkeys((*ANSWERED, "id"), "") | (answered or {}),
    }  # fmt: skip


HANDLERS = [show_circumstances, record_circumstance, answer_circumstance, end_circumstance]
