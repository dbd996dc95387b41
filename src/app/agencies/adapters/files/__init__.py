"""Agencies that speak in files: Intrum, Retrieve, and whatever a bureau describes itself."""

from __future__ import annotations

from app.agencies.adapters.files.agency import FileAgency
from app.agencies.adapters.files.known import STANDARD, vendors

__all__ = ["STANDARD", "FileAgency", "vendors"]
