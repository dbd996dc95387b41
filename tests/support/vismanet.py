"""The contract's door to the Visma.net simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx

from app.ledgers.adapters.vismanet import VismaNetLedger, company_of, endpoints
from app.ledgers.oauth import OAuthClient
from app.net.http import HttpClient
from support.ledger_door import LedgerDoor, MemoryStore
from support.vendor_specs import Recorder


class VismaNetDoor(LedgerDoor):
    vendor = "vismanet"
    payment_call = "/action/release"
    list_call = "GET /vismanet/API/controller/api/v1/customerinvoice"

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url)
        self.pauses: list[timedelta | None] = []
        self.company = 0
        login = f"{base_url}/vismanet/connect"
        self.oauth = OAuthClient(
            HttpClient(login), endpoints(login), self.clock, client_id="isv_reskontro", client_secret="visma-sandbox-secret"
        )

    def tenant(self, company: int) -> str:
        return str(self.control.get(f"/vismanet/companies/{company}")["tenant"])

    def drafts(self, company: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control.get(f"/vismanet/companies/{company}")["drafts"]
        return found

    def external(self, company: int) -> str:
        return company_of(self.tenant(company))

    def connect(
        self, companies: list[int], *, page_size: int | None = None, before: Callable[[httpx.Request, int], None] | None = None
    ) -> VismaNetLedger:
        self.company = companies[0]
        return self.open(MemoryStore({"tenant_id": self.tenant(self.company)}), page_size, before)

    def open(
        self, store: MemoryStore, page_size: int | None = None, before: Callable[[httpx.Request, int], None] | None = None
    ) -> VismaNetLedger:
        self.recorders.append(Recorder(before))
        http = HttpClient(f"{self.base_url}/vismanet/API", transport=self.recorders[-1])
        return VismaNetLedger(
            http, store, self.clock, oauth=self.oauth, page_size=page_size or self.page_size,
            pause=lambda _attempt, after: self.pauses.append(after),
        )  # fmt: skip

    def approve(self, company: int, **facts: bool) -> None:
        self.control.put(f"/vismanet/companies/{company}/approval", facts)

    def revoke(self) -> None:
        self.approve(self.company, approved=False)

    def expire(self) -> None:
        self.control.delete("/vismanet/tokens")

    def throttle(self, times: int) -> None:
        self.control.fault("/vismanet/API", "status", times=times, status=429)

    def is_later_page(self, request: httpx.Request) -> bool:
        return request.url.path.endswith("/customerinvoice") and request.url.params.get("pageNumber") != "1"


@contextmanager
def vismanet_door(base_url: str) -> Iterator[VismaNetDoor]:
    made = VismaNetDoor(base_url)
    yield made
    made.control.delete("/faults")
    made.close()
