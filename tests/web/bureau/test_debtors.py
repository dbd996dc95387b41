"""Debtors in the browser: Norwegian order, filters, one debtor in one company only, what is missing to reach it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.db.unit_of_work import Database
from app.dunning.charges import late_interest
from app.dunning.statutes.rates import RATES
from app.tenants.models import Bureau, Company
from app.values.money import format_ore
from support import make
from support.neighbour import MARK, Neighbour
from support.pages import Browser, browser_of, house_of, words_of


@pytest.fixture
def bureau(database: Database) -> Bureau:
    return make.bureau(database)


@pytest.fixture
def company(database: Database, bureau: Bureau) -> Company:
    return make.company(database, bureau, name="Fjordvik Handel AS")


@pytest.fixture
def desk(database: Database, bureau: Bureau) -> Browser:
    return browser_of(house_of(database), make.member(database, bureau))


def names_in(page: str) -> list[str]:
    return re.findall(r'<th scope="row" class="main"><a href="/debtors/[^"]+">([^<]+)</a>', page)


def owing(database: Database, company: Company, name: str, **facts: object) -> object:
    debtor = make.debtor(database, company, name=name, **facts)
    make.open_item(database, debtor)
    return debtor


def test_the_list_is_in_norwegian_order_page_by_page_and_back(database: Database, desk: Browser, company: Company):
    wanted = ["Alfa", "Zeta", "Ærlig", "Øst", "Ål", "Ås"]
    for name in wanted[::-1]:
        owing(database, company, name)
    for number in range(50):
        owing(database, company, f"Bedrift {number:02}")
    first = desk.get("/debtors")
    assert names_in(first.text)[0] == "Alfa"
    assert len(names_in(first.text)) == 50
    assert "56 skyldnere" in words_of(first.text)
    after = re.search(r'href="(/debtors\?after=[^"]+)"', first.text)
    assert after is not None
    second = desk.get(after[1]).text
    assert names_in(second)[-5:] == wanted[1:]
    before = re.search(r'href="(/debtors\?before=[^"]+)"', second)
    assert before is not None
    assert names_in(desk.get(before[1]).text) == names_in(first.text)


def test_the_list_is_searched_by_name_and_number_and_shows_who_owes(database: Database, desk: Browser, company: Company):
    owing(database, company, "Nordlys Bygg AS", organisation_number="923609016", number="10042")
    make.debtor(database, company, name="Gjeldfri AS")
    assert names_in(desk.get("/debtors").text) == ["Nordlys Bygg AS"]
    for q in ("lys", "923 609", "10042"):
        assert names_in(desk.get("/debtors", params={"q": q}).text) == ["Nordlys Bygg AS"], q
    assert names_in(desk.get("/debtors?show=all").text) == ["Gjeldfri AS", "Nordlys Bygg AS"]
    assert names_in(desk.get(f"/debtors?company={company.id}").text) == ["Nordlys Bygg AS"]
    nothing = desk.get("/debtors?company=not-an-id")
    assert nothing.status_code == 200
    assert names_in(nothing.text) == []


def test_filtering_swaps_the_rows_alone(database: Database, desk: Browser, company: Company):
    owing(database, company, "Nordlys Bygg AS")
    part = desk.fragment("/debtors?q=nord", "div#debtors").text
    assert "<html" not in part
    assert names_in(part) == ["Nordlys Bygg AS"]


def test_a_debtor_shows_its_sums_its_interest_per_day_and_what_is_missing(database: Database, desk: Browser, company: Company):
    debtor = make.debtor(database, company, name="Nordlys Bygg AS", email=None, standing_checked_at=None)
    today = database.clock.today()
    item = make.open_item(database, debtor, original_ore=1_000_000, due_on=today - timedelta(days=31))
    make.open_item(database, debtor, original_ore=50_000, due_on=today + timedelta(days=3))
    make.open_item(database, debtor, original_ore=99_900, currency="EUR")
    claim = make.claim(database, item)
    page = desk.get(f"/debtors/{debtor.id}")
    words = words_of(page.text)
    per_day = late_interest(1_000_000, today, today + timedelta(days=1), (), RATES).total_ore
    assert "Utestående 10 500,00 kr" in words
    assert "Forfalt 10 000,00 kr" in words
    assert f"Rente per dag {format_ore(per_day)} kr".replace("\u00a0", " ") in words
    assert "999,00 EUR" in words
    assert "Ingen e-postadresse: varsler sendes som brev." in words
    assert "Ikke slått opp i registeret de siste sju dagene." in words
    assert f'href="/claims/{claim.id}"' in page.text


def test_a_bankrupt_debtor_says_so_first(database: Database, desk: Browser, company: Company):
    debtor = make.debtor(
        database, company, insolvency="bankrupt", insolvency_on=database.clock.today(), standing_checked_at=database.clock.now()
    )
    words = words_of(desk.get(f"/debtors/{debtor.id}").text)
    assert "Registeret viser insolvens siden 23.11.2026" in words
    assert "Konkurs" in words


def test_the_same_customer_of_another_company_is_another_debtor(database: Database, desk: Browser, bureau: Bureau, company: Company):
    number = make.organisation_number()
    here = make.debtor(database, company, organisation_number=number)
    there = make.debtor(database, make.company(database, bureau), organisation_number=number)
    theirs = make.open_item(database, there)
    assert str(theirs.document_number) not in desk.get(f"/debtors/{here.id}").text


def test_a_neighbours_debtor_does_not_exist(desk: Browser, neighbour: Neighbour):
    assert desk.get(f"/debtors/{neighbour.debtor.id}").status_code == 404
    assert desk.get("/debtors/not-an-id").status_code == 404
    assert MARK not in desk.get("/debtors?show=all").text
