"""Who asks PowerOffice Go, for which client, and what every answer has in common: paging, errors, keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from litestar import Request, Response

from sandbox.book_rows import BooksError, Company
from sandbox.books import Books
from sandbox.poweroffice.memory import GoMemory
from sandbox.world import Fidelity, World

PREFIX = "/poweroffice/v2"
PAGE_SIZE, PAGE_SIZE_MAX = 5000, 20_000

AnyRequest = Request[Any, Any, Any]
Json = dict[str, Any]
Answer = Response[Any]


class ApiError(Exception):
    def __init__(self, status: int, title: str, detail: str = "") -> None:
        super().__init__(detail or title)
        self.status, self.title, self.detail = status, title, detail


class Desk:
    def __init__(self, world: World, books: Books, memory: GoMemory) -> None:
        self.world, self.books, self.memory = world, books, memory

    def mark(self, fidelity: Mapping[str, Fidelity]) -> None:
        for endpoint, how in fidelity.items():
            method, path = endpoint.split(" ")
            self.world.fidelity[f"{method} {path if path.startswith('/poweroffice') else PREFIX + path}"] = how

    def enter(self, request: AnyRequest) -> None:
        """Every call, whoever it is for, carries our subscription key and counts against it."""
        if request.headers.get("ocp-apim-subscription-key") != self.memory.settings.subscription_key:
            raise ApiError(401, "Access denied due to invalid subscription key.")
        with self.world.lock:
            if self.memory.too_many():
                raise ApiError(429, "Rate limit is exceeded. Try again in 1 seconds.")

    def company(self, request: AnyRequest, privilege: str | None = None) -> Company:
        self.enter(request)
        kind, _, shown = request.headers.get("authorization", "").partition(" ")
        token = self.memory.tokens.get(shown) if kind.lower() == "bearer" else None
        if token is None or token.until <= self.world.now() or token.company not in self.memory.keys:
            raise ApiError(401, "Unauthorized", "The access token is missing, expired or revoked.")
        if privilege is not None and not {privilege, f"{privilege}_Full"} & self.privileges():
            raise ApiError(403, "Forbidden", f"The integration does not have the privilege {privilege}.")
        return self.books.company(token.company)

    def privileges(self) -> set[str]:
        return set(self.memory.settings.privileges) - set(self.memory.settings.not_subscribed)


def page(request: AnyRequest, rows: list[Json]) -> Answer:
    """One page in the order asked for. Nothing at all is 204."""
    query = request.query_params
    size, number = int(query.get("PageSize", PAGE_SIZE)), int(query.get("PageNumber", 1))
    if not 0 < size <= PAGE_SIZE_MAX or number < 1:
        raise ApiError(400, "Invalid resourceParameter", "PageSize or PageNumber is out of range.")
    if "OrderBy" in query:
        rows = sorted(rows, key=lambda row: row[query["OrderBy"]])
    shown = rows[(number - 1) * size : number * size]
    more = len(rows) > number * size
    link = f"{request.base_url}{request.url.path.lstrip('/')}?PageNumber={number + 1}&PageSize={size}" if more else None
    told = {"totalCount": len(rows), "pageSize": size, "currentPage": number, "totalPages": -(-len(rows) // size), "nextPageLink": link}
    if not shown:
        return Response(None, status_code=204, headers={"x-pagination": json.dumps(told)})
    return Response(shown, headers={"x-pagination": json.dumps(told)})


def day_of(request: AnyRequest, name: str) -> date:
    try:
        return date.fromisoformat(request.query_params[name][:10])
    except (KeyError, ValueError):
        raise ApiError(400, "Bad request", f"{name} is required and must be a date.") from None


def instant_of(request: AnyRequest, name: str) -> datetime | None:
    text = request.query_params.get(name)
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        raise ApiError(400, "Bad request", f"{name} must be a timestamp.") from None


def numbers_of(request: AnyRequest, name: str) -> Callable[[int | None], bool]:
    """A filter of numbers and ranges: "10000-10999, 12500, 13000-"."""
    text = request.query_params.get(name, "").strip()
    spans: list[tuple[int, int]] = []
    for part in text.split(",") if text else []:
        low, dash, high = part.strip().partition("-")
        spans.append((int(low), int(high) if high.strip() else (10**18 if dash else int(low))))
    return lambda number: not spans or any(number is not None and low <= number <= high for low, high in spans)


def refused(_request: AnyRequest, fault: ApiError) -> Answer:
    body = {"Title": fault.title, "Detail": fault.detail or fault.title, "Status": fault.status}
    return Response(body, status_code=fault.status, media_type="application/problem+json")


def books_refused(_request: AnyRequest, fault: BooksError) -> Answer:
    status = 404 if fault.code == "not_found" else 400
    title = "Accounting period is locked" if fault.code == "locked" else "Bad request"
    return Response({"Title": title, "Detail": fault.detail, "Status": status}, status_code=status, media_type="application/problem+json")


HANDLED: Any = {ApiError: refused, BooksError: books_refused}
