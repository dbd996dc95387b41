"""Profiles and what is written and read by them: clear errors by field, exact amounts, and one bad row never spoils the others."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from app.agencies.adapters.files import layout
from app.agencies.adapters.files.known import INTRUM, RETRIEVE
from app.agencies.adapters.files.profile import FileKind, Profile, ProfileError, as_json, from_json
from support.file_agency import XML_PROFILE

XML = from_json(XML_PROFILE)


def changed(path: str, value: Any) -> dict[str, Any]:
    whole: dict[str, Any] = copy.deepcopy(as_json(RETRIEVE))
    *parents, last = path.split("/")
    place = whole
    for parent in parents:
        place = place[parent]
    place[last] = value
    return whole


@pytest.mark.parametrize(("path", "value", "field"), [
    ("format", "xlsx", "format"), ("separator", "::", "separator"), ("encoding", "ebcdic", "encoding"), ("decimal", ";", "decimal"),
    ("dates", "mm/dd", "dates"), ("archive", "../alt", "archive"), ("documents", "/etc", "documents"), ("files", None, "files"),
    ("files/cases", None, "cases.columns"), ("files/cases/folder", "..", "cases.folder"), ("files/cases/folder", "", "cases.folder"),
    ("files/cases/name", "sak_{date}.csv", "cases.name"), ("files/reports/name", "rd_{reference}.csv", "reports.name"),
    ("files/cases/name", "{reference}/../x", "cases.name"), ("files/receipts/name", "../*", "receipts.name"),
    ("files/status/name", "kvittering_*.csv", "status.name"), ("files/cases/columns", {"reference": "ref"}, "cases.columns"),
    ("files/receipts/columns", {"reference": "a", "case": "A"}, "receipts.columns"),
    ("files/receipts/columns", {"reference": "a", "case": "b", "gebyr": "c"}, "receipts.columns"),
    ("files/receipts/columns", {"reference": "a", "case": ""}, "receipts.columns"),
    ("statuses", {"X": "forbi"}, "statuses"), ("statuses", {}, "statuses"), ("report_kinds", {"gift": "G"}, "report_kinds"),
    ("report_kinds", {}, "report_kinds"), ("refusals", "nei", "refusals"), ("separator", 3, "separator"),
])  # fmt: skip
def test_what_cannot_stand_is_said_at_its_field(path: str, value: Any, field: str) -> None:
    with pytest.raises(ProfileError) as refused:
        from_json(changed(path, value))
    assert refused.value.field == field
    assert str(refused.value).strip()


@pytest.mark.parametrize("name", ["Root Element", "1Row", "a/b"])
def test_an_element_needs_a_name_that_xml_knows(name: str) -> None:
    with pytest.raises(ProfileError) as refused:
        from_json({**XML_PROFILE, "row": name})
    assert refused.value.field == "row"


@pytest.mark.parametrize("profile", [INTRUM, RETRIEVE, XML], ids=["intrum", "retrieve", "xml"])
def test_what_was_written_is_read_again_to_the_ore(profile: Profile) -> None:
    """Written and read through the same columns, whichever kind it is."""
    columns = {"settlement": "S", "settled_on": "D", "case": "C", "principal": "P"}
    shape = {"folder": "x", "name": "y*", "columns": columns}
    both = from_json({**as_json(profile), "files": {**as_json(profile)["files"], "settlements": shape}})
    amounts = (0, 1, 99, 100, -1205, 10**12)
    rows = [{"settlement": f"Ærlig {n}", "settled_on": "2026-02-28", "case": "7", "principal": str(n)} for n in amounts]
    read = layout.read(both, FileKind.SETTLEMENTS, layout.write(both, FileKind.SETTLEMENTS, rows))
    assert read.problems == ()
    assert [dict(row) for row in read.rows] == rows


STATUS = "kundenr;saksnr;referanse;status;merknad;restsaldo;resthovedstol\r\n"


@pytest.mark.parametrize(("line", "problem"), [
    ("1;7;;VARSEL;;12.50;0", "restsaldo is not an amount"), ("1;7;;VARSEL;;1 250,00;0", "restsaldo is not an amount"),
    ("1;7;;VARSEL;;12,505;0", "restsaldo is not an amount"), ("1;;;VARSEL;;0;0", "saksnr is empty"),
    (f"1;{'7' * 61};;VARSEL;;0;0", "saksnr is too long"), ("1;7;;VAR\x00SEL;;0;0", "status is too long, or holds"),
    (f"1;7;;VARSEL;{'x' * 2001};0;0", "merknad is too long"),
    ("1;7;;VARSEL;0;0", "not as many columns"), ("1;7;;VARSEL;;0;0;0", "not as many columns"),
])  # fmt: skip
def test_one_bad_row_is_named_and_the_others_are_read(line: str, problem: str) -> None:
    content = f"{STATUS}1;5;;VARSEL;;12,50;0\r\n{line}\r\n1;6;;INKASSO;;-3,05;0\r\n"
    read = layout.read(RETRIEVE, FileKind.STATUS, content.encode())
    assert [(row["case"], row["outstanding"]) for row in read.rows] == [("5", "1250"), ("6", "-305")]
    [said] = read.problems
    assert said.startswith("line 3: ")
    assert problem in said


@pytest.mark.parametrize(("content", "problem"), [
    (b"saksnr;noe\r\n1;2\r\n", "does not name status"), (b"\xff\xfe\r\n", "not written in utf-8"), (b'"saksnr;status\r\n', "no CSV"),
])  # fmt: skip
def test_what_is_no_such_file_is_said_whole(content: bytes, problem: str) -> None:
    read = layout.read(RETRIEVE, FileKind.STATUS, content, settled=True)
    assert read.rows == ()
    assert problem in read.problems[0]


def test_a_file_without_an_end_waits_until_it_stays_as_it_is() -> None:
    content = f"{STATUS}1;5;;VARSEL;;12,50;0".encode()
    assert not layout.read(RETRIEVE, FileKind.STATUS, content).whole
    settled = layout.read(RETRIEVE, FileKind.STATUS, content, settled=True)
    assert (settled.whole, len(settled.rows)) == (True, 1)


@pytest.mark.parametrize("content", [b"<Rows><Row>", b"", b'<!DOCTYPE a [<!ENTITY x "y">]><Rows><Row><Status>&x;</Status></Row></Rows>'])
def test_half_a_tree_or_one_with_entities_is_not_read(content: bytes) -> None:
    read = layout.read(XML, FileKind.STATUS, content)
    assert (read.rows, read.whole) == ((), False)
    assert read.problems


PAYOUT = "avregning;avregningsdato;saksnr;hovedstol;salaer;mva;utbetalt\r\n"


def test_a_payout_that_does_not_add_up_is_not_taken_in_and_the_next_one_is() -> None:
    rows = "A;01.12.2026;1;100,00;10,00;2,50;87,51\r\nB;01.12.2026;2;100,00;10,00;2,50;187,50\r\nB;01.12.2026;3;100,00;0;0;187,50\r\n"
    read = layout.read(RETRIEVE, FileKind.SETTLEMENTS, (PAYOUT + rows).encode())
    assert [row["case"] for row in read.rows] == ["2", "3"]
    assert "do not add up" in read.problems[0]


def test_a_payout_that_lacks_a_row_is_not_taken_in() -> None:
    rows = "B;01.12.2026;2;100,00;10,00;2,50;187,50\r\nB;01.12.2026;3;100.00;0;0;187,50\r\n"
    read = layout.read(RETRIEVE, FileKind.SETTLEMENTS, (PAYOUT + rows).encode())
    assert read.rows == ()
    assert len(read.problems) == 2


def test_without_totals_a_bad_row_keeps_every_payout_of_the_file_back() -> None:
    rows = "A;01.12.2026;1;100,00;;;\r\nB;01.12.2026;2;100.00;;;\r\n"
    read = layout.read(RETRIEVE, FileKind.SETTLEMENTS, (PAYOUT + rows).encode())
    assert read.rows == ()
    assert [one for one in read.problems if "without a total" in one]


def test_letters_an_old_encoding_does_not_know_lose_their_marks_and_nothing_breaks() -> None:
    row = {"creditor": "7", "reference": "r", "debtor_name": "Đorđe Škoda 漢; \"sitat\"\nlinje", "invoice_number": "1",
           "due_date": "2026-12-01", "principal": "100"}  # fmt: skip
    content = layout.write(INTRUM, FileKind.CASES, [row]).decode("iso-8859-1")
    assert '"?or?e Skoda ?; ""sitat"" linje"' in content
    assert "01122026;1,00;" in content
