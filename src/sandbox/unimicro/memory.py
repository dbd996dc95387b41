"""What the platform remembers beside the books: consents, tokens, and marks that the reference books have no word for."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta

import msgspec

from sandbox.world import World

#: the books' name of each brand is its place in the address too
BRANDS = {
    "uni_economy": "Uni Economy",
    "dnb_regnskap": "DNB Regnskap",
    "sparebank_regnskap": "SpareBank 1 Regnskap",
    "eika_regnskap": "Eika Regnskap",
    "azets_complete": "Azets Complete",
}
CLIENT_ID, CLIENT_SECRET = "reskontro-sandbox", "unimicro-sandbox-secret"
ACCESS_SECONDS = 3600
CODE_SECONDS = 120


class Consent(msgspec.Struct, kw_only=True):
    """A user of one brand has let our application in, for the companies he could choose from."""

    id: int
    brand: str
    companies: list[int]
    refresh_token: str = ""
    revoked: bool = False


class Code(msgspec.Struct, kw_only=True):
    consent: int
    redirect_uri: str
    challenge: str
    expires_at: datetime


class Access(msgspec.Struct, kw_only=True):
    consent: int
    expires_at: datetime


class Marks(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is set on an invoice beside the books. `without_status`: its status is empty, as older rows have it."""

    without_status: bool = False
    sold: bool = False
    collector_status: int | None = None
    agency_reference: str | None = None
    write_off_entry: int | None = None


class UnimicroMemory(msgspec.Struct):
    last_id: int = 0
    consents: dict[int, Consent] = {}
    codes: dict[str, Code] = {}
    access: dict[str, Access] = {}
    marks: dict[int, Marks] = {}
    #: customers that get no reminders from the ledger
    stopped: list[int] = []
    #: voucher id -> what somebody called it by the interface
    references: dict[int, str] = {}
    #: the interface cuts longer pages to this many rows
    page_cap: int = 5000
    #: fields that the platform has dropped: a filter that names one is ignored
    dropped: list[str] = []

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def consent_of(self, token: str, now: datetime) -> Consent | None:
        access = self.access.get(token)
        if access is None or access.expires_at <= now:
            return None
        consent = self.consents[access.consent]
        return None if consent.revoked else consent

    def give(self, brand: str, companies: list[int]) -> Consent:
        made = Consent(id=self.next_id(), brand=brand, companies=companies)
        self.consents[made.id] = made
        return made

    def new_tokens(self, world: World, consent: Consent) -> dict[str, object]:
        consent.refresh_token = consent.refresh_token or secrets.token_urlsafe(32)
        token = secrets.token_urlsafe(32)
        self.access[token] = Access(consent=consent.id, expires_at=world.now() + timedelta(seconds=ACCESS_SECONDS))
        return {"access_token": token, "refresh_token": consent.refresh_token, "token_type": "Bearer", "expires_in": ACCESS_SECONDS}


def company_key(company: int) -> str:
    """The key a company is named by in every call: always the same one for the same company."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"unimicro/{company}"))
