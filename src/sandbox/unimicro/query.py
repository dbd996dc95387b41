"""The platform's query language as far as we speak it: filter, orderby, top, skip. With its worst habit: a filter that names a field which
does not exist is not refused, it is ignored. And `ne` leaves out rows in which the field is empty."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import eq, ge, gt, le, lt, ne
from typing import Any

Json = dict[str, Any]
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {"eq": eq, "ne": ne, "gt": gt, "ge": ge, "lt": lt, "le": le}
CONDITION = re.compile(r"^([\w.]+) (eq|ne|gt|ge|lt|le) ('(?:[^']|'')*'|null|true|false|-?\d+(?:\.\d+)?)$")


class QueryError(Exception):
    """The query cannot be read at all."""


def answer(rows: Iterable[Json], asked: Mapping[str, str], cap: int, dropped: Iterable[str] = ()) -> list[Json]:
    found = filtered(list(rows), asked.get("filter", ""), dropped)
    if (order := asked.get("orderby")) is not None:
        found = sorted(found, key=lambda row: (row.get(order) is None, row.get(order)))
    skip, top = int(asked.get("skip", 0)), min(int(asked.get("top", cap)), cap)
    return found[skip : skip + top]


def filtered(rows: list[Json], text: str, dropped: Iterable[str] = ()) -> list[Json]:
    """The rows that fulfil the filter; all of them where it names an unknown field."""
    if not text:
        return rows
    groups = [[_condition(one) for one in re.split(r" or ", part.strip("()"))] for part in re.split(r" and (?![^(]*\))", text)]
    if any(field in dropped or not known(row, field) for group in groups for field, _, _ in group for row in rows):
        return rows
    return [row for row in rows if all(any(_holds(row, *one) for one in group) for group in groups)]


def known(row: Json, field: str) -> bool:
    """Whether the row has such a field; what lies in a relation that is empty is taken as known."""
    found: Any = row
    for name in field.split("."):
        if found is None:
            return True
        if not isinstance(found, dict) or name not in found:
            return False
        found = found[name]
    return True


def dig(row: Json, field: str) -> Any:
    found: Any = row
    for name in field.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _condition(text: str) -> tuple[str, str, Any]:
    found = CONDITION.match(text.strip())
    if found is None:
        raise QueryError(f"cannot read the filter at {text!r}")
    field, operator, literal = found.groups()
    if literal.startswith("'"):
        return field, operator, literal[1:-1].replace("''", "'")
    return field, operator, {"null": None, "true": True, "false": False}.get(literal, float(literal) if literal[-1].isdigit() else None)


def _holds(row: Json, field: str, operator: str, value: Any) -> bool:
    found = dig(row, field)
    if value is None:
        return (found is None) == (operator == "eq")
    if found is None:
        return False
    if isinstance(value, str) and field.endswith("At"):
        return OPERATORS[operator](datetime.fromisoformat(found), datetime.fromisoformat(value))
    if isinstance(value, float) != isinstance(found, int | float):
        return False
    return OPERATORS[operator](found, value)
