"""A first sync under kill -9: what was committed stays, and the next run ends the work."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.db.unit_of_work import Database
from app.ledgers import runs, sync, turns
from app.ledgers.models import SyncRun
from app.receivables.models import Debtor, OpenItem, Payment
from app.tenants.models import Company
from app.values.clock import FixedClock
from support import make
from support.killed_sync import ITEMS, PAGE_ROWS, Paged, read_book, read_until_killed

START_SECONDS = 30.0


def test_killed_between_two_pages_the_next_goes_on_after_the_second_and_nothing_is_lost(
    database: Database, database_url: str, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    make.company_link(database, make.connection(database, bureau), company)
    # a fork server has everything imported: an interpreter of its own takes seconds to start
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["support.killable", "support.killed_sync"])
    there, never = context.Event(), context.Event()
    reader = context.Process(
        target=read_until_killed, args=(database_url, clock.now(), company.id, company.bureau_id, there, never), daemon=True
    )
    reader.start()
    try:
        assert there.wait(START_SECONDS), "it never came to its third page"
        assert _progress(database, company) == [("running", "open_items", 1 + 2 * PAGE_ROWS, 2 * PAGE_ROWS)]
    finally:
        reader.kill()
        reader.join()
    assert _rows(database, company) == Counter(debtors=1, open_items=2 * PAGE_ROWS, payments=2 * PAGE_ROWS)
    monkeypatch.setattr(sync, "PAGE_ROWS", PAGE_ROWS)
    assert read_book(database, company.id, company.bureau_id, Paged()) == "waiting", "for all we know it is still at it"
    clock.move(turns.KEPT_FOR)
    assert timedelta(minutes=5) >= turns.KEPT_FOR, "a dead worker's place is soon another's"
    with database.begin(make.scope(company)) as work:
        assert runs.take_up_killed(work) == 1, "somebody is called to end it"
    rest_of_it = Paged()
    assert read_book(database, company.id, company.bureau_id, rest_of_it) == "done"
    assert rest_of_it.asked == [2 * PAGE_ROWS, 3 * PAGE_ROWS, 4 * PAGE_ROWS]
    assert _rows(database, company) == Counter(debtors=1, open_items=ITEMS, payments=ITEMS)
    rest = ITEMS - 2 * PAGE_ROWS
    assert _progress(database, company) == [
        ("failed", "open_items", 1 + 2 * PAGE_ROWS, 2 * PAGE_ROWS), ("done", "done", rest, rest),
    ]  # fmt: skip


def _progress(database: Database, company: Company) -> list[tuple[str, str, int, int]]:
    """Of each run, as its page shows it: state, step, rows read, items opened."""
    with database.begin(make.scope(company)) as work:
        told = select(SyncRun.state, SyncRun.step, SyncRun.done, SyncRun.opened).where(SyncRun.company_id == company.id)
        return [tuple(row) for row in work.session.execute(told.order_by(SyncRun.started_at)).all()]  # type: ignore[misc]


def _rows(database: Database, company: Company) -> Counter[str]:
    with database.begin(make.scope(company)) as work:
        return Counter(
            {
                str(table.__tablename__): work.session.execute(
                    select(func.count()).select_from(table).where(table.company_id == company.id)
                ).scalar_one()
                for table in (Debtor, OpenItem, Payment)
            }
        )
