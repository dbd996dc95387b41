"""Relay connections over plain rows: filters by field and suffix, and pages by a cursor."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

Row = dict[str, Any]
PAGE_MAX = 10_000
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda own, asked: own > asked,
    "gte": lambda own, asked: own >= asked,
    "lt": lambda own, asked: own < asked,
    "lte": lambda own, asked: own <= asked,
}


class XledgerError(Exception):
    """A refusal with the vendor's code, as it stands in `errors`."""

    def __init__(self, message: str, code: str | None = None, /, **extensions: Any) -> None:
        super().__init__(message)
        self.code = code
        self.extensions = extensions


def connection(rows: Iterable[Row], arguments: Mapping[str, Any], *, by_place: bool) -> Row:
    """`by_place`: a cursor stands for a place in the list, so that rows slide over it; else for a row (which of the two is not public)."""
    wanted = arguments.get("filter")
    found = [row for row in rows if wanted is None or passes(row, wanted)]
    cursors = [_cursor(place if by_place else int(row["dbId"])) for place, row in enumerate(found, 1)]
    edges: list[Row] = [{"cursor": cursor, "node": row} for cursor, row in zip(cursors, found, strict=True)]
    after = _place(arguments.get("after"))
    rest = [edge for place, edge in enumerate(edges, 1) if (place if by_place else int(edge["node"]["dbId"])) > after]
    size = arguments.get("first") or arguments.get("last") or 50
    if size > PAGE_MAX:
        raise XledgerError(f"At most {PAGE_MAX} rows can be asked for.", "BAD_REQUEST", code="INVALID_VALUE")
    page = rest[-size:] if arguments.get("first") is None and arguments.get("last") else rest[:size]
    return {"edges": page, "pageInfo": {"hasNextPage": len(rest) > len(page), "hasPreviousPage": after > 0}}


def passes(row: Row, wanted: Mapping[str, Any]) -> bool:
    return all(_holds(row, name, asked) for name, asked in wanted.items())


def _holds(row: Row, name: str, asked: Any) -> bool:
    if name == "AND":
        return all(passes(row, part) for part in asked)
    if name == "OR":
        return any(passes(row, part) for part in asked)
    field, _, suffix = name.partition("_")
    own = _value(row.get(field))
    if suffix == "in":
        return own in [_value(one) for one in asked]
    if suffix == "":
        return bool(own == _value(asked))
    other = _value(asked)
    return own is not None and type(own) is type(other) and COMPARE[suffix](own, other)


def _value(told: Any) -> Any:
    """What can be compared: amounts and ids as numbers, dates as text."""
    if isinstance(told, int | float) and not isinstance(told, bool):
        return Decimal(str(told))
    try:
        return Decimal(told)
    except (InvalidOperation, TypeError, ValueError):
        return told


def _cursor(place: int) -> str:
    return base64.b64encode(f"cursor:{place}".encode()).decode()


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("cursor:"))
    except (binascii.Error, ValueError):
        raise XledgerError("Invalid cursor.", "BAD_REQUEST", code="INVALID_VALUE") from None
