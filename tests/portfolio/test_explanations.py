"""Why / why not: every overdue invoice has one explanation, and what is foretold for its next day is what is decided on it."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import event, or_, select, update

from app.db.paging import Position
from app.db.scope import BureauScope
from app.db.unit_of_work import Database, UnitOfWork
from app.dunning import claims, dry_run
from app.dunning.law import Law
from app.dunning.models import Claim
from app.dunning.reasons import because, explain
from app.ledgers.models import CompanyLink
from app.portfolio import explanations
from app.portfolio.explanations import Explanation, Wanted
from app.receivables.models import OpenItem
from app.tenants.models import Bureau
from app.values.clock import FixedClock
from support import make, night_book

EVERYTHING = Position(None, 1000)
LAW = Law()
OUTWARD = ("send_reminder", "send_collection_warning", "send_payment_demand", "send_due_notice", "hand_over")


class _UndoneError(Exception):
    """Raised so that the transaction rolls back."""


def explained(work: UnitOfWork, wanted: Wanted | None = None) -> list[Explanation]:
    return list(explanations.explanations(work, EVERYTHING, wanted or Wanted(), LAW).rows)


def overdue(work: UnitOfWork) -> set[uuid.UUID]:
    rows = select(OpenItem.id).where(
        OpenItem.state.in_(["open", "unexplained"]), OpenItem.remaining_ore != 0,
        or_(OpenItem.due_on < work.today(), OpenItem.due_on.is_(None)),
    )  # fmt: skip
    return set(work.session.execute(rows).scalars())


def decide_all(work: UnitOfWork, ids: list[uuid.UUID]) -> None:
    work.session.execute(update(CompanyLink).where(CompanyLink.synced_at.is_not(None)).values(synced_at=work.now()))
    claims.evaluate(work, ids, LAW)
    work.session.flush()
    work.session.expire_all()


def at(database: Database, day: date) -> Database:
    """The same database on the morning of another day."""
    return Database(database.engine, FixedClock(datetime.combine(day, time(8), tzinfo=UTC)))


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
@given(night_book.BOOKS)
def test_every_overdue_invoice_has_one_explanation_and_its_next_day_brings_what_was_foretold(
    database: Database, book: tuple[night_book.CompanySpec, ...]
) -> None:
    bureau = make.bureau(database)
    ids = [claim.id for claim in night_book.write(database, bureau, book)]
    check_one_explanation_each(database, bureau)
    with database.begin(BureauScope(bureau.id)) as work:
        decide_all(work, ids)
    found = check_one_explanation_each(database, bureau)
    for row in found:
        assert row.reason.code != explanations.BEHIND, "what has just been decided is not behind"
        if row.next_on is not None and row.next_on > database.clock.today():
            check_foretold(database, bureau, row)


def check_one_explanation_each(database: Database, bureau: Bureau) -> list[Explanation]:
    with database.begin(BureauScope(bureau.id)) as work:
        found, wanted, counted = explained(work), overdue(work), explanations.counts(work, Wanted())
        assert sorted(row.open_item_id for row in found) == sorted(wanted), "none is left out, and none comes twice"
        for row in found:
            assert explain(row.reason)
            assert row.next_on is None or row.next_on >= work.today()
            assert (row.then is None) == (row.next_on is None or row.claim_id is None)
        for code, number in counted.items():
            alone = explained(work, Wanted(code=code))
            assert {row.reason.code for row in alone} == {code}
            assert len(alone) == number
        assert sum(counted.values()) == len(found)
    return found


def check_foretold(database: Database, bureau: Bureau, row: Explanation) -> None:
    """Nothing leaves the house before that day, and on it the engine answers what was foretold."""
    assert row.next_on is not None
    assert row.claim_id is not None
    assert row.then is not None
    with database.begin(BureauScope(bureau.id)) as work:
        for days in range(1, min((row.next_on - work.today()).days, 40)):
            ((_, between),) = dry_run.decided_for(work, {row.claim_id: work.today() + timedelta(days=days)}, LAW)
            assert between.step_name not in OUTWARD, f"{between} before {row.next_on}, though {row.reason}"
    with suppress(_UndoneError), at(database, row.next_on).begin(BureauScope(bureau.id)) as work:
        decide_all(work, [row.claim_id])
        decided = work.session.execute(select(Claim.step, Claim.reasons).where(Claim.id == row.claim_id)).one()
        if row.reason.code in explanations.READY:
            assert row.then.reasons[0].code == "put_on_list"
            assert decided.reasons[0]["code"] == row.reason.code, "it is still ripe on the day on which the list is made"
            raise _UndoneError
        assert (decided.step, decided.reasons[0]) == (row.then.step_name, row.then.reasons[0].as_json())
        raise _UndoneError


def test_what_is_never_claimed_is_explained_too(database: Database) -> None:
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    off = make.company(database, bureau, active_from=None)
    link = make.connection(database, bureau)
    for one in (company, off):
        make.company_link(database, link, one, synced_at=database.clock.now())
    debtor, before = make.debtor(database, company), database.clock.now() - timedelta(days=1)
    due = {"due_on": database.clock.today() - timedelta(days=40), "changed_at": before}
    credit = make.open_item(database, debtor, original_ore=-5_000, remaining_ore=-5_000, kind="credit_note", **due)
    fresh = make.open_item(database, make.debtor(database, company), **due)
    cases: dict[uuid.UUID, str] = {credit.id: "credit_not_claimed", fresh.id: "not_looked_at"}
    wanted: dict[str, dict[str, Any]] = {
        "uncertain_item": {"confidence": "low"}, "foreign_currency": {"currency": "EUR"}, "no_due_date": {"due_on": None},
    }  # fmt: skip
    ids = []
    for code, facts in wanted.items():
        item = make.open_item(database, make.debtor(database, company), **(due | facts))
        cases[item.id] = code
        ids.append(make.claim(database, item, decided_at=before).id)
    item = make.open_item(database, make.debtor(database, off), **due)
    cases[item.id] = "company_not_active"
    ids.append(make.claim(database, item, decided_at=before).id)
    with database.begin(make.scope(bureau)) as work:
        claims.evaluate(work, ids, LAW)
    with database.begin(make.scope(bureau)) as work:
        found = {row.open_item_id: row for row in explained(work)}
    assert {item_id: row.reason.code for item_id, row in found.items()} == cases
    assert (found[credit.id].next_on, found[credit.id].step, found[credit.id].then) == (None, None, None)
    assert found[fresh.id].next_on == database.clock.today()


def test_what_has_changed_since_it_was_decided_is_said_to_be_behind_and_not_explained_by_yesterdays_answer(database: Database) -> None:
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    make.company_link(database, make.connection(database, bureau), company, synced_at=database.clock.now())
    hour = timedelta(hours=1)
    item = make.open_item(database, make.debtor(database, company), changed_at=database.clock.now())
    stale = because("reminder_later", days=14).as_json()
    make.claim(database, item, reasons=[stale], decided_at=database.clock.now() - hour, next_action_on=database.clock.today() + hour * 72)
    with database.begin(make.scope(bureau)) as work:
        (row,) = explained(work)
    assert (row.reason.code, row.next_on) == ("looked_at_again", database.clock.today())
    assert row.then is not None


@pytest.mark.parametrize("listed", ["ready", "stopped"])
def test_it_says_whether_the_invoice_stands_on_the_weekly_list(database: Database, listed: str) -> None:
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    item = make.open_item(database, make.debtor(database, company))
    make.list_entry(database, make.weekly_list(database, company), make.claim(database, item), item, state=listed)
    with database.begin(make.scope(bureau)) as work:
        (row,) = explained(work)
    assert row.on_list is (listed == "ready")


def test_the_number_of_queries_does_not_follow_the_number_of_invoices(database: Database) -> None:
    asked = [queries_for(database, number) for number in (3, 60)]
    assert asked[0] == asked[1]


def queries_for(database: Database, number: int) -> int:
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    make.company_link(database, make.connection(database, bureau), company, synced_at=database.clock.now())
    for _ in range(number):
        make.claim(database, make.open_item(database, make.debtor(database, company)))
    seen: list[str] = []
    with database.begin(make.scope(bureau)) as work:
        note = lambda *call: seen.append(call[2])  # noqa: E731
        event.listen(work.session.get_bind(), "before_cursor_execute", note)
        try:
            assert len(explained(work)) == number
            explanations.counts(work, Wanted())
        finally:
            event.remove(work.session.get_bind(), "before_cursor_execute", note)
    return len(seen)


def test_another_bureau_sees_nothing_of_it(database: Database) -> None:
    bureau, stranger = make.bureau(database), make.bureau(database)
    company = make.company(database, bureau)
    make.claim(database, make.open_item(database, make.debtor(database, company)))
    with database.begin(make.scope(stranger)) as work:
        assert explained(work) == explained(work, Wanted(company.id)) == []
        assert explanations.counts(work, Wanted(company.id)) == {}
