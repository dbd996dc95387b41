"""What the ledger contract needs from one vendor: a door to its simulator, a company in the books, and a store for the credential."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import httpx

from app.ledgers.ports import Credential, Ledger, LedgerItem, PaymentOrder, RenewCall
from app.values.clock import FixedClock
from support.sandbox import Control
from support.vendor_specs import Recorder

#: "today" in every story, for the sandbox and the adapter alike
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
KEY = "0190a0de-0000-7000-8000-000000000001"


class MemoryStore:
    """A credential store in memory, single-flight as the port demands."""

    def __init__(self, values: dict[str, str]) -> None:
        self._lock = threading.Lock()
        self.current = Credential(values)
        self.renewals = 0

    def load(self) -> Credential:
        return self.current

    def renew(self, stale: Credential, fetch: RenewCall) -> Credential:
        with self._lock:
            if dict(self.current.values) == dict(stale.values):
                self.current = fetch(self.current)
                self.renewals += 1
            return self.current


class LedgerDoor(ABC):
    """How a story reaches one vendor: its simulator's control, and an adapter connected to it."""

    vendor: str
    #: "METHOD /path" as faults know the call that writes a payment
    payment_call: str
    #: "METHOD /path" of the first call of a list of what is open
    list_call: str
    page_size: int = 1000

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.control = Control(base_url)
        self.recorders: list[Recorder] = []
        #: the adapter's, which stands still
        self.clock = FixedClock(NOW)

    @contextmanager
    def time_travel(self) -> Iterator[Callable[[datetime], None]]:
        """Gives `turn`, which sets both clocks, the adapter's and the vendor's; at the end it is `NOW` again."""

        def turn(instant: datetime) -> None:
            self.control.put("/clock", {"offset_seconds": (instant - NOW).total_seconds()})
            self.clock.move(instant - self.clock.now())

        try:
            yield turn
        finally:
            turn(NOW)

    @abstractmethod
    def external(self, company: int) -> str:
        """The vendor's id of a company of the books."""

    @abstractmethod
    def connect(
        self, companies: list[int], *, page_size: int | None = None, before: Callable[[httpx.Request, int], None] | None = None
    ) -> Ledger:
        """An adapter with a fresh credential for these companies; `before` is called with each request and its number."""

    @abstractmethod
    def revoke(self) -> None:
        """The customer takes the last credential back."""

    @abstractmethod
    def expire(self) -> None:
        """What the adapter renews by itself is worthless from now on."""

    @abstractmethod
    def throttle(self, times: int) -> None:
        """The next calls are refused with 429."""

    @abstractmethod
    def is_later_page(self, request: httpx.Request) -> bool:
        """Does this request ask for the second or a later page of what is open?"""

    def settle(self) -> None:  # noqa: B027 - most vendors have nothing to do here
        """Let the vendor's own queue do its work, where there is one."""

    def close(self) -> None:
        self.control.close()


class Story:
    """One company with one customer in the reference books."""

    def __init__(self, door: LedgerDoor) -> None:
        self.door = door
        self.control = door.control
        firm = {"vendor": door.vendor, "name": "Fjordgløtt Bygg AS", "organisation_number": "974760673"}
        self.company = self.control.post("/books/companies", firm)["id"]
        home = {"address_lines": ["Storgata 1"], "postal_code": "0155", "city": "Oslo"}
        person = {"company": self.company, "name": "Kari Nordmann", "email": "kari@example.no", **home}
        self.customer = self.control.post("/books/customers", person)["id"]
        self.external = door.external(self.company)

    def invoice(self, amount_ore: int = 125_000, **facts: Any) -> dict[str, Any]:
        body = {"customer": self.customer, "amount_ore": amount_ore, "issued_on": "2026-10-01", "due_on": "2026-10-15", **facts}
        made: dict[str, Any] = self.control.post("/books/invoices", body)
        return made

    def pay(self, invoice: dict[str, Any], amount_ore: int, on: str = "2026-11-02", **facts: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.control.post("/books/payments", {"invoice": invoice["id"], "amount_ore": amount_ore, "on": on, **facts})
        return made

    def connect(self, **facts: Any) -> Ledger:
        return self.door.connect([self.company], **facts)

    def items(self, ledger: Ledger, as_of: date = TODAY) -> dict[str | None, LedgerItem]:
        return {item.document_number: item for item in ledger.fetch_open_items(self.external, as_of)}

    def order(self, item: LedgerItem, amount_ore: int = 40_000, **facts: Any) -> PaymentOrder:
        return PaymentOrder(KEY, item.invoice_id or item.external_id, facts.pop("paid_on", TODAY), amount_ore, "NOK", "Oppgjør fra inkasso")

    def balance(self) -> int:
        """What the customer owes by the reference books, in øre of the company's currency."""
        told = self.control.get(f"/books/companies/{self.company}/balances")
        return int(told["receivables_ore"])

    def remaining(self, invoice: dict[str, Any]) -> int:
        return int(self.control.get(f"/books/invoices/{invoice['id']}")["remaining_ore"])
