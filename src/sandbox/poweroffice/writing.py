"""PowerOffice Go's API v2, the writing half: bank vouchers that carry a reference, and their reversal, at once or later."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath

from sandbox.book_rows import BankAccount, Company, Posting
from sandbox.poweroffice.desk import HANDLED, PREFIX, Answer, AnyRequest, ApiError, Desk, Json
from sandbox.poweroffice.rows import SUBLEDGER, VAT_CODES, guid


class LineBody(msgspec.Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    account_id: int
    posting_date: date
    vat_id: int
    currency_amount: Decimal
    description: str | None = None
    invoice_no: str | None = None
    cid: str | None = None


class VoucherBody(msgspec.Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    voucher_date: date
    currency_code: str
    voucher_lines: list[LineBody]
    description: str | None = None
    external_import_reference: str | None = None


def writing_router(desk: Desk) -> Router:
    """Wording of refusals, and that a reversal is dated as the voucher, are assumed."""
    desk.mark({"POST /Vouchers/BankJournals": "spec", "GET /Vouchers/BankJournals/{id}": "spec", "POST /Vouchers/Reverse/{id}": "spec"})
    return Router(PREFIX, route_handlers=[*_vouchers(desk)], exception_handlers=HANDLED)


def _vouchers(desk: Desk) -> list[Any]:
    @post("/Vouchers/BankJournals")
    async def post_voucher(request: AnyRequest) -> Answer:
        company, body = desk.company(request, "BankVoucher"), _read(await request.body())
        with desk.world.lock:
            made = _book(desk, company, body)
            desk.memory.posted[made.voucher] = desk.world.now()
        return Response(_told(desk, made), status_code=201)

    @get("/Vouchers/BankJournals/{voucher:str}")
    async def read_voucher(request: AnyRequest, voucher: FromPath[str]) -> Json:
        return _told(desk, _own(desk, desk.company(request, "BankVoucher"), voucher))

    @post("/Vouchers/Reverse/{voucher:str}")
    async def reverse(request: AnyRequest, voucher: FromPath[str]) -> Answer:
        line = _own(desk, desk.company(request, "BankVoucher"), voucher)
        with desk.world.lock:
            if line.reversed_by is not None or line.id in desk.memory.reversing:
                raise ApiError(400, "Bad request", "The voucher is already reversed.")
            if desk.memory.settings.reverse_later:
                desk.memory.reversing.append(line.id)
                return Response(None, status_code=202)
            desk.books.reverse_payment(line.id, line.on)
        return Response(None, status_code=200)

    return [post_voucher, read_voucher, reverse]


def _read(raw: bytes) -> VoucherBody:
    try:
        return msgspec.json.decode(raw, type=VoucherBody)
    except msgspec.MsgspecError as fault:
        raise ApiError(400, "Bad request", str(fault)) from fault


def _book(desk: Desk, company: Company, body: VoucherBody) -> Posting:
    if sum(line.currency_amount for line in body.voucher_lines) != 0:
        raise ApiError(400, "Bad request", "The voucher is not balanced.")
    if any(line.vat_id not in VAT_CODES for line in body.voucher_lines):
        raise ApiError(400, "Object(s) not found", "Vat code not found.")
    if body.external_import_reference is not None and _taken(desk, company, body.external_import_reference):
        raise ApiError(400, "Bad request", f"A voucher with ExternalImportReference {body.external_import_reference} already exists.")
    bank, claim = _sides(desk, company, body)
    amount = int(-claim.currency_amount * 100)
    owner = claim.account_id - SUBLEDGER
    mine = [i for i in desk.books.invoices(company.id) if i.customer == owner and i.credits is None and i.charged]
    invoice = next((i for i in mine if str(i.number) == claim.invoice_no), None)
    words = claim.description or body.description or ""
    if invoice is None:
        line = desk.books.pay_unmatched(owner, amount, claim.posting_date, "MANUAL", words)
        line.reference = body.external_import_reference
        return line
    if invoice.currency != body.currency_code:
        raise ApiError(400, "Bad request", "The currency of the voucher is not that of the invoice.")
    return desk.books.pay(
        invoice.id, amount, claim.posting_date, "MANUAL", bank_account=bank.id, text=words, reference=body.external_import_reference
    )


def _sides(desk: Desk, company: Company, body: VoucherBody) -> tuple[BankAccount, LineBody]:
    """The bank account that is debited, and the line on a customer."""
    banks = {a.id: a for a in desk.books.bank_accounts(company.id)}
    ours = {SUBLEDGER + c.id for c in desk.books.customers(company.id)}
    debit = next((banks[line.account_id] for line in body.voucher_lines if line.account_id in banks and line.currency_amount > 0), None)
    claim = next((line for line in body.voucher_lines if line.account_id in ours and line.currency_amount < 0), None)
    if debit is None or claim is None or len(body.voucher_lines) != 2:
        raise ApiError(400, "Object(s) not found", "Account not found. (The sandbox books one bank line and one customer line.)")
    return debit, claim


def _taken(desk: Desk, company: Company, reference: str) -> bool:
    """A reversed voucher's reference may be used again."""
    return any(p.reference == reference and p.reversed_by is None for p in desk.books.postings(company.id))


def _own(desk: Desk, company: Company, voucher: str) -> Posting:
    for line in desk.books.postings(company.id):
        if line.customer is not None and line.voucher in desk.memory.posted and guid(line.voucher) == voucher.lower():
            return line
    raise ApiError(404, "Object(s) not found", f"Voucher with id = {voucher} not found.")


def _told(desk: Desk, line: Posting) -> Json:
    return {
        "Id": guid(line.voucher), "VoucherNo": line.voucher, "VoucherDate": line.on.isoformat(), "CurrencyCode": line.currency,
        "Description": line.text, "ExternalImportReference": line.reference, "IsReversed": line.reversed_by is not None,
        "CreatedDateTimeOffset": desk.memory.posted[line.voucher].isoformat(), "VoucherLines": [],
    }  # fmt: skip
