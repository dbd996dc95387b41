"""Fiken's lists: filters by date and value, pages from 0 of at most 100 rows, and the counts in headers."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from litestar import Request, Response

Json = dict[str, Any]
PAGE_SIZE, PAGE_SIZE_MAX = 25, 100
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "": operator.eq, "Le": operator.le, "Lt": operator.lt, "Ge": operator.ge, "Gt": operator.gt,
}  # fmt: skip


class ApiError(Exception):
    """A refusal with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def page_of(
    request: Request[Any, Any, Any], rows: Sequence[Json], *, dates: Mapping[str, str] | None = None, exact: Sequence[str] = ()
) -> Response[list[Json]]:
    """The page asked for. `dates`: filter name to field, with all its comparisons; `exact`: filters by equal value."""
    for name, field in (dates or {}).items():
        for ending, holds in COMPARISONS.items():
            if (wanted := request.query_params.get(name + ending)) is not None:
                day = _day(wanted)
                rows = [r for r in rows if holds(date.fromisoformat(r[field]), day)]
    for name in exact:
        if (wanted := request.query_params.get(name)) is not None:
            rows = [r for r in rows if _value(r, name) == wanted]
    page, size = _number(request, "page", 0), _number(request, "pageSize", PAGE_SIZE)
    if page < 0 or not 1 <= size <= PAGE_SIZE_MAX:
        raise ApiError(400, f"page must be 0 or more, pageSize between 1 and {PAGE_SIZE_MAX}")
    counts = {"page": page, "page-size": size, "page-count": -(-len(rows) // size), "result-count": len(rows)}
    return Response(list(rows[page * size : (page + 1) * size]), headers={f"Fiken-Api-{k.title()}": str(v) for k, v in counts.items()})


def _value(row: Json, name: str) -> str:
    if name in ("contactId", "customerId"):
        return str(row["customer"]["contactId"])
    found = row.get(name, row.get("sale", {}).get(name))
    return str(found).lower() if isinstance(found, bool) else str(found)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ApiError(400, f"{text} is not a date (yyyy-MM-dd)") from None


def _number(request: Request[Any, Any, Any], name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdigit():
        raise ApiError(400, f"{name} must be a number")
    return int(text)
