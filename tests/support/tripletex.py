"""The contract's door to the Tripletex simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx

from app.ledgers.adapters.tripletex import TripletexLedger
from app.net.http import HttpClient
from support.ledger_door import LedgerDoor, MemoryStore
from support.vendor_specs import Recorder

CONSUMER = "test-consumer"


class TripletexDoor(LedgerDoor):
    vendor = "tripletex"
    payment_call = "/:payment"
    list_call = "GET /tripletex/v2/ledger/posting/openPost"

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url)
        self.pauses: list[timedelta | None] = []
        self.key = ""
        self.store = MemoryStore({})

    def external(self, company: int) -> str:
        return str(company)

    def connect(
        self, companies: list[int], *, page_size: int | None = None, before: Callable[[httpx.Request, int], None] | None = None, **key: Any
    ) -> TripletexLedger:
        self.key = self.control.post("/tripletex/keys", {"company": companies[0], **key})["token"]
        self.store = MemoryStore({"employee_token": self.key})
        return self.open(page_size=page_size, before=before)

    def open(
        self, *, page_size: int | None = None, before: Callable[[httpx.Request, int], None] | None = None, consumer: str = CONSUMER
    ) -> TripletexLedger:
        self.recorders.append(Recorder(before))
        http = HttpClient(f"{self.base_url}/tripletex/v2", transport=self.recorders[-1])
        return TripletexLedger(
            http, self.store, self.clock, consumer_token=consumer, page_size=page_size or self.page_size,
            pause=lambda _attempt, after: self.pauses.append(after),
        )  # fmt: skip

    def revoke(self) -> None:
        self.control.delete(f"/tripletex/keys/{self.key}")

    def expire(self) -> None:
        self.control.delete("/tripletex/sessions")

    def throttle(self, times: int) -> None:
        self.limits(throttle_next=times)

    def limits(self, **limits: Any) -> None:
        self.control.put("/tripletex/limits", limits)

    def is_later_page(self, request: httpx.Request) -> bool:
        return "openPost" in request.url.path and request.url.params["from"] != "0"


@contextmanager
def tripletex_door(base_url: str) -> Iterator[TripletexDoor]:
    """A door to a simulator whose limits are out of the way until a story sets them."""
    made = TripletexDoor(base_url)
    made.limits(rate_limit=100_000, throttle_next=0, result_cap=10_000)
    yield made
    made.control.delete("/faults")
    made.close()
