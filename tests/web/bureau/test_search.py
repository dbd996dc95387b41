"""One box over everything the bureau has, and nothing that the neighbour has."""

from __future__ import annotations

import pytest

from app.db.unit_of_work import Database
from support import make
from support.neighbour import MARK, Neighbour
from support.pages import Browser, browser_of, house_of, words_of


@pytest.fixture
def desk(database: Database) -> Browser:
    bureau = make.bureau(database)
    company = make.company(database, bureau, name="Ærlig Regnskap ANS", organisation_number="923609016")
    debtor = make.debtor(database, company, name="Sørlie & Sønn AS", number="10042")
    item = make.open_item(database, debtor, document_number="F-20771", kid="0002077145")
    make.claim(database, item)
    return browser_of(house_of(database), make.member(database, bureau, role="reader"))


@pytest.mark.parametrize(
    ("q", "group"),
    [
        ("ærlig", "Klienter"), ("923 609", "Klienter"), ("sønn", "Skyldnere"), ("10042", "Skyldnere"), ("F-2077", "Fakturaer"),
        ("00020771", "Fakturaer"), ("0002077145", "Fakturaer"),
    ],
)  # fmt: skip
def test_a_name_or_number_finds_its_group(desk: Browser, q: str, group: str):
    page = desk.get("/search", params={"q": q})
    assert f">{group}</h2>" in page.text
    assert "1 treff" in words_of(page.text)


def test_a_hit_leads_to_what_it_names(desk: Browser):
    assert 'href="/claims/' in desk.get("/search?q=F-20771").text
    assert 'href="/debtors/' in desk.get("/search?q=sønn").text


@pytest.mark.parametrize(
    ("q", "said"), [("", "Skriv minst to tegn"), ("x", "Skriv minst to tegn"), ("finnes ikke", "Ingen treff"), ("%", "Skriv minst")]
)
def test_nothing_found_says_what_to_write(desk: Browser, q: str, said: str):
    page = desk.get("/search", params={"q": q})
    assert page.status_code == 200
    assert said in words_of(page.text)


def test_what_was_asked_is_shown_as_text(desk: Browser):
    page = desk.get("/search", params={"q": "<script>alert(1)</script>"}).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_wildcards_are_letters_like_others(desk: Browser):
    assert "0 treff" in words_of(desk.get("/search", params={"q": "%%"}).text)
    assert "0 treff" in words_of(desk.get("/search", params={"q": "__"}).text)


def test_the_neighbour_is_not_found(desk: Browser, neighbour: Neighbour):
    for q in (MARK, neighbour.open_item.document_number or "", neighbour.company.organisation_number, neighbour.open_item.kid or ""):
        assert "0 treff" in words_of(desk.get("/search", params={"q": q}).text), q
