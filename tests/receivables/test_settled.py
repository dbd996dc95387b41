"""What a ledger says is settled, without saying by which payment: each growth is a payment once, dated so that no debtor pays too much."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.db.unit_of_work import Database
from app.receivables import book
from app.receivables.book import DebtorFacts, ItemFacts
from app.receivables.models import Payment
from app.receivables.settled import mirror_settled
from app.tenants.models import Company
from app.values.clock import FixedClock
from support import make

CARD = DebtorFacts("c1", "10001", "Ærlig Bygg AS", "business", None, None, None, (), None, None, "NO", "nb", (), "1")
ITEM = ItemFacts(
    "i1", None, "c1", "invoice", "1", None, date(2026, 10, 1), date(2026, 10, 15), None, 100_000, 75_000, "NOK", "medium", (), (), "1"
)


@pytest.fixture
def company(database: Database) -> Company:
    return make.company(database, make.bureau(database))


def read(database: Database, company: Company, clock: FixedClock, settled_ore: int) -> list[tuple[date, int]]:
    """One snapshot of the item; the payments that are known afterwards."""
    clock.move(timedelta(days=1))
    with database.begin(make.scope(company)) as work:
        seen_at = work.now()
        book.mirror_debtors(work, company.id, [CARD], seen_at)
        book.mirror_items(work, company.id, [replace(ITEM, remaining_ore=100_000 - settled_ore)], seen_at)
        mirror_settled(work, company.id, {"i1": settled_ore}, seen_at)
    with database.begin(make.scope(company)) as work:
        rows = work.session.execute(select(Payment).order_by(Payment.seen_at, Payment.id)).scalars()
        return [(row.paid_on, row.amount_ore) for row in rows]


def test_money_from_before_our_time_bears_no_interest_and_later_money_is_dated_as_seen(
    database: Database, company: Company, clock: FixedClock
) -> None:
    assert read(database, company, clock, 25_000) == [(date(2026, 10, 1), 25_000)]
    assert len(read(database, company, clock, 25_000)) == 1
    today = clock.today() + timedelta(days=1)
    assert read(database, company, clock, 60_000)[1:] == [(today, 35_000)]


def test_what_bounces_is_taken_back_and_may_come_again(database: Database, company: Company, clock: FixedClock) -> None:
    assert read(database, company, clock, 0) == []
    for settled in (40_000, 0, 40_000):
        found = read(database, company, clock, settled)
        assert sum(amount for _, amount in found) == settled
    assert [amount for _, amount in found] == [40_000, -40_000, 40_000]
