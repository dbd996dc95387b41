"""The contract's door to the simulated Conta."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from app.ledgers.adapters.conta import ContaLedger
from app.net.http import HttpClient
from support.ledger_door import LedgerDoor, MemoryStore
from support.vendor_specs import Recorder


class ContaDoor(LedgerDoor):
    vendor = "conta"
    payment_call = "POST /conta/invoice/organizations"
    list_call = "/invoices"

    def external(self, company: int) -> str:
        return str(company)

    def connect(
        self, companies: list[int], *, page_size: int | None = None, before: Callable[[httpx.Request, int], None] | None = None
    ) -> ContaLedger:
        key = self.control.post("/conta/keys", {"companies": companies})["key"]
        self.recorders.append(Recorder(before))
        http = HttpClient(f"{self.base_url}/conta", transport=self.recorders[-1])
        return ContaLedger(
            http, MemoryStore({"api_key": key}), self.clock, page_size=page_size or self.page_size, pause=lambda _attempt, _after: None
        )

    def revoke(self) -> None:
        self.control.delete("/conta/keys")

    def expire(self) -> None:
        """A key of Conta's does not run out."""

    def throttle(self, times: int) -> None:
        self.control.fault("/conta/invoice", "status", times=times, status=429)

    def is_later_page(self, request: httpx.Request) -> bool:
        return request.url.path.endswith("/invoices") and request.url.params.get("page", "0") != "0"


@contextmanager
def conta_door(base_url: str) -> Iterator[ContaDoor]:
    made = ContaDoor(base_url)
    yield made
    made.control.delete("/faults")
    made.control.put("/conta/short-lists", False)
    made.close()
