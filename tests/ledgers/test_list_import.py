"""An open item list as a company's book: all or nothing, and nothing is paid because a list no longer shows it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.db.scope import BureauScope
from app.db.unit_of_work import Database
from app.dunning.loading import synced_on
from app.ledgers.file_intake import Origin
from app.ledgers.files.open_list import read_open_list
from app.ledgers.list_import import ListRefusedError, ListSummary, import_open_list, remembered_layout, standing
from app.receivables import book
from app.receivables.file_models import FileImport
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Company
from support import make

HEAD = "Kundenr;Kundenavn;Fakturanr;Fakturadato;Forfallsdato;Restbeløp"
A, B = "1;Vik AS;20001;01.10.2026;15.10.2026;1000", "2;Dal AS;20002;02.10.2026;16.10.2026;500"


@pytest.fixture
def company(database: Database) -> Company:
    return make.company(database, make.bureau(database))


def take(database: Database, company: Company, folder: Path, *rows: str, head: str = HEAD, on: date | None = None) -> ListSummary:
    path = folder / "liste.csv"
    path.write_text("\n".join([head, *rows]))
    told = read_open_list(path)
    return import_open_list(database.begin, company.bureau_id, company.id, told, Origin.of([path]), on or database.clock.today())


def items(database: Database, company: Company) -> dict[str | None, OpenItem]:
    with database.begin(BureauScope(company.bureau_id)) as work:
        return {item.document_number: item for item in work.session.execute(select(OpenItem)).scalars()}


def test_the_list_becomes_the_book_and_counts_as_read(database: Database, company: Company, tmp_path: Path) -> None:
    done = take(database, company, tmp_path, A, B)
    assert (done.items, done.opened, done.unexplained, done.low) == (2, 2, 0, 0)
    held = items(database, company)
    assert (held["20001"].remaining_ore, held["20001"].due_on, held["20001"].confidence) == (1000_00, date(2026, 10, 15), "high")
    with database.begin(BureauScope(company.bureau_id)) as work:
        assert synced_on(work, {company.id}) == {company.id: database.clock.today()}
        assert remembered_layout(work, company.id) == {
            "customer_number": "kundenr", "customer_name": "kundenavn", "document_number": "fakturanr", "issued_on": "fakturadato",
            "due_on": "forfallsdato", "remaining": "restbeløp",
        }  # fmt: skip
    assert take(database, company, tmp_path, A, B).opened == 0


def test_what_a_newer_list_does_not_show_is_asked_about_and_never_paid(database: Database, company: Company, tmp_path: Path) -> None:
    take(database, company, tmp_path, A, B)
    with database.begin(BureauScope(company.bureau_id)) as work:
        path = tmp_path / "ny.csv"
        path.write_text(f"{HEAD}\n{A}")
        before = standing(work, company.id, read_open_list(path))
        assert (before.held, before.known, before.gone) == (2, 1, 1)
    done = take(database, company, tmp_path, A)
    assert done.unexplained == 1
    assert items(database, company)["20002"].state == "unexplained"


def test_a_row_that_cannot_be_read_is_kept_and_its_invoice_is_not_gone(database: Database, company: Company, tmp_path: Path) -> None:
    take(database, company, tmp_path, A, B)
    done = take(database, company, tmp_path, A, B.replace("500", "fem hundre"))
    assert (done.unexplained, done.left_out) == (0, 1)
    assert items(database, company)["20002"].state == "open"
    with database.begin(BureauScope(company.bureau_id)) as work:
        kept = work.session.execute(select(FileImport.left_out).order_by(FileImport.id.desc()).limit(1)).scalar_one()
    assert [(one["line"], one["field"], one["value"]) for one in kept] == [(3, "remaining", "fem hundre")]


def test_the_same_invoice_from_another_kind_of_file_stays_the_same_item(database: Database, company: Company, tmp_path: Path) -> None:
    debtor = make.debtor(database, company, external_id="saft-7", number="1", email="post@vik.example")
    item = make.open_item(database, debtor, external_id="saft-7/ref", document_number="20001", original_ore=2000_00)
    assert take(database, company, tmp_path, A).opened == 0
    held = items(database, company)
    assert (set(held), held["20001"].id, held["20001"].remaining_ore, held["20001"].original_ore) == (
        {"20001"}, item.id, 1000_00, 2000_00,
    )  # fmt: skip
    with database.begin(BureauScope(company.bureau_id)) as work:
        card = work.session.execute(select(Debtor)).scalar_one()
        assert (card.external_id, card.email, card.name) == ("saft-7", "post@vik.example", "Vik AS")


def test_an_older_list_or_one_of_a_day_to_come_is_refused_whole(database: Database, company: Company, tmp_path: Path) -> None:
    today = database.clock.today()
    take(database, company, tmp_path, A)
    for on in (today - timedelta(days=1), today + timedelta(days=1)):
        with pytest.raises(ListRefusedError):
            take(database, company, tmp_path, A, B, on=on)
    assert set(items(database, company)) == {"20001"}


def test_a_list_of_last_week_is_as_old_as_it_says(database: Database, company: Company, tmp_path: Path) -> None:
    last_week = database.clock.today() - timedelta(days=7)
    take(database, company, tmp_path, A, on=last_week)
    with database.begin(BureauScope(company.bureau_id)) as work:
        assert synced_on(work, {company.id}) == {company.id: last_week}


def test_an_empty_list_and_a_connected_company_take_nothing(database: Database, company: Company, tmp_path: Path) -> None:
    with pytest.raises(ListRefusedError, match="no open items"):
        take(database, company, tmp_path)
    bureau = make.bureau(database)
    linked = make.company(database, bureau)
    make.company_link(database, make.connection(database, bureau), linked)
    with pytest.raises(ListRefusedError, match="connected"):
        take(database, linked, tmp_path, A)


def test_a_persons_yes_holds_as_long_as_the_item_is_the_same(database: Database, company: Company, tmp_path: Path) -> None:
    low = "1;Vik AS;20001;01.10.2026;;1000"
    assert take(database, company, tmp_path, low).low == 1
    with database.begin(BureauScope(company.bureau_id)) as work:
        assert book.approve_item(work, items(database, company)["20001"].id)
    take(database, company, tmp_path, low)
    assert items(database, company)["20001"].approved_at is not None
    take(database, company, tmp_path, low.replace("1000", "900"))
    assert items(database, company)["20001"].approved_at is None
