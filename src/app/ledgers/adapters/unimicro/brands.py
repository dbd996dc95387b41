"""The names the platform is sold under: the same interface at five addresses, each with its own login and its own application of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.ledgers.adapters.unimicro.ledger import UnimicroLedger
from app.ledgers.oauth import OAuthClient, OAuthEndpoints
from app.ledgers.ports import CredentialStore, Ledger
from app.ledgers.vendors import Vendor
from app.net.http import HttpClient
from app.settings import LedgerApp
from app.values.clock import Clock

#: our name for each brand and people's, in the order they are offered
BRANDS = {
    "uni_economy": "Uni Economy",
    "dnb_regnskap": "DNB Regnskap",
    "sparebank_regnskap": "SpareBank 1 Regnskap",
    "eika_regnskap": "Eika Regnskap",
    "azets_complete": "Azets Complete",
}
SCOPE = "AppFramework profile openid offline_access"


def endpoints(login_url: str) -> OAuthEndpoints:
    """The platform's OpenID Connect, with PKCE and a refresh token (`offline_access`)."""
    login = login_url.rstrip("/")
    return OAuthEndpoints(f"{login}/connect/authorize", f"{login}/connect/token", f"{login}/connect/revocation", scope=SCOPE)


def vendor(apps: Mapping[str, LedgerApp], clock: Clock) -> tuple[Vendor, ...]:
    """All five as wired, each opened by a user's consent at its own login."""
    return tuple(_brand(brand, label, apps[brand], clock) for brand, label in BRANDS.items())


def _brand(brand: str, label: str, app: LedgerApp, clock: Clock) -> Vendor:
    http = HttpClient(app.api_url)
    oauth = OAuthClient(
        HttpClient(app.login_url), endpoints(app.login_url), clock,
        client_id=app.keys["client_id"], client_secret=app.keys["client_secret"],
    )  # fmt: skip

    def opened(store: CredentialStore) -> Ledger:
        return UnimicroLedger(http, store, clock, oauth=oauth, brand=brand, label=label)

    return Vendor(replace(UnimicroLedger.capabilities, ledger=brand, label=label), opened, oauth, app.registered)
