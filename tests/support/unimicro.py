"""The contract's door to the simulated Unimicro platform, at one of its brands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx

from app.ledgers.adapters.unimicro import BRANDS, UnimicroLedger, endpoints
from app.ledgers.oauth import OAuthClient
from app.net.http import HttpClient
from support.ledger_door import LedgerDoor, MemoryStore
from support.vendor_specs import Recorder

CLIENT_ID, CLIENT_SECRET = "reskontro-sandbox", "unimicro-sandbox-secret"


class UnimicroDoor(LedgerDoor):
    list_call = "/journalentrylines"

    def __init__(self, base_url: str, brand: str = "dnb_regnskap") -> None:
        super().__init__(base_url)
        self.vendor = brand
        self.payment_call = f"PUT /unimicro/{brand}/api/biz/invoices/"
        self.store = MemoryStore({})
        self.pauses: list[timedelta | None] = []

    def external(self, company: int) -> str:
        return str(self.control.get(f"/unimicro/companies/{company}")["key"])

    def connect(
        self, companies: list[int], *, page_size: int | None = None, before: Callable[[httpx.Request, int], None] | None = None
    ) -> UnimicroLedger:
        tokens = self.control.post("/unimicro/consents", {"brand": self.vendor, "companies": companies})
        self.store = MemoryStore({name: tokens[name] for name in ("access_token", "refresh_token")})
        self.recorders.append(Recorder(before))
        transport = self.recorders[-1]
        oauth = OAuthClient(
            HttpClient(self.base_url, transport=transport), endpoints(f"{self.base_url}/unimicro/{self.vendor}/login"), self.clock,
            client_id=CLIENT_ID, client_secret=CLIENT_SECRET,
        )  # fmt: skip
        return UnimicroLedger(
            HttpClient(f"{self.base_url}/unimicro/{self.vendor}/api", transport=transport), self.store, self.clock, oauth=oauth,
            brand=self.vendor, label=BRANDS[self.vendor], page_size=page_size or self.page_size,
            pause=lambda _attempt, after: self.pauses.append(after),
        )  # fmt: skip

    def revoke(self) -> None:
        self.control.delete("/unimicro/consents")

    def expire(self) -> None:
        self.control.delete("/unimicro/access-tokens")

    def throttle(self, times: int) -> None:
        self.control.fault(f"/unimicro/{self.vendor}/api", "status", times=times, status=429)

    def is_later_page(self, request: httpx.Request) -> bool:
        asked = request.url.params.get("filter", "")
        return request.url.path.endswith("/invoices") and "ID gt" in asked and not asked.endswith("ID gt 0")

    def asked(self, entity: str) -> list[httpx.QueryParams]:
        """What was asked of an entity so far."""
        return [r.url.params for one in self.recorders for r, _ in one.exchanges if r.url.path.endswith(f"/biz/{entity}")]


@contextmanager
def unimicro_door(base_url: str, brand: str = "dnb_regnskap") -> Iterator[UnimicroDoor]:
    made = UnimicroDoor(base_url, brand)
    yield made
    made.control.delete("/faults")
    made.control.put("/unimicro/page-cap", {"rows": 5000})
    made.control.put("/unimicro/dropped-fields", [])
    made.close()
