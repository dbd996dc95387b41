"""Business Central on the wire: API v2.0 in OData, with tokens from Microsoft Entra, page by page, and every refusal in our words.

A user signs in once and reaches every environment of his tenant. A company is named `tenant:environment:id`, because the id alone does
not tell where it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from app.ledgers.calls import Calls, retry_after
from app.ledgers.errors import AuthRevokedError, ConflictError, PeriodLockedError, PermissionMissingError, RateLimitedError
from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import Reply
from app.values.money import ore_from_decimal

Row = Mapping[str, Any]
PAGE_SIZE = 2000
#: an id as Microsoft writes them
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
#: how an empty date is written
NO_DAY = "0001-01-01"
LOCKED = re.compile(r"range of (allowed )?posting dates|allowed posting date|not within your range", re.IGNORECASE)
FORBIDDEN = re.compile(r"permission", re.IGNORECASE)


class NotFoundError(RefusedError):
    """There is no such row, or not for us."""


class Wire:
    """OData reads and writes. The server pages by the last row's key, so rows that come or go meanwhile hide no other."""

    def __init__(self, calls: Calls, page_size: int = PAGE_SIZE) -> None:
        self._calls, self._page_size = calls, page_size

    def environments(self) -> list[Row]:
        return self._values(self._calls.send("GET", "/environments/v1.1", headers=_headers()), "environments")[0]

    def companies(self, tenant: str, environment: str) -> list[Row]:
        return self._pages(f"{_root(tenant, environment)}/companies", {})

    def all(self, company: str, path: str, **options: str) -> list[Row]:
        """Every row. `options` are OData's, without the dollar: filter, select, orderby."""
        return self._pages(address(company) + path, {f"${name}": value for name, value in options.items()})

    def first(self, company: str, path: str, **options: str) -> Row | None:
        params = {f"${name}": value for name, value in options.items()} | {"$top": "1"}
        rows, _ = self._values(self._calls.send("GET", address(company) + path, params=params, headers=_headers()), path)
        return rows[0] if rows else None

    def one(self, company: str, path: str) -> Row:
        return self._row(self._calls.send("GET", address(company) + path, headers=_headers()), path)

    def post(self, company: str, path: str, body: Any = None) -> Row | None:
        reply = self._calls.send("POST", address(company) + path, json_body=body, headers=_headers())
        if not reply.body:
            return None
        try:
            return self._row(reply, path)
        except BrokenError as fault:
            raise UnknownOutcomeError(str(fault)) from fault

    def delete(self, company: str, path: str, etag: str) -> None:
        self._calls.send("DELETE", address(company) + path, headers={**_headers(), "if-match": etag})

    def _pages(self, path: str, params: Mapping[str, str]) -> list[Row]:
        rows: list[Row] = []
        wanted: Mapping[str, str] | None = params
        while wanted is not None:
            headers = {**_headers(), "prefer": f"odata.maxpagesize={self._page_size}"}
            page, following = self._values(self._calls.send("GET", path, params=wanted, headers=headers), path)
            rows += page
            # only what is asked is taken from the link, never where to ask it: the token goes nowhere else
            wanted = None if following is None else dict(parse_qsl(urlsplit(following).query))
            if following is not None and not wanted:
                raise BrokenError(f"{path}: a next page without a mark")
        return rows

    @staticmethod
    def _values(reply: Reply, what: str) -> tuple[list[Row], str | None]:
        with reading(what):
            body = reply.json()
            return [dict(row) for row in body["value"]], body.get("@odata.nextLink")

    @staticmethod
    def _row(reply: Reply, what: str) -> Row:
        with reading(what):
            return dict(reply.json())


def address(company: str) -> str:
    """The path of a company of ours. What is not one of Microsoft's ids never gets into an address."""
    tenant, _, rest = company.partition(":")
    environment, _, guid = rest.partition(":")
    if not GUID.fullmatch(guid):
        raise RefusedError("that is not a company in Business Central")
    return f"{_root(tenant, environment)}/companies({guid})"


def entity(name: str, guid: str) -> str:
    if not GUID.fullmatch(guid):
        raise RefusedError("that is not an id in Business Central")
    return f"/{name}({guid})"


def quoted(text: str) -> str:
    """A text in a filter (OData: a quote is doubled)."""
    return "'" + text.replace("'", "''") + "'"


def refusal_of(reply: Reply, where: str, write: bool) -> OutsideError:
    """OData's error envelope in our words. What ran out of time on a write may have been done."""
    code, words = _said(reply)
    said = f"Business Central: {words or reply.status}"
    if reply.status == 429:
        return RateLimitedError("Business Central asks for a pause", retry_after(reply))
    if reply.status == 408 or reply.status >= 500:
        return (UnknownOutcomeError if write else TryLaterError)(f"{where}: Business Central failed (status {reply.status})")
    if reply.status == 401:
        return AuthRevokedError("Business Central no longer accepts the access that was given. Connect again.")
    if reply.status == 403 or FORBIDDEN.search(words):
        return PermissionMissingError(f"The user who gave access may not do this in Business Central: {words or 'no permission'}")
    if reply.status == 404:
        return NotFoundError("Business Central has no such row")
    if reply.status in (409, 412) or code == "Request_EntityChanged":
        return ConflictError(said)
    return (PeriodLockedError if LOCKED.search(words) else RefusedError)(said)


@contextmanager
def reading(what: str) -> Iterator[None]:
    """What we cannot make sense of inside becomes a `BrokenError` that names what was read, not what it held."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as fault:
        raise BrokenError(f"{what}: {type(fault).__name__} in what Business Central answered") from fault


def ore_of(amount: Any) -> int:
    """A JSON number in major units as øre; more than two decimals is a ValueError."""
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
        raise TypeError("not a number")
    return ore_from_decimal(Decimal(amount))


def day_of(text: Any) -> date | None:
    return None if not text or text == NO_DAY else date.fromisoformat(text)


def _root(tenant: str, environment: str) -> str:
    if not GUID.fullmatch(tenant) or not ENVIRONMENT.fullmatch(environment):
        raise RefusedError("that is not an environment in Business Central")
    return f"/v2.0/{tenant}/{quote(environment, safe='')}/api/v2.0"


def _headers() -> dict[str, str]:
    # refusals are told in the language that is asked for, and we look for words in them
    return {"accept": "application/json", "accept-language": "en-US"}


def _said(reply: Reply) -> tuple[str, str]:
    try:
        fault = reply.json()["error"]
        return str(fault.get("code", "")), " ".join(str(fault.get("message", "")).split())[:200]
    except (BrokenError, KeyError, TypeError, AttributeError):
        return "", ""
