"""What PowerOffice Go remembers beside the books: client keys, tokens, onboardings, and marks the reference books have no word for."""

from __future__ import annotations

import time
import uuid
from datetime import datetime

import msgspec

PRIVILEGES = (
    "BankVoucher_Full", "ClientBankAccount", "Customer", "CustomerLedger", "OutgoingInvoice", "SupplierLedger", "TrialBalance",
)  # fmt: skip
DEFAULT_USER = "bruker@poweroffice.example"


class Settings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How Go behaves. Seconds are the sandbox's clock, but for the rate limit, which is counted in real time (0: none)."""

    application_key: str = "00000000-0000-4000-8000-00000000a001"
    subscription_key: str = "poweroffice-sandbox-subscription"
    token_seconds: int = 1200
    onboarding_seconds: int = 600
    requests_a_second: int = 10
    #: so long after a voucher was posted it is not seen by who reads
    lag_seconds: int = 0
    #: a reversal is answered 202 and booked when the control API says so
    reverse_later: bool = False
    #: reminders that Go sends carry the invoice's KID
    reminders_carry_kid: bool = True
    privileges: list[str] = msgspec.field(default_factory=lambda: list(PRIVILEGES))
    #: what the client's subscription does not cover
    not_subscribed: list[str] = []


class Onboarding(msgspec.Struct, kw_only=True):
    """Begun by us, finished by a user: `companies` is what he chose, `token` what buys their keys, once."""

    redirect_uri: str
    organisation_number: str | None
    until: datetime
    token: str | None = None
    companies: list[int] = []
    user: str = DEFAULT_USER


class Token(msgspec.Struct, kw_only=True):
    company: int
    until: datetime


class GoMemory(msgspec.Struct):
    settings: Settings = msgspec.field(default_factory=Settings)
    onboardings: dict[str, Onboarding] = {}
    #: company -> client key; gone when the extension is removed
    keys: dict[int, str] = {}
    tokens: dict[str, Token] = {}
    #: vouchers posted through the API: voucher -> when
    posted: dict[int, datetime] = {}
    #: postings whose reversal was accepted and not yet booked
    reversing: list[int] = []
    #: postings that are write-offs
    written_off: list[int] = []
    #: real moments of the last requests
    moments: list[float] = []

    def key_of(self, company: int) -> str:
        return self.keys.setdefault(company, str(uuid.uuid4()))

    def too_many(self) -> bool:
        """Count one request; is it one too many in this second?"""
        limit, now = self.settings.requests_a_second, time.monotonic()
        if limit == 0:
            return False
        self.moments = [one for one in self.moments if one > now - 1]
        if len(self.moments) >= limit:
            return True
        self.moments.append(now)
        return False
