"""The adapter for Conta: the ledger, its calls on the wire, and what its rows mean. Knows no other adapter."""

from app.ledgers.adapters.conta.ledger import ContaLedger, vendor

__all__ = ["ContaLedger", "vendor"]
