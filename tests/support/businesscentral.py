"""The contract's door to the Business Central simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx

from app.ledgers.adapters.businesscentral import BusinessCentralLedger, endpoints
from app.ledgers.oauth import OAuthClient
from app.net.http import HttpClient
from support.ledger_door import LedgerDoor, MemoryStore
from support.vendor_specs import Recorder


class BusinessCentralDoor(LedgerDoor):
    vendor = "businesscentral"
    payment_call = "Microsoft.NAV.post"
    list_call = "/salesInvoices"

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url)
        self.pauses: list[timedelta | None] = []
        login = f"{base_url}/businesscentral/login"
        self.oauth = OAuthClient(
            HttpClient(login), endpoints(login), self.clock, client_id="reskontro-sandbox", client_secret="entra-sandbox-secret"
        )

    def external(self, company: int) -> str:
        return str(self.control.get(f"/businesscentral/companies/{company}")["name"])

    def journals(self, company: int) -> list[dict[str, Any]]:
        """What lies there of ours."""
        found: list[dict[str, Any]] = self.control.get(f"/businesscentral/companies/{company}")["journals"]
        return [one for one in found if one["code"] != "RESKONTRO"]

    def connect(
        self, companies: list[int], *, page_size: int | None = None, before: Callable[[httpx.Request, int], None] | None = None
    ) -> BusinessCentralLedger:
        tokens = self.control.post("/businesscentral/consents", {"companies": companies})
        return self.open(MemoryStore({name: tokens[name] for name in ("access_token", "refresh_token")}), page_size, before)

    def open(
        self, store: MemoryStore, page_size: int | None = None, before: Callable[[httpx.Request, int], None] | None = None
    ) -> BusinessCentralLedger:
        self.recorders.append(Recorder(before))
        http = HttpClient(f"{self.base_url}/businesscentral", transport=self.recorders[-1])
        return BusinessCentralLedger(
            http, store, self.clock, oauth=self.oauth, page_size=page_size or self.page_size,
            pause=lambda _attempt, after: self.pauses.append(after),
        )  # fmt: skip

    def revoke(self) -> None:
        self.control.delete("/businesscentral/consents")

    def expire(self) -> None:
        self.control.delete("/businesscentral/access-tokens")

    def throttle(self, times: int) -> None:
        self.control.fault("/businesscentral/v2.0", "status", times=times, status=429)

    def is_later_page(self, request: httpx.Request) -> bool:
        return request.url.path.endswith("/salesInvoices") and "$skiptoken" in request.url.params


@contextmanager
def businesscentral_door(base_url: str) -> Iterator[BusinessCentralDoor]:
    made = BusinessCentralDoor(base_url)
    yield made
    made.control.delete("/faults")
    made.close()
