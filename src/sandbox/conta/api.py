"""Conta's gateway: who asks, about which organisation, lists by pages, invoices, and payments made and deleted."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from litestar import Request, Response, Router, delete, get, post

from sandbox.book_rows import BooksError, Company, Invoice
from sandbox.books import Books
from sandbox.conta.memory import ContaMemory
from sandbox.conta.rows import ContaRows, Json
from sandbox.world import Fidelity, World

AnyRequest = Request[Any, Any, Any]
ORGANISATION = "/{organisation:int}"
FIDELITY: dict[str, Fidelity] = {
    "GET ": "assumed",
    "GET /{id}/customers": "example",
    "GET /{id}/customers/{customerId}": "example",
    "GET /{id}/invoices": "example",
    "GET /{id}/invoices/{invoiceId}": "example",
    "GET /{id}/invoices/{invoiceId}/payments": "example",
    "POST /{id}/invoices/{invoiceId}/payments": "example",
    "DELETE /{id}/payments/{paymentId}": "assumed",
    "GET /{id}/bank-accounts": "example",
}


class ApiError(Exception):
    def __init__(self, status: int, name: str, words: str) -> None:
        super().__init__(words)
        self.status, self.name, self.words = status, name, words


class PaymentBody(msgspec.Struct, kw_only=True, rename="camel"):
    date: date
    amount: float
    bank_account_id: int
    description: str


def api_router(world: World, books: Books, memory: ContaMemory) -> Router:
    for endpoint, mark in FIDELITY.items():
        method, path = endpoint.split(" ")
        world.fidelity[f"{method} /conta/invoice/organizations{path}"] = mark
    desk = _Desk(world, books, memory)
    return Router(
        "/conta/invoice/organizations",
        route_handlers=[*_reading(desk), *_payments(desk)],
        exception_handlers={ApiError: _refused, BooksError: _books_refused},
    )


class _Desk:
    def __init__(self, world: World, books: Books, memory: ContaMemory) -> None:
        self.world, self.books, self.memory = world, books, memory
        self.rows = ContaRows(books, memory)

    def organisations(self, request: AnyRequest) -> list[Company]:
        mine = self.memory.keys.get(request.headers.get("apikey", ""))
        if mine is None:
            raise ApiError(401, "ApiGatewayRestRequestException", "Ugyldig API-nøkkel")
        return [c for c in self.books.companies("conta") if c.id in mine]

    def company(self, request: AnyRequest) -> int:
        wanted = int(request.path_params["organisation"])
        if wanted not in {c.id for c in self.organisations(request)}:
            raise ApiError(403, "OrgAccessDeniedException", "Du har ikke tilgang til organisasjonen")
        return wanted

    def invoice(self, request: AnyRequest) -> Invoice:
        company, wanted = self.company(request), request.path_params["invoice"]
        found = self.books.state.invoices.get(wanted)
        if found is None or found.company != company:
            raise ApiError(404, "NotFoundIdModelStorageToolException", "Finnes ikke")
        return found


def _reading(desk: _Desk) -> list[Any]:
    rows = desk.rows

    @get("/")
    async def organisations(request: AnyRequest) -> list[Json]:
        return [rows.organisation(c) for c in desk.organisations(request)]

    @get(f"{ORGANISATION}/customers")
    async def customers(request: AnyRequest) -> Json:
        return _page(request, [rows.listed_customer(c) for c in desk.books.customers(desk.company(request))])

    @get(f"{ORGANISATION}/customers/{{customer:int}}")
    async def customer(request: AnyRequest) -> Json:
        mine = {c.id: c for c in desk.books.customers(desk.company(request))}
        if request.path_params["customer"] not in mine:
            raise ApiError(404, "NotFoundIdModelStorageToolException", "Finnes ikke")
        return rows.customer(mine[request.path_params["customer"]])

    @get(f"{ORGANISATION}/invoices")
    async def invoices(request: AnyRequest) -> Json:
        return _page(request, [rows.listed_invoice(i) for i in desk.books.invoices(desk.company(request)) if i.charged])

    @get(f"{ORGANISATION}/invoices/{{invoice:int}}")
    async def invoice(request: AnyRequest) -> Json:
        return rows.invoice(desk.invoice(request))

    @get(f"{ORGANISATION}/bank-accounts")
    async def bank_accounts(request: AnyRequest) -> list[Json]:
        return [rows.bank_account(a) for a in desk.books.bank_accounts(desk.company(request))]

    return [organisations, customers, customer, invoices, invoice, bank_accounts]


def _payments(desk: _Desk) -> list[Any]:
    @get(f"{ORGANISATION}/invoices/{{invoice:int}}/payments")
    async def payments(request: AnyRequest) -> list[Json]:
        return desk.rows.payments(desk.invoice(request))

    @post(f"{ORGANISATION}/invoices/{{invoice:int}}/payments", status_code=200)
    async def pay(request: AnyRequest) -> Json:
        invoice = desk.invoice(request)
        try:
            body = msgspec.json.decode(await request.body(), type=PaymentBody)
        except msgspec.MsgspecError as fault:
            raise ApiError(409, "InputOpException", str(fault)) from fault
        if invoice.currency != "NOK":
            raise ApiError(422, "CannotProcessPaymentInvoiceInForeignCurrencyException", "Fakturaen er i en annen valuta")
        with desk.world.lock:
            made = desk.books.pay(invoice.id, round(body.amount * 100), body.date, "MANUAL", bank_account=body.bank_account_id)
        return desk.rows.payment(invoice, made)

    @delete(f"{ORGANISATION}/payments/{{payment:int}}", status_code=204)
    async def take_back(request: AnyRequest) -> None:
        company, wanted = desk.company(request), request.path_params["payment"]
        line = desk.books.state.postings.get(wanted)
        if line is None or line.company != company or line.reversed_by is not None:
            raise ApiError(404, "NotFoundIdModelStorageToolException", "Finnes ikke")
        if wanted in desk.memory.booked:
            raise ApiError(422, "TransactionShouldBeRemovedBeforeDeletePaymentException", "Fjern bilaget først")
        with desk.world.lock:
            desk.books.reverse_payment(wanted, line.on)

    return [payments, pay, take_back]


def _page(request: AnyRequest, rows: list[Json]) -> Json:
    asked = request.query_params
    size, page = int(asked.get("hits", 25)), int(asked.get("page", 0))
    ordered = sorted(rows, key=lambda row: row[asked.get("sort", "id")])
    return {"hits": ordered[page * size : (page + 1) * size], "hitCount": len(rows), "pageCount": -(-len(rows) // size), "sum": 0}


def _refused(_request: AnyRequest, fault: ApiError) -> Response[Json]:
    body = {"category": "CUSTOM", "name": fault.name, "messages": {"NO": fault.words, "EN": fault.words}, "properties": {}}
    return Response(body, status_code=fault.status)


def _books_refused(request: AnyRequest, fault: BooksError) -> Response[Json]:
    if fault.code == "locked":
        return _refused(request, ApiError(422, "vatPeriodIsAlreadySettledException", "Terminen er avsluttet"))
    return _refused(request, ApiError(404 if fault.code == "not_found" else 422, "CustomException", fault.detail))
