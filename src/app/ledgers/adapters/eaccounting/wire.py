"""eAccounting on the wire: pages with `Meta` and `Data`, OData filters, and what its error codes mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Protocol, TypeVar

import msgspec

from app.ledgers.calls import Calls, retry_after
from app.ledgers.errors import (
    AuthRevokedError,
    ConflictError,
    ModuleMissingError,
    PeriodLockedError,
    PermissionMissingError,
    RateLimitedError,
)
from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import Reply

PAGE_SIZE = 1000
READINGS_MAX = 5
NOT_FOUND, CONFLICT, LOCKED = 3000, 4000, 4026


class HasId(Protocol):
    @property
    def id(self) -> str: ...


Shape = TypeVar("Shape")
Identified = TypeVar("Identified", bound=HasId)


class GoneError(RefusedError):
    """The object does not exist, or not for us."""


class _Meta(msgspec.Struct, rename="pascal"):
    total_number_of_pages: int
    total_number_of_results: int


class _Page(msgspec.Struct, rename="pascal"):
    meta: _Meta
    data: msgspec.Raw


def rows_of(calls: Calls, path: str, shape: type[Identified], page_size: int, where: str | None = None) -> list[Identified]:
    """Every row of a list. One of several pages is read until two readings agree: rows slide between pages when others leave the list."""
    before: set[str] | None = None
    for _ in range(READINGS_MAX):
        rows, pages = _one_reading(calls, path, shape, page_size, where)
        ids = {row.id for row in rows}
        if pages <= 1 or (ids == before and len(ids) == len(rows)):
            return rows
        before = ids
    raise TryLaterError(f"{path}: the list kept changing while it was read")


def row_of(calls: Calls, path: str, shape: type[Shape]) -> Shape:
    return decoded(calls.send("GET", path).body, shape)


def decoded(body: bytes | msgspec.Raw, shape: type[Shape]) -> Shape:
    """The body in that shape, amounts as exact decimals. What does not fit is `BrokenError`, which repeats nothing of the answer."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as fault:
        raise BrokenError(f"eAccounting's answer has not the shape we know: {fault}") from None
    except msgspec.DecodeError as fault:
        raise BrokenError("eAccounting's answer is not JSON") from fault


def refusal_of(reply: Reply, where: str, write: bool) -> OutsideError:
    """The vendor's error envelope in our words. A 5xx on a write may have been acted on."""
    code, words = _envelope(reply)
    said = f"{where}: {words or f'status {reply.status}'}"
    if reply.status >= 500:
        return UnknownOutcomeError(said) if write else TryLaterError(said)
    if reply.status == 429:
        return RateLimitedError(said, retry_after(reply))
    if reply.status == 401:
        return AuthRevokedError("eAccounting no longer accepts the access that was given. Connect again.")
    if reply.status == 403:
        module = re.search(r"module:?\s*(\S+)", words, re.IGNORECASE)
        if module is not None:
            return ModuleMissingError(f"The company's eAccounting subscription does not include the interface ({module[1]}).")
        return PermissionMissingError(said)
    return _BY_CODE.get(code, GoneError if reply.status == 404 else RefusedError)(said)


def instant(moment: datetime) -> str:
    """As OData wants it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-4] + "Z"


def midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00.00Z"


_BY_CODE: Mapping[int, type[RefusedError]] = {NOT_FOUND: GoneError, CONFLICT: ConflictError, LOCKED: PeriodLockedError}


def _one_reading(calls: Calls, path: str, shape: type[Identified], page_size: int, where: str | None) -> tuple[list[Identified], int]:
    rows: list[Identified] = []
    page, pages = 0, 1
    while page < pages:
        page += 1
        reply = calls.send("GET", path, params={"$page": page, "$pagesize": page_size, "$filter": where})
        told = decoded(reply.body, _Page)
        pages = max(pages, told.meta.total_number_of_pages)
        rows += decoded(told.data, list[shape])  # type: ignore[valid-type]
    return rows, pages


def _envelope(reply: Reply) -> tuple[int, str]:
    try:
        told: Any = msgspec.json.decode(reply.body)
    except msgspec.MsgspecError:
        return 0, ""
    if not isinstance(told, dict):
        return 0, ""
    code = told.get("ErrorCode")
    words = " ".join(str(told.get("DeveloperErrorMessage") or told.get("Message") or "").split())
    return (code if isinstance(code, int) else 0), words[:300]
