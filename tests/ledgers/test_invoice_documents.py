"""An invoice as it was sent completes what the ledger does not tell, and asks where the two differ: nothing is overwritten silently."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.db.scope import BureauScope
from app.db.unit_of_work import Database
from app.ledgers.file_intake import Origin, Taken
from app.ledgers.files.ehf import read_ehf
from app.ledgers.files.kinds import kind_of
from app.ledgers.files.open_list import ListDoubt, read_open_list
from app.ledgers.files.records import FileError, FileKind
from app.ledgers.invoice_completion import Said
from app.ledgers.invoice_documents import take_invoices
from app.ledgers.list_import import import_open_list
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Company
from support import make
from support.ehf_files import BUYER, SELLER, ehf


@pytest.fixture
def company(database: Database) -> Company:
    return make.company(database, make.bureau(database), organisation_number=SELLER)


def take(database: Database, company: Company, folder: Path, *texts: str) -> Taken:
    paths = [folder / f"{place}.xml" for place in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return take_invoices(database.begin, company.bureau_id, company.id, [read_ehf(path) for path in paths], Origin.of(paths))


def item_of(database: Database, company: Company) -> tuple[OpenItem, Debtor]:
    with database.begin(BureauScope(company.bureau_id)) as work:
        item, debtor = work.session.execute(select(OpenItem, Debtor).join(Debtor, Debtor.id == OpenItem.debtor_id)).one()
        return item, debtor


def held(database: Database, company: Company, **columns: Any) -> None:
    debtor = make.debtor(
        database, company, organisation_number=columns.pop("organisation_number", BUYER), email=None, address_lines=[], postal_code=None,
        city=None,
    )  # fmt: skip
    facts: dict[str, Any] = {"document_number": "20001", "original_ore": 1250_00, "due_on": date(2026, 10, 15), "kid": "1234566"}
    make.open_item(database, debtor, **facts | columns)


def test_both_kinds_are_read_with_customer_kid_and_dates(tmp_path: Path) -> None:
    path = tmp_path / "f.xml"
    path.write_text(ehf())
    assert kind_of(path) is FileKind.EHF
    one = read_ehf(path)
    assert (one.kind, one.number, one.seller, one.due_on, one.kid, one.payable_ore) == (
        "invoice", "20001", SELLER, date(2026, 10, 15), "1234566", 1250_00,
    )  # fmt: skip
    assert (one.customer.organisation_number, one.customer.endpoint, one.customer.email, one.customer.address.postal_code) == (
        BUYER, f"0192:{BUYER}", "faktura@nordlys.example", "5003",
    )  # fmt: skip
    path.write_text(ehf(kind="CreditNote"))
    assert read_ehf(path).kind == "credit_note"
    path.write_text(ehf(seller="123"))
    with pytest.raises(FileError, match="seller"):
        read_ehf(path)


def test_what_the_ledger_does_not_tell_is_completed_and_says_where_it_came_from(
    database: Database, company: Company, tmp_path: Path
) -> None:
    held(database, company, due_on=None, kid=None, confidence="low", doubts=[ListDoubt.NO_DUE_DATE.value])
    assert take(database, company, tmp_path, ehf()) == Taken(1, 0, 0)
    item, debtor = item_of(database, company)
    assert (item.due_on, item.kid, item.confidence) == (date(2026, 10, 15), "1234566", "medium")
    assert item.doubts == [Said.DUE_FROM_FILE.value, Said.KID_FROM_FILE.value]
    assert (debtor.email, debtor.address_lines, debtor.postal_code) == ("faktura@nordlys.example", ["Bryggen 7"], "5003")
    assert take(database, company, tmp_path, ehf()) == Taken(0, 1, 0)


@pytest.mark.parametrize(
    ("columns", "doubt"),
    [
        ({"due_on": date(2026, 10, 1)}, Said.OTHER_DUE),
        ({"kid": "9999993"}, Said.OTHER_KID),
        ({"original_ore": 1300_00}, Said.OTHER_AMOUNT),
        ({"organisation_number": "974760673"}, Said.OTHER_CUSTOMER),
    ],
)
def test_a_difference_leaves_the_ledgers_word_and_waits_for_a_persons_yes(
    columns: dict[str, Any], doubt: Said, database: Database, company: Company, tmp_path: Path
) -> None:
    held(database, company, **columns, approved_at=database.clock.now(), approved_by="Kari")
    before, _ = item_of(database, company)
    take(database, company, tmp_path, ehf())
    item, _ = item_of(database, company)
    assert (item.due_on, item.kid, item.original_ore) == (before.due_on, before.kid, before.original_ore)
    assert (item.confidence, item.doubts, item.approved_at) == ("low", [doubt.value], None)


def test_what_agrees_changes_nothing(database: Database, company: Company, tmp_path: Path) -> None:
    held(database, company, approved_at=database.clock.now(), approved_by="Kari")
    take(database, company, tmp_path, ehf())
    item, _ = item_of(database, company)
    assert (item.confidence, item.doubts, item.approved_by) == ("high", [], "Kari")


def test_a_later_list_is_completed_from_what_is_on_file_and_a_yes_lasts(database: Database, company: Company, tmp_path: Path) -> None:
    take(database, company, tmp_path, ehf())
    path = tmp_path / "liste.csv"
    path.write_text(f"Kundenr;Navn;Orgnr;Fakturanr;Fakturadato;Restbeløp\n1;Nordlys;{BUYER};20001;01.10.2026;1250\n")
    for _ in range(2):
        import_open_list(database.begin, company.bureau_id, company.id, read_open_list(path), Origin.of([path]), database.clock.today())
    item, debtor = item_of(database, company)
    assert (item.due_on, item.kid, item.confidence) == (date(2026, 10, 15), "1234566", "medium")
    assert debtor.email == "faktura@nordlys.example"


def test_another_invoice_with_the_same_number_is_told_and_not_taken(database: Database, company: Company, tmp_path: Path) -> None:
    take(database, company, tmp_path, ehf())
    assert take(database, company, tmp_path, ehf(kroner="99.00")) == Taken(0, 0, 1)
