"""The business interface: who asks, for which company, lists and rows of entities, statistics, and the three actions we know."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post, put

from sandbox.book_rows import BooksError, Company
from sandbox.books import Books
from sandbox.unimicro.memory import BRANDS, Consent, UnimicroMemory, company_key
from sandbox.unimicro.query import Json, QueryError, answer
from sandbox.unimicro.rows import CURRENCIES, UnimicroRows
from sandbox.unimicro.statistics import aggregated
from sandbox.world import Fidelity, World

AnyRequest = Request[Any, Any, Any]
FIDELITY: dict[str, Fidelity] = {
    "GET /init/companies": "example",
    "GET /biz/customers": "spec",
    "GET /biz/invoices": "spec",
    "GET /biz/invoicereminders": "spec",
    "GET /biz/payments": "spec",
    "GET /biz/journalentries": "spec",
    "GET /biz/journalentrylines": "spec",
    "GET /biz/companysettings": "example",
    "GET /biz/currency-codes": "example",
    "GET /statistics": "example",
    "PUT /biz/invoices/{id}?action=payInvoice": "example",
    "PUT /biz/journalentries?action=update-external-reference": "spec",
    "POST /biz/journalentries?action=credit-and-book-journal-entry": "spec",
}


class ApiError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class PaymentBody(msgspec.Struct, kw_only=True, rename="pascal"):
    amount: float
    amount_currency: float
    payment_date: str
    currency_code_id: int = msgspec.field(name="CurrencyCodeID")
    currency_exchange_rate: float = 0
    bank_charge_amount: float = 0


def api_router(world: World, books: Books, memory: UnimicroMemory) -> Router:
    """The words of refusals are assumed."""
    for endpoint, mark in FIDELITY.items():
        method, path = endpoint.split(" ")
        world.fidelity[f"{method} /unimicro/{{brand}}/api{path}"] = mark
    desk = _Desk(world, books, memory)
    handlers = [*_reading(desk), *_acting(desk)]
    return Router(
        "/unimicro/{brand:str}/api",
        route_handlers=handlers,
        exception_handlers={ApiError: _refused, BooksError: _books_refused, QueryError: _unread},
    )


class _Desk:
    def __init__(self, world: World, books: Books, memory: UnimicroMemory) -> None:
        self.world, self.books, self.memory = world, books, memory
        self.rows = UnimicroRows(books, memory)

    def consent(self, request: AnyRequest) -> Consent:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        consent = self.memory.consent_of(token, self.world.now()) if kind.lower() == "bearer" else None
        brand = request.path_params["brand"]
        if consent is None or consent.brand != brand or brand not in BRANDS:
            raise ApiError(401, "Unauthorized")
        return consent

    def companies(self, request: AnyRequest) -> list[Company]:
        consent = self.consent(request)
        return [c for c in self.books.companies(consent.brand) if c.id in consent.companies]

    def company(self, request: AnyRequest) -> int:
        mine, key = self.companies(request), request.headers.get("companykey", "")
        if not key:
            raise ApiError(400, "CompanyKey mangler")
        found = next((c.id for c in mine if company_key(c.id) == key), None)
        if found is None:
            raise ApiError(403, "Du har ikke tilgang til dette selskapet")
        return found

    def all(self, request: AnyRequest, entity: str) -> list[Json]:
        company = self.company(request)
        expand = {name.strip() for name in request.query_params.get("expand", "").split(",")}
        return self.rows.entities[entity](company, expand)


def _reading(desk: _Desk) -> list[Any]:
    @get("/init/companies")
    async def companies(request: AnyRequest) -> list[Json]:
        return [desk.rows.company(c) for c in desk.companies(request)]

    @get([f"/biz/{entity}" for entity in desk.rows.entities])
    async def listed(request: AnyRequest) -> list[Json]:
        entity = request.url.path.rpartition("/")[2]
        return answer(desk.all(request, entity), dict(request.query_params), desk.memory.page_cap, desk.memory.dropped)

    @get([f"/biz/{entity}/{{row:int}}" for entity in desk.rows.entities])
    async def one(request: AnyRequest) -> Json:
        wanted, entity = request.path_params["row"], request.url.path.split("/")[-2]
        found = next((row for row in desk.all(request, entity) if row["ID"] == wanted), None)
        if found is None:
            raise ApiError(404, "Fant ikke raden")
        return found

    @get("/statistics")
    async def statistics(request: AnyRequest) -> list[Json]:
        asked = dict(request.query_params)
        if asked.get("model") != "JournalEntryLine" or asked.get("wrap") != "false":
            raise ApiError(400, "only unwrapped sums of JournalEntryLine are simulated")
        return aggregated(desk.all(request, "journalentrylines"), asked, desk.memory.dropped)

    return [companies, listed, one, statistics]


def _acting(desk: _Desk) -> list[Any]:
    @put("/biz/invoices/{row:int}")
    async def pay(request: AnyRequest) -> Json:
        company, wanted = desk.company(request), request.path_params["row"]
        if request.query_params.get("action") != "payInvoice":
            raise ApiError(400, "Ukjent handling")
        body = msgspec.json.decode(await request.body(), type=PaymentBody)
        invoice = desk.books.state.invoices.get(wanted)
        if invoice is None or invoice.company != company:
            raise ApiError(404, "Fant ikke fakturaen")
        if body.amount <= 0 or body.currency_code_id != CURRENCIES[invoice.currency]:
            raise ApiError(400, "Beløp eller valuta er ugyldig")
        on = msgspec.convert(body.payment_date, date)
        with desk.world.lock:
            made = desk.books.pay(wanted, round(body.amount_currency * 100), on, "MANUAL", base_ore=round(body.amount * 100))
        return {"ID": made.voucher, "JournalEntryNumber": f"{made.voucher}-{on.year}"}

    @put("/biz/journalentries")
    async def mark(request: AnyRequest) -> Json:
        company, asked = desk.company(request), request.query_params
        voucher = int(asked.get("journalEntryID", 0))
        if asked.get("action") != "update-external-reference" or not asked.get("externalReference"):
            raise ApiError(400, "Ukjent handling")
        if not any(p.voucher == voucher for p in desk.books.postings(company)):
            raise ApiError(404, "Fant ikke bilaget")
        desk.memory.references[voucher] = asked["externalReference"]
        return {"ID": voucher}

    @post("/biz/journalentries", status_code=200)
    async def credit(request: AnyRequest) -> Json:
        company, asked = desk.company(request), request.query_params
        voucher = int(asked.get("journalEntryID", 0))
        if asked.get("action") != "credit-and-book-journal-entry":
            raise ApiError(400, "Ukjent handling")
        paid = next((p for p in desk.books.postings(company) if p.voucher == voucher and p.kind == "payment"), None)
        if paid is None:
            raise ApiError(404, "Fant ikke bilaget")
        if desk.rows.credited(voucher):
            raise ApiError(400, "Bilaget er allerede kreditert")
        with desk.world.lock:
            back = desk.books.reverse_payment(paid.id, msgspec.convert(asked["creditDate"], date))
        return {"ID": back.voucher}

    return [pay, mark, credit]


def _refused(_request: AnyRequest, fault: ApiError) -> Response[Json]:
    return Response({"Message": fault.message, "Messages": [{"Message": fault.message}]}, status_code=fault.status)


def _books_refused(_request: AnyRequest, fault: BooksError) -> Response[Json]:
    # the words say nothing of a lock: whoever wants to know asks for the date it is locked through
    words = "Datoen er ikke gyldig for bokføring" if fault.code == "locked" else fault.detail
    return Response({"Message": words}, status_code=404 if fault.code == "not_found" else 400)


def _unread(_request: AnyRequest, fault: QueryError) -> Response[Json]:
    return Response({"Message": str(fault)}, status_code=400)
