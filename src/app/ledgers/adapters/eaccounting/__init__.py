"""The adapter for Visma eAccounting (Spiris): one company for each consent. Knows no other adapter."""

from app.ledgers.adapters.eaccounting.ledger import API_URL, LOGIN_URL, EAccountingLedger, endpoints, vendor

__all__ = ["API_URL", "LOGIN_URL", "EAccountingLedger", "endpoints", "vendor"]
