from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, StatementError

from app.db.scope import SYSTEM, BureauScope, PlatformScope
from app.db.unit_of_work import Database
from app.tenants.models import Bureau, Company
from support import make


def test_leaving_normally_commits_and_raising_rolls_back(database: Database) -> None:
    kept = make.bureau(database)
    with pytest.raises(DBAPIError), database.begin(PlatformScope()) as work:  # noqa: PT012 - what is rolled back is the point
        work.session.add(Bureau(name="X", organisation_number=make.organisation_number(), created_at=work.now()))
        work.session.flush()
        work.session.execute(text("insert into demo_clock (id) values (1)"))
    with database.begin(PlatformScope()) as work:
        assert work.session.get(Bureau, kept.id) is not None
        assert work.session.execute(select(Bureau).where(Bureau.name == "X")).first() is None


def test_the_doorbell_rings_after_the_commit_and_only_then(database: Database) -> None:
    rung: list[int] = []

    def count_waiting() -> None:
        with database.engine.connect() as connection:
            rung.append(connection.scalar(text("select count(*) from outbox")) or 0)

    database.after_commit = count_waiting
    with database.begin(PlatformScope()) as work:
        work.enqueue("effects.sweep")
        assert rung == []
    assert rung == [1]
    with database.begin(PlatformScope()):
        pass
    with pytest.raises(LookupError), database.begin(PlatformScope()) as work:  # noqa: PT012 - what is rolled back is the point
        work.enqueue("effects.sweep")
        _ = work.bureau_id
    assert rung == [1]


def test_work_without_a_tenant_has_no_bureau(database: Database) -> None:
    with database.begin(PlatformScope()) as work:
        assert work.actor is SYSTEM
        with pytest.raises(LookupError):
            _ = work.bureau_id


def test_a_naive_instant_is_refused_and_an_aware_one_comes_back_in_utc(database: Database) -> None:
    company = make.company(database, make.bureau(database))
    with pytest.raises(StatementError, match="time zone"), database.begin(BureauScope(company.bureau_id)) as work:
        work.session.get_one(Company, (company.bureau_id, company.id)).closed_at = datetime(2026, 11, 23, 9, 0)
    with database.begin(BureauScope(company.bureau_id)) as work:
        created = work.session.get_one(Company, (company.bureau_id, company.id)).created_at
    assert created == database.clock.now()
    assert created.utcoffset() is not None and created.utcoffset().total_seconds() == 0


def test_today_is_oslos_date(database: Database) -> None:
    with database.begin(PlatformScope()) as work:
        assert work.today().isoformat() == "2026-11-23"
