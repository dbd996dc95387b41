"""The first sync of a company: `ledgers.sync` over a ledger that yields rows, against one bare COPY of the same rows into unlogged tables.

The ledger is in the process and makes its rows as they are asked for, so that what is measured is ours: neither a vendor's time nor the
lists an adapter keeps while it ties payments to invoices.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, cast

from measured import books
from measured.books import NOW, Shape
from measured.night import fresh_database
from sqlalchemy import Engine

from app.agencies import models as _agencies  # noqa: F401 - what rows point at
from app.db.engine import app_engine, owner_engine
from app.db.unit_of_work import Database
from app.ledgers import sync
from app.ledgers.capabilities import Capabilities, CredentialKind, Finding, OpenItems, PaymentWrite
from app.ledgers.ports import Address, ItemKind, Ledger, LedgerCustomer, LedgerItem, LedgerPayment, Probe
from app.values.clock import FixedClock

ITEMS_PER_CUSTOMER = 5
#: one invoice in so many is part-paid
PART_PAID = 10
WARMING_UP, MEASURED = 0, 1
#: a page and a bit, so that every statement has been said before the time is taken
WARM_UP_ITEMS = sync.PAGE_ROWS + 100
#: a bureau that is there already, so that the database knows its tables
NEIGHBOUR = Shape(bureaus=1, due=0, resting=20_000, companies=20, first=2)
FOLD, TIMES = 4, 3
TABLES = ("debtors", "open_items", "payments")


@dataclass(frozen=True, slots=True)
class FirstSync:
    """Rows of all three tables, how long they took us and COPY (into tables without and with the indexes), and our process's memory."""

    rows: int
    seconds: float
    copy_seconds: float
    indexed_copy_seconds: float
    rss_mib: float


def measure(server: str, count: int) -> dict[str, Any]:
    """The middle of several runs, and one of four times as many rows for the memory."""
    small = [_first_sync(server, count) for _ in range(TIMES)]
    large = _first_sync(server, count * FOLD)
    return {
        "ingest_items": [count, count * FOLD],
        "ingest_rows_per_second": median(one.rows / one.seconds for one in small),
        "ingest_rows_per_second_large": large.rows / large.seconds,
        "ingest_vs_copy": median(one.seconds / one.copy_seconds for one in small),
        "ingest_vs_indexed_copy": median(one.seconds / one.indexed_copy_seconds for one in small),
        "ingest_vs_indexed_copy_all": [round(one.seconds / one.indexed_copy_seconds, 1) for one in (*small, large)],
        "ingest_rss_mb": median(one.rss_mib for one in small),
        "ingest_rss_growth_mb": large.rss_mib - median(one.rss_mib for one in small),
    }


class Rows(Ledger):
    """A book of `count` invoices, made while it is read."""

    capabilities = Capabilities(
        ledger="tripletex", label="Rows", credential_kind=CredentialKind.PASTED_SECRET, multi_company=True, max_concurrency=1,
        open_items=OpenItems.AS_OF, payment_write=PaymentWrite.NONE, finding=Finding.NONE, reads_own_reminders=True,
    )  # fmt: skip

    def __init__(self, count: int) -> None:
        self.count = count

    def probe(self, company: str) -> Probe:
        return Probe(ok=True)

    def fetch_customers(self, company: str, changed_since: datetime | None = None) -> Iterator[LedgerCustomer]:
        for n in range(-(-self.count // ITEMS_PER_CUSTOMER)):
            address = Address((f"Storgata {n}",), "0155", "Oslo")
            yield LedgerCustomer(f"k{n}", str(n), f"Skyldner {n} AS", str(800_000_000 + n), False, f"post{n}@debtor.example", None, address)

    def fetch_open_items(self, company: str, as_of: date) -> Iterator[LedgerItem]:
        for n in range(self.count):
            due, amount = as_of - timedelta(days=n % 90), 100_000 + n
            part = (LedgerPayment(f"b{n}", due, 40_000),) if n % PART_PAID == 0 else ()
            yield LedgerItem(
                f"n{n}", f"k{n // ITEMS_PER_CUSTOMER}", ItemKind.INVOICE, str(n), f"{n:010d}", due - timedelta(days=14), due, amount,
                amount - sum(one.amount_ore for one in part), payments=part, version="1", invoice_id=f"f{n}",
            )  # fmt: skip


@dataclass(slots=True)
class RowsOnly:
    """`Ledgers` that open nothing but that book."""

    count: int

    def open(self, ledger: str, store: object) -> Ledger:
        return Rows(self.count)


def _first_sync(server: str, count: int) -> FirstSync:
    with fresh_database(server) as url:
        owner = owner_engine(url)
        books.fill(owner, NEIGHBOUR)
        books.fill(owner, Shape(bureaus=1, due=0, companies=2))
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            seconds, rss = pool.submit(_sync, url, count).result()
        rows, bare, indexed = _copied(owner)
        owner.dispose()
    return FirstSync(rows, seconds, bare, indexed, rss)


def _sync(url: str, count: int) -> tuple[float, float]:
    """In a process of its own, which has synced before: how long, and the most memory it has ever had."""
    database = Database(app_engine(url), FixedClock(NOW))
    _read(database, WARMING_UP, WARM_UP_ITEMS)
    began = time.perf_counter()
    _read(database, MEASURED, count)
    seconds = time.perf_counter() - began
    database.engine.dispose()
    return seconds, peak_mib()


def _read(database: Database, company: int, count: int) -> None:
    door = sync.Doorway(database.begin, cast("Any", RowsOnly(count)), cast("Any", None))
    said = sync.sync_company(door, books.first_bureau(), books.company_id(1, company))
    if said != "done":
        raise RuntimeError(f"the sync ended as {said}")


def _copied(owner: Engine) -> tuple[int, float, float]:
    """The rows of the measured company once more, by COPY alone: into bare unlogged tables, and into such with the same indexes."""
    seconds = {"": 0.0, "including all": 0.0}
    rows = 0
    with owner.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        for table in TABLES:
            mine = f"select * from {table} where company_id = '{books.company_id(1, MEASURED)}'"
            with driver.cursor() as cursor:
                with cursor.copy(f"copy ({mine}) to stdout") as out:
                    data = b"".join(bytes(part) for part in out)
                for likeness in seconds:
                    cursor.execute(f"create unlogged table bound (like {table} {likeness})")
                    driver.commit()
                    began = time.perf_counter()
                    with cursor.copy("copy bound from stdin") as into:
                        into.write(data)
                    driver.commit()
                    seconds[likeness] += time.perf_counter() - began
                    cursor.execute("drop table bound")
                rows += data.count(b"\n")
    return rows, seconds[""], seconds["including all"]


def peak_mib() -> float:
    """Of this process alone: `ru_maxrss` would count what its parent had when it was started."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) / 1024
