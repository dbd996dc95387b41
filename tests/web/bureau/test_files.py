"""Lists and the bank's files by upload: known by their content, shown first, taken once; what is uncertain is settled by a person."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from app.portfolio import worklist
from app.receivables.file_models import BankPayment, FileImport
from app.receivables.models import OpenItem
from app.tenants.models import Company
from support import make
from support.bank_files import Paid, camt, ocr
from support.ehf_files import BUYER, SELLER, ehf
from support.office import Office
from support.pages import words_of

LIST = "Hvem;Kundenavn;Fakturanr;Forfallsdato;Restbeløp\n1;Vik AS;20001;15.10.2026;1 000,00\n2;Dal AS;20002;i går;500\n"


@pytest.fixture
def company(office: Office) -> Company:
    return make.company(office.house.database, office.bureau, name="Bø & Sønner AS")


def upload(office: Office, name: str, text: str, company: Company | None) -> httpx.Response:
    parts = [("files", (name, text.encode(), "application/octet-stream"))]
    data = {"_csrf": office.browser.token, "company": "" if company is None else str(company.id)}
    return office.browser.post("/imports", data=data, files=parts)


def test_a_list_is_corrected_shown_and_imported_with_the_bad_row_told(office: Office, company: Company) -> None:
    where = upload(office, "liste.csv", LIST, company).headers["location"]
    words = words_of(office.browser.get(where).text)
    assert "Åpne poster for Bø & Sønner AS" in words
    assert "i går" in words
    assert "Ikke en dato. Skriv den som dd.mm.åååå eller åååå-mm-dd." in words

    told = {"column_0": "customer_number", "column_1": "customer_name", "column_2": "document_number", "column_3": "due_on"}
    assert office.browser.submit(f"{where}/columns", **told, column_4="remaining").status_code == 303
    refused = office.browser.submit(where)
    assert refused.status_code == 422
    assert "Noen rader kan ikke leses" in words_of(refused.text)
    assert office.browser.submit(where, leave_out="on").status_code == 303

    with office.house.database.begin(office.scope) as work:
        (item,) = work.session.execute(select(OpenItem)).scalars()
        assert (item.document_number, item.external_id, item.remaining_ore) == ("20001", "1/20001", 1000_00)
        kept = work.session.execute(select(FileImport)).scalar_one()
    assert kept.layout is not None
    assert kept.layout["customer_number"] == "hvem"
    page = words_of(office.browser.get(f"/imports/files/{kept.id}").text)
    assert "i går" in page
    # the columns are remembered: the next list is read at once
    again = upload(office, "liste.csv", LIST.replace("i går", "16.10.2026"), company).headers["location"]
    assert 'value="customer_number" selected' in office.browser.get(again).text


def test_the_banks_file_is_shown_read_once_and_what_is_loose_is_settled(office: Office, company: Company) -> None:
    database = office.house.database
    item = make.open_item(database, make.debtor(database, company), kid="0012345", document_number="20001", original_ore=1000_00)
    text = ocr([Paid("0012345", 1000_00), Paid("999", 50_00)])
    where = upload(office, "ocr.txt", text, company).headers["location"]
    words = words_of(office.browser.get(where).text)
    assert "Betalinger til Bø & Sønner AS" in words
    assert "Ingenting bokføres i regnskapet" in words
    assert office.browser.submit(where).status_code == 303
    assert office.browser.submit(upload(office, "ocr.txt", text, company).headers["location"]).status_code == 303
    with database.begin(office.scope) as work:
        tied, loose = work.session.execute(select(BankPayment).order_by(BankPayment.kid_key)).scalars()
        assert (tied.open_item_id, loose.open_item_id) == (item.id, None)
        (row,) = [one for one in worklist.worklist(work) if one.kind is worklist.Kind.BANK_PAYMENT]
        assert (row.number, row.amount_ore) == (1, 50_00)
    page = office.browser.get("/imports").text
    assert f'href="/imports/payments/{loose.id}"' in page
    assert f'href="/imports/payments/{tied.id}"' not in page

    wrong = office.browser.submit(f"/imports/payments/{loose.id}/invoice", invoice="404")
    assert wrong.status_code == 422
    assert "ingen åpen faktura" in words_of(wrong.text)
    assert office.browser.submit(f"/imports/payments/{loose.id}/aside", reason="").status_code == 422
    assert office.browser.submit(f"/imports/payments/{loose.id}/invoice", invoice="20001").status_code == 303
    assert office.browser.submit(f"/imports/payments/{tied.id}/aside", reason="Står i regnskapet").status_code == 303
    assert office.browser.get(f"/imports/payments/{tied.id}").status_code == 200
    assert office.enter("reader").get("/imports").status_code == 403


def test_camt_is_known_by_its_content_and_needs_a_company(office: Office, company: Company) -> None:
    refused = upload(office, "liste.csv", camt([Paid("1", 1_00)]), None)
    assert refused.status_code == 422
    assert "Velg klienten" in words_of(refused.text)
    where = upload(office, "liste.csv", camt([Paid("1", 1_00)]), company).headers["location"]
    assert re.search(r"camt\.054", words_of(office.browser.get(where).text))


def test_another_bureaus_company_is_nobody_here(office: Office) -> None:
    theirs = make.company(office.house.database, make.bureau(office.house.database))
    assert upload(office, "ocr.txt", ocr([Paid("1", 1_00)]), theirs).status_code == 422


def test_a_file_of_another_kind_is_refused_by_its_name(office: Office, company: Company, tmp_path: Path) -> None:
    answer = upload(office, "notat.bin", "\x00\x01", company)
    assert answer.status_code == 422
    assert "notat.bin kan ikke brukes" in words_of(answer.text)


def test_invoices_as_they_were_sent_find_their_company_and_complete_its_book(office: Office) -> None:
    company = make.company(office.house.database, office.bureau, organisation_number=SELLER)
    debtor = make.debtor(office.house.database, company, organisation_number=BUYER)
    make.open_item(office.house.database, debtor, document_number="20001", due_on=None, original_ore=1250_00, kid="1234566")
    where = upload(office, "faktura.xml", ehf(), None).headers["location"]
    words = words_of(office.browser.get(where).text)
    assert "Fakturaer sendt av" in words
    assert office.browser.submit(where).status_code == 303
    with office.house.database.begin(office.scope) as work:
        (item,) = work.session.execute(select(OpenItem)).scalars()
    assert str(item.due_on) == "2026-10-15"
    assert upload(office, "faktura.xml", ehf(seller="889640782"), None).status_code == 422
