"""Amili's endpoints under `/amili`: the token's below `/auth`, all others below `/collection/v1`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal

from litestar import Request, Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException, NotAuthorizedException, NotFoundException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, JSONBody

from sandbox.amili import control
from sandbox.amili.book import LISTED, Batch, Book, Case, Json, book_of
from sandbox.amili.forms import batch_row, batch_whole, case_row, invoice_row, page, settlement_row
from sandbox.amili.webhook import send_all, tell_case
from sandbox.amili.work import catch_up, to_collection
from sandbox.world import Fidelity, World

PREFIX = "/amili/collection/v1"
ORG = "/orgs/{org:str}"
FIDELITY: dict[str, Fidelity] = {
    "POST /amili/auth/token": "example",
    f"POST {PREFIX}/orgs/{{orgId}}/invoices": "example",
    f"GET {PREFIX}/orgs/{{orgId}}/invoices": "example",
    f"POST {PREFIX}/orgs/{{orgId}}/payments": "example",
    f"POST {PREFIX}/orgs/{{orgId}}/corrections": "example",
    f"GET {PREFIX}/orgs/{{orgId}}/batches": "example",
    f"GET {PREFIX}/orgs/{{orgId}}/batches/{{batchId}}": "example",
    f"GET {PREFIX}/batches/{{batchId}}": "example",
    f"GET {PREFIX}/orgs/{{orgId}}/cases": "example",
    f"POST {PREFIX}/orgs/{{orgId}}/cases/{{caseId}}/pause": "assumed",
    f"POST {PREFIX}/orgs/{{orgId}}/cases/{{caseId}}/resume": "assumed",
    f"POST {PREFIX}/orgs/{{orgId}}/cases/{{caseId}}/withdraw": "assumed",
    f"POST {PREFIX}/orgs/{{orgId}}/cases/{{caseId}}/accept-debt-collection-list": "assumed",
    f"POST {PREFIX}/orgs/{{orgId}}/cases/{{caseId}}/reject-debt-collection-list": "assumed",
    f"GET {PREFIX}/orgs/{{orgId}}/settlements": "assumed",
    f"GET {PREFIX}/orgs/{{orgId}}/settlements/{{settlementId}}": "assumed",
}
Act = Literal["pause", "resume", "withdraw", "accept-debt-collection-list", "reject-debt-collection-list"]
Asked = Request[Any, Any, Any]


def routes(world: World) -> Router:
    """The mark speaks of path and request; where the body of an answer goes beyond a published example, `book` and `forms` say so."""
    world.fidelity.update(FIDELITY)

    def the_world() -> World:
        return world

    def the_book() -> Book:
        with world.lock:
            book = book_of(world)
            catch_up(world, book)
        send_all(world, book)
        return book

    world.after_change.append(lambda: send_all(world, book_of(world)))
    listed = [
        create_invoices,
        create_payments,
        create_corrections,
        invoices,
        batches,
        batch,
        old_batch,
        cases,
        act,
        settlements,
        settlement,
    ]
    vendor = Router(PREFIX, guards=[_bearer(world)], route_handlers=listed)
    return Router(
        "/",
        route_handlers=[vendor, token, control.router()],
        dependencies={"world": Provide(the_world, sync_to_thread=False), "book": Provide(the_book, sync_to_thread=False)},
    )


@post("/amili/auth/token", status_code=200)
async def token(request: Asked, world: NamedDependency[World]) -> Response[Json]:
    form = await request.form()
    with world.lock:
        book = book_of(world)
        wanted = (book.settings.client_id, book.settings.client_secret)
        if form.get("grant_type") != "client_credentials":
            return Response({"error": "unsupported_grant_type"}, status_code=400)
        if (form.get("client_id"), form.get("client_secret")) != wanted:
            return Response({"error": "invalid_client"}, status_code=401)
        now, lasts = world.now(), book.settings.token_seconds
        given = hashlib.sha256(book.new_id("token").encode()).hexdigest()
        book.tokens[given] = now + timedelta(seconds=lasts)
        begun = int(now.timestamp())
        return Response({
            "access_token": given, "token_type": "Bearer", "not_before": begun, "expires_in": lasts, "expires_on": begun + lasts,
            "resource": book.new_id("resource"),
        })  # fmt: skip


@post(ORG + "/invoices", status_code=202, sync_to_thread=True)
def create_invoices(org: FromPath[str], data: JSONBody[Json], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    return _take(world, book, org, "INVOICE", data.get("invoices"))


@post(ORG + "/payments", status_code=202, sync_to_thread=True)
def create_payments(org: FromPath[str], data: JSONBody[Json], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    return _take(world, book, org, "PAYMENT", data.get("payments"))


@post(ORG + "/corrections", status_code=202, sync_to_thread=True)
def create_corrections(org: FromPath[str], data: JSONBody[Json], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    return _take(world, book, org, "CORRECTION", data.get("corrections"))


@get(ORG + "/invoices", sync_to_thread=True)
def invoices(request: Asked, org: FromPath[str], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    with world.lock:
        _organisation(book, org)
        asked = request.query_params
        found = [invoice_row(book, case) for case in book.cases.values() if case.organisation_id == org]
        for query, field in (("UniqueSourceInvoiceId", "uniqueSourceInvoiceId"), ("InvoiceNumber", "invoiceNumber"), ("Status", "status")):
            if query in asked:
                found = [one for one in found if str(one[field]) == asked[query]]
        return _page(book, request, found, "PageToken", "")


@get(ORG + "/batches", sync_to_thread=True)
def batches(request: Asked, org: FromPath[str], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    with world.lock:
        _organisation(book, org)
        asked = request.query_params
        found = [
            one
            for one in book.batches.values()
            if one.organisation_id == org and asked.get("Type") in (None, one.type) and asked.get("State") in (None, one.status)
        ]
        found.sort(key=lambda one: one.created_at, reverse=asked.get("SortDirection") == "DESC")
        return _page(book, request, [batch_row(one) for one in found], "PageToken", "PageSize")


@get(ORG + "/batches/{batch_id:str}", sync_to_thread=True)
def batch(org: FromPath[str], batch_id: FromPath[str], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    with world.lock:
        found = book.batches.get(batch_id)
        if found is None or found.organisation_id != org:
            raise NotFoundException("Unknown batch")
        return {"summary": {"status": "SUCCESS"}, "data": batch_whole(found)}


@get("/batches/{batch_id:str}", sync_to_thread=True)
def old_batch(batch_id: FromPath[str], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    """The path that `batchUrl` still names, and that the vendor means to remove."""
    with world.lock:
        if batch_id not in book.batches:
            raise NotFoundException("Unknown batch")
        return {"summary": {"status": "SUCCESS"}, "data": batch_whole(book.batches[batch_id])}


@get(ORG + "/cases", sync_to_thread=True)
def cases(request: Asked, org: FromPath[str], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    with world.lock:
        _organisation(book, org)
        asked = request.query_params
        found = [
            one
            for one in book.cases.values()
            if one.organisation_id == org
            and asked.get("Status") in (None, one.status)
            and asked.get("CaseNumber") in (None, str(one.number))
            and asked.get("UniqueSourceInvoiceId") in (None, one.reference)
        ]
        return _page(book, request, [case_row(one) for one in found], "PageToken", "PageSize")


@post(ORG + "/cases/{case_id:str}/{what:str}", status_code=202, sync_to_thread=True)
def act(
    org: FromPath[str],
    case_id: FromPath[str],
    what: FromPath[Act],
    data: JSONBody[Json],
    world: NamedDependency[World],
    book: NamedDependency[Book],
) -> Json:
    with world.lock:
        case = next((one for one in book.cases.values() if (one.id, one.organisation_id) == (case_id, org)), None)
        if case is None:
            raise NotFoundException("Unknown case")
        case.asked.append((what, str(data.get("reason") or "")))
        _act(world, book, case, what)
        return {"summary": {"status": "SUCCESS"}}


@get(ORG + "/settlements", sync_to_thread=True)
def settlements(request: Asked, org: FromPath[str], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    with world.lock:
        _organisation(book, org)
        since, until = request.query_params.get("fromDate", ""), request.query_params.get("toDate", "9999-12-31")
        found = [
            settlement_row(book.cases[one.case_number], one)
            for one in book.settlements.values()
            if one.organisation_id == org and since <= one.settled_on.isoformat() <= until
        ]
        return _page(book, request, found, "pageToken", "pageSize")


@get(ORG + "/settlements/{settlement_id:str}", sync_to_thread=True)
def settlement(org: FromPath[str], settlement_id: FromPath[str], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    with world.lock:
        found = book.settlements.get(settlement_id)
        if found is None or found.organisation_id != org:
            raise NotFoundException("Unknown settlement")
        return {"summary": {"status": "SUCCESS"}, "data": settlement_row(book.cases[found.case_number], found)}


def _take(world: World, book: Book, org: str, kind: Literal["INVOICE", "PAYMENT", "CORRECTION"], given: Any) -> Json:
    """Taken to be looked at: only the shape of the request is answered here."""
    if not isinstance(given, list) or not given or not all(isinstance(one, dict) for one in given):
        raise HTTPException("a list is required", status_code=400)
    with world.lock:
        _organisation(book, org)
        waiting = (one for one in book.batches.values() if (one.organisation_id, one.type, one.status) == (org, kind, "QUEUED"))
        known = next(waiting, None) if book.settings.pool_batches else None
        if known is None:
            known = Batch(book.new_id("batch"), org, kind, world.now(), [])
            book.batches[known.id] = known
        known.rows.extend(given)
        url = f"https://api.amili.no/collection/v1/batches/{known.id}"
        return {"summary": {"status": "SUCCESS"}, "data": {"batchId": known.id, "batchUrl": url}}


def _act(world: World, book: Book, case: Case, what: Act) -> None:
    if case.status == "CLOSED":
        raise HTTPException("The case is closed", status_code=422)
    if what in ("accept-debt-collection-list", "reject-debt-collection-list"):
        if case.sub_status != LISTED:
            raise HTTPException("The case is not on the list", status_code=409)
        if what == "accept-debt-collection-list":
            to_collection(world, book, case)
            return
    if what in ("withdraw", "reject-debt-collection-list"):
        case.status, case.closed_at = "CLOSED", world.now()
        case.sub_status = "WITHDRAWN"
    elif what == "pause":
        case.status = "PAUSED"
    elif case.status == "PAUSED":
        case.status = "OPEN"
    tell_case(world, book, case, ["status"])


def _page(book: Book, request: Asked, found: list[Json], token: str, size: str) -> Json:
    asked = request.query_params.get(size, "") if size else ""
    wanted = int(asked) if asked.isdecimal() else book.settings.page_rows_max
    return page(found, request.query_params.get(token), min(wanted, book.settings.page_rows_max))


def _organisation(book: Book, org: str) -> None:
    if org not in book.organisations:
        raise NotFoundException("Unknown organisation")


def _bearer(world: World) -> Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]:
    """401 for a token that is unknown or has ended, 403 for a client without the scope."""

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        with world.lock:
            book = book_of(world)
            kind, _space, given = connection.headers.get("authorization", "").partition(" ")
            until: datetime | None = book.tokens.get(given)
            if kind != "Bearer" or until is None or until <= world.now():
                raise NotAuthorizedException("Unauthorized")
            right = "read" if connection.scope["method"] == "GET" else "write"  # type: ignore[typeddict-item]
            if f"{right}:collection.case" not in book.settings.scopes:
                raise PermissionDeniedException("Insufficient scope")

    return guard
