"""Visma Connect's token endpoint, and the ERP interface: documents, customers, payments that are made and then released."""

from __future__ import annotations

import base64
import binascii
import operator
import secrets
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from litestar import Request, Response, Router, get, post

from sandbox.book_rows import BooksError, Company
from sandbox.books import Books
from sandbox.vismanet.memory import Access, Draft, VismaMemory, company_of
from sandbox.vismanet.rows import Json, Rows
from sandbox.world import Fidelity, World

AnyRequest = Request[Any, Any, Any]
ROOT = "/vismanet"
API = f"{ROOT}/API/controller/api"
FIDELITY: dict[str, Fidelity] = {
    # seen in public clients; fields as their generated classes have them
    f"POST {ROOT}/connect/token": "example",
    **{
        f"GET {API}/v1/{name}": "spec"
        for name in ("organization", "customer", "customerinvoice", "customerdocument", "customerPayment", "supplierdocument")
    },
    f"GET {API}/v1/customerinvoice/{{number}}": "spec",
    f"GET {API}/v1/customerCreditNote/{{number}}": "spec",
    f"GET {API}/v1/customerPayment/{{number}}": "spec",
    f"POST {API}/v1/customerPayment": "spec",
    f"POST {API}/v1/customerPayment/{{number}}/action/release": "spec",
}
CONDITIONS: dict[str, Callable[[Any, Any], bool]] = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}


class ApiError(Exception):
    def __init__(self, status: int, message: str, fault: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.fault = status, message, fault


def api_router(world: World, books: Books, memory: VismaMemory) -> Router:
    """Statuses and bodies of refusals are assumed."""
    world.fidelity |= FIDELITY
    desk = _Desk(world, books, memory)
    handlers = [_token(world, books, memory), *_lists(desk), *_payments(desk)]
    return Router("/", route_handlers=handlers, exception_handlers={ApiError: _refused, BooksError: _books_refused})


class _Desk:
    def __init__(self, world: World, books: Books, memory: VismaMemory) -> None:
        self.world, self.books, self.memory, self.rows = world, books, memory, Rows(books, memory)

    def company(self, request: AnyRequest) -> Company:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        access = self.memory.access.get(token) if kind == "Bearer" else None
        if access is None or access.expires_at <= self.world.now():
            raise ApiError(401, "Authorization has been denied for this request.")
        if access.company in self.memory.unlicensed:
            raise ApiError(403, "No license for this company", "12027")
        return self.books.company(access.company)

    def all(self, company: Company, name: str) -> list[Json]:
        documents = self.books.invoices(company.id)
        told: dict[str, Callable[[], list[Json]]] = {
            "organization": lambda: [self.rows.organisation(company)],
            "customer": lambda: [self.rows.customer(c) for c in self.books.customers(company.id)],
            "customerinvoice": lambda: [self.rows.invoice(i) for i in documents if i.credits is None],
            "customercreditnote": lambda: [self.rows.credit_note(i) for i in documents if i.credits is not None],
            "customerpayment": lambda: list(self.rows.payments(company.id)),
            "supplierdocument": lambda: self.rows.supplier_documents(company.id),
        }
        if name == "customerdocument":
            return [*told["customerinvoice"](), *told["customercreditnote"]()]
        if name not in told:
            raise ApiError(404, "No HTTP resource was found.")
        return told[name]()


def _token(world: World, books: Books, memory: VismaMemory) -> Any:
    @post(f"{ROOT}/connect/token", status_code=200)
    async def token(request: AnyRequest) -> Response[Json]:
        form = {name: str(value) for name, value in (await request.form()).items()}
        if not _is_client(memory, request.headers.get("authorization", "")):
            return Response({"error": "invalid_client"}, status_code=400)
        company = company_of(form.get("tenant_id", ""))
        if form.get("grant_type") != "client_credentials" or "vismanet_erp_service_api:read" not in form.get("scope", ""):
            return Response({"error": "invalid_scope"}, status_code=400)
        known = company in books.state.companies and books.company(company).vendor == "vismanet"
        if not known or company in memory.withdrawn:
            return Response({"error": "invalid_grant"}, status_code=400)
        made = secrets.token_urlsafe(24)
        memory.access[made] = Access(company=company, expires_at=world.now() + timedelta(hours=1))
        return Response({"access_token": made, "expires_in": 3600, "token_type": "Bearer", "scope": form["scope"]})

    return token


def _lists(desk: _Desk) -> list[Any]:
    @get(f"{API}/v1/{{name:str}}")
    async def rows(request: AnyRequest) -> list[Json]:
        return _paged(request, desk.all(desk.company(request), request.path_params["name"].lower()), desk.memory.page_size_max)

    @get(f"{API}/v1/{{name:str}}/{{number:str}}")
    async def row(request: AnyRequest) -> Json:
        told = desk.all(desk.company(request), request.path_params["name"].lower())
        wanted = request.path_params["number"]
        found = next((one for one in told if wanted in (one.get("referenceNumber"), one.get("refNbr"))), None)
        if found is None:
            raise ApiError(404, "Document not found")
        return found

    return [rows, row]


def _payments(desk: _Desk) -> list[Any]:
    @post(f"{API}/v1/{{name:str}}")
    async def make(request: AnyRequest) -> Response[bytes]:
        company, body = desk.company(request), await request.json()
        if request.path_params["name"] != "customerPayment":
            raise ApiError(404, "No HTTP resource was found.")
        try:
            on, line = date.fromisoformat(body["applicationDate"]["value"]), body["paymentLines"][0]
            number, amount = line["refNbr"]["value"], round(body["paymentAmount"]["value"] * 100)
            reference, text = body["paymentRef"]["value"], body["invoiceText"]["value"]
        except (KeyError, TypeError, ValueError, IndexError) as fault:
            raise ApiError(400, f"The request is invalid: {fault}") from None
        invoice = next((i for i in desk.books.invoices(company.id) if str(i.number) == number and i.credits is None), None)
        if invoice is None:
            raise ApiError(400, "Reference number of the document cannot be found")
        if company.locked_until is not None and on <= company.locked_until:
            raise ApiError(500, f"The financial period {on:%m-%Y} is closed.")
        with desk.world.lock:
            desk.memory.last_draft += 1
            made = Draft(
                number=desk.memory.last_draft, company=company.id, customer=invoice.customer, invoice=invoice.id, amount_ore=amount, on=on,
                reference=reference, text=text,
            )  # fmt: skip
            desk.memory.drafts[made.number] = made
        where = f"{str(request.base_url).rstrip('/')}{request.url.path}/{made.number}"
        return Response(b"", status_code=201, headers={"location": where})

    @post(f"{API}/v1/{{name:str}}/{{number:str}}/action/release", status_code=200)
    async def release(request: AnyRequest) -> Json:
        company, number = desk.company(request), int(request.path_params["number"])
        with desk.world.lock:
            draft = desk.memory.drafts.get(number)
            if draft is None or draft.company != company.id:
                raise ApiError(400, "Document status is invalid for processing.")
            line = desk.books.pay(draft.invoice, draft.amount_ore, draft.on, "MANUAL", text=draft.text, reference=draft.reference)
            desk.memory.numbers[line.id] = number
            del desk.memory.drafts[number]
        return {"actionId": "release", "actionResult": "Success", "errorInfo": None}

    return [make, release]


def _paged(request: AnyRequest, rows: Sequence[Json], most: int) -> list[Json]:
    """A filter it does not know is passed over; a page larger than allowed is cut to what is."""
    asked = request.query_params
    kept = [row for row in rows if "status" not in asked or row.get("status") == asked["status"]]
    if "lastModifiedDateTime" in asked:
        holds, since = CONDITIONS[asked.get("lastModifiedDateTimeCondition", ">")], datetime.fromisoformat(asked["lastModifiedDateTime"])
        kept = [row for row in kept if holds(datetime.fromisoformat(row["lastModifiedDateTime"]), since)]
    size, page = min(int(asked.get("pageSize", most)), most), int(asked.get("pageNumber", 1))
    told = {"totalCount": len(kept), "maxPageSize": most}
    return [{**row, "metadata": told} for row in kept[(page - 1) * size : page * size]]


def _is_client(memory: VismaMemory, header: str) -> bool:
    kind, _, packed = header.partition(" ")
    try:
        shown = base64.b64decode(packed, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return kind.lower() == "basic" and secrets.compare_digest(shown.encode(), f"{memory.client_id}:{memory.client_secret}".encode())


def _refused(_request: AnyRequest, fault: ApiError) -> Response[Json]:
    body = {"message": fault.message}
    if fault.fault is not None:
        body = {"ExceptionType": "IPPException", "ExceptionMessage": fault.message, "ExceptionFaultCode": fault.fault}
    return Response(body, status_code=fault.status)


def _books_refused(_request: AnyRequest, fault: BooksError) -> Response[Json]:
    locked = "The financial period is closed: " if fault.code == "locked" else ""
    return Response({"message": f"{locked}{fault.detail}"}, status_code=404 if fault.code == "not_found" else 400)
