"""How the rest of the house gets at a ledger: chosen by `wiring`, one door per vendor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from app.ledgers.capabilities import Capabilities
from app.ledgers.oauth import Authorisation
from app.ledgers.ports import Credential, CredentialStore, Ledger
from app.ledgers.vendors import Hooks


class Ledgers(Protocol):
    """Opens ledgers by their short name (`tripletex`, `fiken`, ...). An unknown name is a `KeyError`."""

    def known(self) -> tuple[Capabilities, ...]: ...

    def offered(self) -> tuple[Capabilities, ...]:
        """Those that can be connected now: our own application is registered there."""
        ...

    def open(self, ledger: str, store: CredentialStore) -> Ledger: ...

    def ask_consent(self, ledger: str, redirect_uri: str) -> Authorisation:
        """Where to send the user, with a fresh state; `KeyError` for a ledger without consent pages."""
        ...

    def take_consent(self, ledger: str, asked: Authorisation, answer: Mapping[str, str]) -> Credential:
        """Turn the answer of a consent page into a credential. Raises `RefusedError` when the user said no."""
        ...

    def revoke(self, ledger: str, store: CredentialStore) -> None:
        """Give the consent back at the vendor, where it can be."""
        ...

    def hooks(self, ledger: str) -> Hooks | None:
        """The ledger's webhooks, where we take them."""
        ...
