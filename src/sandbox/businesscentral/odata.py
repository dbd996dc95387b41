"""As much OData as Business Central is asked in: simple filters, $select, $top, and pages marked by the last row's id."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response

Json = dict[str, Any]
AnyRequest = Request[Any, Any, Any]
PAGE_SIZE_MAX = 20_000
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "ge": operator.ge, "gt": operator.gt, "le": operator.le, "lt": operator.lt,
}  # fmt: skip
TERM = re.compile(r"(\w+) (eq|ne|ge|gt|le|lt) (?:'((?:[^']|'')*)'|(\S+))")
#: worked out when a row is shown, so the server cannot filter by it
CALCULATED = ("remainingAmount",)


class ApiError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def listed(request: AnyRequest, rows: Sequence[Json], fields: Sequence[str] = ()) -> Response[Json]:
    """The page asked for. `fields` are the names there are, where no row may be at hand to tell."""
    asked = request.query_params
    names = set(fields or (rows[0] if rows else ()))
    kept = [row for row in rows if _holds(asked["$filter"], row, names)] if "$filter" in asked else list(rows)
    kept.sort(key=lambda row: row["id"])
    if "$skiptoken" in asked:
        kept = [row for row in kept if row["id"] > asked["$skiptoken"].strip("'")]
    size = _page_size(request)
    shown, following = kept[:size], None
    if "$top" in asked:
        shown = kept[: int(asked["$top"])]
    elif len(kept) > size:
        following = f"{str(request.url).split('?')[0]}?{urlencode({**asked, 'aid': 'FIN', '$skiptoken': shown[-1]['id']})}"
    body: Json = {"@odata.context": "$metadata", "value": [_selected(row, asked) for row in shown]}
    return Response(body if following is None else {**body, "@odata.nextLink": following})


def _page_size(request: AnyRequest) -> int:
    wanted = re.search(r"odata\.maxpagesize=(\d+)", request.headers.get("prefer", ""))
    return min(int(wanted[1]), PAGE_SIZE_MAX) if wanted else PAGE_SIZE_MAX


def _selected(row: Json, asked: Mapping[str, str]) -> Json:
    if "$select" not in asked:
        return row
    names = asked["$select"].split(",")
    if missing := [name for name in names if name not in row]:
        raise ApiError(400, "BadRequest", f"Could not find a property named '{missing[0]}'.")
    return {name: value for name, value in row.items() if name in names or name.startswith("@odata")}


def _holds(text: str, row: Json, names: set[str]) -> bool:
    return any(all(_term(term, row, names) for term in branch.split(" and ")) for branch in text.split(" or "))


def _term(term: str, row: Json, names: set[str]) -> bool:
    found = TERM.fullmatch(term.strip())
    if found is None or found[1] not in names or found[1] in CALCULATED:
        raise ApiError(400, "BadRequest", f"Could not understand the filter: {term}")
    wanted = found[3].replace("''", "'") if found[3] is not None else found[4]
    have = "" if row[found[1]] is None else str(row[found[1]])
    if found[1].endswith("DateTime"):
        return COMPARISONS[found[2]](datetime.fromisoformat(have), datetime.fromisoformat(wanted))
    return COMPARISONS[found[2]](have, wanted)
