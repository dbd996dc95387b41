"""One agency as it is wired: what it can do and how it is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.agencies.capabilities import AgencyCapabilities
from app.agencies.ports import Agency, AgencyAccess


@dataclass(frozen=True, slots=True)
class AgencyVendor:
    """What an adapter gives to wiring. `opener` gets what the agreement wrote down; the connections it opens over are shared."""

    capabilities: AgencyCapabilities
    opener: Callable[[AgencyAccess], Agency]
