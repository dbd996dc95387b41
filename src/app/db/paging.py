"""Reading a table page by page in the order of its ids, which are made in the order of time.

The key's own index gives the next page at the same cost as the first, and a row that changes between two pages keeps its place: nothing is
skipped and nothing comes twice.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, TypeVarTuple, cast

from sqlalchemy import ColumnElement, Row, Select
from sqlalchemy.orm import InstrumentedAttribute

from app.db.unit_of_work import UnitOfWork

Columns = TypeVarTuple("Columns")
One = TypeVar("One")


@dataclass(frozen=True, slots=True)
class Position:
    """Where to go on: after this id (None: from the start), at most so many rows."""

    after: uuid.UUID | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[One]):
    """Some rows, and the id to go on after; None when these are the last."""

    rows: tuple[One, ...]
    next_after: uuid.UUID | None


def read_page(
    work: UnitOfWork,
    query: Select[*Columns],
    key: InstrumentedAttribute[uuid.UUID],
    position: Position,
    *,
    newest_first: bool = False,
) -> Page[Row[*Columns]]:
    """One page of `query`, in one statement. `key` is the id of the table that is paged through, and the query's first column's id."""
    if position.after is not None:
        beyond: ColumnElement[bool] = key < position.after if newest_first else key > position.after
        query = query.where(beyond)
    order = key.desc() if newest_first else key.asc()
    found = list(work.session.execute(query.order_by(order).limit(position.limit + 1)).all())
    rows = tuple(found[: position.limit])
    return Page(rows, cast("Any", rows[-1])[0].id if len(found) > len(rows) else None)
