"""What Fiken remembers beside the books: consents, tokens, and the marks on sales that the reference books have no word for."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta

import msgspec

from sandbox.world import World

DEFAULT_USER = "bruker@fiken.example"


class Settings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How Fiken behaves. Seconds are real time for `latency` and `slow`, the sandbox's clock for tokens and codes."""

    client_id: str = "reskontro-sandbox"
    client_secret: str = "fiken-sandbox-secret"  # noqa: S105 - the sandbox guards nothing
    #: where users may be sent back to; empty means anywhere
    redirect_uris: list[str] = []
    rotate_refresh_tokens: bool = False
    access_seconds: int = 86157
    code_seconds: int = 60
    requests_a_second: int = 4
    slow_seconds: float = 0.5
    latency_seconds: float = 0.0
    #: so many simultaneous requests, counted over time, and the user is shut out
    ban_after: int = 10


class Consent(msgspec.Struct, kw_only=True):
    """A user has let an app in to some of his companies."""

    id: int
    user: str
    client_id: str
    companies: list[int]
    refresh_token: str = ""
    revoked: bool = False


class Code(msgspec.Struct, kw_only=True):
    consent: int
    redirect_uri: str
    state: str
    expires_at: datetime


class Access(msgspec.Struct, kw_only=True):
    consent: int
    expires_at: datetime


class LooseNote(msgspec.Struct, kw_only=True):
    """A credit note that is tied to no invoice (uavhengig kreditnota), øre above zero."""

    id: int
    company: int
    customer: int
    number: int
    amount_ore: int
    issued_on: date
    settled: bool = False


class FikenMemory(msgspec.Struct):
    settings: Settings = msgspec.field(default_factory=Settings)
    last_id: int = 0
    consents: dict[int, Consent] = {}
    codes: dict[str, Code] = {}
    access: dict[str, Access] = {}
    #: token requests that were granted, by grant type
    granted: dict[str, int] = {}
    #: requests that came while another of the same user was served, and those that came too close after others; by user
    collisions: dict[str, int] = {}
    slowed: dict[str, int] = {}
    banned: list[str] = []
    without_module: list[int] = []
    external: list[int] = []
    deleted: list[int] = []
    written_off: list[int] = []
    ticked_off: list[int] = []
    reminded: list[int] = []
    loose_notes: dict[int, LooseNote] = {}

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def forgive(self) -> None:
        """Nobody is banned, and nothing of what led there is remembered."""
        for counted in (self.banned, self.collisions, self.slowed):
            counted.clear()

    def consent_of(self, token: str, now: datetime) -> Consent | None:
        """Whose token it is, while it works."""
        access = self.access.get(token)
        if access is None or access.expires_at <= now:
            return None
        consent = self.consents[access.consent]
        return None if consent.revoked else consent

    def new_code(self, world: World, consent: Consent, redirect_uri: str, state: str) -> str:
        code = secrets.token_urlsafe(24)
        expires_at = world.now() + timedelta(seconds=self.settings.code_seconds)
        self.codes[code] = Code(consent=consent.id, redirect_uri=redirect_uri, state=state, expires_at=expires_at)
        return code

    def new_tokens(self, world: World, consent: Consent, rotate: bool) -> dict[str, object]:
        """A fresh access token, and a fresh refresh token where asked for; the one before then stops working."""
        if rotate or not consent.refresh_token:
            consent.refresh_token = secrets.token_urlsafe(32)
        token = secrets.token_urlsafe(32)
        seconds = self.settings.access_seconds
        self.access[token] = Access(consent=consent.id, expires_at=world.now() + timedelta(seconds=seconds))
        return {"access_token": token, "refresh_token": consent.refresh_token, "token_type": "bearer", "expires_in": seconds}
