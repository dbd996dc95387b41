"""Going on with a reading that was cut off: after the last page written, on the same day, and not for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.db.unit_of_work import Database
from app.ledgers import runs, sync, turns
from app.ledgers.errors import CursorExpiredError
from app.ledgers.models import SyncRun
from app.net.errors import BrokenError, TryLaterError
from app.receivables.models import OpenItem
from app.tenants.models import Company
from app.values.clock import FixedClock
from support import make
from support.killed_sync import ITEMS, PAGE_ROWS, Paged, read_book

THIRD = [2 * PAGE_ROWS, 3 * PAGE_ROWS, 4 * PAGE_ROWS]
EVERY = [0, PAGE_ROWS, *THIRD]


@pytest.fixture
def company(database: Database, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setattr(sync, "PAGE_ROWS", PAGE_ROWS)
    bureau = make.bureau(database)
    made = make.company(database, bureau)
    make.company_link(database, make.connection(database, bureau), made)
    return made


def cut_off(database: Database, company: Company, fault: Exception) -> Paged:
    """Ends after two pages."""

    def fail() -> None:
        raise fault

    book = Paged(fail)
    assert read_book(database, company.id, company.bureau_id, book) in ("later", "failed")
    return book


def read(database: Database, company: Company) -> list[int]:
    """The pages the next reading asks for; it comes to its end."""
    book = Paged()
    assert read_book(database, company.id, company.bureau_id, book) == "done"
    with database.begin(make.scope(company)) as work:
        assert len(work.session.execute(select(OpenItem.id).where(OpenItem.company_id == company.id)).all()) == ITEMS
    return book.asked


def left(database: Database, company: Company) -> list[Any]:
    with database.begin(make.scope(company)) as work:
        rows = work.session.execute(select(SyncRun).where(SyncRun.company_id == company.id).order_by(SyncRun.started_at, SyncRun.id))
        return [row.resume for row in rows.scalars()]


def test_a_ledger_that_fell_silent_is_gone_on_with_where_it_did(database: Database, clock: FixedClock, company: Company) -> None:
    cut_off(database, company, TryLaterError("no answer"))
    clock.move(timedelta(minutes=1))
    assert read(database, company) == THIRD
    assert left(database, company)[-1] is None
    clock.move(timedelta(minutes=1))
    assert read(database, company) == EVERY, "what came to its end leaves nothing behind"


@pytest.mark.parametrize("fault", [BrokenError("nonsense"), CursorExpiredError("no such place")])
def test_what_will_not_be_better_next_time_is_begun_anew(database: Database, clock: FixedClock, company: Company, fault: Exception) -> None:
    cut_off(database, company, fault)
    clock.move(timedelta(minutes=1))
    assert read(database, company) == EVERY


@pytest.mark.parametrize("later", [runs.RESUMED_WITHIN + timedelta(minutes=1), timedelta(days=1)])
def test_what_was_read_long_ago_is_read_again(database: Database, clock: FixedClock, company: Company, later: timedelta) -> None:
    cut_off(database, company, TryLaterError("no answer"))
    clock.move(later)
    assert read(database, company) == EVERY


def test_a_place_that_is_never_passed_is_not_gone_on_from_for_ever(database: Database, clock: FixedClock, company: Company) -> None:
    begun = []
    for _ in range(runs.RESUMED_MOST + 2):
        begun.append(cut_off(database, company, TryLaterError("no answer")).asked[:1])
        clock.move(timedelta(minutes=1))
    assert begun == [[0], *[[]] * runs.RESUMED_MOST, [0]]


def test_another_source_is_another_book(database: Database, clock: FixedClock, company: Company) -> None:
    cut_off(database, company, TryLaterError("no answer"))
    clock.move(timedelta(minutes=1))
    with database.begin(make.scope(company)) as work:
        begun = runs.begin(work, company.id, "xledger", make.connection(database, make.bureau(database)).id)
        assert begun is not None
        assert begun.reading is None


def test_calls_keep_a_place_that_pages_are_slow_to_keep(database: Database, clock: FixedClock, company: Company) -> None:
    passed = [0.0]
    turn = turns.Turn(database.begin, monotonic=lambda: passed[0])
    connection = make.connection(database, make.bureau(database)).id
    turn.sign()
    with turns.taken(database.begin, Paged.capabilities, connection, turn):
        for _ in range(4):
            clock.move(turns.KEPT_FOR - timedelta(seconds=1))
            passed[0] += turns.SIGN_SECONDS
            turn.sign()
        with pytest.raises(turns.TakenError), turns.taken(database.begin, Paged.capabilities, connection):
            pass
        clock.move(turns.KEPT_FOR - timedelta(seconds=1))
        passed[0] += turns.SIGN_SECONDS / 2
        turn.sign()
        clock.move(timedelta(seconds=2))
        with turns.taken(database.begin, Paged.capabilities, connection):
            pass
