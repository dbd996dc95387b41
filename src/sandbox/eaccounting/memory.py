"""What eAccounting remembers beside the books: consents, tokens, codes, licences, and how often each address was asked."""

from __future__ import annotations

import secrets
import time
from datetime import datetime, timedelta

import msgspec

from sandbox.world import World


class Settings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How eAccounting behaves. Seconds are the sandbox's clock; requests are counted in real time (0: not at all)."""

    client_id: str = "reskontro-sandbox"
    client_secret: str = "eaccounting-sandbox-secret"  # noqa: S105 - the sandbox guards nothing
    access_seconds: int = 3600
    code_seconds: int = 300
    requests_a_minute: int = 600


class Consent(msgspec.Struct, kw_only=True):
    """A user has let an app in to one company. A refresh token works once; one that is shown again ends the whole consent."""

    id: int
    company: int
    refresh_token: str = ""
    used: list[str] = []
    ended: bool = False


class Code(msgspec.Struct, kw_only=True):
    consent: int
    redirect_uri: str
    until: datetime


class Access(msgspec.Struct, kw_only=True):
    consent: int
    until: datetime


class EAccountingMemory(msgspec.Struct):
    settings: Settings = msgspec.field(default_factory=Settings)
    consents: dict[int, Consent] = {}
    codes: dict[str, Code] = {}
    access: dict[str, Access] = {}
    #: how many refreshes were granted, and refused because the token had been used
    refreshed: int = 0
    reused: int = 0
    #: companies whose licence does not cover the interface
    unlicensed: list[int] = []
    #: invoices that stand in the customer ledger only
    ledger_only: list[int] = []
    asked: dict[str, list[float]] = {}

    def consent_of(self, token: str, now: datetime) -> Consent | None:
        found = self.access.get(token)
        if found is None or found.until <= now or self.consents[found.consent].ended:
            return None
        return self.consents[found.consent]

    def tokens(self, world: World, consent: Consent) -> dict[str, object]:
        """A fresh pair. The refresh token before it is spent."""
        if consent.refresh_token:
            consent.used.append(consent.refresh_token)
        consent.refresh_token, token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        seconds = self.settings.access_seconds
        self.access[token] = Access(consent=consent.id, until=world.now() + timedelta(seconds=seconds))
        return {"access_token": token, "refresh_token": consent.refresh_token, "token_type": "Bearer", "expires_in": seconds}

    def too_many(self, endpoint: str) -> bool:
        limit, now = self.settings.requests_a_minute, time.monotonic()
        if limit == 0:
            return False
        recent = [one for one in self.asked.get(endpoint, []) if one > now - 60]
        self.asked[endpoint] = [*recent, now]
        return len(recent) >= limit
