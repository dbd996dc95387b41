"""Payouts from agencies: what came, what of it is in the ledger, what a person books, and the company's accounts for it."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import date
from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from app.agencies import payouts, vouchers
from app.agencies.payouts import WAITING
from app.agencies.voucher import ACCOUNT_NAMES, VoucherLine
from app.agencies.vouchers import VoucherError
from app.db.paging import Position
from app.db.unit_of_work import UnitOfWork
from app.tenants import companies
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, TheHouse, Work
from app.web.bureau.agency_cases import names_of
from app.web.i18n import gettext
from app.web.pages import Form, page, refuse, see_other, text_of
from app.web.typed import parse_day

#: what the list can show, by the name in the address
SHOWN: dict[str, tuple[str, ...] | None] = {"waiting": WAITING, "underway": ("read", "posted"), "booked": ("booked",), "all": None}


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid


WHAT = {
    "bank": N_("Bank: what the postings on the invoices do not account for"),
    "collection_costs": N_("What the agency kept for its work"),
    "input_vat": N_("Input VAT on the agency's work"),
    "principal": N_("Principal that is not on the invoice yet"),
    "interest_income": N_("Late interest received"),
    "fee_income": N_("Fees received"),
}


@get("/payouts", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_payouts(
    work: Work, frame: PageFrame, house: TheHouse, show: FromQuery[str] = "waiting", company: FromQuery[uuid.UUID | None] = None,
    cursor: FromQuery[uuid.UUID | None] = None,
) -> Template:  # fmt: skip
    if show not in SHOWN:
        raise NotFoundException
    choices = [(one.id, one.name) for one in companies.all_open(work)]
    found = payouts.payouts(work, Position(cursor), company_id=company, states=SHOWN[show])
    return page(
        "pages/payouts/index.html", frame, found=found, show=show, chosen=company, companies=choices, company_names=dict(choices),
        agencies=names_of(house),
    )  # fmt: skip


@get("/payouts/{payout_id:uuid}", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_payout(payout_id: FromPath[uuid.UUID], work: Work, frame: PageFrame, house: TheHouse) -> Template:
    typed = {"booked_on": f"{work.today():%d.%m.%Y}", "voucher_number": "", "note": ""}
    return page("pages/payouts/show.html", frame, **_payout(work, payout_id), agencies=names_of(house), values=typed, errors={})


@post("/payouts/{payout_id:uuid}/booked", guards=[requires(Permission.SYNC)], sync_to_thread=True)
def confirm_booked(payout_id: FromPath[uuid.UUID], work: Work, frame: PageFrame, house: TheHouse, data: Form) -> Redirect:
    typed = {name: text_of(data, name) for name in ("booked_on", "voucher_number", "note")}
    again = {**_payout(work, payout_id), "agencies": names_of(house), "values": typed}
    try:
        day = _day(typed["booked_on"], work.today())
        vouchers.confirm(work, payout_id, booked_on=day, number=typed["voucher_number"], note=typed["note"])
    except VoucherError as fault:
        raise refuse(work, "pages/payouts/show.html", frame, **again, errors={fault.field: gettext(str(fault))}) from fault
    return see_other(f"/payouts/{payout_id}", "payout-booked")


@get("/payouts/{payout_id:uuid}/voucher.csv", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def download_voucher(payout_id: FromPath[uuid.UUID], work: Work) -> Response[bytes]:
    """The voucher for whoever books by file: one line each, semicolons, decimal comma, as Norwegian spreadsheets read it."""
    found = payouts.payout(work, payout_id)
    if found.booking is None:
        raise NotFoundException
    name = f"bilag-{found.line.external_id}.csv"
    content = _csv(found.booking.lines, found.line.settled_on, found.line.external_id)
    return Response(
        content, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    )


@get("/companies/{company_id:uuid}/accounts", guards=[requires(Permission.RULES)], sync_to_thread=True)
def show_accounts(company_id: FromPath[uuid.UUID], work: Work, frame: PageFrame) -> Template:
    known = vouchers.accounts_of(work, company_id)
    values = {name: getattr(known, name) for name in ACCOUNT_NAMES}
    return page("pages/payouts/accounts.html", frame, company=companies.find(work, company_id), values=values, errors={})


@post("/companies/{company_id:uuid}/accounts", guards=[requires(Permission.RULES)], sync_to_thread=True)
def save_accounts(company_id: FromPath[uuid.UUID], work: Work, frame: PageFrame, data: Form) -> Redirect:
    typed = {name: text_of(data, name) for name in ACCOUNT_NAMES}
    company = companies.find(work, company_id)
    try:
        vouchers.set_accounts(work, company_id, typed)
    except VoucherError as fault:
        errors = {fault.field: gettext(str(fault))}
        raise refuse(work, "pages/payouts/accounts.html", frame, company=company, values=typed, errors=errors) from fault
    return see_other(f"/companies/{company_id}/accounts", "accounts-saved")


def _payout(work: UnitOfWork, payout_id: uuid.UUID) -> dict[str, Any]:
    found = payouts.payout(work, payout_id)
    lines = [] if found.booking is None else found.booking.lines
    return {
        "it": found, "payout": found.line, "company": companies.find(work, found.line.company_id), "totals": vouchers.totals(lines),
        "what": {name: gettext(text) for name, text in WHAT.items()},
    }  # fmt: skip


def _csv(lines: list[VoucherLine], on: date, payout: str) -> bytes:
    kept = io.StringIO()
    sheet = csv.writer(kept, delimiter=";")
    sheet.writerow([gettext("Date"), gettext("Account"), gettext("Text"), gettext("Invoice"), gettext("Debited"), gettext("Credited")])
    for line in lines:
        text = f"{gettext('Payout')} {payout}: {gettext(WHAT[line.what])}"
        debit, credit = (_kroner(line.amount_ore), "") if line.amount_ore > 0 else ("", _kroner(-line.amount_ore))
        sheet.writerow([on.isoformat(), line.account, text, line.invoice, debit, credit])
    return kept.getvalue().encode("utf-8-sig")


def _kroner(amount_ore: int) -> str:
    return f"{amount_ore // 100},{amount_ore % 100:02d}"


def _day(text: str, today: date) -> date:
    try:
        return parse_day(text, today)
    except ValueError as fault:
        raise VoucherError("booked_on", N_("Write the date as dd.mm.yyyy.")) from fault


HANDLERS = [show_payouts, show_payout, confirm_booked, download_voucher, show_accounts, save_accounts]
