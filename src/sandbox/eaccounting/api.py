"""eAccounting's API v2: lists with `Meta` and `Data`, simple OData filters, and a payment registered on an invoice."""

from __future__ import annotations

import operator
import re
import uuid
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.params import FromPath

from sandbox.book_rows import BooksError, Company
from sandbox.books import Books
from sandbox.eaccounting.memory import EAccountingMemory
from sandbox.eaccounting.rows import EAccountingRows, Json, guid, stamp
from sandbox.world import World

PREFIX = "/eaccounting/v2"
AnyRequest = Request[Any, Any, Any]
PAGE_SIZE, PAGE_SIZE_MAX = 50, 1000
VALIDATION, NOT_FOUND, QUOTA, LOCKED = 2000, 3000, 4010, 4026
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "ge": operator.ge, "gt": operator.gt, "le": operator.le, "lt": operator.lt,
}  # fmt: skip
TERM = re.compile(r"(\w+) (eq|ne|ge|gt|le|lt) (\S+)")
ENDPOINTS = (
    "GET /companysettings", "GET /customers", "GET /customerinvoices", "GET /customerinvoices/{id}", "GET /customerledgeritems",
    "GET /customerledgeritems/{id}", "POST /customerinvoices/{id}/payments", "GET /supplierinvoices", "GET /bankaccounts",
    "GET /accountbalances/{date}", "GET /vouchers",
)  # fmt: skip


class ApiError(Exception):
    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class PaymentBody(msgspec.Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    company_bank_account_id: str
    payment_date: date
    payment_amount: Decimal
    payment_currency: str
    payment_type: int
    reference: str | None = None
    domestic_payment_amount: Decimal | None = None


def api_router(world: World, books: Books, memory: EAccountingMemory) -> Router:
    """Fields are those of the vendor's file of 2018 and of its pages; which of a credit note's amounts stand below zero is assumed."""
    for endpoint in ENDPOINTS:
        method, path = endpoint.split(" ")
        world.fidelity[f"{method} {PREFIX}{path}"] = "spec"
    desk = _Desk(world, books, memory)
    handled: Any = {ApiError: _refused, BooksError: _books_refused}
    return Router(PREFIX, route_handlers=[*_lists(desk), *_documents(desk)], exception_handlers=handled)


class _Desk:
    def __init__(self, world: World, books: Books, memory: EAccountingMemory) -> None:
        self.world, self.books, self.memory = world, books, memory
        self.rows = EAccountingRows(books, memory)

    def company(self, request: AnyRequest) -> Company:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        consent = self.memory.consent_of(token, self.world.now()) if kind.lower() == "bearer" else None
        if consent is None:
            raise ApiError(401, 0, "Authorization has been denied for this request.")
        if consent.company in self.memory.unlicensed:
            raise ApiError(403, 0, "No access to module: api_standard")
        with self.world.lock:
            if self.memory.too_many(request.url.path):
                raise ApiError(429, QUOTA, "API calls quota exceeded! Maximum admitted 600 per 1m.")
        return self.books.company(consent.company)


def _lists(desk: _Desk) -> list[Any]:
    rows, books = desk.rows, desk.books

    @get("/companysettings")
    async def settings(request: AnyRequest) -> Json:
        return rows.settings(desk.company(request))

    @get("/customers")
    async def customers(request: AnyRequest) -> Json:
        return _page(desk, request, [rows.customer(c) for c in books.customers(desk.company(request).id)])

    @get("/supplierinvoices")
    async def supplier_invoices(request: AnyRequest) -> Json:
        return _page(desk, request, rows.supplier_invoices(desk.company(request).id, desk.world.today()))

    @get("/bankaccounts")
    async def bank_accounts(request: AnyRequest) -> Json:
        return _page(desk, request, [rows.bank_account(a) for a in books.bank_accounts(desk.company(request).id)])

    @get("/accountbalances/{on:date}")
    async def balances(request: AnyRequest, on: FromPath[date]) -> Json:
        return _page(desk, request, rows.balances(desk.company(request).id, on))

    @get("/vouchers")
    async def vouchers(request: AnyRequest) -> Json:
        return _page(desk, request, rows.deposits(desk.company(request).id))

    return [settings, customers, supplier_invoices, bank_accounts, balances, vouchers]


def _documents(desk: _Desk) -> list[Any]:
    rows = desk.rows

    @get("/customerinvoices")
    async def invoices(request: AnyRequest) -> Json:
        return _page(desk, request, rows.invoices(desk.company(request).id))

    @get("/customerinvoices/{invoice:str}")
    async def invoice(request: AnyRequest, invoice: FromPath[str]) -> Json:
        return _one(rows.invoices(desk.company(request).id), invoice)

    @get("/customerledgeritems")
    async def ledger_items(request: AnyRequest) -> Json:
        return _page(desk, request, rows.ledger_items(desk.company(request).id))

    @get("/customerledgeritems/{item:str}")
    async def ledger_item(request: AnyRequest, item: FromPath[str]) -> Json:
        return _one(rows.ledger_items(desk.company(request).id), item)

    @post("/customerinvoices/{invoice:str}/payments", status_code=200)
    async def pay(request: AnyRequest, invoice: FromPath[str]) -> Response[Any]:
        company, raw = desk.company(request), await request.body()
        try:
            body = msgspec.json.decode(raw, type=PaymentBody)
        except msgspec.MsgspecError as fault:
            raise ApiError(400, VALIDATION, str(fault)) from fault
        with desk.world.lock:
            _register(desk, company, invoice, body)
        return Response(raw, media_type="application/json")

    return [invoices, invoice, ledger_items, ledger_item, pay]


def _register(desk: _Desk, company: Company, invoice: str, body: PaymentBody) -> None:
    told = _one(desk.rows.invoices(company.id), invoice)
    target = next(i for i in desk.books.invoices(company.id) if guid(i.id) == told["Id"])
    bank = next((a for a in desk.books.bank_accounts(company.id) if guid(a.id) == body.company_bank_account_id), None)
    amount, left = int(body.payment_amount * 100), round(told["RemainingAmountInvoiceCurrency"] * 100)
    if bank is None:
        raise ApiError(400, VALIDATION, "CompanyBankAccountId is not a bank account of the company.")
    if body.payment_date > desk.world.today():
        raise ApiError(400, VALIDATION, "PaymentDate can not be in the future.")
    if amount <= 0 or amount > left or body.payment_currency != target.currency:
        raise ApiError(400, VALIDATION, "PaymentAmount is not between zero and the remaining amount, or in another currency.")
    if body.payment_type not in (1, 2) or (body.payment_type == 2) != (amount == left):
        raise ApiError(400, VALIDATION, "PaymentType does not fit the amount.")
    desk.books.pay(
        target.id, amount, body.payment_date, "MANUAL", bank_account=bank.id, text=f"Innbetaling faktura {target.number}",
        reference=body.reference,
    )  # fmt: skip


def _page(desk: _Desk, request: AnyRequest, rows: list[Json]) -> Json:
    query = request.query_params
    size, number = int(query.get("$pagesize", PAGE_SIZE)), int(query.get("$page", 1))
    if not 0 < size <= PAGE_SIZE_MAX or number < 1:
        raise ApiError(400, VALIDATION, "$pagesize must be between 1 and 1000.")
    kept = [row for row in rows if _holds(query["$filter"], row)] if query.get("$filter") else rows
    meta = {
        "CurrentPage": number, "PageSize": size, "TotalNumberOfPages": -(-len(kept) // size), "TotalNumberOfResults": len(kept),
        "ServerTimeUtc": stamp(desk.world.now()),
    }  # fmt: skip
    return {"Meta": meta, "Data": kept[(number - 1) * size : number * size]}


def _holds(wanted: str, row: Json) -> bool:
    """Terms joined by "and", as far as they are asked for."""
    for term in wanted.split(" and "):
        found = TERM.fullmatch(term.strip())
        if found is None or found[1] not in row:
            raise ApiError(400, VALIDATION, f"The filter cannot be read: {term}")
        if not COMPARISONS[found[2]](_comparable(row[found[1]]), _comparable(found[3])):
            return False
    return True


def _comparable(value: Any) -> Any:
    text = str(value)
    if re.match(r"\d{4}-\d{2}-\d{2}T", text):
        return datetime.fromisoformat(text)
    return int(text) if text.isdigit() else text.lower()


def _one(rows: list[Json], wanted: str) -> Json:
    try:
        shown = str(uuid.UUID(wanted))
    except ValueError:
        raise ApiError(400, VALIDATION, "The id is no GUID.") from None
    for row in rows:
        if row["Id"] == shown:
            return row
    raise ApiError(404, NOT_FOUND, "Resource was not found.")


def _refused(_request: AnyRequest, fault: ApiError) -> Response[Json]:
    body = {"ErrorCode": fault.code, "DeveloperErrorMessage": fault.message, "ErrorId": str(uuid.uuid4())}
    return Response(body, status_code=fault.status)


def _books_refused(_request: AnyRequest, fault: BooksError) -> Response[Json]:
    code = {"locked": LOCKED, "not_found": NOT_FOUND}.get(fault.code, VALIDATION)
    return _refused(_request, ApiError(404 if code == NOT_FOUND else 400, code, fault.detail))
