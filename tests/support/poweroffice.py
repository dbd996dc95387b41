"""A connection to the simulated PowerOffice Go, made the way a user makes it: by onboarding clients on Go's page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import httpx

from app.ledgers.adapters.poweroffice import Onboarding, Pace, PacedHttp, PowerOfficeLedger
from app.ledgers.adapters.poweroffice.clients import Client
from app.ledgers.oauth import Authorisation
from support.ledger_door import LedgerDoor, MemoryStore
from support.vendor_specs import Recorder

APPLICATION_KEY = "00000000-0000-4000-8000-00000000a001"
SUBSCRIPTION_KEY = "poweroffice-sandbox-subscription"
REDIRECT_URI = "http://127.0.0.1:8000/connections/poweroffice/return"


def untimed() -> Pace:
    """A pace whose waiting takes no time."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    return Pace(monotonic=lambda: now[0], sleep=sleep)


def client_http(base: str, transport: httpx.BaseTransport | None = None, key: str = SUBSCRIPTION_KEY) -> PacedHttp:
    return PacedHttp(f"{base}/poweroffice/v2", untimed(), headers={"ocp-apim-subscription-key": key}, transport=transport)


def visit(asked: Authorisation, companies: list[int], *, allow: bool = True) -> dict[str, str]:
    """Open the page, tick, press a button; what the user comes back with."""
    with httpx.Client(trust_env=False, verify=False) as browser:
        page = browser.get(asked.url)
        assert page.status_code == 200, page.text
        action = re.search(r'action="([^"]+)"', page.text)
        assert action is not None
        form = {"client": [str(c) for c in companies], "decision": "allow" if allow else "reject"}
        back = browser.post(str(page.url.join(unescape(action[1]))), data=form)
    assert back.status_code == 303, back.text
    assert back.headers["location"].startswith(asked.redirect_uri)
    return dict(parse_qsl(urlsplit(back.headers["location"]).query))


class PowerOfficeDoor(LedgerDoor):
    vendor = "poweroffice"
    payment_call = "POST /poweroffice/v2/Vouchers/BankJournals"
    list_call = "GET /poweroffice/v2/Customerledger/OpenItems"
    page_size = 5000

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url)
        self.store = MemoryStore({})
        self.companies: list[int] = []
        self.pauses: list[timedelta | None] = []
        #: what happens in the world while the adapter waits
        self.meanwhile: Callable[[], None] = lambda: None

    def external(self, company: int) -> str:
        return Client(self.control.get(f"/poweroffice/companies/{company}")["client_key"], "").id

    def settings(self, **settings: object) -> None:
        self.control.client.patch("/poweroffice/settings", json=settings).raise_for_status()

    def connect(
        self, companies: list[int], *, page_size: int | None = None, before: Callable[[httpx.Request, int], None] | None = None
    ) -> PowerOfficeLedger:
        self.companies = companies
        page = Onboarding(client_http(self.base_url), APPLICATION_KEY)
        asked = page.begin(REDIRECT_URI)
        self.store = MemoryStore(dict(page.finish(asked, visit(asked, companies)).values))
        return self.open(page_size=page_size, before=before)

    def open(self, *, page_size: int | None = None, before: Callable[[httpx.Request, int], None] | None = None) -> PowerOfficeLedger:
        self.recorders.append(Recorder(before))
        return PowerOfficeLedger(
            client_http(self.base_url, self.recorders[-1]), self.store, self.clock, application_key=APPLICATION_KEY,
            login_url=f"{self.base_url}/poweroffice/OAuth", page_size=page_size or self.page_size, pause=self._pause,
        )  # fmt: skip

    def revoke(self) -> None:
        for company in self.companies:
            self.control.delete(f"/poweroffice/companies/{company}")

    def expire(self) -> None:
        self.control.delete("/poweroffice/tokens")

    def throttle(self, times: int) -> None:
        self.control.fault("/poweroffice/v2", "status", times=times, status=429)

    def is_later_page(self, request: httpx.Request) -> bool:
        return request.url.path.endswith("/OpenItems") and request.url.params["PageNumber"] != "1"

    def settle(self) -> None:
        self.control.post("/poweroffice/reversals", {})

    def _pause(self, _attempt: int, after: timedelta | None = None) -> None:
        self.pauses.append(after)
        self.meanwhile()


@contextmanager
def poweroffice_door(base_url: str) -> Iterator[PowerOfficeDoor]:
    """A door to a simulator that counts no requests and takes reversals in before it books them."""
    made = PowerOfficeDoor(base_url)
    made.settings(requests_a_second=0, lag_seconds=0, reverse_later=True, reminders_carry_kid=True, not_subscribed=[])
    yield made
    made.control.delete("/faults")
    made.close()
