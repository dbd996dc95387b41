"""One ledger vendor as it is wired: what it can do, how it is opened, how consent is asked for, and how it tells of changes by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.ledgers.capabilities import Capabilities
from app.ledgers.oauth import Authorisation
from app.ledgers.ports import ChangeHint, Credential, CredentialStore, Ledger


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
class Subscription:
    """What a vendor has been asked to send: its own ids of that, and the key of its signatures."""

    external_ids: tuple[str, ...]
    secret: str = field(repr=False)


class Hooks(Protocol):
    """A vendor's webhooks: how they are asked for, and what one of them hints at."""

    def accepts(self, url: str) -> bool:
        """Whether the vendor sends to such an address at all."""
        ...

    def subscribe(self, store: CredentialStore, company: str, url: str, secret: str) -> Subscription:
        """Have what happens in the company sent to `url`, signed with `secret` unless the vendor has a key of its own.

        Repeated it replaces what was asked for before: an attempt whose answer was lost leaves nothing behind.
        """
        ...

    def is_alive(self, store: CredentialStore, company: str, external_ids: Sequence[str]) -> bool:
        """Whether the vendor still sends; it stops by itself after too many errors."""
        ...

    def unsubscribe(self, store: CredentialStore, company: str, external_ids: Sequence[str]) -> None:
        """Ask for no more. What the vendor does not know of is ended already."""
        ...

    def read(self, secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> tuple[ChangeHint, ...]:
        """Pure. `RefusedError` for what the vendor has not signed, `BrokenError` for a signed one that makes no sense."""
        ...


@dataclass(frozen=True, slots=True)
class Vendor:
    """What an adapter gives to wiring. `offered` is false while our own application is not registered there."""

    capabilities: Capabilities
    opener: Callable[[CredentialStore], Ledger]
    consent: ConsentPage | None = None
    offered: bool = True
    hooks: Hooks | None = None
