"""What an open item list would bring, as plain values for the preview page, and what its form must say before it is taken in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from app.ledgers.files.cells import date_of
from app.ledgers.files.open_list import OpenList
from app.ledgers.list_import import Standing
from app.ledgers.ports import Confidence, LedgerItem
from app.web.i18n import gettext
from app.web.pages import text_of

ROWS_SHOWN = 200
_RANK = {Confidence.LOW: 0, Confidence.MEDIUM: 1, Confidence.HIGH: 2}


def list_preview(told: OpenList, standing: Standing, name: str, today: date) -> dict[str, Any]:
    """JSON values: øre, ISO dates. Uncertain items come first; at most `ROWS_SHOWN` are kept, but every line that is left out."""
    names = {customer.external_id: customer.name for customer in told.customers}
    fields = {place: field.value for field, place in told.columns.places.items()}
    doubts: Counter[str] = Counter(doubt for item in told.items for doubt in item.doubts)
    ranked = sorted(told.items, key=lambda item: (_RANK[item.confidence], names[item.customer_id], item.external_id))
    return {
        "kind": "open_items",
        "files": [name],
        "today": today.isoformat(),
        "columns": [
            {"name": told.columns.names[place], "sample": told.samples[place], "field": fields.get(place, "")}
            for place in range(len(told.columns.names))
        ],
        "missing": [field.value for field in told.columns.missing],
        "customers": len(told.customers),
        "item_count": len(told.items),
        "total_ore": told.total_ore,
        "low": sum(item.confidence is Confidence.LOW for item in told.items),
        "skipped": told.skipped,
        "left_rows": told.left_rows,
        "left_out": [one.as_json() for one in told.left_out],
        "doubts": [list(pair) for pair in doubts.most_common()],
        "held": standing.held,
        "known": standing.known,
        "gone": standing.gone,
        "rows": [_row(item, names) for item in ranked[:ROWS_SHOWN]],
    }


def form_errors(preview: Mapping[str, Any], form: Mapping[str, Any]) -> dict[str, str]:
    """What is missing before the list may become the book: a day, and a yes to the rows that cannot be read."""
    errors = {}
    try:
        told = date_of(text_of(form, "book_on"))
        if told is not None and told > date.fromisoformat(preview["today"]):
            errors["book_on"] = gettext("The day of the list has not come yet. Give the day it was made on.")
    except ValueError as fault:
        errors["book_on"] = gettext(str(fault))
    if preview["left_rows"] and not text_of(form, "leave_out"):
        errors["leave_out"] = gettext(
            "Some rows cannot be read. Correct the file and upload it again, or say that they are to be left out."
        )
    return errors


def _row(item: LedgerItem, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "customer": names[item.customer_id], "document_number": item.document_number, "kid": item.kid,
        "due": item.due_on.isoformat() if item.due_on else None, "remaining_ore": item.remaining_ore, "currency": item.currency,
        "confidence": item.confidence.value, "doubts": list(item.doubts),
    }  # fmt: skip
