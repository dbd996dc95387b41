"""The adapter for PowerOffice Go: onboarding, its pace, and what its sub-ledger entries mean. Knows no other adapter."""

from app.ledgers.adapters.poweroffice.ledger import PowerOfficeLedger, vendor
from app.ledgers.adapters.poweroffice.onboarding import Onboarding
from app.ledgers.adapters.poweroffice.pace import Pace, PacedHttp, shared_pace

__all__ = ["Onboarding", "Pace", "PacedHttp", "PowerOfficeLedger", "shared_pace", "vendor"]
