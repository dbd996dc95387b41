"""Amili AutoCollect: batches that are answered later, a list that waits for a yes, and money told case by case."""

from __future__ import annotations

from app.agencies.adapters.amili.agency import AmiliAgency, vendor

__all__ = ["AmiliAgency", "vendor"]
