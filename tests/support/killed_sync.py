"""A process that reads a company's first book, and one moment in it at which it can be killed: between two committed pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from multiprocessing.synchronize import Event
from typing import Any, cast

from app.agencies import models as _tables  # noqa: F401 - what rows point at
from app.db.engine import app_engine
from app.db.unit_of_work import Database
from app.ledgers import sync
from app.ledgers.capabilities import Capabilities, CredentialKind, Finding, OpenItems, PaymentWrite
from app.ledgers.ports import ItemKind, Ledger, LedgerCustomer, LedgerItem, LedgerPayment, Probe
from app.values.clock import FixedClock

PAGE_ROWS, PAGES = 4, 5
ITEMS = PAGE_ROWS * PAGES


def _nothing() -> None:
    """A reader that nobody kills."""


@dataclass(slots=True)
class Paged(Ledger):
    """A book of `ITEMS` part-paid invoices to one customer; `after_two` is called once two pages have been taken."""

    capabilities = Capabilities(
        ledger="tripletex", label="Paged", credential_kind=CredentialKind.PASTED_SECRET, multi_company=True, max_concurrency=1,
        open_items=OpenItems.AS_OF, payment_write=PaymentWrite.NONE, finding=Finding.NONE, reads_own_reminders=True,
    )  # fmt: skip
    after_two: Callable[[], object] = _nothing

    def probe(self, company: str) -> Probe:
        return Probe(ok=True)

    def fetch_customers(self, company: str, changed_since: datetime | None = None) -> Iterator[LedgerCustomer]:
        yield LedgerCustomer("k1", "1", "Nordlys Bygg AS", None, False)

    def fetch_open_items(self, company: str, as_of: date) -> Iterator[LedgerItem]:
        for n in range(ITEMS):
            if n == 2 * PAGE_ROWS:
                self.after_two()
            paid = LedgerPayment(f"b{n}", as_of - timedelta(days=1), 40_000)
            yield LedgerItem(
                f"n{n}", "k1", ItemKind.INVOICE, str(n), None, as_of - timedelta(days=20), as_of, 100_000, 60_000, payments=(paid,)
            )


@dataclass(frozen=True, slots=True)
class OneBook:
    """`Ledgers` that open it."""

    book: Paged

    def open(self, ledger: str, store: object) -> Ledger:
        return self.book


def read_book(database: Database, company_id: uuid.UUID, bureau_id: uuid.UUID, book: Paged) -> str:
    door = sync.Doorway(database.begin, cast("Any", OneBook(book)), cast("Any", None))
    return sync.sync_company(door, bureau_id, company_id)


def read_until_killed(database_url: str, now: datetime, company_id: uuid.UUID, bureau_id: uuid.UUID, there: Event, never: Event) -> None:
    """Says when it is `there`, and goes no further."""

    def stop() -> None:
        there.set()
        never.wait()

    sync.PAGE_ROWS = PAGE_ROWS
    read_book(Database(app_engine(database_url, pool_size=2), FixedClock(now)), company_id, bureau_id, Paged(stop))
