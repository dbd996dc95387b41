"""The adapter for Visma.net ERP: the ledger, its calls on the wire, and what its documents mean. Knows no other adapter."""

from app.ledgers.adapters.vismanet.ledger import VismaNetLedger, company_of, endpoints, vendor

__all__ = ["VismaNetLedger", "company_of", "endpoints", "vendor"]
