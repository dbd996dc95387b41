"""Everything of one company in one file: all its tables, its documents, and nothing of anybody else's."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest

from app.db.unit_of_work import Database
from app.portfolio.export import company_tables, export_company
from support import make
from support.neighbour import Neighbour


def exported(database: Database, there: Neighbour) -> zipfile.ZipFile:
    file = io.BytesIO()
    with database.begin(make.scope(there.bureau)) as work:
        export_company(work, there.company.id, file)
    return zipfile.ZipFile(file)


def test_every_table_of_the_companys_is_in_it_with_its_rows(database: Database, neighbour: Neighbour) -> None:
    packed = exported(database, neighbour)
    sheets = {name: list(csv.reader(io.StringIO(packed.read(name).decode("utf-8-sig")), delimiter=";")) for name in packed.namelist()
              if name.endswith(".csv")}  # fmt: skip
    assert set(sheets) == {f"{table.name}.csv" for table in company_tables()}
    empty = sorted(name for name, rows in sheets.items() if len(rows) < 2)
    assert empty == [], "the neighbour has a row of everything that belongs to a company"
    notices = dict(zip(*sheets["notices.csv"][:2], strict=True))
    assert (notices["id"], notices["fee_ore"]) == (str(neighbour.notice.id), str(neighbour.notice.fee_ore))
    assert neighbour.company.organisation_number in packed.read("LES-MEG.txt").decode()


def test_the_documents_are_the_very_bytes(database: Database, neighbour: Neighbour) -> None:
    packed = exported(database, neighbour)
    (name,) = [name for name in packed.namelist() if name.startswith(f"documents/{neighbour.document.id}")]
    assert packed.read(name) == neighbour.document.content


def test_another_companys_rows_and_secrets_stay_out(database: Database, neighbour: Neighbour) -> None:
    other = make.company(database, neighbour.bureau, name="Helt Annen AS")
    make.debtor(database, other, name="Fremmed Skyldner")
    packed = exported(database, neighbour)
    whole = b"".join(packed.read(name) for name in packed.namelist())
    assert b"Helt Annen" not in whole and b"Fremmed Skyldner" not in whole
    assert not {"connections.csv", "api_keys.csv", "mail_senders.csv"} & set(packed.namelist()) or b"private" not in whole


def test_a_strangers_text_is_no_formula(database: Database, neighbour: Neighbour) -> None:
    make.debtor(database, neighbour.company, name='=HYPERLINK("http://ond.example")')
    whole = exported(database, neighbour).read("debtors.csv").decode("utf-8-sig")
    assert "'=HYPERLINK" in whole and ";=HYPERLINK" not in whole and ';"=HYPERLINK' not in whole


def test_a_company_of_another_bureau_does_not_exist(database: Database, neighbour: Neighbour) -> None:
    with database.begin(make.scope(make.bureau(database))) as work, pytest.raises(LookupError):
        export_company(work, neighbour.company.id, io.BytesIO())
