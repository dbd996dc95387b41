"""Open item lists as ledgers export them: any order, separator, encoding and way of writing numbers; every row accounted for."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from app.ledgers.files.columns import Field
from app.ledgers.files.kinds import kind_of
from app.ledgers.files.open_list import ListDoubt, OpenList, read_open_list
from app.ledgers.files.records import FileError, FileKind

HEAD = "Kundenr;Kundenavn;Org.nr;E-post;Fakturanr;Fakturadato;Forfallsdato;KID;Beløp;Restbeløp;Valuta"
ROW = "10001;Bø & Sønner AS;974 760 673;post@bo.example;20001;01.10.2026;15.10.2026;1234566;12 500,00;10 000,50;NOK"


def read(folder: Path, text: str, encoding: str = "utf-8", **told: Any) -> OpenList:
    path = folder / "liste.csv"
    path.write_bytes(text.encode(encoding))
    assert kind_of(path) is FileKind.OPEN_ITEMS
    return read_open_list(path, **told)


def only(told: OpenList) -> tuple[Any, ...]:
    (item,) = told.items
    return item.document_number, item.kid, item.issued_on, item.due_on, item.original_ore, item.remaining_ore, item.confidence.value


WHOLE = ("20001", "1234566", date(2026, 10, 1), date(2026, 10, 15), 12_500_00, 10_000_50, "high")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_a_list_is_read_in_every_encoding_and_with_every_separator(encoding: str, mark: str, tmp_path: Path) -> None:
    told = read(tmp_path, f"{HEAD}\r\n{ROW}\r\n".replace(";", mark), encoding)
    assert only(told) == WHOLE
    (customer,) = told.customers
    assert (customer.number, customer.name, customer.organisation_number, customer.email) == (
        "10001", "Bø & Sønner AS", "974760673", "post@bo.example",
    )  # fmt: skip


def test_commas_between_cells_and_in_quoted_amounts(tmp_path: Path) -> None:
    text = 'Customer no,Name,Invoice number,Invoice date,Due date,Remaining amount\n7,"Berg, Ola",5,2026-10-01,2026-10-15,"1,234.50"\n'
    told = read(tmp_path, text)
    assert only(told) == ("5", None, date(2026, 10, 1), date(2026, 10, 15), 1_234_50, 1_234_50, "high")
    assert told.customers[0].name == "Berg, Ola"


@pytest.mark.parametrize(
    ("written", "ore"),
    [
        ("1234,5", 1_234_50), ("1\u00a0234,50", 1_234_50), ("1.234,50", 1_234_50), ("1 234.50", 1_234_50), ("kr 99", 99_00),
        ("-250,00", -250_00), ("250,00-", -250_00), ("(250,00)", -250_00), ("\u2212250", -250_00),
    ],
)  # fmt: skip
def test_amounts_as_ledgers_write_them(written: str, ore: int, tmp_path: Path) -> None:
    told = read(tmp_path, f"Kundenr;Fakturanr;Forfall;Rest\n1;2;2026-10-15;{written}\n")
    assert [item.remaining_ore for item in told.items] == [ore]


def test_what_cannot_be_read_is_named_with_line_field_and_way_out_and_nothing_disappears(tmp_path: Path) -> None:
    rows = [
        ROW,
        "10002;Vik AS;;;20002;32.10.2026;15.10.2026;;100;100;NOK",
        "10003;Dal AS;;;20003;01.10.2026;15.10.2026;;100;hundre;NOK",
        ";;;;20004;01.10.2026;15.10.2026;;100;100;NOK",
        "10005;Nes AS;123;ikke epost;20005;01.10.2026;15.10.2026;;100;100;NOK",
        "10006;Ola;01017012345;;20006;01.10.2026;15.10.2026;;100;0;NOK",
        "",
        "Sum;;;;;;;;12 900,00;10 300,50;",
    ]
    told = read(tmp_path, "\n".join(["Åpne poster per 26.11.2026", "", HEAD, *rows]))
    assert [item.document_number for item in told.items] == ["20001", "20005"]
    assert [(one.line, one.field, one.value) for one in told.left_out] == [
        (5, "issued_on", "32.10.2026"),
        (6, "remaining", "hundre"),
        (7, "customer", "20004 | 01.10.2026 | 15.10.2026 | 100 | 100 | NOK"),
        (8, "organisation_number", "123"),
        (8, "email", "ikke epost"),
        (9, "organisation_number", "–"),
    ]
    assert (told.left_rows, told.skipped, told.left_numbers) == (3, 2, {"20002", "20003", "20004"})
    assert "01017012345" not in repr(told)


def test_doubts_decide_how_sure_an_item_is(tmp_path: Path) -> None:
    rows = [
        "1;A;;;1;01.10.2026;;;100;100;NOK",
        "2;B;;;;01.10.2026;15.10.2026;;100;100;NOK",
        ";C;;;3;01.10.2026;15.10.2026;;100;100;NOK",
        "4;D;;;4;01.10.2026;15.09.2026;;100;100;NOK",
        "5;E;;;5;01.10.2026;15.10.2026;1234567;100;100;NOK",
        "6;F;;;6;01.10.2026;15.10.2026;;100;100;EUR",
        "7;G;;;7;01.10.2026;15.10.2026;;100;100;NOK",
        "7;G;;;7;01.10.2026;15.10.2026;;;-40;NOK",
    ]
    told = read(tmp_path, "\n".join([HEAD, *rows]))
    assert [(item.confidence.value, item.doubts, item.remaining_ore) for item in told.items] == [
        ("low", (ListDoubt.NO_DUE_DATE,), 100_00),
        ("low", (ListDoubt.NO_REFERENCE,), 100_00),
        ("medium", (ListDoubt.CUSTOMER_BY_NAME,), 100_00),
        ("medium", (ListDoubt.DUE_BEFORE_ISSUED,), 100_00),
        ("medium", (ListDoubt.BAD_KID,), 100_00),
        ("low", (ListDoubt.FOREIGN,), 100_00),
        ("medium", (ListDoubt.ADDED_UP,), 60_00),
    ]


def test_unknown_columns_are_asked_for_and_remembered(tmp_path: Path) -> None:
    text = "Hvem;Hva;Frist;Igjen\n10001;20001;15.10.2026;100\n"
    asked = read(tmp_path, text)
    assert (asked.items, asked.columns.missing) == ((), (Field.CUSTOMER_NUMBER, Field.REMAINING))
    assert asked.samples == ("10001", "20001", "15.10.2026", "100")
    answered = read(tmp_path, text, told=["customer_number", "document_number", "due_on", "remaining"])
    assert [item.external_id for item in answered.items] == ["10001/20001"]
    again = read(tmp_path, "Igjen;Frist;Hva;Hvem\n100;15.10.2026;20001;10001\n", layout=answered.columns.layout)
    assert again.items == answered.items


def test_a_workbook_keeps_its_numbers_and_dates(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append([])
    book.active.append(["Kundenummer", "Navn", "Faktura nr.", "Fakturadato", "Forfallsdato", "KID", "Restbeløp"])
    book.active.append([10001, "Bø AS", 20001.0, datetime(2026, 10, 1), date(2026, 10, 15), 1234566, 0.1 + 0.2])
    path = tmp_path / "liste.xlsx"
    book.save(path)
    assert kind_of(path) is FileKind.OPEN_ITEMS
    told = read_open_list(path)
    assert only(told) == ("20001", "1234566", date(2026, 10, 1), date(2026, 10, 15), 30, 30, "high")
    assert told.customers[0].number == "10001"


@pytest.mark.parametrize("content", ["<!DOCTYPE x [<!ENTITY a 'b'>]><a/>", "0" * 20_000_000])
def test_a_hostile_workbook_is_refused_before_it_is_opened(content: str, tmp_path: Path) -> None:
    path = tmp_path / "liste.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", content)
    with pytest.raises(FileError, match="never needs"):
        read_open_list(path)


@pytest.mark.parametrize("text", ["bare en linje", "x" * 200_000 + ";y\n"])
def test_what_is_no_table_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(FileError):
        read(tmp_path, text)
