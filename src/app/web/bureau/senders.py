"""As whom a company's mails go out and where its answers come in: its own domain with the DNS records to set, and the answer address."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.messaging import inbox, senders, tokens
from app.messaging.domain_records import Record, Standing
from app.messaging.models import MailSenderRow
from app.messaging.senders import MailHouse, SenderWishes
from app.messaging.tokens import Thing
from app.tenants import companies
from app.tenants.models import Company
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, TheHouse, Work
from app.web.house import House
from app.web.i18n import gettext
from app.web.pages import Form, page, refuse, see_other, text_of

TEMPLATE = "pages/companies/sender.html"
NAMES = ("name", "grave_name")
ADDRESSES = ("address", "grave_address")
NAME_MAX = 100


@dataclass(frozen=True, slots=True)
class SenderForm:
    """What is in the fields, what it means, and what is wrong, by field."""

    values: Mapping[str, str]
    wishes: SenderWishes
    errors: Mapping[str, str]


@get("/companies/{company_id:uuid}/sender", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def show_sender(work: Work, frame: PageFrame, house: TheHouse, company_id: FromPath[uuid.UUID]) -> Template:
    company, row = companies.find(work, company_id), senders.find(work, company_id)
    return page(TEMPLATE, frame, **_context(work, house, company, row, shown(row)))


@post("/companies/{company_id:uuid}/sender", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def save_sender(work: Work, frame: PageFrame, house: TheHouse, company_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    company = companies.find(work, company_id)
    mail_house = house.resources.of(MailHouse)
    form = read(data, mail_house.domain)
    if form.errors:
        context = _context(work, house, company, senders.find(work, company_id), form)
        raise refuse(work, TEMPLATE, frame, message=None, **context)
    senders.save(work, mail_house.vault, company_id, form.wishes)
    return see_other(f"/companies/{company_id}/sender", "saved")


@post("/companies/{company_id:uuid}/sender/check", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def check_sender(work: Work, company_id: FromPath[uuid.UUID]) -> Response[Any]:
    """The DNS is asked by a job; this page shows what it said."""
    companies.find(work, company_id)
    row = senders.find(work, company_id)
    if row is not None:
        senders.ask_for_check(work, row)
    return see_other(f"/companies/{company_id}/sender", "sender-checking")


@post("/companies/{company_id:uuid}/sender/key", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def make_key(work: Work, house: TheHouse, company_id: FromPath[uuid.UUID]) -> Response[Any]:
    """Begin a change of keys; the one in use signs until the next one's record stands."""
    companies.find(work, company_id)
    senders.make_next_key(work, house.resources.of(MailHouse).vault, company_id)
    return see_other(f"/companies/{company_id}/sender", "sender-key-made")


def shown(row: MailSenderRow | None) -> SenderForm:
    if row is None:
        return SenderForm(dict.fromkeys((*NAMES, *ADDRESSES), ""), SenderWishes(), {})
    domain = readable(row.domain or "")
    address, grave = (f"{local}@{domain}" if local and domain else "" for local in (row.local_part, row.grave_local_part))
    values = {"name": row.name or "", "grave_name": row.grave_name or "", "address": address, "grave_address": grave}
    return SenderForm(values, SenderWishes(), {})


def read(form: Mapping[str, Any], house_domain: str) -> SenderForm:
    values = {name: text_of(form, name) for name in (*NAMES, *ADDRESSES)}
    errors = {
        name: gettext("Use at most %(most)s letters.").replace("%(most)s", str(NAME_MAX)) for name in NAMES if len(values[name]) > NAME_MAX
    }
    parts: dict[str, tuple[str, str]] = {}
    for name in ADDRESSES:
        if not values[name]:
            continue
        local, _, domain = values[name].lower().rpartition("@")
        try:
            parts[name] = (local, senders.domain_of(domain))
        except ValueError:
            parts[name] = ("", "")
        if senders.LOCAL_PART.fullmatch(parts[name][0]) is None:
            errors[name] = gettext("Write an address such as faktura@firma.no, with plain letters before the @.")
        elif parts[name][1] == house_domain or parts[name][1].endswith(f".{house_domain}"):
            errors[name] = gettext("This domain is our own. Write an address in the company's domain, or leave the field empty.")
    if "grave_address" in parts and "grave_address" not in errors:
        if "address" not in parts:
            errors["address"] = gettext("Write the usual address too.")
        elif parts["address"][1] != parts["grave_address"][1]:
            errors["grave_address"] = gettext("Both addresses must be in the same domain.")
    (local, domain), (grave, _) = (parts.get(name, ("", "")) for name in ADDRESSES)
    wishes = SenderWishes(values["name"] or None, values["grave_name"] or None, domain or None, local or None, grave or None)
    return SenderForm(values, wishes, errors)


def readable(domain: str) -> str:
    """A domain with its letters as people write them."""
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain


def _context(work: UnitOfWork, house: House, company: Company, row: MailSenderRow | None, form: SenderForm) -> dict[str, Any]:
    mail_house = house.resources.of(MailHouse)
    found = {} if row is None else senders.findings_of(row)
    wanted = [] if row is None else senders.wanted_records(row, mail_house.domain)
    answers = tokens.reply_address(company.bureau_id, Thing.COMPANY, company.id, mail_house.domain) if mail_house.answers_here else None
    return {
        "company": company, "row": row, "form": form, "now": work.now(), "house_address": f"post@{mail_house.domain}",
        "records": [(one, found.get(one.record), *RECORDS[one.record]) for one in wanted], "standings": STANDINGS,
        "house_domain": mail_house.domain, "answers_at": answers, "by_mailbox": house.settings.imap_host is not None,
        "inbox_read_at": inbox.last_read(work),
    }  # fmt: skip


def N_(message: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return message


#: what each record is, and what to do where there is one already
RECORDS: dict[Record, tuple[str, str]] = {
    Record.SPF: (
        N_("SPF: who may send"),
        N_("If the domain has such a record already, add only the include to it, before its last word. There may be only one."),
    ),
    Record.DKIM: (N_("DKIM: the key mails are signed with"), N_("Some places want the value in quoted parts: use the second form.")),
    Record.NEXT_DKIM: (N_("DKIM: the next key"), N_("Leave the old record standing. This key takes over by itself once it is found.")),
    Record.DMARC: (
        N_("DMARC: what receivers do with mail without either"),
        N_("A stricter one that is there already is fine, also at the domain above."),
    ),
}
STANDINGS: dict[Standing, tuple[str, str]] = {
    Standing.RIGHT: (N_("Found"), "success"),
    Standing.MISSING: (N_("Missing"), "danger"),
    Standing.WRONG: (N_("Wrong"), "danger"),
}
HANDLERS = [show_sender, save_sender, check_sender, make_key]
