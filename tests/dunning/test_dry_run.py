"""What would happen on a day, said without doing any of it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine, text

from app.dunning import dry_run
from support import make
from support.town import Town


def contents(owner: Engine) -> dict[str, str | None]:
    """A checksum of every table."""
    with owner.connect() as connection:
        tables = connection.execute(text("select tablename from pg_tables where schemaname = 'public'")).scalars().all()
        return {table: connection.scalar(text(f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t")) for table in tables}


def test_it_says_each_claims_step_on_the_day_and_writes_nothing(town: Town, owner: Engine) -> None:
    young, old = town.invoice(town.customer(), overdue=1), town.invoice(town.customer(), overdue=40)
    town.sync()
    before = contents(owner)
    on = town.clock.today() + timedelta(days=3)
    with town.begin() as work:
        today = {one.invoice: one for one in dry_run.what_happens(work, [town.company.id], town.clock.today(), town.law)}
        later = {one.invoice: one for one in dry_run.what_happens(work, None, on, town.law)}
    assert contents(owner) == before
    assert (today[str(young["number"])].step, later[str(young["number"])].step) == ("wait", "send_reminder")
    assert today[str(young["number"])].reasons[0].code == "not_due"
    assert later[str(old["number"])].remaining_ore == old["amount_ore"]
    assert town.outside.mails(town.company_email) == []


def test_a_company_that_is_not_followed_up_yet_is_shown_from_the_day_it_is(town: Town) -> None:
    town.change_company(active_from=town.clock.now() + timedelta(days=10))
    invoice = town.invoice(town.customer(), overdue=5)
    town.sync()
    with town.begin() as work:
        days = {days: dry_run.what_happens(work, None, town.clock.today() + timedelta(days=days), town.law)[0].step for days in (1, 9, 10)}
    assert days == {1: "wait", 9: "wait", 10: "send_reminder"}
    assert town.claim(invoice).reasons[0]["code"] == "company_not_active"


def test_another_bureau_sees_nothing_of_it(town: Town) -> None:
    town.invoice(town.customer(), overdue=5)
    town.sync()
    stranger = make.bureau(town.house.database)
    with town.house.database.begin(make.scope(stranger)) as work:
        assert dry_run.what_happens(work, None, town.clock.today(), town.law) == []
        assert dry_run.what_happens(work, [town.company.id], town.clock.today(), town.law) == []
