"""The weekly list: made from a fresh book, stopped by people, closed once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.db.scope import Actor
from app.dunning import weekly_lists
from app.dunning.models import ListEntry, WeeklyList
from app.dunning.weekly_lists import ListError
from app.ledgers import turns
from app.ledgers.adapters.tripletex import TripletexLedger
from app.ledgers.models import Connection
from app.net.errors import TryLaterError
from app.receivables.models import OpenItem
from app.tenants.models import AuditEntry
from support import make
from support.town import Town

READ = "GET /tripletex/v2/ledger"


@pytest.fixture
def ripe(town: Town) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Three invoices, three weeks overdue, at a company that wants no reminder first."""
    town.straight_to_the_list()
    customers = [town.customer() for _ in range(3)]
    made = [(one, town.invoice(one, overdue=21 + days)) for days, one in enumerate(customers)]
    town.sync()
    return made


Ripe = list[tuple[dict[str, Any], dict[str, Any]]]


def entry_of(town: Town, weekly: WeeklyList, invoice: dict[str, Any]) -> ListEntry:
    return town.entries(weekly)[town.claim(invoice).id]


def warned(town: Town, customer: dict[str, Any]) -> tuple[int, int]:
    return len(town.outside.mails(customer["email"])), len(town.outside.letters(customer["name"]))


def test_without_a_place_at_the_ledger_a_reading_that_has_just_ended_will_do(town: Town, ripe: Ripe) -> None:
    """A bureau's one key serves a hundred companies, and their lists come at the same hour."""
    with nobody_else_may_read(town):
        assert len(town.entries(town.make_list())) == len(ripe)
    town.clock.move(timedelta(days=7))
    with nobody_else_may_read(town):
        town.ring("dunning.make_list", company_id=str(town.company.id))
        assert len(town.lists()) == 1, "what was read a week ago is no ground for a list"


@contextmanager
def nobody_else_may_read(town: Town) -> Iterator[None]:
    with ExitStack() as places:
        for _ in range(TripletexLedger.capabilities.max_concurrency):
            places.enter_context(turns.taken(town.door.begin, TripletexLedger.capabilities, town.connection_id))
        yield


def test_the_list_holds_what_is_ripe_and_comes_once_by_mail(town: Town, ripe: Ripe) -> None:
    young = town.invoice(town.customer(), overdue=13)
    town.sync()
    weekly = town.make_list()
    assert weekly.week == "2026-W48"
    assert set(town.entries(weekly)) == {town.claim(invoice).id for _, invoice in ripe}
    assert town.claim(young).reasons[0]["code"] == "warning_later"
    told = [town.claim(invoice).reasons[0] for _, invoice in ripe]
    assert [(one["code"], one["params"]["deadline_on"]) for one in told] == [("on_list", "2026-11-25")] * 3, "its own page names this list"
    town.ring("dunning.make_bureau_lists")
    town.ring("dunning.make_list", company_id=str(town.company.id))
    assert len(town.lists()) == 1
    (mail,) = town.outside.mails(town.company_email)
    assert "http://localhost:8000/l/" in mail["text"]
    for _, invoice in ripe:
        assert f"stop/{entry_of(town, weekly, invoice).id}" in mail["text"]


def test_no_list_comes_before_its_weekday_and_hour(town: Town, ripe: Ripe) -> None:
    town.change_company(list_weekday=2, list_hour=10)
    town.ring("dunning.make_bureau_lists")
    town.next_day(at=time(9, 0))
    town.ring("dunning.make_bureau_lists")
    assert town.lists() == []
    town.move_to(town.clock.today(), time(10, 0))
    town.ring("dunning.make_bureau_lists")
    assert len(town.open_lists()) == 1


def test_an_invoice_paid_meanwhile_is_left_out_and_named_in_the_mail_and_on_the_list(town: Town, ripe: Ripe) -> None:
    customer, paid = ripe[0]
    town.pay(paid)
    weekly = town.make_list()
    assert town.claim(paid).id not in town.entries(weekly)
    assert [(one["number"], one["debtor"], one["reasons"][0]["code"]) for one in weekly.left_out] == [
        (str(paid["number"]), customer["name"], "settled")
    ]
    (mail,) = town.outside.mails(town.company_email)
    assert str(paid["number"]) in mail["text"] and customer["name"] in mail["text"]
    assert f"stop/{entry_of(town, weekly, ripe[1][1]).id}" in mail["text"]


def test_everything_not_stopped_goes_on_at_the_deadline_and_once_only(town: Town, ripe: Ripe) -> None:
    weekly = town.make_list()
    town.ring("dunning.close_bureau_lists")
    assert len(town.open_lists()) == 1, "the deadline has not come"
    town.close_list()
    for _ in range(2):
        town.ring("dunning.close_list", list_id=str(weekly.id))
        town.ring("dunning.close_bureau_lists")
    assert {entry.state for entry in town.entries(weekly).values()} == {"released"}
    assert {entry.decided_by for entry in town.entries(weekly).values()} == {"the deadline"}
    assert [warned(town, customer) for customer, _ in ripe] == [(1, 1)] * 3


def test_two_workers_closing_one_list_release_it_once(town: Town, ripe: Ripe) -> None:
    weekly = town.make_list()
    town.clock.move(weekly.deadline_at + timedelta(minutes=1) - town.clock.now())
    start, done = threading.Barrier(2), []

    def close() -> None:
        start.wait()
        try:
            done.append(weekly_lists.close(town.door, town.law, town.bureau.id, weekly.id))
        except TryLaterError:
            done.append(0)

    workers = [threading.Thread(target=close) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sorted(done) == [0, 3]
    town.work_off()
    assert [warned(town, customer) for customer, _ in ripe] == [(1, 1)] * 3
    with town.begin() as work:
        closed = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "list.closed", AuditEntry.subject_id == weekly.id)
        assert work.session.scalar(closed) == 1


def test_a_stopped_invoice_stays_visible_and_comes_back_next_week(town: Town, ripe: Ripe) -> None:
    customer, invoice = ripe[0]
    weekly = town.make_list()
    with town.house.database.begin(town.scope, Actor("user", None, "Kari Nordmann")) as work:
        stopped = weekly_lists.stop(work, entry_of(town, weekly, invoice).id, "  Ringer først ")
    assert (stopped.state, stopped.note, stopped.decided_by) == ("stopped", "Ringer først", "Kari Nordmann")
    town.close_list()
    assert entry_of(town, weekly, invoice).state == "stopped"
    assert town.claim(invoice).reasons[0]["code"] == "list_stopped"
    assert warned(town, customer) == (0, 0)
    assert warned(town, ripe[1][0]) == (1, 1)
    town.monday()
    (again,) = town.open_lists()
    assert set(town.entries(again)) == {town.claim(invoice).id}
    town.close_list()
    assert warned(town, customer) == (1, 1)


def test_a_stop_can_be_undone_and_a_yes_called_back_until_the_deadline(town: Town, ripe: Ripe) -> None:
    weekly = town.make_list()
    first, second, third = (entry_of(town, weekly, invoice).id for _, invoice in ripe)
    with town.begin() as work:
        weekly_lists.stop(work, first, None)
    with town.begin() as work:
        assert weekly_lists.approve(work, weekly.id) == 2
    with town.begin() as work:
        assert weekly_lists.undo(work, first).state == "ready"
        assert weekly_lists.undo(work, second).state == "ready"
        assert weekly_lists.stop(work, third, None).state == "stopped"
    town.close_list()
    for act in (lambda work: weekly_lists.stop(work, first, None), lambda work: weekly_lists.undo(work, third)):
        with town.begin() as work, pytest.raises(ListError):
            act(work)
    with town.begin() as work, pytest.raises(ListError):
        weekly_lists.approve(work, weekly.id)
    assert [entry_of(town, weekly, invoice).state for _, invoice in ripe] == ["released", "released", "stopped"]


def test_another_bureaus_list_does_not_exist(town: Town, ripe: Ripe) -> None:
    weekly = town.make_list()
    entry = entry_of(town, weekly, ripe[0][1])
    other = make.bureau(town.house.database)
    with town.house.database.begin(make.scope(other)) as work:
        with pytest.raises(LookupError):
            weekly_lists.stop(work, entry.id, None)
        with pytest.raises(LookupError):
            weekly_lists.approve(work, weekly.id)


def test_a_ledger_that_is_down_makes_no_list_and_closes_none(town: Town, ripe: Ripe) -> None:
    town.outside.control.fault(READ, "status", times=50, status=500)
    town.ring("dunning.make_bureau_lists")
    assert town.lists() == []
    town.outside.control.delete("/faults")
    weekly = town.make_list()
    town.outside.control.fault(READ, "status", times=50, status=500)
    town.close_list()
    assert [one.state for one in town.lists()] == ["open"]
    assert warned(town, ripe[0][0]) == (0, 0)
    town.outside.control.delete("/faults")
    town.ring("dunning.close_bureau_lists")
    assert {entry.state for entry in town.entries(weekly).values()} == {"released"}
    assert warned(town, ripe[0][0]) == (1, 1)


def test_an_invoice_paid_before_the_deadline_is_left_out_when_the_list_closes(town: Town, ripe: Ripe) -> None:
    customer, paid = ripe[0]
    weekly = town.make_list()
    town.pay(paid)
    town.close_list()
    assert entry_of(town, weekly, paid).state == "left_out"
    (closed,) = town.lists()
    assert [one["number"] for one in closed.left_out] == [str(paid["number"])]
    assert warned(town, customer) == (0, 0)
    assert warned(town, ripe[1][0]) == (1, 1)


def test_a_company_paused_before_the_deadline_releases_nothing(town: Town, ripe: Ripe) -> None:
    weekly = town.make_list()
    town.change_company(paused_reason="Selskapet er solgt")
    town.close_list()
    assert {entry.state for entry in town.entries(weekly).values()} == {"left_out"}
    assert [warned(town, customer) for customer, _ in ripe] == [(0, 0)] * 3


def test_a_company_without_an_email_address_still_gets_its_list(town: Town, ripe: Ripe) -> None:
    town.change_company(email=None)
    weekly = town.make_list()
    assert len(town.entries(weekly)) == 3
    assert town.effects("messaging.mail") == []
    town.close_list()
    assert [warned(town, customer) for customer, _ in ripe] == [(1, 1)] * 3


def test_a_week_with_nothing_ripe_asks_the_ledger_once(town: Town) -> None:
    town.sync()
    town.ring("dunning.make_bureau_lists")
    (empty,) = town.lists()
    assert (empty.state, town.entries(empty)) == ("closed", {})
    town.outside.control.fault(READ, "status", times=1, status=500)
    town.ring("dunning.make_bureau_lists")
    town.next_day()
    town.ring("dunning.make_bureau_lists")
    assert len(town.outside.control.get("/faults")) == 1
    assert town.outside.mails(town.company_email) == []


def import_file(town: Town) -> None:
    make.sync_run(town.house.database, town.company, source="saft")
    make.book_reading(town.house.database, town.company, source="saft")


def test_a_book_from_files_needs_a_fresh_file(town: Town, ripe: Ripe) -> None:
    with town.begin() as work:
        work.session.execute(select(Connection)).scalar_one().state = "revoked"
        from app.ledgers.models import CompanyLink

        work.session.execute(select(CompanyLink)).scalar_one().company_id = None
    import_file(town)
    town.monday()
    assert town.lists() == []
    import_file(town)
    with town.begin() as work:
        for item in work.session.execute(select(OpenItem)).scalars():
            item.seen_at = town.clock.now()
    weekly = town.make_list()
    assert len(town.entries(weekly)) == 3
    town.close_list()
    assert [one.state for one in town.lists()] == ["open"], "two days later the file is old"
    import_file(town)
    with town.begin() as work:
        for item in work.session.execute(select(OpenItem)).scalars():
            item.seen_at = town.clock.now()
    town.ring("dunning.close_bureau_lists")
    assert [warned(town, customer) for customer, _ in ripe] == [(1, 1)] * 3


def test_the_deadline_is_noon_after_the_companys_business_days(town: Town, ripe: Ripe) -> None:
    town.change_company(list_weekday=5, list_deadline_days=2)
    town.move_to(date(2026, 11, 27))
    town.sync()
    weekly = town.make_list()
    from app.values.calendar import OSLO

    assert weekly.deadline_at.astimezone(OSLO).strftime("%a %d %H:%M") == "Tue 01 12:00"


def test_a_claim_that_waited_for_the_book_goes_on_as_soon_as_it_is_read(town: Town) -> None:
    customer = town.customer()
    invoice = town.invoice(customer, overdue=0)
    town.sync()
    town.next_day(4)
    town.ring("dunning.evaluate_bureau")
    assert town.claim(invoice).reasons[0]["code"] == "ledger_stale"
    town.sync()
    assert len(town.outside.mails(customer["email"])) == 1
