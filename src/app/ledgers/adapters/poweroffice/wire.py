"""PowerOffice Go on the wire: pages, empty answers, and what its refusals mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeVar

import msgspec

from app.ledgers.calls import Calls, retry_after
from app.ledgers.errors import ConflictError, PeriodLockedError, PermissionMissingError, RateLimitedError
from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import Reply

PAGE_SIZE = 5000
READINGS_MAX = 5
NO_CONTENT = 204

Shape = TypeVar("Shape")


class GoneError(RefusedError):
    """The object does not exist, or not for us."""


class DuplicateError(ConflictError):
    """A voucher with that external reference exists already."""


def rows_of(calls: Calls, path: str, shape: type[Shape], page_size: int, order_by: str = "Id", **params: str) -> list[Shape]:
    """Every row of a list. One of several pages is read until two readings agree: rows slide between pages when others leave the list."""
    before: list[Shape] | None = None
    for _ in range(READINGS_MAX):
        rows, pages = _one_reading(calls, path, shape, page_size, {**params, "OrderBy": order_by})
        if pages == 1 or rows == before:
            return rows
        before = rows
    raise TryLaterError(f"{path}: the list kept changing while it was read")


def row_of(calls: Calls, path: str, shape: type[Shape]) -> Shape:
    reply = calls.send("GET", path)
    if reply.status == NO_CONTENT:
        raise GoneError(f"{path}: nothing there")
    return decoded(reply, shape)


def decoded(reply: Reply, shape: type[Shape]) -> Shape:
    """The body in that shape, amounts as exact decimals. What does not fit is `BrokenError`, which repeats nothing of the answer."""
    try:
        return msgspec.json.decode(reply.body, type=shape)
    except msgspec.ValidationError as fault:
        raise BrokenError(f"PowerOffice Go's answer has not the shape we know: {fault}") from None
    except msgspec.DecodeError as fault:
        raise BrokenError(f"PowerOffice Go's answer (status {reply.status}) is not JSON") from fault


def at_least_a_second(reply: Reply) -> timedelta:
    return max(retry_after(reply) or timedelta(0), timedelta(seconds=1))


def refusal_of(reply: Reply, where: str, write: bool) -> OutsideError:
    """The vendor's ProblemDetails in our words. A 5xx on a write may have been acted on."""
    words = _words(reply)
    said = f"{where}: {words or f'status {reply.status}'}"
    if reply.status >= 500:
        return UnknownOutcomeError(said) if write else TryLaterError(said)
    if reply.status == 401:
        return PermissionMissingError(f"PowerOffice Go does not accept the access it has just given: {said}")
    if reply.status == 403:
        return PermissionMissingError(f"PowerOffice Go's extension lacks a right or the client a subscription: {said}")
    if reply.status == 404:
        return GoneError(said)
    if reply.status == 429:
        return RateLimitedError(said, at_least_a_second(reply))
    if re.search(r"external\s*import\s*reference", words, re.IGNORECASE):
        return DuplicateError(said)
    if re.search(r"\b(locked|closed|låst|lukket|avsluttet|stengt)\b", words, re.IGNORECASE):
        return PeriodLockedError(said)
    return RefusedError(said)


def _one_reading(calls: Calls, path: str, shape: type[Shape], page_size: int, params: Mapping[str, str]) -> tuple[list[Shape], int]:
    rows: list[Shape] = []
    page = 0
    while True:
        page += 1
        reply = calls.send("GET", path, params={**params, "PageNumber": page, "PageSize": page_size})
        if reply.status == NO_CONTENT:
            return rows, page
        found = decoded(reply, list[shape])  # type: ignore[valid-type]
        rows += found
        if len(found) < page_size and not _has_next(reply):
            return rows, page


def _has_next(reply: Reply) -> bool:
    """By the header, for a server that gives smaller pages than it was asked for."""
    try:
        told = msgspec.json.decode(reply.headers.get("x-pagination") or "{}", type=dict[str, Any])
    except msgspec.MsgspecError:
        return False
    return any(name.lower() == "nextpagelink" and value for name, value in told.items())


def _words(reply: Reply) -> str:
    try:
        told = msgspec.json.decode(reply.body)
    except msgspec.MsgspecError:
        return ""
    if not isinstance(told, dict):
        return ""
    said = {str(name).lower(): value for name, value in told.items()}
    parts = (said.get(name) for name in ("title", "detail", "message"))
    return " ".join(" ".join(str(part) for part in parts if part).split())[:300]
