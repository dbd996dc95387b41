"""A debtor's addresses that failed, and what is put in their place: found in the register, or typed by a person."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from app.credit.ports import CreditRegister, RegisterEntry
from app.db.unit_of_work import UnitOfWork
from app.dunning import addresses, correcting
from app.dunning.correcting import AddressError
from app.net.errors import OutsideError
from app.receivables import queries
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import Asker, PageFrame, TheHouse, Work
from app.web.dependencies import frame_of
from app.web.i18n import gettext
from app.web.pages import Form, FormError, page, refuse, see_other, text_of

PAGE = "pages/address.html"
GUARDS = [requires(Permission.HOLD)]
TYPED = ("address_lines", "postal_code", "city", "email", "phone")


@get("/debtors/{debtor_id:uuid}/address", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_address(work: Work, frame: PageFrame, debtor_id: FromPath[uuid.UUID]) -> Template:
    return page(PAGE, frame, **_context(work, debtor_id))


@post("/debtors/{debtor_id:uuid}/address", guards=GUARDS, sync_to_thread=True)
def correct_address(work: Work, frame: PageFrame, debtor_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    """A person types the right one. The claims are decided on anew."""
    typed = {name: text_of(data, name) for name in TYPED}
    try:
        if text_of(data, "channel") == "email":
            correcting.correct_mail(work, debtor_id, typed["email"])
        elif text_of(data, "channel") == "sms":
            correcting.correct_phone(work, debtor_id, typed["phone"])
        else:
            correcting.correct_post(work, debtor_id, typed["address_lines"].splitlines(), typed["postal_code"], typed["city"])
    except AddressError as fault:
        raise refuse(work, PAGE, frame, **_context(work, debtor_id, typed, {fault.field: gettext(str(fault))})) from None
    return see_other(f"/debtors/{debtor_id}/address", "address-corrected")


@post("/debtors/{debtor_id:uuid}/address/register", guards=GUARDS, sync_to_thread=True)
def look_up_address(debtor_id: FromPath[uuid.UUID], data: Form, identity: Asker, house: TheHouse) -> Response[Any]:
    """Ask Enhetsregisteret, no transaction open, and show what it says; with `take` the address that was `shown` is used, if it still
    says the same."""
    begin, take, shown = house.database.begin, text_of(data, "take"), text_of(data, "shown")
    with begin(identity.scope, identity.actor) as work:
        number = queries.find_debtor(work, debtor_id).organisation_number
    register = house.resources.of(CreditRegister)  # type: ignore[type-abstract]
    entry, errors = None, {}
    try:
        entry = None if number is None else register.entry(number)
        if entry is None:
            errors["register"] = gettext("The register has no unit with this organisation number.")
    except OutsideError:
        errors["register"] = gettext("The register does not answer. Try again in a moment, or type the address.")
    if entry is not None and take:
        try:
            with begin(identity.scope, identity.actor) as work:
                _take(work, debtor_id, entry, take, shown)
        except AddressError as fault:
            errors["register"] = gettext(str(fault))
        else:
            return see_other(f"/debtors/{debtor_id}/address", "address-corrected")
    with begin(identity.scope, identity.actor) as work:
        context = _context(work, debtor_id, None, errors, entry)
        frame = frame_of(house, identity, work)
    if errors:
        raise FormError(PAGE, {"frame": frame, **context})
    return page(PAGE, frame, **context)


@post("/debtors/{debtor_id:uuid}/address/end", guards=GUARDS, sync_to_thread=True)
def end_correction(work: Work, debtor_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    """The ledger's own address holds again."""
    correcting.end(work, debtor_id, text_of(data, "channel"))
    return see_other(f"/debtors/{debtor_id}/address", "saved")


def _take(work: UnitOfWork, debtor_id: uuid.UUID, entry: RegisterEntry, channel: str, shown: str) -> None:
    found, mail = correcting.post_in(entry), correcting.mail_in(entry)
    if channel == "email" and mail is not None and mail == shown:
        correcting.correct_mail(work, debtor_id, mail, "register")
    elif channel == "letter" and found is not None and found.text.splitlines() == shown.splitlines():
        correcting.correct_post(work, debtor_id, found.lines, found.postal_code, found.city, "register")
    else:
        raise AddressError("register", gettext("The register now says something else. Look at it again."))


def _context(
    work: UnitOfWork, debtor_id: uuid.UUID, typed: dict[str, str] | None = None, errors: dict[str, str] | None = None,
    entry: RegisterEntry | None = None,
) -> dict[str, Any]:  # fmt: skip
    debtor = queries.find_debtor(work, debtor_id)
    corrected = addresses.corrections(work, [debtor_id]).get(debtor_id, [])
    return {
        "debtor": debtor, "failed": correcting.failed(work, debtor_id), "ledger_lines": addresses.in_ledger(debtor, "letter").splitlines(),
        "corrected": [(row, addresses.lines_of(row)) for row in corrected],
        "in_force": addresses.reached(debtor, corrected).corrected, "typed": dict.fromkeys(TYPED, "") | (typed or {}),
        "errors": errors or {}, "entry": entry, "found_post": None if entry is None else correcting.post_in(entry),
        "found_mail": None if entry is None else correcting.mail_in(entry),
    }  # fmt: skip


HANDLERS = [show_address, correct_address, look_up_address, end_correction]
