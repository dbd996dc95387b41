"""The adapter for Xledger: one GraphQL address, an import queue for what is posted, and its webhooks. Knows no other adapter."""

from app.ledgers.adapters.xledger.hooks import read_hook
from app.ledgers.adapters.xledger.ledger import XledgerLedger, vendor

__all__ = ["XledgerLedger", "read_hook", "vendor"]
