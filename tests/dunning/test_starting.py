"""Switching a company's follow-up on: what it would reach is told in count and kroner, and what is old is left alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app.db.unit_of_work import Database
from app.dunning import starting
from app.dunning.models import Claim, Hold
from app.tenants.models import Company
from support import make


@pytest.fixture
def company(database: Database) -> Company:
    return make.company(database, make.bureau(database), active_from=None)


def test_what_is_old_is_told_in_count_and_kroner(database: Database, company: Company) -> None:
    debtor, today = make.debtor(database, company), database.clock.today()
    make.open_item(database, debtor, original_ore=100_00)
    make.open_item(database, debtor, original_ore=250_50)
    make.open_item(database, debtor, original_ore=9_000_00, due_on=today)
    make.open_item(database, debtor, original_ore=9_000_00, state="paid", remaining_ore=0)
    make.open_item(database, debtor, original_ore=7_00, currency="EUR")
    make.open_item(database, make.debtor(database, make.company(database, make.bureau(database))))
    with database.begin(make.scope(company)) as work:
        assert starting.old_invoices(work, company.id) == starting.OldInvoices(3, 350_50)


def test_starting_with_the_new_ones_stops_what_is_old_and_no_other(database: Database, company: Company) -> None:
    debtor = make.debtor(database, company)
    old = make.open_item(database, debtor)
    new = make.open_item(database, debtor, due_on=database.clock.today() + timedelta(days=3))
    with database.begin(make.scope(company)) as work:
        assert starting.start(work, company.id, leave_old=True) == 1
        work.session.flush()
        assert starting.old_invoices(work, company.id).count == 0
    with database.begin(make.scope(company)) as work:
        held = work.session.execute(select(Claim.open_item_id).join(Hold, Hold.claim_id == Claim.id)).scalars().all()
        assert work.session.execute(select(Company.active_from).where(Company.id == company.id)).scalar_one() == work.now()
    assert held == [old.id] != [new.id]


def test_starting_with_everything_stops_nothing_and_decides_on_all_of_it(database: Database, company: Company) -> None:
    make.open_item(database, make.debtor(database, company))
    with database.begin(make.scope(company)) as work:
        assert starting.start(work, company.id, leave_old=False) == 0
        assert work.session.execute(select(Hold)).first() is None
    with database.engine.begin() as connection:
        rung = (
            connection.execute(text("select arguments->>'everything' from outbox where job = 'dunning.evaluate_company'")).scalars().all()
        )
    assert "1" in rung
