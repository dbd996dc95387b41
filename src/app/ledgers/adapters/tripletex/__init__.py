"""The adapter for Tripletex: the ledger, its calls on the wire, and what its lines mean. Knows no other adapter."""

from app.ledgers.adapters.tripletex.ledger import TripletexLedger, vendor

__all__ = ["TripletexLedger", "vendor"]
