"""What Business Central and Entra remember beside the books: consents, codes, tokens, and the payment journals with their lines."""

from __future__ import annotations

import secrets
import uuid
from datetime import date, datetime, timedelta

import msgspec

from sandbox.world import World

TENANT = "7f3c1a52-0d4e-4b7a-9c11-5b0e6f2d8a90"
ENVIRONMENT = "Production"
#: what the part of an id before our number is
ROOT = 0xBC << 112
PATTERN = "RESKONTRO"
#: https://learn.microsoft.com/entra/identity-platform/refresh-tokens
REFRESH_LIVES = timedelta(days=90)


class Consent(msgspec.Struct, kw_only=True):
    """A user has signed in. `companies` None: he may see them all."""

    id: int
    #: each with the moment it was handed out; those before the newest go on working for as long as any would
    refresh_tokens: dict[str, datetime] = {}
    companies: list[int] | None = None
    revoked: bool = False


class Code(msgspec.Struct, kw_only=True):
    consent: int
    redirect_uri: str
    challenge: str
    expires_at: datetime


class Access(msgspec.Struct, kw_only=True):
    consent: int
    expires_at: datetime


class Line(msgspec.Struct, kw_only=True):
    id: int
    number: int
    customer: int
    posting_date: date
    document_number: str
    amount_ore: int
    invoice: int
    description: str


class Journal(msgspec.Struct, kw_only=True):
    id: int
    company: int
    code: str
    display_name: str
    account_number: str
    lines: list[Line] = []
    version: int = 1


class EntraMemory(msgspec.Struct):
    client_id: str = "reskontro-sandbox"
    client_secret: str = "entra-sandbox-secret"  # noqa: S105 - the sandbox guards nothing
    access_seconds: int = 3600
    last_id: int = 0
    consents: dict[int, Consent] = {}
    codes: dict[str, Code] = {}
    access: dict[str, Access] = {}
    journals: dict[int, Journal] = {}
    #: companies whose bureau has not made the journal that says where payments go
    without_pattern: list[int] = []

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def consent_of(self, token: str, now: datetime) -> Consent | None:
        access = self.access.get(token)
        if access is None or access.expires_at <= now:
            return None
        consent = self.consents[access.consent]
        return None if consent.revoked else consent

    def consent_to_refresh(self, token: str, now: datetime) -> Consent | None:
        """One that has lain unused for too long works no more."""
        found = next((c for c in self.consents.values() if token in c.refresh_tokens), None)
        return None if found is None or found.refresh_tokens[token] + REFRESH_LIVES <= now else found

    def new_tokens(self, world: World, consent: Consent) -> dict[str, object]:
        """Entra hands out a fresh refresh token each time; the one before goes on working."""
        refresh, token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        consent.refresh_tokens[refresh] = world.now()
        self.access[token] = Access(consent=consent.id, expires_at=world.now() + timedelta(seconds=self.access_seconds))
        return {
            "token_type": "Bearer", "expires_in": self.access_seconds, "access_token": token, "refresh_token": refresh,
            "scope": "https://api.businesscentral.dynamics.com/user_impersonation",
        }  # fmt: skip

    def journals_of(self, company: int) -> list[Journal]:
        without = company in self.without_pattern
        mine = [j for j in self.journals.values() if j.company == company and not (without and j.code == PATTERN)]
        if not without and not any(j.code == PATTERN for j in mine):
            made = Journal(
                id=self.next_id(), company=company, code=PATTERN, display_name="Innbetalinger fra inkasso", account_number="1920"
            )
            self.journals[made.id] = made
            mine.append(made)
        return mine


def guid(number: int) -> str:
    return str(uuid.UUID(int=ROOT | number))


def number_of(text: str) -> int:
    """Zero for what is none of ours, which names nothing."""
    try:
        return max(0, uuid.UUID(text).int - ROOT)
    except ValueError:
        return 0
