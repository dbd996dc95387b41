"""The adapter for 24SevenOffice: the ledger, its SOAP calls and sessions, and what its lines mean. Knows no other adapter."""

from app.ledgers.adapters.twentyfoursevenoffice.ledger import TwentyFourSevenOfficeLedger, vendor

__all__ = ["TwentyFourSevenOfficeLedger", "vendor"]
