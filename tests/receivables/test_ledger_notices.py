"""The ledger's own notices as they are stored: with fee and deadline where told, and a day that stays where it is not told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select

from app.db.unit_of_work import Database
from app.receivables import book
from app.receivables.models import OpenItem
from app.values.clock import FixedClock
from support import make

UNDATED = book.NoticeFacts(None, "reminder", None, None)


def item_of(debtor: str, *notices: book.NoticeFacts) -> book.ItemFacts:
    return book.ItemFacts(
        "p1", None, debtor, "invoice", "20001", None, date(2026, 10, 1), date(2026, 10, 15), None, 100_00, 100_00, "NOK", "high", (),
        notices, "1",
    )  # fmt: skip


def test_a_notice_without_a_day_keeps_the_day_it_was_first_seen(database: Database, clock: FixedClock) -> None:
    company = make.company(database, make.bureau(database))
    debtor = make.debtor(database, company)
    first = clock.today()
    for _ in range(3):
        with database.begin(make.scope(company)) as work:
            book.mirror_items(work, company.id, [item_of(debtor.external_id, UNDATED)], work.now())
            item = work.session.execute(select(OpenItem)).scalar_one()
            assert item.ledger_notices == [
                {"on": None, "kind": "reminder", "fee_ore": None, "deadline_on": None, "seen_on": first.isoformat()}
            ]
            assert item.ledger_reminders == []
            book.set_state(work, item.id, "open", notices=[UNDATED])
        clock.move(timedelta(days=2))
    with database.begin(make.scope(company)) as work:
        book.mirror_items(work, company.id, [item_of(debtor.external_id, UNDATED, UNDATED)], work.now())
        notices = work.session.execute(select(OpenItem.ledger_notices)).scalar_one()
    assert [one["seen_on"] for one in notices] == [first.isoformat(), clock.today().isoformat()]


def test_a_fee_that_becomes_known_counts_as_a_change(database: Database, clock: FixedClock) -> None:
    company = make.company(database, make.bureau(database))
    debtor = make.debtor(database, company)
    said = book.NoticeFacts(date(2026, 11, 1), "reminder", None, None)
    stamps = []
    for notice in (said, said, replace(said, fee_ore=3_800)):
        with database.begin(make.scope(company)) as work:
            book.mirror_items(work, company.id, [item_of(debtor.external_id, notice)], work.now())
        with database.begin(make.scope(company)) as work:
            stamps.append(work.session.execute(select(OpenItem.changed_at)).scalar_one())
        clock.move(timedelta(hours=1))
    assert stamps[0] == stamps[1] < stamps[2]
