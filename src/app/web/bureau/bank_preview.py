"""What a bank's file would bring, as plain values for the preview page: each payment with the invoice it is for, if it is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.ledgers.files.records import BankFile, FileKind
from app.receivables.bank_money import BankPaymentFacts, Found

ROWS_SHOWN = 200


def bank_preview(
    kind: FileKind, files: Sequence[BankFile], found: Sequence[Found], names: Sequence[str], account: str | None
) -> dict[str, Any]:
    """JSON values: øre, ISO dates. Payments that no invoice is known for come first."""
    payments = [one for file in files for one in file.payments]
    rows = [_row(one, match) for one, match in zip(payments, found, strict=True)]
    accounts = sorted({told for file in files for told in file.accounts})
    return {
        "kind": kind.value,
        "files": list(names),
        "count": len(payments),
        "total_ore": sum(one.amount_ore for one in payments),
        "unmatched": sum(row["invoice"] is None for row in rows),
        "accounts": accounts,
        "other_account": account is not None and account not in accounts,
        "left_out": [one.as_json() for file in files for one in file.left_out],
        "rows": sorted(rows, key=lambda row: row["invoice"] is not None)[:ROWS_SHOWN],
    }


def _row(one: BankPaymentFacts, found: Found) -> dict[str, Any]:
    item = found.item
    return {
        "paid_on": one.paid_on.isoformat(), "amount_ore": one.amount_ore, "kid": one.kid, "payer": one.payer, "text": one.text,
        "invoice": None if item is None else item.document_number or item.external_id,
        "rest_ore": None if item is None else item.remaining_ore, "candidates": len(found.candidates),
    }  # fmt: skip
