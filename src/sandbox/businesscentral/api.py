"""Business Central's API v2.0: environments, companies, sales and purchase documents, the general ledger, and payment journals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
from litestar import Request, Response, Router, delete, get, post

from sandbox.book_rows import BooksError, Company
from sandbox.books import Books
from sandbox.businesscentral.memory import ENVIRONMENT, TENANT, EntraMemory, Journal, Line, number_of
from sandbox.businesscentral.odata import AnyRequest, ApiError, Json, listed
from sandbox.businesscentral.rows import Rows
from sandbox.world import Fidelity, World

ROOT = "/businesscentral"
API = f"{ROOT}/v2.0/{{tenant:str}}/{{environment:str}}/api/v2.0"
LISTS = ("customers", "salesInvoices", "salesCreditMemos", "purchaseInvoices", "generalLedgerEntries", "accounts", "companyInformation")
FIDELITY: dict[str, Fidelity] = {
    "GET /environments/v1.1": "spec",
    "GET /companies": "spec",
    **{f"GET /companies({{id}})/{name}": "spec" for name in LISTS},
    "GET /companies({id})/salesInvoices({id})": "spec",
    "GET /companies({id})/salesCreditMemos({id})": "spec",
    "GET /companies({id})/customerPaymentJournals": "spec",
    "POST /companies({id})/customerPaymentJournals": "spec",
    "DELETE /companies({id})/customerPaymentJournals({id})": "spec",
    "GET /companies({id})/customerPaymentJournals({id})/customerPayments": "spec",
    "POST /companies({id})/customerPaymentJournals({id})/customerPayments": "spec",
    # documented for journals; that it also posts a payment journal is read in Microsoft's own source of the page behind it
    "POST /companies({id})/journals({id})/Microsoft.NAV.post": "example",
}


class JournalBody(msgspec.Struct, kw_only=True, rename="camel"):
    code: str
    display_name: str = ""
    balancing_account_id: str = ""


class LineBody(msgspec.Struct, kw_only=True, rename="camel"):
    customer_id: str
    posting_date: date
    amount: float
    applies_to_invoice_id: str
    line_number: int = 10_000
    document_number: str = ""
    description: str = ""


def api_router(world: World, books: Books, memory: EntraMemory) -> Router:
    for endpoint, mark in FIDELITY.items():
        method, path = endpoint.split(" ")
        where = path if path.startswith("/environments") else f"/v2.0/{{tenant}}/{{environment}}/api/v2.0{path}"
        world.fidelity[f"{method} {ROOT}{where}"] = mark
    desk = _Desk(world, books, memory)
    handlers = [*_lists(desk), *_journals(desk), *_lines(desk)]
    return Router("/", route_handlers=handlers, exception_handlers={ApiError: _refused, BooksError: _books_refused})


class _Desk:
    def __init__(self, world: World, books: Books, memory: EntraMemory) -> None:
        self.world, self.books, self.memory, self.rows = world, books, memory, Rows(books)

    def visible(self, request: AnyRequest) -> list[Company]:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        consent = self.memory.consent_of(token, self.world.now()) if kind == "Bearer" else None
        if consent is None:
            raise ApiError(401, "Authentication_InvalidCredentials", "The server has rejected the client credentials.")
        place = (request.path_params.get("tenant", TENANT), request.path_params.get("environment", ENVIRONMENT))
        if place != (TENANT, ENVIRONMENT):
            raise ApiError(404, "NoEnvironment", "Environment does not exist.")
        return [c for c in self.books.companies("businesscentral") if consent.companies is None or c.id in consent.companies]

    def company(self, request: AnyRequest) -> Company:
        wanted = number_of(_key(request, "company", "companies"))
        found = next((c for c in self.visible(request) if c.id == wanted), None)
        if found is None:
            raise ApiError(404, "Internal_CompanyNotFound", "Cannot process the request because the company cannot be found.")
        return found

    def journal(self, request: AnyRequest, name: str) -> Journal:
        company, wanted = self.company(request), number_of(_key(request, "journal", name))
        found = next((j for j in self.memory.journals_of(company.id) if j.id == wanted), None)
        if found is None:
            raise ApiError(404, "Internal_RecordNotFound", "The General Journal Batch cannot be found.")
        return found

    def all(self, company: Company, name: str) -> list[Json]:
        books, rows = self.books, self.rows
        documents = books.invoices(company.id)
        told: dict[str, Callable[[], list[Json]]] = {
            "customers": lambda: [rows.customer(c) for c in books.customers(company.id)],
            "salesInvoices": lambda: [rows.invoice(i) for i in documents if i.credits is None],
            "salesCreditMemos": lambda: [rows.credit_memo(i) for i in documents if i.credits is not None],
            "purchaseInvoices": lambda: rows.purchase_invoices(company.id),
            "generalLedgerEntries": lambda: list(rows.ledger_entries(company.id)),
            "accounts": lambda: rows.accounts(company.id),
            "companyInformation": lambda: [rows.information(company)],
            "customerPaymentJournals": lambda: [rows.journal(j) for j in self.memory.journals_of(company.id)],
        }
        if name not in told:
            raise ApiError(404, "BadRequest_ResourceNotFound", f"Resource not found for the segment '{name}'.")
        return told[name]()


def _lists(desk: _Desk) -> list[Any]:
    @get(f"{ROOT}/environments/v1.1")
    async def environments(request: AnyRequest) -> Json:
        desk.visible(request)
        return {"value": [{"aadTenantId": TENANT, "applicationFamily": "BusinessCentral", "type": "Production", "name": ENVIRONMENT}]}

    @get(f"{API}/companies")
    async def companies(request: AnyRequest) -> Response[Json]:
        return listed(request, [desk.rows.company(c) for c in desk.visible(request)])

    @get(f"{API}/{{company:str}}/{{name:str}}")
    async def rows(request: AnyRequest) -> Response[Json]:
        name, _, key = request.path_params["name"].partition("(")
        told = desk.all(desk.company(request), name)
        if not key:
            return listed(request, told)
        found = next((row for row in told if row["id"] == key.rstrip(")").lower()), None)
        if found is None:
            raise ApiError(404, "BadRequest_NotFound", "The resource is not found.")
        return Response(found)

    return [environments, companies, rows]


def _journals(desk: _Desk) -> list[Any]:
    path = f"{API}/{{company:str}}/{{journal:str}}"

    @post(path)
    async def add_journal(request: AnyRequest) -> Json:
        company, body = desk.company(request), await _body(request, JournalBody)
        with desk.world.lock:
            if len(body.code) > 10:
                raise ApiError(400, "Application_StringExceededLength", "The length of the code must be less than or equal to 10.")
            if any(j.code == body.code for j in desk.memory.journals_of(company.id)):
                raise ApiError(400, "Internal_EntityWithSameKeyExists", "The General Journal Batch already exists.")
            made = Journal(
                id=desk.memory.next_id(), company=company.id, code=body.code, display_name=body.display_name,
                account_number=str(number_of(body.balancing_account_id) or ""),
            )  # fmt: skip
            desk.memory.journals[made.id] = made
        return desk.rows.journal(made)

    @delete(path, status_code=204)
    async def drop_journal(request: AnyRequest) -> None:
        journal = desk.journal(request, "customerPaymentJournals")
        if request.headers.get("if-match") not in ("*", f'W/"{journal.version}"'):
            raise ApiError(412, "Request_EntityChanged", "Another user has already changed the record.")
        del desk.memory.journals[journal.id]

    return [add_journal, drop_journal]


def _lines(desk: _Desk) -> list[Any]:
    path = f"{API}/{{company:str}}/{{journal:str}}"

    @get(f"{path}/customerPayments")
    async def lines(request: AnyRequest) -> Response[Json]:
        journal = desk.journal(request, "customerPaymentJournals")
        return listed(request, [desk.rows.line(journal, line) for line in journal.lines])

    @post(f"{path}/customerPayments")
    async def add_line(request: AnyRequest) -> Json:
        journal, body = desk.journal(request, "customerPaymentJournals"), await _body(request, LineBody)
        with desk.world.lock:
            if any(line.number == body.line_number for line in journal.lines):
                raise ApiError(400, "Internal_EntityWithSameKeyExists", "The Gen. Journal Line already exists.")
            if len(body.document_number) > 20:
                raise ApiError(400, "Application_StringExceededLength", "The length of the document number must be 20 or less.")
            invoice = desk.books.state.invoices.get(number_of(body.applies_to_invoice_id))
            if invoice is None or invoice.company != journal.company:
                raise ApiError(400, "Application_DialogException", 'The "appliesToInvoiceId" should be the ID of an Open Invoice.')
            made = Line(
                id=desk.memory.next_id(), number=body.line_number, customer=number_of(body.customer_id), posting_date=body.posting_date,
                document_number=body.document_number, amount_ore=round(body.amount * 100), invoice=invoice.id, description=body.description,
            )  # fmt: skip
            journal.lines.append(made)
        return desk.rows.line(journal, made)

    @post(f"{path}/Microsoft.NAV.post", status_code=204)
    async def post_journal(request: AnyRequest) -> None:
        journal = desk.journal(request, "journals")
        with desk.world.lock:
            if not journal.lines:
                raise ApiError(400, "Application_DialogException", "There is nothing to post.")
            _post(desk.books, journal)

    return [lines, add_line, post_journal]


def _post(books: Books, journal: Journal) -> None:
    """All its lines or none."""
    bank = next((a for a in books.bank_accounts(journal.company) if a.code == journal.account_number), None)
    if bank is None:
        raise ApiError(400, "Application_FieldValidationException", "Bal. Account No. must have a value.")
    locked = books.company(journal.company).locked_until
    for line in journal.lines:
        if line.amount_ore >= 0:
            raise ApiError(400, "Application_FieldValidationException", "Amount must be negative in Gen. Journal Line.")
        if locked is not None and line.posting_date <= locked:
            said = "Posting Date is not within your range of allowed posting dates in Gen. Journal Line."
            raise ApiError(400, "Application_FieldValidationException", said)
    for line in journal.lines:
        books.pay(
            line.invoice, -line.amount_ore, line.posting_date, "MANUAL", bank_account=bank.id, text=line.description,
            reference=line.document_number,
        )  # fmt: skip
    journal.lines = []


async def _body(request: AnyRequest, shape: Any) -> Any:
    try:
        return msgspec.json.decode(await request.body(), type=shape)
    except msgspec.MsgspecError as fault:
        raise ApiError(400, "BadRequest", str(fault)) from fault


def _key(request: AnyRequest, part: str, name: str) -> str:
    text: str = request.path_params[part]
    if not text.startswith(f"{name}(") or not text.endswith(")"):
        raise ApiError(404, "BadRequest_ResourceNotFound", f"Resource not found for the segment '{text}'.")
    return text[len(name) + 1 : -1]


def _refused(_request: Request[Any, Any, Any], fault: ApiError) -> Response[Json]:
    return Response({"error": {"code": fault.code, "message": fault.message}}, status_code=fault.status)


def _books_refused(_request: Request[Any, Any, Any], fault: BooksError) -> Response[Json]:
    return Response({"error": {"code": "Application_DialogException", "message": fault.detail}}, status_code=400)
