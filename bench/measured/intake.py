"""Mirroring a book, against one bare INSERT ... SELECT of the same rows into a bare table."""

from __future__ import annotations

import time
from datetime import date, timedelta

from measured import books
from measured.books import NOW, Shape
from measured.night import fresh_database
from sqlalchemy import select, text

from app.db.engine import app_engine, owner_engine
from app.db.scope import BureauScope
from app.db.unit_of_work import Database
from app.receivables import book
from app.tenants.models import Company
from app.values.clock import FixedClock

PAGE = 500


def measure(server: str, count: int) -> dict[str, float]:
    with fresh_database(server) as url:
        owner = owner_engine(url)
        books.fill(owner, Shape(bureaus=1, due=0, companies=1))
        ours = _mirrored(url, count)
        with owner.begin() as connection:
            connection.execute(text("create table bound_items as select * from open_items limit 0"))
        began = time.perf_counter()
        with owner.begin() as connection:
            connection.execute(text("insert into bound_items select * from open_items"))
        bound = time.perf_counter() - began
        owner.dispose()
    return {"ingest_rows_per_second": count / ours, "ingest_vs_insert_select": ours / bound}


def _mirrored(url: str, count: int) -> float:
    database = Database(app_engine(url), FixedClock(NOW))
    debtor = book.DebtorFacts(
        "k1", "1", "Skyldner AS", "business", None, "a@b.example", None, ("Gata 1",), "0155", "Oslo", "NO", "nb", (), None
    )
    with database.begin(BureauScope(books.first_bureau())) as work:
        company_id = work.session.execute(select(Company.id)).scalar_one()
        book.mirror_debtors(work, company_id, [debtor], NOW)
    items = [
        book.ItemFacts(
            f"n{n}", f"n{n}", "k1", "invoice", str(n), None, date(2026, 9, 1), date(2026, 10, 1) + timedelta(days=n % 60), None,
            100_000 + n, 100_000 + n, "NOK", "high", (), (), None,
        )
        for n in range(count)
    ]  # fmt: skip
    began = time.perf_counter()
    for start in range(0, count, PAGE):
        with database.begin(BureauScope(books.first_bureau())) as work:
            book.mirror_items(work, company_id, items[start : start + PAGE], NOW)
    seconds = time.perf_counter() - began
    database.engine.dispose()
    return seconds
