"""Many rows in one statement that reads the same however many they are: it is compiled, parsed and planned once, not at every page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import JSON, Text, cast, column, func, inspect, literal, select
from sqlalchemy.dialects.postgresql import Insert, insert

from app.db.base import Base


def insert_rows(table: type[Base], rows: Sequence[Mapping[str, Any]]) -> Insert:
    """`INSERT ... SELECT` from the rows as one value. All of them name the same attributes; others take the database's defaults."""
    columns = {name: inspect(table).columns[name] for name in rows[0]}
    given = func.json_to_recordset(cast(literal(msgspec.json.encode(rows).decode(), Text), JSON)).table_valued(
        *(column(name, known.type) for name, known in columns.items())
    )
    source = given.render_derived(name="given", with_types=True)
    return insert(table).from_select(list(columns.values()), select(*(source.c[name] for name in columns)), include_defaults=False)
