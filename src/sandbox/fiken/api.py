"""Fiken's API v2 over the reference books: reading companies, contacts, sales, invoices and credit notes, and posting a payment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.types import ASGIApp

from sandbox.book_rows import BooksError, Company, Invoice
from sandbox.books import Books
from sandbox.fiken.limiter import OneAtATime
from sandbox.fiken.memory import Consent, FikenMemory
from sandbox.fiken.paging import ApiError, page_of
from sandbox.fiken.rows import INVOICE_ID_ABOVE_SALE, FikenRows, Json
from sandbox.fiken.site import bearer
from sandbox.world import Fidelity, World

PREFIX = "/fiken/api/v2"
AnyRequest = Request[Any, Any, Any]
COMPANY = "/companies/{slug:str}"
FIDELITY: dict[str, Fidelity] = {
    "GET /user": "spec",
    "GET /companies": "spec",
    "GET /companies/{slug}": "spec",
    "GET /companies/{slug}/contacts": "spec",
    "GET /companies/{slug}/bankAccounts": "spec",
    "GET /companies/{slug}/accountBalances": "spec",
    "GET /companies/{slug}/purchases": "spec",
    "GET /companies/{slug}/invoices": "spec",
    "GET /companies/{slug}/creditNotes": "spec",
    "GET /companies/{slug}/sales": "spec",
    "GET /companies/{slug}/sales/{id}/payments": "spec",
    "POST /companies/{slug}/sales/{id}/payments": "spec",
}


class PaymentBody(msgspec.Struct, kw_only=True, rename="camel", forbid_unknown_fields=True):
    date: date
    account: str
    amount: int
    currency: str = "NOK"
    amount_in_nok: int | None = None
    fee: int | None = None


def api_router(world: World, books: Books, memory: FikenMemory) -> Router:
    """The API behind the limiter; error bodies and the 404 of a company that was not ticked are assumed."""
    for endpoint, mark in FIDELITY.items():
        method, path = endpoint.split(" ")
        world.fidelity[f"{method} {PREFIX}{path}"] = mark

    def limited(app: ASGIApp) -> ASGIApp:
        return OneAtATime(app, world, memory)

    desk = _Desk(world, books, memory)
    return Router(
        PREFIX,
        route_handlers=[*_reading_companies(desk), *_reading_documents(desk), *_payments(desk)],
        middleware=[limited],
        exception_handlers={ApiError: _refused, BooksError: _books_refused},
    )


class _Desk:
    """Who asks, about which company, and may he?"""

    def __init__(self, world: World, books: Books, memory: FikenMemory) -> None:
        self.world, self.books, self.memory = world, books, memory
        self.rows = FikenRows(books, memory)

    def consent(self, request: AnyRequest) -> Consent:
        consent = self.memory.consent_of(bearer(request), self.world.now())
        if consent is None:
            raise ApiError(401, "Not authenticated")
        return consent

    def visible(self, request: AnyRequest) -> list[Company]:
        ticked = self.consent(request).companies
        return [c for c in self.books.companies("fiken") if c.id in ticked]

    def any_company(self, request: AnyRequest) -> Company:
        slug = request.path_params["slug"]
        found = next((c for c in self.visible(request) if self.rows.slug(c) == slug), None)
        if found is None:
            raise ApiError(404, "No such company")
        return found

    def company(self, request: AnyRequest) -> Company:
        found = self.any_company(request)
        if found.id in self.memory.without_module:
            raise ApiError(403, "The company has no access to the API module")
        return found

    def sale(self, request: AnyRequest) -> Invoice:
        company, wanted = self.company(request), request.path_params["sale"]
        found = next((i for i in self.rows.sales_of(company.id) if i.id == wanted), None)
        if found is None:
            raise ApiError(404, "No such sale")
        return found


def _reading_companies(desk: _Desk) -> list[Any]:
    rows = desk.rows

    @get("/user")
    async def user(request: AnyRequest) -> Json:
        email = desk.consent(request).user
        return {"name": email.partition("@")[0].title(), "email": email}

    @get("/companies")
    async def companies(request: AnyRequest) -> Response[list[Json]]:
        told = sorted((rows.company(c) for c in desk.visible(request)), key=lambda c: str(c["name"]))
        return page_of(request, told)

    @get(COMPANY)
    async def company(request: AnyRequest) -> Json:
        return rows.company(desk.any_company(request))

    @get(f"{COMPANY}/contacts")
    async def contacts(request: AnyRequest) -> Response[list[Json]]:
        told = [rows.contact(c) for c in desk.books.customers(desk.company(request).id)]
        return page_of(
            request, told, dates={"lastModified": "lastModifiedDate", "createdDate": "createdDate"},
            exact=("customer", "supplier", "inactive", "name", "organizationNumber", "email", "customerNumber"),
        )  # fmt: skip

    @get(f"{COMPANY}/contacts/{{contact:int}}")
    async def contact(request: AnyRequest) -> Json:
        mine = {c.id: c for c in desk.books.customers(desk.company(request).id)}
        return rows.contact(_one(mine, request.path_params["contact"], "contact"))

    @get(f"{COMPANY}/bankAccounts")
    async def bank_accounts(request: AnyRequest) -> Response[list[Json]]:
        return page_of(request, rows.bank_accounts(desk.company(request).id), exact=("inactive",))

    @get(f"{COMPANY}/accountBalances")
    async def balances(request: AnyRequest) -> Response[list[Json]]:
        asked = request.query_params
        try:
            on, first, last = date.fromisoformat(asked["date"]), int(asked.get("fromAccount", 0)), int(asked.get("toAccount", 9999))
        except (KeyError, ValueError):
            raise ApiError(400, "date is required; accounts are numbers") from None
        told = rows.balances(desk.company(request).id, on)
        return page_of(request, [row for row in told if first <= int(row["code"][:4]) <= last])

    @get(f"{COMPANY}/purchases")
    async def purchases(request: AnyRequest) -> Response[list[Json]]:
        """`paid=false`, so the specification, is all that is not fully settled."""
        mine, wanted = desk.company(request).id, request.query_params.get("paid")
        told = [rows.purchase(s) for s in desk.books.state.supplier_invoices.values() if s.company == mine]
        return page_of(request, [row for row in told if wanted in (None, str(row["paid"]).lower())], dates={"date": "date"})

    return [user, companies, company, contacts, contact, bank_accounts, balances, purchases]


def _reading_documents(desk: _Desk) -> list[Any]:
    rows = desk.rows

    def notes_of(company: int) -> dict[int, Callable[[], Json]]:
        tied = {n.id: (lambda n=n: rows.credit_note(n)) for n in desk.books.invoices(company) if n.credits is not None}
        loose = {n.id: (lambda n=n: rows.loose_note(n)) for n in desk.memory.loose_notes.values() if n.company == company}
        return {**tied, **loose}

    @get(f"{COMPANY}/sales")
    async def sales(request: AnyRequest) -> Response[list[Json]]:
        mine = rows.sales_of(desk.company(request).id)
        if (wanted := request.query_params.get("settled")) is not None:
            mine = [i for i in mine if rows.is_settled(i) == (wanted == "true")]
        told = [rows.sale(i) for i in mine]
        exact = ("settled", "saleNumber", "contactId")
        return page_of(request, told, dates={"lastModified": "lastModifiedDate", "date": "date"}, exact=exact)

    @get(f"{COMPANY}/sales/{{sale:int}}")
    async def sale(request: AnyRequest) -> Json:
        return rows.sale(desk.sale(request))

    @get(f"{COMPANY}/invoices")
    async def invoices(request: AnyRequest) -> Response[list[Json]]:
        wanted = request.query_params.get("invoiceNumber")
        mine = [i for i in rows.sales_of(desk.company(request).id) if i.id not in desk.memory.external]
        told = [rows.invoice(i) for i in mine if wanted in (None, str(i.number))]
        dates = {"lastModified": "lastModifiedDate", "issueDate": "issueDate", "dueDate": "dueDate"}
        return page_of(request, told, dates=dates, exact=("settled", "invoiceNumber", "customerId"))

    @get(f"{COMPANY}/invoices/{{invoice:int}}")
    async def invoice(request: AnyRequest) -> Json:
        mine = {i.id + INVOICE_ID_ABOVE_SALE: i for i in rows.sales_of(desk.company(request).id) if i.id not in desk.memory.external}
        return rows.invoice(_one(mine, request.path_params["invoice"], "invoice"))

    @get(f"{COMPANY}/creditNotes")
    async def credit_notes(request: AnyRequest) -> Response[list[Json]]:
        told = [tell() for _, tell in sorted(notes_of(desk.company(request).id).items())]
        dates = {"lastModified": "lastModifiedDate", "issueDate": "issueDate"}
        return page_of(request, told, dates=dates, exact=("settled", "customerId"))

    @get(f"{COMPANY}/creditNotes/{{note:int}}")
    async def credit_note(request: AnyRequest) -> Json:
        tell: Callable[[], Json] = _one(notes_of(desk.company(request).id), request.path_params["note"], "credit note")
        return tell()

    return [sales, sale, invoices, invoice, credit_notes, credit_note]


def _payments(desk: _Desk) -> list[Any]:
    rows = desk.rows

    @get(f"{COMPANY}/sales/{{sale:int}}/payments")
    async def payments(request: AnyRequest) -> list[Json]:
        sale = desk.sale(request)
        return [rows.payment(sale, p) for p in rows.payments_of(sale)]

    @get(f"{COMPANY}/sales/{{sale:int}}/payments/{{payment:int}}")
    async def payment(request: AnyRequest) -> Json:
        sale = desk.sale(request)
        mine = {p.id: p for p in rows.payments_of(sale)}
        return rows.payment(sale, _one(mine, request.path_params["payment"], "payment"))

    @post(f"{COMPANY}/sales/{{sale:int}}/payments")
    async def pay(request: AnyRequest) -> Response[bytes]:
        sale, body = desk.sale(request), await _body(request)
        account = rows.account_codes(sale.company).get(body.account)
        if account is None:
            raise ApiError(400, f"account {body.account} is not a bank account")
        if body.amount <= 0 or body.currency != sale.currency:
            raise ApiError(400, "amount must be positive and in the currency of the sale")
        if sale.id in desk.memory.deleted:
            raise ApiError(400, "the sale is deleted")
        with desk.world.lock:
            made = desk.books.pay(sale.id, body.amount, body.date, "MANUAL", bank_account=account.id, base_ore=body.amount_in_nok)
        where = f"{str(request.base_url).rstrip('/')}{request.url.path}/{made.id}"
        return Response(b"", status_code=201, headers={"location": where})

    return [payments, payment, pay]


async def _body(request: AnyRequest) -> PaymentBody:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise ApiError(415, "application/json only")
    try:
        return msgspec.json.decode(await request.body(), type=PaymentBody)
    except msgspec.MsgspecError as fault:
        raise ApiError(400, str(fault)) from fault


def _one(rows: dict[int, Any], wanted: int, what: str) -> Any:
    if wanted not in rows:
        raise ApiError(404, f"No such {what}")
    return rows[wanted]


def _refused(_request: AnyRequest, fault: ApiError) -> Response[Json]:
    return Response({"message": fault.message}, status_code=fault.status)


def _books_refused(_request: AnyRequest, fault: BooksError) -> Response[Json]:
    locked = "Perioden er låst: " if fault.code == "locked" else ""
    return Response({"message": f"{locked}{fault.detail}"}, status_code=404 if fault.code == "not_found" else 400)
