"""The adapter for Microsoft Dynamics 365 Business Central: the ledger, its OData on the wire, its rows and its payment journal."""

from app.ledgers.adapters.businesscentral.ledger import BusinessCentralLedger, endpoints, vendor

__all__ = ["BusinessCentralLedger", "endpoints", "vendor"]
