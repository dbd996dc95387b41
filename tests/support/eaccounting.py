"""A connection to the simulated eAccounting, made the way a user makes it: through the consent page, for one company."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import httpx

from app.ledgers.adapters.eaccounting import EAccountingLedger, endpoints
from app.ledgers.oauth import Authorisation, OAuthClient
from app.net.http import HttpClient
from app.values.clock import FixedClock
from support.ledger_door import LedgerDoor, MemoryStore
from support.vendor_specs import Recorder

CLIENT_ID, CLIENT_SECRET = "reskontro-sandbox", "eaccounting-sandbox-secret"
REDIRECT_URI = "http://127.0.0.1:8000/connections/eaccounting/return"


def oauth_client(base: str, clock: FixedClock, transport: httpx.BaseTransport | None = None) -> OAuthClient:
    return OAuthClient(
        HttpClient(base, transport=transport), endpoints(f"{base}/eaccounting/connect"), clock, client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
    )  # fmt: skip


def visit(asked: Authorisation, company: int, *, allow: bool = True) -> dict[str, str]:
    """Open the page, choose the company, press a button; what the user comes back with."""
    with httpx.Client(trust_env=False, verify=False) as browser:
        page = browser.get(asked.url)
        assert page.status_code == 200, page.text
        form = {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text)}
        action = re.search(r'action="([^"]+)"', page.text)
        assert action is not None
        answer = {**form, "company": str(company), "decision": "allow" if allow else "reject"}
        back = browser.post(str(page.url.join(action[1])), data=answer)
    assert back.status_code == 303, back.text
    return dict(parse_qsl(urlsplit(back.headers["location"]).query))


class EAccountingDoor(LedgerDoor):
    vendor = "eaccounting"
    payment_call = "/payments"
    list_call = "GET /eaccounting/v2/customerledgeritems"

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url)
        self.store = MemoryStore({})
        self.pauses: list[timedelta | None] = []

    def external(self, company: int) -> str:
        return str(self.control.get(f"/books/companies/{company}")["organisation_number"])

    def connect(
        self, companies: list[int], *, page_size: int | None = None, before: Callable[[httpx.Request, int], None] | None = None
    ) -> EAccountingLedger:
        oauth = oauth_client(self.base_url, self.clock)
        asked = oauth.begin(REDIRECT_URI)
        self.store = MemoryStore({})
        self.store.current = oauth.finish(asked, visit(asked, companies[0]))
        return self.open(page_size=page_size, before=before)

    def open(self, *, page_size: int | None = None, before: Callable[[httpx.Request, int], None] | None = None) -> EAccountingLedger:
        self.recorders.append(Recorder(before))
        return EAccountingLedger(
            HttpClient(f"{self.base_url}/eaccounting/v2", transport=self.recorders[-1]), self.store, self.clock,
            oauth=oauth_client(self.base_url, self.clock, self.recorders[-1]), page_size=page_size or self.page_size,
            pause=lambda _attempt, after=None: self.pauses.append(after),
        )  # fmt: skip

    def revoke(self) -> None:
        self.control.delete("/eaccounting/consents")

    def expire(self) -> None:
        self.control.delete("/eaccounting/access-tokens")

    def throttle(self, times: int) -> None:
        self.control.fault("/eaccounting/v2", "status", times=times, status=429)

    def is_later_page(self, request: httpx.Request) -> bool:
        return request.url.path.endswith("/customerledgeritems") and request.url.params["$page"] != "1"


@contextmanager
def eaccounting_door(base_url: str) -> Iterator[EAccountingDoor]:
    """A door to a simulator that counts no requests."""
    made = EAccountingDoor(base_url)
    made.control.client.patch("/eaccounting/settings", json={"requests_a_minute": 0}).raise_for_status()
    yield made
    made.control.delete("/faults")
    made.close()
