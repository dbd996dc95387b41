"""One ledger vendor as it is wired: what it can do, how it is opened, and how consent is asked for, taken and given back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from app.ledgers.capabilities import Capabilities
from app.ledgers.oauth import Authorisation
from app.ledgers.ports import Credential, CredentialStore, Ledger


class ConsentPage(Protocol):
    """A vendor's own page where the user lets us in."""

    def begin(self, redirect_uri: str) -> Authorisation:
        """Where to send him, with a fresh state."""
        ...

    def finish(self, asked: Authorisation, answer: Mapping[str, str]) -> Credential:
        """What he came back with, as a credential. `RefusedError` when he said no, or the answer is not to this question."""
        ...

    def revoke(self, current: Credential) -> None:
        """Give the consent back, where the vendor takes it."""
        ...


@dataclass(frozen=True, slots=True)
class Vendor:
    """What an adapter gives to wiring. `offered` is false while our own application is not registered there."""

    capabilities: Capabilities
    opener: Callable[[CredentialStore], Ledger]
    consent: ConsentPage | None = None
    offered: bool = True
