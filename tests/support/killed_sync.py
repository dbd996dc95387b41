"""A process that reads a company's first book, and one moment in it at which it can be killed: between two committed pages.

The book can be gone on with from the middle.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from multiprocessing.synchronize import Event
from typing import Any, cast

from app.agencies import models as _tables  # noqa: F401 - what rows point at
from app.db.engine import app_engine
from app.db.unit_of_work import Database
from app.ledgers import sync
from app.ledgers.capabilities import Capabilities, CredentialKind, Finding, OpenItems, PaymentWrite
from app.ledgers.ports import ItemKind, Ledger, LedgerCustomer, LedgerItem, LedgerPayment, OpenPage, Probe
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
        resumes=True,
    )  # fmt: skip
    after_two: Callable[[], object] = _nothing
    #: the pages it was asked for, by the first row of each
    asked: list[int] = field(default_factory=list)

    def probe(self, company: str) -> Probe:
        return Probe(ok=True)

    def fetch_customers(self, company: str, changed_since: datetime | None = None) -> Iterator[LedgerCustomer]:
        yield LedgerCustomer("k1", "1", "Nordlys Bygg AS", None, False)

    def fetch_open_pages(self, company: str, as_of: date, after: str | None) -> Iterator[OpenPage]:
        for first in range(int(after or 0), ITEMS, PAGE_ROWS):
            if first == 2 * PAGE_ROWS:
                self.after_two()
            self.asked.append(first)
            rows = tuple(self._item(n, as_of) for n in range(first, first + PAGE_ROWS))
            yield OpenPage(rows, str(first + PAGE_ROWS), begins=first == 0)

    def _item(self, n: int, as_of: date) -> LedgerItem:
        paid = LedgerPayment(f"b{n}", as_of - timedelta(days=1), 40_000)
        return LedgerItem(
            f"n{n}", "k1", ItemKind.INVOICE, str(n), None, as_of - timedelta(days=20), as_of, 100_000, 60_000, payments=(paid,)
        )  # fmt: skip


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
