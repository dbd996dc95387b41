"""Who looks after what: a company's usual people and its backup, a debtor's own, and who is away until when."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import owners
from app.dunning.owners import OwnerError
from app.portfolio.debtor_book import debtor_detail
from app.tenants import absences, companies
from app.tenants.absences import AbsenceError
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, Work
from app.web.error_texts import said_of
from app.web.i18n import gettext
from app.web.pages import Form, page, refuse, see_other, text_of
from app.web.typed import parse_day

ROLES = ("account_manager_id", "ledger_owner_id", "backup_id")


@get("/companies/{company_id:uuid}/people", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def show_company_people(work: Work, frame: PageFrame, company_id: FromPath[uuid.UUID]) -> Template:
    return page("pages/people/company.html", frame, **_company(work, company_id))


@post("/companies/{company_id:uuid}/people", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def name_company_people(work: Work, frame: PageFrame, company_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    companies.find(work, company_id)
    typed = {name: text_of(data, name) for name in ROLES}
    try:
        manager, owner, backup = (person_of(name, typed[name]) for name in ROLES)
        owners.name_company(work, company_id, account_manager=manager, ledger_owner=owner, backup=backup)
    except OwnerError as fault:
        context = _company(work, company_id) | {"typed": typed, "errors": {fault.field: said_of(fault)}}
        raise refuse(work, "pages/people/company.html", frame, message=None, **context) from fault
    return see_other(f"/companies/{company_id}/people", "saved")


@get("/debtors/{debtor_id:uuid}/people", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def show_debtor_people(work: Work, frame: PageFrame, debtor_id: FromPath[uuid.UUID]) -> Template:
    return page("pages/people/debtor.html", frame, **_debtor(work, debtor_id))


@post("/debtors/{debtor_id:uuid}/people", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def name_debtor_people(work: Work, frame: PageFrame, debtor_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    """This debtor's own people; nobody chosen: the company's usual ones."""
    context = _debtor(work, debtor_id)
    typed = {name: text_of(data, name) for name in ROLES[:2]}
    try:
        manager, owner = (person_of(name, typed[name]) for name in ROLES[:2])
        owners.name_debtor(work, debtor_id, account_manager=manager, ledger_owner=owner)
    except OwnerError as fault:
        context |= {"typed": typed, "errors": {fault.field: said_of(fault)}}
        raise refuse(work, "pages/people/debtor.html", frame, message=None, **context) from fault
    return see_other(f"/debtors/{debtor_id}/people", "saved")


@get("/absences", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_absences(work: Work, frame: PageFrame) -> Template:
    return page("pages/people/absences.html", frame, **_absences(work))


@post("/absences", guards=[requires(Permission.APPROVE)], sync_to_thread=True)
def record_absence(work: Work, frame: PageFrame, data: Form) -> Response[Any]:
    """Somebody is away: what he is asked, or would be, goes to the backup from the first day to the last."""
    typed = {name: text_of(data, name) for name in ("user_id", "from_on", "to_on", "backup_id")}
    try:
        person, backup = _away(typed)
        absences.place(work, person, *days_of(typed, work.today()), backup)
    except AbsenceError as fault:
        context = _absences(work) | {"typed": typed, "errors": {fault.field: said_of(fault)}}
        raise refuse(work, "pages/people/absences.html", frame, message=None, **context) from fault
    work.enqueue("dunning.chase_bureau_approvals", bureau_id=str(work.bureau_id))
    return see_other("/absences", "absence-recorded")


@post("/absences/{absence_id:uuid}/end", guards=[requires(Permission.APPROVE)], sync_to_thread=True)
def end_absence(work: Work, absence_id: FromPath[uuid.UUID]) -> Response[Any]:
    absences.end(work, absence_id)
    work.enqueue("dunning.chase_bureau_approvals", bureau_id=str(work.bureau_id))
    return see_other("/absences", "absence-ended")


def _company(work: UnitOfWork, company_id: uuid.UUID) -> dict[str, Any]:
    company = companies.find(work, company_id)
    return {
        "company": company, "people": _choices(work, company_id), "errors": {},
        "typed": {name: str(getattr(company, name) or "") for name in ROLES},
    }  # fmt: skip


def _debtor(work: UnitOfWork, debtor_id: uuid.UUID) -> dict[str, Any]:
    found, own = debtor_detail(work, debtor_id), owners.own_of(work, debtor_id)
    return {
        "debtor": found.debtor, "company": found.company, "people": _choices(work, found.company.id), "errors": {},
        "typed": {name: str((own and getattr(own, name)) or "") for name in ROLES[:2]},
    }  # fmt: skip


def _absences(work: UnitOfWork) -> dict[str, Any]:
    return {
        "lines": absences.upcoming(work), "people": _choices(work, None), "uncovered": owners.uncovered(work), "typed": {}, "errors": {},
        "today": work.today(),
    }  # fmt: skip


def _choices(work: UnitOfWork, company_id: uuid.UUID | None) -> list[tuple[str, str]]:
    return [("", gettext("Nobody")), *((str(one.id), f"{one.name} ({one.email})") for one in owners.people(work, company_id))]


def person_of(field: str, text: str) -> uuid.UUID | None:
    """Whoever was chosen, or nobody. OwnerError when it is no person's id."""
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise OwnerError(field, "Choose one of the people here.") from None


def _away(typed: dict[str, str]) -> tuple[uuid.UUID, uuid.UUID | None]:
    try:
        person, backup = person_of("user_id", typed["user_id"]), person_of("backup_id", typed["backup_id"])
    except OwnerError as fault:
        raise AbsenceError(fault.field, str(fault)) from None
    if person is None:
        raise AbsenceError("user_id", "Choose one of the people here.")
    return person, backup


def days_of(typed: dict[str, str], today: date) -> tuple[date, date]:
    """First and last day as typed. AbsenceError names the one that is no date."""
    return _day("from_on", typed["from_on"], today), _day("to_on", typed["to_on"], today)


def _day(field: str, text: str, today: date) -> date:
    try:
        return parse_day(text, today)
    except ValueError:
        raise AbsenceError(field, "Write the date as dd.mm.yyyy.") from None


HANDLERS = [
    show_company_people, name_company_people, show_debtor_people, name_debtor_people, show_absences, record_absence, end_absence,
]  # fmt: skip
