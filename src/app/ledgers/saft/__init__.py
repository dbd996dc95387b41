"""SAF-T Financial as a ledger one can upload (bokføringsforskriften § 7-8): for companies whose accounting system has no interface.

Reads the standard's versions 1.10 to 1.30 as a stream and derives open items, each with a confidence. Touches files only: no
database, no network. May not decide what to do with an uncertain item.
"""

from __future__ import annotations

from app.ledgers.saft.files import Limits
from app.ledgers.saft.importing import dry_run_json, items_as_json, read_saft, to_ledger_items
from app.ledgers.saft.records import BalanceDifference, Doubt, PaymentTerms, SaftCustomer, SaftError, SaftImport, SaftItem

__all__ = [
    "BalanceDifference",
    "Doubt",
    "Limits",
    "PaymentTerms",
    "SaftCustomer",
    "SaftError",
    "SaftImport",
    "SaftItem",
    "dry_run_json",
    "items_as_json",
    "read_saft",
    "to_ledger_items",
]
