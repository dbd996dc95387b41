"""Credit checks before a sale: the list, the question with its legitimate need, and the answer with every figure's source and age."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from app.credit import advice, checks, queries
from app.credit.checks import NEED_LENGTH_MAX, NEED_LENGTH_MIN, CheckError
from app.credit.models import CreditCheck
from app.credit.ports import CreditRegister
from app.db.unit_of_work import UnitOfWork
from app.receivables.queries import find_debtor
from app.tenants import companies
from app.tenants.permissions import Permission
from app.values.money import parse_kroner
from app.web.access import requires
from app.web.asked import Asker, PageFrame, TheHouse, Work
from app.web.dependencies import frame_of
from app.web.i18n import gettext
from app.web.pages import Form, FormError, page, see_other, text_of

GUARDS = [requires(Permission.CHECK_CREDIT)]
FIELDS = ("company", "organisation_number", "order", "need", "debtor")
#: the form's own names for what the room calls otherwise
_FIELD_OF = {"order_ore": "order", "legitimate_need": "need", "debtor_id": "debtor"}


@dataclass(frozen=True, slots=True)
class ShownReason:
    """A sentence with its source, and the day the figure speaks of."""

    text: str
    source: str
    figure_on: date | None


@get("/credit-checks", guards=GUARDS, sync_to_thread=True)
def list_checks(work: Work, frame: PageFrame, cursor: FromQuery[uuid.UUID | None] = None) -> Template:
    found = queries.checks(work, cursor=None if cursor is None else str(cursor))
    names = {one.id: one.name for one in companies.all_open(work)}
    return page("pages/credit_checks/index.html", frame, found=found, company_names=names, now=work.now())


@get("/credit-checks/new", guards=GUARDS, sync_to_thread=True)
def show_check_form(
    work: Work, frame: PageFrame, company: FromQuery[str] = "",
    debtor: FromQuery[uuid.UUID | None] = None,
) -> Template:  # fmt: skip
    values = {"company": company}
    if debtor is not None:
        known = find_debtor(work, debtor)
        values = {"company": str(known.company_id), "debtor": str(known.id), "organisation_number": known.organisation_number or ""}
    return page("pages/credit_checks/new.html", frame, **_form(work, values))


@post("/credit-checks", guards=GUARDS, sync_to_thread=True)
def check(data: Form, identity: Asker, house: TheHouse) -> Redirect:
    """Asked and answered while the reader waits; no transaction is open while the registers are asked."""
    typed = {name: text_of(data, name) for name in FIELDS}
    errors, company_id, order_ore = _read(typed)
    if not errors and company_id is not None:
        register = house.resources.of(CreditRegister)  # type: ignore[type-abstract]
        try:
            check_id = checks.check_now(
                house.database.begin, identity.scope, identity.actor, register, company_id, typed["organisation_number"], order_ore,
                typed["need"], _id_of(typed["debtor"]),
            )  # fmt: skip
        except CheckError as fault:
            errors = {_FIELD_OF.get(fault.field, fault.field): _why(fault)}
        else:
            return see_other(f"/credit-checks/{check_id}")
    with house.database.begin(identity.scope, identity.actor) as work:
        context = _form(work, typed) | {"errors": errors}
        frame = frame_of(house, identity, work)
    raise FormError("pages/credit_checks/new.html", {"frame": frame, **context})


@get("/credit-checks/{check_id:uuid}", guards=GUARDS, sync_to_thread=True)
def show_check(check_id: FromPath[uuid.UUID], work: Work, frame: PageFrame) -> Template:
    found = queries.check(work, check_id)
    return page(
        "pages/credit_checks/show.html", frame, it=found, company=companies.find(work, found.company_id), reasons=reasons_of(found),
        figures=_with_times(found.figures or {}), now=work.now(),
    )  # fmt: skip


def reasons_of(found: CreditCheck) -> list[ShownReason]:
    """The reasons as they were kept, in the reader's language."""
    told = []
    for stored in found.reasons or []:
        text = advice.explain(str(stored.get("code", "")), stored.get("params", {}), gettext)
        source = stored.get("source") or ""
        shown_on = stored.get("figure_on")
        told.append(ShownReason(text, gettext("your own ledger") if source == "own ledger" else source, _date(shown_on)))
    return told


def _read(typed: Mapping[str, str]) -> tuple[dict[str, str], uuid.UUID | None, int]:
    errors: dict[str, str] = {}
    company_id = _id_of(typed["company"])
    if company_id is None:
        errors["company"] = gettext("Choose which company sells.")
    order_ore = 0
    try:
        order_ore = parse_kroner(typed["order"])
    except ValueError:
        errors["order"] = gettext("Write an amount in kroner, such as 1 234,50.")
    if order_ore < 0:
        errors["order"] = gettext("The amount must be more than zero.")
    if not NEED_LENGTH_MIN <= len(typed["need"]) <= NEED_LENGTH_MAX:
        errors["need"] = _need_text()
    return errors, company_id, order_ore


def _why(fault: CheckError) -> str:
    texts = {
        "organisation_number": gettext("Write an organisation number of nine digits; one of them is wrong."),
        "order_ore": gettext("Write an amount in kroner, such as 1 234,50."),
        "legitimate_need": _need_text(),
        "debtor_id": gettext("The debtor has another organisation number."),
    }
    return texts.get(fault.field, gettext("This value cannot be used here."))


def _need_text() -> str:
    return gettext("Say why you need to know, in at least %(number)d letters.") % {"number": NEED_LENGTH_MIN}


def _form(work: UnitOfWork, values: Mapping[str, str]) -> dict[str, Any]:
    choices = [("", gettext("Choose a company"))] + [(str(one.id), one.name) for one in companies.all_open(work)]
    return {"values": values, "errors": {}, "companies": choices, "need_max": NEED_LENGTH_MAX}


def _with_times(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Stored ISO texts as days and instants, so that the page can say how old each figure is."""
    return {name: _timed(value) for name, value in figures.items()}


def _timed(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: datetime.fromisoformat(one) if name == "fetched_at" and isinstance(one, str)
            else _date(one) if name.endswith("_on") and isinstance(one, str) else _timed(one)
            for name, one in value.items()
        }  # fmt: skip
    return [_timed(one) for one in value] if isinstance(value, list) else value


def _date(text: object) -> date | None:
    return date.fromisoformat(text) if isinstance(text, str) else None


def _id_of(text: str) -> uuid.UUID | None:
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFoundException from None


HANDLERS = [list_checks, show_check_form, check, show_check]
