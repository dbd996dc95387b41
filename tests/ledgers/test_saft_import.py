"""A SAF-T file as a company's book: all or nothing, and nothing is "paid" without the file saying so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from app.db.scope import BureauScope
from app.db.unit_of_work import Database
from app.ledgers.saft import SaftImport, read_saft
from app.ledgers.saft_import import SaftRefusedError, SaftSummary, import_saft
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import AuditEntry, Company
from app.values.clock import FixedClock
from ledgers.saft.books import COMPANY, Party, Period, Row, balanced, file_of, invoice, payment
from support import make

MARCH, APRIL, MAY = date(2025, 3, 3), date(2025, 4, 4), date(2025, 5, 5)
A = invoice("7", 1000_00, MARCH, reference="1", due=date(2025, 3, 17))
B = invoice("7", 500_00, APRIL, reference="2", due=date(2025, 4, 18))


@pytest.fixture
def company(database: Database) -> Company:
    return make.company(database, make.bureau(database), organisation_number=COMPANY)


def book_of(folder: Path, rows: list[Row], parties: list[Party] | None = None, period: Period | None = None) -> SaftImport:
    customers = sorted({row.customer for row in rows})
    path = file_of(folder / "book.xml", parties or [balanced(one, 0, rows) for one in customers], rows, period=period or Period())
    return read_saft([path])


def take(database: Database, company: Company, result: SaftImport) -> SaftSummary:
    return import_saft(database.begin, company.bureau_id, company.id, result)


def items(database: Database, company: Company) -> dict[str | None, OpenItem]:
    with database.begin(BureauScope(company.bureau_id)) as work:
        found = work.session.execute(select(OpenItem).where(OpenItem.company_id == company.id)).scalars()
        return {item.document_number: item for item in found}


def test_the_files_items_become_the_book_with_their_confidence(database: Database, company: Company, tmp_path: Path) -> None:
    done = take(database, company, book_of(tmp_path, [A, B]))
    assert (done.items, done.opened, done.changed, done.paid, done.unexplained, done.low) == (2, 2, 0, 0, 0, 0)
    held = items(database, company)
    assert {number: (item.remaining_ore, item.due_on, item.confidence, item.state) for number, item in held.items()} == {
        "1": (1000_00, date(2025, 3, 17), "high", "open"),
        "2": (500_00, date(2025, 4, 18), "high", "open"),
    }


def test_a_guessed_due_date_is_kept_apart_and_a_doubtful_item_stays_low(database: Database, company: Company, tmp_path: Path) -> None:
    guessed = replace(A, due=None)
    nameless = invoice("8", 300_00, MARCH)
    done = take(database, company, book_of(tmp_path, [guessed, nameless]))
    held = items(database, company)
    assert (held["1"].due_on, held["1"].proposed_due_on, held["1"].confidence) == (None, date(2025, 3, 17), "medium")
    low = [item for item in held.values() if item.confidence == "low"]
    assert len(low) == done.low == 1
    assert low[0].doubts
    assert low[0].approved_by is None


def test_importing_the_same_file_again_changes_nothing(database: Database, company: Company, tmp_path: Path, clock: FixedClock) -> None:
    result = book_of(tmp_path, [A, B])
    take(database, company, result)
    before = {number: item.id for number, item in items(database, company).items()}
    clock.move(timedelta(minutes=1))
    again = take(database, company, result)
    assert (again.opened, again.changed, again.paid, again.unexplained) == (0, 0, 0, 0)
    assert {number: item.id for number, item in items(database, company).items()} == before


def test_an_item_that_the_closing_balance_accounts_for_is_paid(
    database: Database, company: Company, tmp_path: Path, clock: FixedClock
) -> None:
    take(database, company, book_of(tmp_path, [A, B]))
    done = take(database, company, book_of(tmp_path, [A, B, payment("7", 1000_00, MAY, reference="1")]))
    held = items(database, company)
    assert (done.paid, done.unexplained) == (1, 0)
    assert (held["1"].state, held["1"].remaining_ore) == ("paid", 0)
    assert held["1"].closed_at is not None
    assert held["2"].state == "open"


def test_a_part_payment_lowers_the_item_and_is_remembered_once(database: Database, company: Company, tmp_path: Path, owner: Engine) -> None:
    result = book_of(tmp_path, [A, payment("7", 400_00, MAY, reference="1")])
    for _ in range(2):
        take(database, company, result)
    assert items(database, company)["1"].remaining_ore == 600_00
    with owner.connect() as connection:
        paid = connection.execute(text("select amount_ore from payments where company_id = :id"), {"id": company.id}).scalars().all()
    assert paid == [400_00]


def test_what_may_hide_in_an_opening_balance_is_unexplained_and_never_paid(database: Database, company: Company, tmp_path: Path) -> None:
    take(database, company, book_of(tmp_path, [A]))
    next_year = Period(date(2026, 1, 1), date(2026, 12, 31))
    later = invoice("7", 200_00, date(2026, 2, 2), reference="9", due=date(2026, 2, 16))
    done = take(database, company, book_of(tmp_path, [later], [balanced("7", 1000_00, [later])], next_year))
    assert (done.paid, done.unexplained) == (0, 1)
    assert items(database, company)["1"].state == "unexplained"


def test_items_of_a_customer_who_left_the_file_are_unexplained(database: Database, company: Company, tmp_path: Path) -> None:
    other = invoice("8", 100_00, MARCH, reference="5", due=date(2025, 3, 17))
    take(database, company, book_of(tmp_path, [A, other]))
    done = take(database, company, book_of(tmp_path, [A]))
    assert (done.paid, done.unexplained) == (0, 1)
    assert items(database, company)["5"].state == "unexplained"


def test_an_older_file_is_refused_whole(database: Database, company: Company, tmp_path: Path) -> None:
    take(database, company, book_of(tmp_path, [A, B]))
    older = book_of(tmp_path, [A], period=Period(date(2025, 1, 1), date(2025, 3, 31)))
    with pytest.raises(SaftRefusedError, match="2025-04-04"):
        take(database, company, older)
    assert {item.state for item in items(database, company).values()} == {"open"}


def test_anothers_file_is_refused(database: Database, tmp_path: Path) -> None:
    company = make.company(database, make.bureau(database))
    with pytest.raises(SaftRefusedError, match=COMPANY):
        take(database, company, book_of(tmp_path, [A]))
    assert items(database, company) == {}


def test_a_company_with_a_connected_ledger_takes_no_file(database: Database, tmp_path: Path) -> None:
    bureau = make.bureau(database)
    company = make.company(database, bureau, organisation_number=COMPANY)
    make.company_link(database, make.connection(database, bureau), company)
    with pytest.raises(SaftRefusedError, match="connected"):
        take(database, company, book_of(tmp_path, [A]))


def test_a_failure_on_the_way_imports_nothing(database: Database, company: Company, tmp_path: Path, owner: Engine) -> None:
    result = book_of(tmp_path, [A, B])
    broken = replace(result, items=(*result.items[:1], replace(result.items[1], customer_id="nobody")))
    with pytest.raises(LookupError):
        take(database, company, broken)
    assert items(database, company) == {}
    with database.begin(BureauScope(company.bureau_id)) as work:
        assert work.session.execute(select(Debtor)).first() is None
        assert work.session.execute(text("select count(*) from sync_runs")).scalar_one() == 0


def test_an_import_is_told_to_the_rooms_above_and_to_the_audit_trail(
    database: Database, company: Company, tmp_path: Path, owner: Engine
) -> None:
    take(database, company, book_of(tmp_path, [A]))
    with owner.connect() as connection:
        rung = (
            connection.execute(text("select job from outbox where arguments->>'company_id' = :id"), {"id": str(company.id)}).scalars().all()
        )
    assert "dunning.evaluate_company" in rung
    with database.begin(BureauScope(company.bureau_id)) as work:
        run = work.session.execute(text("select state, source, done from sync_runs")).one()
        entry = work.session.execute(select(AuditEntry).where(AuditEntry.action == "book.imported")).scalar_one()
    assert tuple(run) == ("done", "saft", 1)
    assert entry.detail["items"] == 1
