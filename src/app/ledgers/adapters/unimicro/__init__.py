"""The adapter for the Unimicro platform, sold under five names. Knows no other adapter."""

from app.ledgers.adapters.unimicro.brands import BRANDS, endpoints, vendor
from app.ledgers.adapters.unimicro.hooks import read_hook
from app.ledgers.adapters.unimicro.ledger import UnimicroLedger

__all__ = ["BRANDS", "UnimicroLedger", "endpoints", "read_hook", "vendor"]
