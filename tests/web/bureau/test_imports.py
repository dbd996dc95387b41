"""SAF-T by upload: preview, import once, uncertain items approved; wrong, foreign and hostile files refused with file and line."""

from __future__ import annotations

import re
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.receivables.models import OpenItem
from app.tenants.models import Company
from app.web.bureau.upload_room import KEPT_FOR, UploadRoom, plain_name
from ledgers.saft.books import COMPANY, balanced, complete_rows, file_of, invoice
from support import make
from support.office import Office
from support.pages import Browser, words_of


@pytest.fixture
def company(office: Office) -> Company:
    return make.company(office.house.database, office.bureau, name="Bø & Sønner AS", organisation_number=COMPANY)


def good_file(folder: Path, name: str = "regnskap.xml") -> Path:
    rows = [*complete_rows(customers=2, invoices=4), invoice("C0", 77_700, date(2025, 5, 2))]
    parties = [balanced(f"C{number}", 0, rows, name=f"Kunde {number} AS", registration=None) for number in range(2)]
    return file_of(folder / name, parties, rows)


def upload(browser: Browser, *files: Path, company: str = "", token: str | None = None) -> httpx.Response:
    parts = [("files", (file.name, file.read_bytes(), "application/xml")) for file in files]
    return browser.post("/imports", data={"_csrf": browser.token if token is None else token, "company": company}, files=parts)


def items_in(office: Office) -> list[OpenItem]:
    with office.house.database.begin(office.scope) as work:
        return list(work.session.execute(select(OpenItem)).scalars())


def left_behind(office: Office) -> list[Path]:
    return list((office.house.settings.data_dir / "uploads").rglob("*.xml"))


def test_a_file_is_shown_before_anything_is_imported_and_imported_once(office: Office, company: Company, tmp_path: Path):
    answer = upload(office.browser, good_file(tmp_path), company=str(company.id))
    assert answer.status_code == 303, words_of(answer.text)
    where = answer.headers["location"]
    words = words_of(office.browser.get(where).text)
    assert "SAF-T sier ikke hvilke purringer" in words
    assert "Forhåndsvisning av importen for Bø & Sønner AS" in words
    assert "regnskap.xml" in words
    assert "Regnskapet oppgir ikke fakturanummer eller KID for denne posten, bare et bilag." in words
    assert items_in(office) == []

    assert office.browser.submit(where).status_code == 303
    imported = items_in(office)
    assert len(imported) > 4
    assert "Importer" in words
    assert office.browser.submit(where).status_code == 404
    assert office.browser.get(where).status_code == 404
    assert len(items_in(office)) == len(imported)
    assert left_behind(office) == []


def test_an_uncertain_item_waits_on_the_page_until_somebody_approves_it(office: Office, company: Company, tmp_path: Path):
    office.browser.submit(upload(office.browser, good_file(tmp_path)).headers["location"])
    office.work_off()
    [low] = [item for item in items_in(office) if item.confidence == "low"]
    page = office.browser.get("/imports").text
    assert f'action="/imports/items/{low.id}/approval"' in page
    assert office.browser.submit(f"/imports/items/{low.id}/approval").status_code == 303
    assert f'action="/imports/items/{low.id}/approval"' not in office.browser.get("/imports").text
    [after] = [item for item in items_in(office) if item.id == low.id]
    assert after.approved_by == office.person.name
    office.work_off()


def test_a_preview_belongs_to_the_session_that_uploaded_and_to_nobody_else(office: Office, company: Company, tmp_path: Path):
    where = upload(office.browser, good_file(tmp_path)).headers["location"]
    colleague = office.enter()
    assert colleague.get(where).status_code == 404
    assert colleague.submit(where).status_code == 404
    assert office.browser.get(where).status_code == 200


def test_dropped_files_are_gone(office: Office, company: Company, tmp_path: Path):
    where = upload(office.browser, good_file(tmp_path)).headers["location"]
    assert office.browser.submit(f"{where}/drop").status_code == 303
    assert office.browser.get(where).status_code == 404
    assert left_behind(office) == []


def test_files_nobody_came_back_for_are_dropped_at_the_next_upload(office: Office, company: Company, tmp_path: Path):
    old = upload(office.browser, good_file(tmp_path)).headers["location"]
    office.clock.move(KEPT_FOR + timedelta(minutes=1))
    upload(office.browser, good_file(tmp_path, "ny.xml"))
    assert office.browser.get(old).status_code == 404
    assert [path.name for path in left_behind(office)] == ["ny.xml"]


def test_a_zip_of_a_file_works_as_the_file(office: Office, company: Company, tmp_path: Path):
    packed = tmp_path / "regnskap.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(good_file(tmp_path), "regnskap.xml")
    assert upload(office.browser, packed).status_code == 303


def test_a_file_of_another_company_is_refused_and_names_both(office: Office, company: Company, tmp_path: Path):
    other = make.company(office.house.database, office.bureau)
    answer = upload(office.browser, good_file(tmp_path), company=str(other.id))
    assert answer.status_code == 422
    assert COMPANY in words_of(answer.text)
    assert 'id="company-error"' in answer.text
    assert left_behind(office) == []


def test_a_file_of_a_company_the_bureau_does_not_have_is_refused(office: Office, tmp_path: Path):
    answer = upload(office.browser, good_file(tmp_path))
    assert answer.status_code == 422
    assert "ikke er blant klientene deres" in words_of(answer.text)


def test_a_broken_file_is_refused_with_its_name_and_line(office: Office, company: Company, tmp_path: Path):
    broken = tmp_path / "ødelagt.xml"
    text = good_file(tmp_path).read_text()
    broken.write_text(text[: len(text) // 2])
    answer = upload(office.browser, broken)
    assert answer.status_code == 422
    assert re.search(r"ødelagt\.xml kan ikke brukes: noe er galt i linje \d+\.", words_of(answer.text)), words_of(answer.text)[-800:]
    assert left_behind(office) == []


def test_a_file_with_an_external_entity_is_refused(office: Office, company: Company, tmp_path: Path):
    hostile = tmp_path / "xxe.xml"
    hostile.write_text('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>')
    answer = upload(office.browser, hostile)
    assert answer.status_code == 422
    assert "xxe.xml kan ikke brukes" in words_of(answer.text)


def test_no_file_at_all_is_said_at_the_field(office: Office):
    answer = office.browser.post(
        "/imports", data={"_csrf": office.browser.token, "company": ""}, files=[("other", ("x", b"", "text/plain"))]
    )
    assert answer.status_code == 422
    assert 'id="files-error"' in answer.text


def test_more_than_the_limit_is_refused_before_it_is_read(office: Office):
    """The size is what the browser announces; a browser that vouches for itself is not read at all."""
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(201 * 1024 * 1024), "Sec-Fetch-Site": "same-origin"}
    answer = office.browser.post("/imports", content=b"--x--\r\n", headers=headers)
    assert answer.status_code == 413
    assert "200 MB" in words_of(answer.text)


def test_an_upload_without_the_forms_token_is_refused(office: Office, company: Company, tmp_path: Path):
    assert upload(office.browser, good_file(tmp_path), token="made up").status_code == 403


def test_readers_may_not_import(office: Office):
    assert office.enter("reader").get("/imports").status_code == 403


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\filer\\bøker.xml", "bøker.xml"),
        ("..", "saf-t.xml"),
        ("a\x00\nb.xml", "ab.xml"),
        ("", "saf-t.xml"),
    ],
)
def test_a_file_name_keeps_nothing_that_leads_elsewhere(given: str, kept: str):
    assert plain_name(given) == kept


@pytest.mark.parametrize("token", ["../x", "", "a" * 200, "..", "facts.json"])
def test_a_token_that_is_a_path_finds_nothing(token: str, tmp_path: Path):
    room: Any = UploadRoom(tmp_path, b"s")
    with pytest.raises(LookupError):
        room.find(token)
