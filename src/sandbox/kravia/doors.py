"""Kravia's endpoints under `/kravia/api/v2`."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router, get, patch, post, put
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException, NotAuthorizedException, NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody

from sandbox.kravia import control
from sandbox.kravia.book import Book, Claim, Creditor, Document, book_of, catch_up, report_direct, stamp
from sandbox.kravia.forms import InvalidError, claim_from, details, lowered, payments_from, payout, row, truth
from sandbox.kravia.webhook import announce
from sandbox.world import Fidelity, World

PREFIX = "/kravia/api/v2"
Json = dict[str, Any]
FIDELITY: dict[str, Fidelity] = {
    "POST /onboarding/init": "example",
    "POST /onboarding/{id}/activate": "assumed",
    "POST /creditor/{creditorId}/invite": "example",
    "POST /invoice/register": "example",
    "POST /invoice/{id}/attachment": "assumed",
    "POST /invoice/payment": "example",
    "POST /invoice/creditnote": "example",
    "GET /invoice/search": "example",
    "GET /invoice/{id}/details": "assumed",
    "GET /settlements": "assumed",
    "PATCH /settlements/{settlementId}/bookkeep": "example",
    "PUT /creditor/{id}/webhook": "example",
}


def routes(world: World) -> Router:
    """The vendor's endpoints and their control. Answers to every endpoint are assumed; the mark speaks of path and request."""
    for endpoint, mark in FIDELITY.items():
        method, path = endpoint.split(" ")
        world.fidelity[f"{method} {PREFIX}{path}"] = mark

    def the_world() -> World:
        return world

    def the_book() -> Book:
        with world.lock:
            book = book_of(world)
            announce(world, book, catch_up(world, book))
            return book

    def bare_token(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if connection.headers.get("authorization") != book_of(world).settings.token:
            raise NotAuthorizedException("Unauthorized")

    vendor = Router(
        PREFIX,
        guards=[bare_token],
        exception_handlers={InvalidError: _invalid},
        route_handlers=[init, activate, invite, register, attach, payment, credit_note, search, read, settlements, bookkeep, set_webhook],
    )
    return Router(
        "/",
        route_handlers=[vendor, control.router()],
        dependencies={"world": Provide(the_world, sync_to_thread=False), "book": Provide(the_book, sync_to_thread=False)},
    )


@post("/onboarding/init", sync_to_thread=True)
def init(data: JSONBody[Json], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    with world.lock:
        return {"id": book.new_id(), "accountingSystem": lowered(data).get("accountingsystem"), "name": None, "organizationNumber": None}


@post("/onboarding/{onboarding_id:int}/activate", sync_to_thread=True)
def activate(onboarding_id: FromPath[int], data: JSONBody[Json], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    given = lowered(data)
    with world.lock:
        creditor = Creditor(onboarding_id, str(given.get("name") or ""), given.get("organizationnumber"))
        book.creditors[creditor.id] = creditor
        return {"creditorId": creditor.id}


@post("/creditor/{creditor_id:int}/invite", sync_to_thread=True)
def invite(creditor_id: FromPath[int], data: JSONBody[Json], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    given = lowered(data)
    if truth(given.get("isaccountant")) and not given.get("organizationnumber"):
        raise InvalidError({"organizationNumber": "is required for an accountant"})
    with world.lock:
        _creditor(book, creditor_id).members.append(given)
        return {"invited": given.get("email")}


@post("/invoice/register", status_code=200, sync_to_thread=True)
def register(data: JSONBody[Json], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    with world.lock:
        claim = claim_from(world, book, data)
        double = next((c for c in book.claims.values() if (c.creditor_id, c.invoice_no) == (claim.creditor_id, claim.invoice_no)), None)
        if double is not None and book.settings.duplicates == "reject":
            raise HTTPException("The invoice number is already registered", status_code=409)
        if double is not None and book.settings.duplicates == "return_existing":
            return {"invoiceId": double.id, "status": double.status}
        book.claims[claim.id] = claim
        _changed(world, book, claim, "Registrert")
        return {"invoiceId": claim.id, "status": claim.status}


@post("/invoice/{invoice_id:int}/attachment")
async def attach(
    invoice_id: FromPath[int], request: Request[Any, Any, Any], world: NamedDependency[World], book: NamedDependency[Book]
) -> Json:
    form = await request.form()
    file = form.get("file")
    if file is None or isinstance(file, str):
        raise InvalidError({"file": "is required"})
    content = await file.read()
    with world.lock:
        claim = _claim(book, invoice_id)
        claim.documents.append(Document(file.filename, str(form.get("type") or ""), file.content_type, content))
        _changed(world, book, claim, f"Vedlegg mottatt: {file.filename}")
        return {"name": file.filename}


@post("/invoice/payment", status_code=200, sync_to_thread=True)
def payment(data: JSONBody[Json], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    return _report(world, book, data, "direct")


@post("/invoice/creditnote", status_code=200, sync_to_thread=True)
def credit_note(data: JSONBody[Json], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    return _report(world, book, data, "credit")


@get("/invoice/search", sync_to_thread=True)
def search(
    world: NamedDependency[World],
    book: NamedDependency[Book],
    byAscending: FromQuery[str] = "True",  # noqa: N803 - the vendor's names
    lastUpdatedTime: FromQuery[str] = "",  # noqa: N803
    orderBy: FromQuery[int] = 0,  # noqa: N803
    skip: FromQuery[int] = 0,
    top: FromQuery[int] = 20,
) -> Json:
    """At or after the time given, so a row with an equal time comes again."""
    with world.lock:
        found = [claim for claim in book.claims.values() if claim.last_updated >= lastUpdatedTime]
        found.sort(key=lambda c: (c.last_updated, c.id) if orderBy == 11 else ("", c.id), reverse=not truth(byAscending))
        page = found[skip : skip + min(top, book.settings.page_rows_max)]
        return {"items": [row(claim) for claim in page], "totalCount": len(found)}


@get("/invoice/{invoice_id:int}/details", sync_to_thread=True)
def read(invoice_id: FromPath[int], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    with world.lock:
        return details(_claim(book, invoice_id))


@get("/settlements", sync_to_thread=True)
def settlements(
    world: NamedDependency[World],
    book: NamedDependency[Book],
    ExcludeClosed: FromQuery[str] = "false",  # noqa: N803
) -> Json:
    with world.lock:
        return {"items": [payout(s) for s in book.settlements.values() if not (truth(ExcludeClosed) and s.internal_accounting_id)]}


@patch("/settlements/{settlement_id:int}/bookkeep", sync_to_thread=True)
def bookkeep(
    settlement_id: FromPath[int],
    internalAccountingId: FromQuery[str],  # noqa: N803
    world: NamedDependency[World],
    book: NamedDependency[Book],
) -> Json:
    with world.lock:
        if settlement_id not in book.settlements:
            raise NotFoundException("Unknown settlement")
        found = book.settlements[settlement_id]
        if found.internal_accounting_id not in (None, internalAccountingId):
            raise HTTPException("Already booked under another id", status_code=409)
        found.internal_accounting_id = internalAccountingId
        return {"settlementId": found.id, "closed": True}


@put("/creditor/{creditor_id:int}/webhook", sync_to_thread=True)
def set_webhook(creditor_id: FromPath[int], data: JSONBody[Json], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    given = lowered(data)
    with world.lock:
        creditor = _creditor(book, creditor_id)
        creditor.webhook_url = given.get("url")
        creditor.webhook_secret = str(given.get("secret") or "")
        creditor.webhook_enabled = truth(given.get("enabled"))
        return {"enabled": creditor.webhook_enabled, "url": creditor.webhook_url}


def _report(world: World, book: Book, data: Json, kind: str) -> Json:
    with world.lock:
        for claim, part in payments_from(book, data, kind):
            known = any(p.accounting_payment_id == part.accounting_payment_id for p in claim.payments if p.kind == part.kind)
            if not (known and book.settings.payment_duplicates == "ignore"):
                report_direct(claim, part)
                _changed(world, book, claim, "Betaling meldt" if kind == "direct" else "Kreditnota meldt")
        return {"accountingPaymentId": lowered(data).get("accountingpaymentid")}


def _changed(world: World, book: Book, claim: Claim, text: str) -> None:
    stamp(world, claim, text)
    announce(world, book, [claim])


def _claim(book: Book, claim_id: int) -> Claim:
    if claim_id not in book.claims:
        raise NotFoundException("Unknown invoice")
    return book.claims[claim_id]


def _creditor(book: Book, creditor_id: int) -> Creditor:
    if creditor_id not in book.creditors:
        raise NotFoundException("Unknown creditor")
    return book.creditors[creditor_id]


def _invalid(_: Request[Any, Any, Any], fault: InvalidError) -> Response[Json]:
    return Response({"message": "Validation failed", "errors": fault.problems}, status_code=400)
