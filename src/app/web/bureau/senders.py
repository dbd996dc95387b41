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
from app.messaging.senders import MailHouse, SenderError, SenderWishes
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
FIELDS = ("name", "grave_name", "address", "grave_address")


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
    return SenderForm(senders.entered(row), SenderWishes(), {})


def read(form: Mapping[str, Any], house_domain: str) -> SenderForm:
    values = {name: text_of(form, name) for name in FIELDS}
    try:
        return SenderForm(values, senders.wishes_of(**values, house_domain=house_domain), {})
    except SenderError as fault:
        return SenderForm(values, SenderWishes(), {field: gettext(problem) for field, problem in fault.problems.items()})


def _context(work: UnitOfWork, house: House, company: Company, row: MailSenderRow | None, form: SenderForm) -> dict[str, Any]:
    mail_house = house.resources.of(MailHouse)
    found = {} if row is None else senders.findings_of(row)
    wanted = [] if row is None else senders.wanted_records(row, mail_house.domain)
    answers = tokens.reply_address(company.bureau_id, Thing.COMPANY, company.id, mail_house.domain) if mail_house.answers_here else None
    return {
        "company": company, "row": row, "form": form, "now": work.now(), "house_address": mail_house.address,
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
