"""A connection to the simulated Fiken, made the way a user makes it: through the consent page."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from app.ledgers.adapters.fiken import FikenLedger, UserQueue, endpoints
from app.ledgers.oauth import Authorisation, OAuthClient
from app.ledgers.ports import Credential, PaymentOrder
from app.net.http import HttpClient
from app.values.clock import Clock, SystemClock
from support.ledger_door import KEY, LedgerDoor, MemoryStore
from support.sandbox import Control
from support.vendor_specs import Recorder

CLIENT_ID, CLIENT_SECRET = "reskontro-sandbox", "fiken-sandbox-secret"
REDIRECT_URI = "http://127.0.0.1:8000/connections/fiken/callback"
_COUNT = itertools.count(1)


def oauth_client(
    base: str, clock: Clock | None = None, secret: str = CLIENT_SECRET, transport: httpx.BaseTransport | None = None
) -> OAuthClient:
    http = HttpClient(base, timeout_seconds=5, transport=transport)
    return OAuthClient(http, endpoints(f"{base}/fiken"), clock or SystemClock(), client_id=CLIENT_ID, client_secret=secret)


def visit(asked: Authorisation, *, allow: bool = True, companies: list[int] | None = None, user: str | None = None) -> dict[str, str]:
    """Open the page, tick (all companies, where none are named), press a button; what the user comes back with."""
    with httpx.Client(trust_env=False, verify=False) as browser:
        page = browser.get(asked.url)
        assert page.status_code == 200, page.text
        inputs = re.findall(r'name="(\w+)" (?:type="email" )?value="([^"]*)"', page.text)
        form: dict[str, str | list[str]] = {name: unescape(value) for name, value in inputs if name not in ("company", "decision")}
        shown = re.findall(r'name="company" value="(\d+)"', page.text)
        form["company"] = shown if companies is None else [str(c) for c in companies]
        form["decision"] = "allow" if allow else "reject"
        if user is not None:
            form["user"] = user
        action = re.search(r'action="([^"]+)"', page.text)
        assert action is not None
        back = browser.post(str(page.url.join(action[1])), data=form)
    assert back.status_code == 303, back.text
    assert back.headers["location"].startswith(asked.redirect_uri)
    return dict(parse_qsl(urlsplit(back.headers["location"]).query))


def connected(
    base: str,
    *,
    clock: Clock | None = None,
    companies: list[int] | None = None,
    transport: httpx.BaseTransport | None = None,
    queue: UserQueue | None = None,
    spend: Callable[[Credential], Credential] = lambda credential: credential,
    payment_accounts: dict[str, str] | None = None,
    page_size: int = 100,
) -> tuple[FikenLedger, MemoryStore]:
    """A ledger over a fresh consent. `spend` may spoil the credential before it is stored."""
    oauth = oauth_client(base, clock)
    asked = oauth.begin(REDIRECT_URI)
    store = stored(spend(oauth.exchange(asked, oauth.read_callback(asked, visit(asked, companies=companies)))))
    http = HttpClient(f"{base}/fiken/api/v2", timeout_seconds=5, transport=transport)
    ledger = FikenLedger(
        http, store, clock or SystemClock(), oauth=oauth, queue=queue or UserQueue(spacing_seconds=0.0),
        payment_accounts=payment_accounts, page_size=page_size,
    )  # fmt: skip
    return ledger, store


def stored(credential: Credential) -> MemoryStore:
    made = MemoryStore({})
    made.current = credential
    return made


class FikenDoor(LedgerDoor):
    vendor = "fiken"
    payment_call = "/payments"
    list_call = "/sales"
    page_size = 100

    def external(self, company: int) -> str:
        return str(self.control.get(f"/fiken/companies/{company}")["slug"])

    def connect(
        self, companies: list[int], *, page_size: int | None = None, before: Callable[[httpx.Request, int], None] | None = None
    ) -> FikenLedger:
        self.recorders.append(Recorder(before))
        ledger, _ = connected(
            self.base_url, clock=self.clock, companies=companies, transport=self.recorders[-1], queue=_untimed_queue(),
            page_size=page_size or self.page_size,
        )  # fmt: skip
        return ledger

    def revoke(self) -> None:
        self.control.delete("/fiken/consents")

    def expire(self) -> None:
        self.control.delete("/fiken/access-tokens")

    def throttle(self, times: int) -> None:
        self.control.fault("/fiken/api/v2", "status", times=times, status=429)

    def is_later_page(self, request: httpx.Request) -> bool:
        return request.url.path.endswith("/sales") and request.url.params["page"] != "0"


@contextmanager
def fiken_door(base_url: str) -> Iterator[FikenDoor]:
    """A door to a simulator that neither slows down nor bans."""
    made = FikenDoor(base_url)
    made.control.client.patch("/fiken/settings", json={"slow_seconds": 0.0, "ban_after": 1000}).raise_for_status()
    yield made
    made.control.delete("/faults")
    made.close()


@dataclass
class Book:
    """One company in Fiken with one customer."""

    control: Control
    base: str
    company: int
    slug: str
    customer: int

    def invoice(self, amount_ore: int = 125_000, **facts: Any) -> str:
        body = {"customer": self.customer, "amount_ore": amount_ore, "issued_on": "2026-10-01", "due_on": "2026-10-15", **facts}
        return str(self.control.post("/books/invoices", body)["id"])

    def pay(self, sale: str, amount_ore: int, on: str = "2026-11-01") -> int:
        return int(self.control.post("/books/payments", {"invoice": int(sale), "amount_ore": amount_ore, "on": on})["id"])

    def mark(self, sale: str, mark: str) -> None:
        self.control.put(f"/fiken/sales/{sale}/{mark}", None)


@contextmanager
def fiken_book(base: str) -> Iterator[Book]:
    """A company of its own, in a simulator set back to how it behaves by default but for its slowness and its bans."""
    control = Control(base)
    control.client.patch(
        "/fiken/settings", json={"slow_seconds": 0.0, "latency_seconds": 0.0, "ban_after": 1000, "rotate_refresh_tokens": False}
    ).raise_for_status()
    name = f"Ærlig Øl {next(_COUNT)} AS"
    company = control.post("/books/companies", {"vendor": "fiken", "name": name, "organisation_number": "974760673"})["id"]
    customer = control.post(
        "/books/customers",
        {
            "company": company, "name": "Kari Nordmann", "email": "kari@example.no", "organisation_number": "NO 923 609 016 MVA",
            "address_lines": ["Storgata 1", "2. etasje"], "postal_code": "0155", "city": "Oslo",
        },
    )["id"]  # fmt: skip
    slug = name.lower().replace("æ", "ae").replace("ø", "o").replace(" ", "-")
    yield Book(control, base, company, slug, customer)
    control.delete("/faults")
    control.delete("/fiken/bans")
    control.close()


def order(sale: str, amount_ore: int = 40_000, **facts: Any) -> PaymentOrder:
    return PaymentOrder(KEY, sale, date(2026, 11, 20), amount_ore, facts.pop("currency", "NOK"), "Oppgjør fra inkasso")


class Recording(httpx.BaseTransport):
    """Writes down what is sent, and may do something just before."""

    def __init__(self, seen: list[httpx.Request], before: Any = lambda _: None) -> None:
        self.seen, self._before, self._wire = seen, before, httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        self._before(request)
        return self._wire.handle_request(request)

    def close(self) -> None:
        self._wire.close()


def _untimed_queue() -> UserQueue:
    """A queue whose waiting takes no time."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    return UserQueue(monotonic=lambda: now[0], sleep=sleep)
