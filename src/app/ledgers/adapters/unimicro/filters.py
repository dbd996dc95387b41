"""Filters as Unimicro takes them, and the same judged here. Pure.

A filter that names a field the platform does not know is not refused there: it is ignored, and every row comes back. So each answer is
held against the question, and a row that does not belong to it is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import eq, ge, gt, le, lt
from typing import Any, Literal

from app.net.errors import BrokenError

Row = Mapping[str, Any]
Value = int | str | date | datetime
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {"eq": eq, "gt": gt, "ge": ge, "lt": lt, "le": le}


class UnfilteredError(BrokenError):
    """The answer holds rows that were not asked for: the filter was not understood, and nothing may be built on it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. `field` may lead into an expanded relation (`SubAccount.CustomerID`). A field that is empty fulfils none."""

    field: str
    operator: Literal["eq", "gt", "ge", "lt", "le"]
    value: Value

    def __str__(self) -> str:
        return f"{self.field} {self.operator} {_literal(self.value)}"

    def holds(self, row: Row) -> bool:
        found = dig(row, self.field)
        return found is not None and OPERATORS[self.operator](_like(found, self.value), self.value)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of several conditions is enough."""

    conditions: tuple[Condition, ...]

    def __str__(self) -> str:
        return f"({' or '.join(map(str, self.conditions))})"

    def holds(self, row: Row) -> bool:
        return any(one.holds(row) for one in self.conditions)


@dataclass(frozen=True, slots=True)
class Filter:
    """All of its parts must hold."""

    parts: tuple[Condition | AnyOf, ...] = ()

    def __str__(self) -> str:
        return " and ".join(map(str, self.parts))

    def and_(self, *more: Condition | AnyOf) -> Filter:
        return Filter((*self.parts, *more))

    def judge(self, row: Row, what: str) -> None:
        """Raise unless the row is one that was asked for."""
        broken = next((part for part in self.parts if not part.holds(row)), None)
        if broken is not None:
            raise UnfilteredError(f"{what}: Unimicro answered with rows that were not asked for ({broken})")


def where(*parts: Condition | AnyOf) -> Filter:
    return Filter(parts)


def changed_since(instant: datetime, *relations: str) -> AnyOf:
    """Made or touched at or after that instant, or one of the named relations was."""
    fields = ["CreatedAt", "UpdatedAt", *(f"{relation}.UpdatedAt" for relation in relations)]
    return AnyOf(tuple(Condition(field, "ge", instant.astimezone(UTC)) for field in fields))


def dig(row: Row, field: str) -> Any:
    """The value at a dotted path; None where the path ends early."""
    found: Any = row
    for name in field.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def instant_of(text: str) -> datetime:
    """The platform's date-times are UTC, with or without the letter that says so."""
    found = datetime.fromisoformat(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _literal(value: Value) -> str:
    if isinstance(value, datetime):
        return f"'{value.astimezone(UTC).strftime('%Y-%m-%dT%H:%M:%SZ')}'"
    if isinstance(value, date):
        return f"'{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


def _like(found: Any, value: Value) -> Any:
    """The field's value in the kind of the value it is compared with."""
    if isinstance(value, datetime):
        return instant_of(found)
    if isinstance(value, date):
        return date.fromisoformat(found[:10])
    if isinstance(value, str):
        return str(found)
    if isinstance(found, bool) or not isinstance(found, int | Decimal):
        raise TypeError("not a number")
    return found
