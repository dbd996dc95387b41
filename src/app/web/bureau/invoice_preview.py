"""What invoices as they were sent would add, as plain values for the preview page: each beside the ledger's own word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.ledgers.files.ehf import InvoiceFile
from app.receivables.models import OpenItem

ROWS_SHOWN = 300


def invoice_preview(invoices: Sequence[InvoiceFile], held: Mapping[str, OpenItem], names: Sequence[str]) -> dict[str, Any]:
    """JSON values: øre, ISO dates. `held`: the open items by invoice number."""
    rows = [_row(one, held.get(one.number) if one.kind == "invoice" else None) for one in invoices]
    return {
        "kind": "ehf",
        "files": list(names)[:5],
        "count": len(invoices),
        "known": sum(row["is_known"] for row in rows),
        "differing": sum(row["differs"] for row in rows),
        "rows": sorted(rows, key=lambda row: (not row["differs"], not row["is_known"]))[:ROWS_SHOWN],
    }


def _row(one: InvoiceFile, item: OpenItem | None) -> dict[str, Any]:
    differs = item is not None and (
        (item.due_on is not None and one.due_on is not None and item.due_on != one.due_on)
        or (item.kid is not None and one.kid is not None and item.kid.lstrip("0") != one.kid.lstrip("0"))
    )
    return {
        "number": one.number, "kind": one.kind, "customer": one.customer.name, "due": one.due_on.isoformat() if one.due_on else None,
        "kid": one.kid, "payable_ore": one.payable_ore, "currency": one.currency, "is_known": item is not None, "differs": differs,
        "ledger_due": item.due_on.isoformat() if item is not None and item.due_on else None, "ledger_kid": item.kid if item else None,
    }  # fmt: skip
