"""The contract's door to the 24SevenOffice simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx

from app.ledgers.adapters.twentyfoursevenoffice import TwentyFourSevenOfficeLedger
from app.net.http import HttpClient
from support.ledger_door import LedgerDoor, MemoryStore
from support.vendor_specs import Recorder

APPLICATION = "24500000-0000-4000-8000-000000000001"


class OfficeDoor(LedgerDoor):
    vendor = "twentyfoursevenoffice"
    payment_call = "SaveBundleList"
    list_call = "GetTransactions"

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url)
        self.pauses: list[timedelta | None] = []
        self.user: dict[str, str] = {}

    def external(self, company: int) -> str:
        return str(company)

    def add_user(self, companies: list[int]) -> dict[str, str]:
        made: dict[str, str] = self.control.post("/twentyfoursevenoffice/users", {"companies": companies})
        return made

    def connect(
        self, companies: list[int], *, page_size: int | None = None, before: Callable[[httpx.Request, int], None] | None = None
    ) -> TwentyFourSevenOfficeLedger:
        self.user = self.add_user(companies)
        return self.open(MemoryStore(self.user), before=before, cards_at_once=page_size or self.page_size)

    def open(
        self, store: MemoryStore, *, before: Callable[[httpx.Request, int], None] | None = None, cards_at_once: int = 200
    ) -> TwentyFourSevenOfficeLedger:
        self.recorders.append(Recorder(before))
        return self.over(HttpClient(f"{self.base_url}/twentyfoursevenoffice", transport=self.recorders[-1]), store, cards_at_once)

    def over(self, http: HttpClient, store: MemoryStore, cards_at_once: int = 200) -> TwentyFourSevenOfficeLedger:
        return TwentyFourSevenOfficeLedger(
            http, store, self.clock, application_id=APPLICATION, cards_at_once=cards_at_once,
            pause=lambda _attempt, after: self.pauses.append(after),
        )  # fmt: skip

    def ways(self, **ways: Any) -> None:
        self.control.put("/twentyfoursevenoffice/ways", ways)

    def revoke(self) -> None:
        self.control.put(f"/twentyfoursevenoffice/users/locked-out?username={self.user['username']}", None)

    def expire(self) -> None:
        self.control.delete("/twentyfoursevenoffice/sessions")

    def throttle(self, times: int) -> None:
        self.control.fault("/twentyfoursevenoffice/", "status", times=times, status=429)

    def is_later_page(self, request: httpx.Request) -> bool:
        """The parts in which the years are read: the first begins in 2000."""
        return b"<ShowOpenEntries>" in request.content and b"<DateStart>2000-01-01" not in request.content


@contextmanager
def office_door(base_url: str) -> Iterator[OfficeDoor]:
    made = OfficeDoor(base_url)
    yield made
    made.control.delete("/faults")
    made.ways()
    made.close()
