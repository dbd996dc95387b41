"""Cases at agencies: the list, one case with what came of it, and each company's agreement with its written authority."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from app.agencies import access, agreements, orders, queries, terms
from app.agencies.agreements import AgreementError, Terms
from app.agencies.capabilities import OrderKind, Takeover
from app.agencies.cases import LIVE
from app.agencies.doors import Agencies
from app.agencies.orders import OrderError
from app.agencies.queries import OPEN_STATES, CaseDetail
from app.agencies.withdrawal_clock import withdrawal
from app.db.unit_of_work import UnitOfWork
from app.tenants import companies
from app.tenants.permissions import Permission
from app.values.calendar import oslo_date
from app.values.money import format_ore, parse_kroner
from app.web.access import requires
from app.web.asked import PageFrame, TheHouse, Work
from app.web.bureau import agency_access
from app.web.house import House
from app.web.i18n import gettext
from app.web.pages import Form, page, refuse, see_other, text_of
from app.web.typed import parse_day

#: what the list can show, by the name in the address
SHOWN: dict[str, tuple[str, ...] | None] = {
    "open": tuple(state for state in OPEN_STATES if state != "paid"),
    "trouble": ("refused", "in_doubt"),
    "ended": ("paid", "withdrawn", "closed", "cancelled", "refused"),
    "all": None,
}
FIELDS = (
    "agency", "creditor_ref", "authority_by", "authority_from", "authority_until", "authority_scope", "commission", "free_withdrawal_days",
    "late_withdrawal", "vat", "takeover",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """A line of a case's timeline; `at` is an instant or a day."""

    at: date | datetime
    title: str
    text: str = ""
    kind: str = ""


@get("/cases", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_cases(
    work: Work, frame: PageFrame, house: TheHouse, show: FromQuery[str] = "open",
    company: FromQuery[str] = "", cursor: FromQuery[uuid.UUID | None] = None,
) -> Template:  # fmt: skip
    if show not in SHOWN:
        raise NotFoundException
    chosen = _id_of(company)
    found = queries.cases(work, company_id=chosen, states=SHOWN[show], cursor=None if cursor is None else str(cursor))
    choices = [(one.id, one.name) for one in companies.all_open(work)]
    return page(
        "pages/cases/index.html", frame, cases=found, show=show, chosen=chosen, companies=choices, company_names=dict(choices),
        agencies=names_of(house), now=work.now(),
    )  # fmt: skip


@get("/cases/{case_id:uuid}", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_case(case_id: FromPath[uuid.UUID], work: Work, frame: PageFrame, house: TheHouse) -> Template:
    return page(
        "pages/cases/show.html", frame, **_case(work, house, case_id), typed={"kind": "message", "text": "", "told_by_hand": ""}, errors={}
    )


@post("/cases/{case_id:uuid}/orders", guards=[requires(Permission.HAND_OVER)], sync_to_thread=True)
def give_order(data: Form, case_id: FromPath[uuid.UUID], work: Work, frame: PageFrame, house: TheHouse) -> Redirect:
    typed = {name: text_of(data, name) for name in ("kind", "text", "told_by_hand")}
    again = _case(work, house, case_id) | {"typed": typed}
    try:
        kind = OrderKind(typed["kind"]) if typed["kind"] in list(OrderKind) else OrderKind.ANSWER
        orders.give(work, _door(house), case_id, kind, typed["text"], told_by_hand=typed["told_by_hand"] == "on")
    except OrderError as fault:
        raise refuse(work, "pages/cases/show.html", frame, **again, errors={fault.field or "kind": gettext(str(fault))}) from fault
    return see_other(f"/cases/{case_id}", "agency-asked")


@get("/companies/{company_id:uuid}/agreement", guards=[requires(Permission.HAND_OVER)], sync_to_thread=True)
def show_agreement(company_id: FromPath[uuid.UUID], work: Work, frame: PageFrame, house: TheHouse) -> Template:
    return page("pages/cases/agreement.html", frame, **_agreement(work, house, company_id))


@post("/companies/{company_id:uuid}/agreement", guards=[requires(Permission.HAND_OVER)], sync_to_thread=True)
def save_agreement(
    data: Form, company_id: FromPath[uuid.UUID], work: Work, frame: PageFrame,
    house: TheHouse,
) -> Redirect:  # fmt: skip
    typed = {name: text_of(data, name) for name in FIELDS}
    again = _agreement(work, house, company_id) | {"values": typed}
    errors: dict[str, str] = {}
    if typed["agency"] not in names_of(house):
        errors["agency"] = gettext("Choose an agency.")
    days = {name: _day(typed[name], name, work.today(), errors) for name in ("authority_from", "authority_until")}
    agreed = _terms(typed, errors)
    if errors:
        raise refuse(work, "pages/cases/agreement.html", frame, **again | {"errors": errors})
    try:
        known = {"authority_by": typed["authority_by"], "authority_scope": typed["authority_scope"], **days, **agreed}
        agreements.set_agreement(work, company_id, Terms(typed["agency"], typed["creditor_ref"], **known))
    except AgreementError as fault:
        raise refuse(work, "pages/cases/agreement.html", frame, **again | {"errors": {fault.field: _why(fault)}}) from fault
    return see_other(f"/companies/{company_id}/agreement", "agreement-saved")


@post("/companies/{company_id:uuid}/agreement/access", guards=[requires(Permission.HAND_OVER)], sync_to_thread=True)
def save_access(data: Form, company_id: FromPath[uuid.UUID], work: Work, frame: PageFrame, house: TheHouse) -> Redirect:
    typed = agency_access.typed_of(data, house)
    again = _agreement(work, house, company_id)
    try:
        agency_access.save(work, house, company_id, typed)
    except AgreementError as fault:
        # a secret that was typed is never sent back
        again["typed_access"] = {name: typed[name] for name in again["typed_access"]}
        raise refuse(work, "pages/cases/agreement.html", frame, **again | {"errors": {fault.field: _why(fault)}}) from fault
    return see_other(f"/companies/{company_id}/agreement", "access-saved")


@post("/companies/{company_id:uuid}/agreement/end", guards=[requires(Permission.HAND_OVER)], sync_to_thread=True)
def end_agreement(company_id: FromPath[uuid.UUID], work: Work) -> Redirect:
    companies.find(work, company_id)
    agreements.end_agreement(work, company_id)
    return see_other(f"/companies/{company_id}/agreement", "agreement-ended")


def names_of(house: House) -> dict[str, str]:
    """The agencies there are adapters for, with the names people call them by."""
    return {known.agency: known.label for known in _door(house).known()}


def _door(house: House) -> Agencies:
    return house.resources.of(Agencies)  # type: ignore[type-abstract]


def _case(work: UnitOfWork, house: House, case_id: uuid.UUID) -> dict[str, Any]:
    found = queries.case(work, case_id)
    company = companies.find(work, found.line.company_id)
    takes = orders.takes(_door(house), found.line.agency)
    return {
        "it": found, "case": found.line, "company": company, "agencies": names_of(house), "events": events_of(found),
        "agreement": agreements.current(work, company.id), "orders": orders.orders_of(work, case_id), "now": work.now(),
        "withdrawal": withdrawal(found.line.free_until, terms.of_agreement(work, found.agreement_id).late_withdrawal_ore, work.today()),
        "by_hand": not takes.issuperset(orders.BY_A_PERSON),
        "may_be_asked": found.line.state in LIVE and found.line.external_id is not None,
    }  # fmt: skip


def events_of(found: CaseDetail) -> list[Event]:
    """Newest first."""
    case = found.line
    told = [Event(case.planned_at, gettext("Handover decided"), kind="quiet")]
    if case.handed_over_at is not None:
        told.append(Event(case.handed_over_at, gettext("Handed over"), case.external_id or ""))
    if case.updated_at is not None:
        told.append(Event(case.updated_at, gettext("Last news from the agency"), case.agency_text or ""))
    for reported in found.reported:
        told.append(Event(reported.planned_at, gettext("Payment made directly to the company"), reported.problem or ""))
    for paid in found.paid_out:
        title = gettext("Payout %(number)s from the agency").replace("%(number)s", paid.settlement_external_id)
        told.append(Event(paid.settled_on, title, kind="good"))
    if case.closed_at is not None:
        told.append(Event(case.closed_at, gettext("Case ended"), kind="good" if case.state == "paid" else "quiet"))
    told.reverse()
    return sorted(told, key=lambda event: _sort_day(event.at), reverse=True)


def _agreement(work: UnitOfWork, house: House, company_id: uuid.UUID) -> dict[str, Any]:
    company = companies.find(work, company_id)
    known = agreements.current(work, company_id)
    values = {"agency": next(iter(names_of(house)), "")} if known is None else {
        "agency": known.agency, "creditor_ref": known.creditor_ref, "authority_by": known.authority_by or "",
        "authority_from": _shown(known.authority_from), "authority_until": _shown(known.authority_until),
        "authority_scope": known.authority_scope or "", "vat": known.vat or "", "takeover": known.takeover or "",
        "commission": "" if known.commission_bp is None else f"{known.commission_bp / 100:g}".replace(".", ","),
        "free_withdrawal_days": "" if known.free_withdrawal_days is None else str(known.free_withdrawal_days),
        "late_withdrawal": "" if known.late_withdrawal_ore is None else format_ore(known.late_withdrawal_ore),
    }  # fmt: skip
    obstacle = agreements.obstacle(work, company_id, work.today())
    return {
        "company": company, "agreement": known, "obstacle": None if obstacle is None else gettext(obstacle), "agencies": names_of(house),
        "values": values, "errors": {}, "now": work.now(), **agency_access.context(work, house, known),
    }  # fmt: skip


def _terms(typed: Mapping[str, str], errors: dict[str, str]) -> dict[str, Any]:
    """The terms as they were typed; what is empty is not agreed, or not known."""
    found: dict[str, Any] = {"vat": typed["vat"] or None, "takeover": typed["takeover"] or None}
    readers: tuple[tuple[str, str, Callable[[str], int], str], ...] = (
        ("commission", "commission_bp", lambda text: int(Decimal(text.replace(",", ".").removesuffix("%").strip()) * 100),
         gettext("Write a percentage, e.g. 10 or 7,5.")),
        ("free_withdrawal_days", "free_withdrawal_days", int, gettext("Write a whole number of days.")),
        ("late_withdrawal", "late_withdrawal_ore", parse_kroner, gettext("Write an amount in kroner.")),
    )  # fmt: skip
    for field, name, read, problem in readers:
        try:
            found[name] = read(typed[field]) if typed[field] else None
        except (ValueError, ArithmeticError):
            errors[field] = problem
    if typed["vat"] not in ("", "withheld", "invoiced", "none"):
        errors["vat"] = gettext("Choose one of these.")
    if typed["takeover"] not in ("", *Takeover):
        errors["takeover"] = gettext("Choose one of these.")
    return found


def _why(fault: AgreementError) -> str:
    if fault.field == "creditor_ref" and "taken" in str(fault):
        return gettext("Another company has this number. Ask the agency for this company's own.")
    if str(fault) == access.MISSING:
        return gettext("Fill this in.")
    texts = {
        "creditor_ref": gettext("Write the company's number at the agency."),
        "authority_from": gettext("Write from when the authority holds."),
        "authority_until": gettext("The last day must not be before the first."),
        "commission": gettext("Write a percentage, e.g. 10 or 7,5."),
        "free_withdrawal_days": gettext("Write a whole number of days."),
        "late_withdrawal": gettext("Write an amount in kroner."),
    }
    return texts.get(fault.field, gettext("This value cannot be used here."))


def _day(text: str, name: str, today: date, errors: dict[str, str]) -> date | None:
    try:
        return parse_day(text, today) if text else None
    except ValueError:
        errors[name] = gettext("Write the date as dd.mm.yyyy.")
        return None


def _shown(day: date | None) -> str:
    return "" if day is None else f"{day:%d.%m.%Y}"


def _sort_day(at: date | datetime) -> tuple[date, str]:
    """What has only a day comes after what has a time on that day."""
    return (oslo_date(at), at.isoformat()) if isinstance(at, datetime) else (at, "~")


def _id_of(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return uuid.UUID(int=0)


HANDLERS = [show_cases, show_case, give_order, show_agreement, save_agreement, save_access, end_agreement]
