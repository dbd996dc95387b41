"""The statistics service as far as we ask it: sums, greatest and least over lines, grouped by whatever else is selected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.unimicro.query import Json, QueryError, dig, filtered

CHOSEN = re.compile(r"^(?:(sum|min|max)\()?([\w.]+)\)? as (\w+)$", re.IGNORECASE)


def aggregated(rows: list[Json], asked: Mapping[str, str], dropped: Iterable[str] = ()) -> list[Json]:
    """Without anything to group by there is always one row, of nulls where nothing fits."""
    model = asked.get("model", "")
    chosen = [_chosen(one, model) for one in asked.get("select", "").split(",")]
    groups: dict[tuple[Any, ...], list[Json]] = {}
    plain = [field for function, field, _ in chosen if function is None]
    for row in filtered(rows, asked.get("filter", ""), dropped):
        groups.setdefault(tuple(dig(row, field) for field in plain), []).append(row)
    if not plain and not groups:
        groups[()] = []
    return [{name: _value(members, function, field) for function, field, name in chosen} for members in groups.values()]


def _chosen(text: str, model: str) -> tuple[str | None, str, str]:
    found = CHOSEN.match(text.strip())
    if found is None:
        raise QueryError(f"cannot read the selection at {text!r}")
    function, field, name = found.groups()
    return function.lower() if function else None, field.removeprefix(f"{model}."), name


def _value(rows: list[Json], function: str | None, field: str) -> Any:
    values = [value for row in rows if (value := dig(row, field)) is not None]
    if not values:
        return None
    if function == "sum":
        return round(sum(values), 2)
    return {"min": min, "max": max}.get(function or "", lambda found: found[0])(values)
