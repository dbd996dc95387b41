"""One row per company, counted by the database in one statement."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import event, insert

from app.portfolio.overview import arranged, next_list_on, overview, totals
from app.receivables.models import OpenItem
from app.tenants.models import Company
from app.values.calendar import OSLO
from app.values.ids import new_id
from app.values.sort_key import sort_key
from support import make


@pytest.fixture
def bureau(database):
    return make.bureau(database)


def test_what_is_owed_is_summed_by_age_and_nothing_else_is_counted(database, bureau):
    company = make.company(database, bureau)
    debtor = make.debtor(database, company)
    today = database.clock.today()
    for days, ore in (
        (-3, 100_00),
        (0, 200_00),
        (1, 1_00),
        (14, 2_00),
        (15, 4_00),
        (30, 8_00),
        (31, 16_00),
        (61, 32_00),
        (90, 64_00),
        (91, 128_00),
    ):
        make.open_item(database, debtor, due_on=today - timedelta(days=days), original_ore=ore)
    make.open_item(database, debtor, original_ore=-50_00)
    make.open_item(database, debtor, original_ore=999_00, state="paid")
    make.open_item(database, debtor, original_ore=999_00, currency="EUR")
    with database.begin(make.scope(bureau)) as work:
        line = overview(work)[0]
    assert line.aging_ore == (3_00, 12_00, 16_00, 96_00, 128_00)
    assert line.overdue_ore == 255_00
    assert line.outstanding_ore == 255_00 + 300_00 - 50_00
    assert line.old_ore == 240_00


def test_waiting_decisions_are_entries_nobody_has_seen_and_questions(database, bureau):
    company = make.company(database, bureau)
    debtor = make.debtor(database, company)
    week = make.weekly_list(database, company)
    for state in ("ready", "ready", "stopped", "approved"):
        item = make.open_item(database, debtor)
        make.list_entry(database, week, make.claim(database, item), item, state=state)
    make.claim(database, make.open_item(database, debtor), step="ask_person")
    past = make.weekly_list(database, company, week="2026-W01", state="closed")
    item = make.open_item(database, debtor)
    make.list_entry(database, past, make.claim(database, item), item)
    with database.begin(make.scope(bureau)) as work:
        line = overview(work)[0]
    assert (line.ready, line.questions, line.waiting) == (2, 1, 3)
    assert line.deadline_at == week.deadline_at


@pytest.mark.parametrize(
    ("state", "hours", "expected"), [("done", 2, "ok"), ("done", 40, "stale"), ("failed", 1, "failed"), ("running", 0, "running")]
)
def test_the_light_says_how_fresh_the_book_is(database, bureau, state, hours, expected):
    company = make.company(database, bureau)
    at = database.clock.now() - timedelta(hours=hours)
    make.sync_run(database, company, started_at=at, finished_at=None if state == "running" else at, state=state)
    with database.begin(make.scope(bureau)) as work:
        assert overview(work)[0].sync == expected


def test_a_company_that_was_never_read_says_so_and_one_that_is_off_has_no_next_list(database, bureau):
    make.company(database, bureau, active_from=None)
    with database.begin(make.scope(bureau)) as work:
        line = overview(work)[0]
    assert (line.sync, line.list_on, line.active) == ("never", None, False)


def test_worst_first_and_names_in_norwegian_order(database, bureau):
    for name in ("Aasen", "Ås", "Zeta", "Ærlig", "Ål", "Alfa", "Øst"):
        make.company(database, bureau, name=name)
    with database.begin(make.scope(bureau)) as work:
        lines = overview(work)
    assert [line.name for line in arranged(lines, "name")] == ["Alfa", "Zeta", "Ærlig", "Øst", "Ål", "Ås", "Aasen"]
    assert [line.name for line in arranged(lines, "name", "ær")] == ["Ærlig"]
    with pytest.raises(ValueError, match="unknown sort"):
        arranged(lines, "colour")


def test_another_bureaus_companies_do_not_exist(database, bureau, neighbour):
    make.company(database, bureau)
    with database.begin(make.scope(bureau)) as work:
        lines = overview(work)
    assert len(lines) == 1
    assert totals(lines).companies == 1


@pytest.mark.parametrize(
    ("weekday", "now", "made", "expected"),
    [
        (1, datetime(2026, 11, 23, 7, 0, tzinfo=OSLO), False, date(2026, 11, 23)),
        (1, datetime(2026, 11, 23, 9, 0, tzinfo=OSLO), False, date(2026, 11, 30)),
        (3, datetime(2026, 11, 23, 9, 0, tzinfo=OSLO), False, date(2026, 11, 25)),
        (3, datetime(2026, 11, 23, 9, 0, tzinfo=OSLO), True, date(2026, 12, 2)),
        (1, datetime(2026, 11, 27, 9, 0, tzinfo=OSLO), False, date(2026, 11, 30)),
    ],
)
def test_the_next_list_is_made_on_the_companys_weekday(weekday, now, made, expected):
    assert next_list_on(weekday, 8, now, made) == expected


def test_five_hundred_companies_take_one_query(database, bureau):
    first = make.company(database, bureau)
    debtor = make.debtor(database, first)
    now, today = database.clock.now(), database.clock.today()
    companies = [
        {"bureau_id": bureau.id, "id": new_id(), "name": f"Klient {n:03}", "sort_key": sort_key(f"Klient {n:03}"), "created_at": now,
         "organisation_number": f"{900000000 + n}", "vat_liable": True, "list_weekday": 1, "list_hour": 8, "list_deadline_days": 2,
         "needs_approval": False}
        for n in range(500)
    ]  # fmt: skip
    items = [
        {"bureau_id": bureau.id, "id": new_id(), "company_id": company["id"], "debtor_id": debtor.id, "external_id": f"p{n}",
         "kind": "invoice", "due_on": today - timedelta(days=n), "original_ore": 100_00, "remaining_ore": 100_00, "currency": "NOK",
         "confidence": "high", "doubts": [], "state": "open", "ledger_reminders": [], "first_seen_at": now, "changed_at": now,
         "seen_at": now}
        for company in companies for n in range(20)
    ]  # fmt: skip
    with database.begin(make.scope(bureau)) as work:
        work.session.execute(insert(Company), companies)
        work.session.execute(insert(OpenItem), items)
    seen = []
    with database.begin(make.scope(bureau)) as work:
        work.today()
        listener = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(database.engine, "before_cursor_execute", listener)
        lines = overview(work)
        event.remove(database.engine, "before_cursor_execute", listener)
    assert len(lines) == 501
    assert len([statement for statement in seen if "set_config" not in statement]) == 1
