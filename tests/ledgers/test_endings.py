"""When a connection ends: told fourteen days before and again three days before, while somebody is read through it, and not invented."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.db.unit_of_work import Database
from app.ledgers import connections, endings
from app.ledgers.connections import ConnectError
from app.ledgers.endings import Ending, EndingError, ending_of
from app.ledgers.models import CompanyLink
from app.portfolio.ledger_overview import Light, candidates, find_health
from app.portfolio.worklist import Kind, WorkRow, worklist
from app.tenants.models import AuditEntry, Bureau
from app.values.calendar import OSLO
from app.values.clock import FixedClock
from support import make

DAY = timedelta(days=1)


def rows(database: Database, bureau: Bureau) -> list[WorkRow]:
    with database.begin(make.scope(bureau)) as work:
        return [row for row in worklist(work) if row.kind is Kind.CONNECTION]


def ending(database: Database, bureau: Bureau, *, used: bool = True, **columns: Any) -> Any:
    connection = make.connection(database, bureau, **columns)
    make.company_link(database, connection, make.company(database, bureau), **({} if used else {"company_id": None}))
    return connection


@pytest.mark.parametrize(
    ("days", "what"),
    [(15, None), (14, Ending.ENDING), (4, Ending.ENDING), (3, Ending.SOON), (0, Ending.SOON), (-1, Ending.ENDED), (-400, Ending.ENDED)],
)
def test_a_last_day_is_told_twice_before_and_once_it_is_past(database: Database, days: int, what: Ending | None) -> None:
    bureau, last = make.bureau(database), database.clock.today() + days * DAY
    connection = ending(database, bureau, ends_on=last)
    assert ending_of(last, database.clock.today()) is what
    assert [(row.what, row.number, row.reason, row.target_id) for row in rows(database, bureau)] == (
        [] if what is None else [(what.value, 1, last.isoformat(), connection.id)]
    )
    with database.begin(make.scope(bureau)) as work:
        health = find_health(work, connection.id)
    assert (health.ending, health.light) == (what, Light.OK if what is None else Light.ENDING)


def test_it_is_told_since_the_day_it_was_told_first(database: Database) -> None:
    bureau, today = make.bureau(database), database.clock.today()
    for days in (10, 2):
        ending(database, bureau, ends_on=today + days * DAY)
    since = [row.since.astimezone(OSLO) for row in rows(database, bureau)]
    assert since == [datetime.combine(today + days * DAY, datetime.min.time(), OSLO) for days in (-4, -1)]


def test_what_nobody_knows_the_end_of_has_none(database: Database) -> None:
    bureau = make.bureau(database)
    ending(database, bureau, expires_at=database.clock.now())
    ending(database, bureau, used=False, ends_on=database.clock.today())
    ending(database, bureau, state="revoked", ends_on=database.clock.today())
    assert rows(database, bureau) == []


def test_the_vendors_word_counts_by_its_norwegian_day_and_the_earlier_of_two_holds(database: Database, clock: FixedClock) -> None:
    bureau, today = make.bureau(database), clock.today()
    # half past midnight in Oslo is the day before in UTC
    told = datetime.combine(today + 5 * DAY, datetime.min.time(), OSLO) + timedelta(minutes=30)
    ending(database, bureau, ends_at=told)
    ending(database, bureau, ends_at=told, ends_on=today + 2 * DAY)
    assert sorted(str(row.reason) for row in rows(database, bureau)) == [(today + days * DAY).isoformat() for days in (2, 5)]


def test_a_noted_day_may_be_moved_and_taken_away_but_not_be_past(database: Database) -> None:
    bureau, today = make.bureau(database), database.clock.today()
    connection = ending(database, bureau, ends_on=today)

    def noted(last: date | None) -> None:
        with database.begin(make.scope(bureau)) as work:
            endings.note(work, connection.id, last)

    noted(today + 60 * DAY)
    assert rows(database, bureau) == []
    noted(today + DAY)
    assert len(rows(database, bureau)) == 1
    with pytest.raises(EndingError):
        noted(today - DAY)
    noted(None)
    assert rows(database, bureau) == []
    with database.begin(make.scope(bureau)) as work:
        trail = work.session.execute(select(AuditEntry.action).where(AuditEntry.action == "ledger.end_noted")).scalars().all()
    assert len(trail) == 3
    with pytest.raises(LookupError), database.begin(make.scope(make.bureau(database))) as work:
        endings.note(work, connection.id, None)


def test_a_connection_that_ends_is_taken_over_from_and_the_warning_is_gone(database: Database) -> None:
    bureau, company_day = make.bureau(database), database.clock.today() + 10 * DAY
    company = make.company(database, bureau)
    old, fresh = make.connection(database, bureau), make.connection(database, bureau)
    make.company_link(database, old, company)
    make.company_link(database, fresh, company, company_id=None)

    def tick() -> None:
        with database.begin(make.scope(bureau)) as work:
            (one,) = candidates(work, fresh.id)
            assert (one.proposed, one.choosable) == (True, True) or one.obstacle is not None
            connections.tick(work, one.link.id)

    with pytest.raises(ConnectError):
        tick()
    with database.begin(make.scope(bureau)) as work:
        endings.note(work, old.id, company_day)
    assert len(rows(database, bureau)) == 1
    tick()
    assert rows(database, bureau) == []
    with database.begin(make.scope(bureau)) as work:
        served = select(CompanyLink.connection_id).where(CompanyLink.company_id == company.id)
        assert work.session.execute(served).scalar_one() == fresh.id
