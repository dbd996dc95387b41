"""One agency as it is wired: what it can do, how it is opened, and how it tells of changes by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from app.agencies.capabilities import AgencyCapabilities
from app.agencies.ports import Agency, AgencyAccess


@dataclass(frozen=True, slots=True)
class Hint:
    """What a webhook speaks of, as far as it says: the creditor's number there, a case's number, a consignment's. `key` is the same when
    it is told again."""

    key: str
    creditor: str | None = None
    case: str | None = None
    consignment: str | None = None


class AgencyHooks(Protocol):
    """An agency's webhooks. `asks`: it can be asked from here to send; else a person writes the address down at the agency."""

    asks: bool

    def subscribe(self, agency: Agency, creditor_id: str, url: str, secret: str) -> None:
        """Have what happens with the creditor's cases sent to `url`, signed with `secret`. Repeated it replaces what was asked before."""
        ...

    def unsubscribe(self, agency: Agency, creditor_id: str) -> None:
        """Ask for no more."""
        ...

    def read(self, secret: str, setup: Mapping[str, Any], headers: Mapping[str, str], body: bytes) -> Hint:
        """Pure. `RefusedError` for what the agency has not signed, `BrokenError` for a signed one that makes no sense. `setup` is the
        agreement's, `headers` by lower-case names."""
        ...


@dataclass(frozen=True, slots=True)
class AgencyVendor:
    """What an adapter gives to wiring. `opener` gets what the agreement wrote down; the connections it opens over are shared."""

    capabilities: AgencyCapabilities
    opener: Callable[[AgencyAccess], Agency]
    hooks: AgencyHooks | None = None
