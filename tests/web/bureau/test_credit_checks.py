"""A credit check in the browser against the simulated registers: asked with a need, answered with reasons, or clearly not answered."""

from __future__ import annotations

import re

import httpx
import pytest

from app.tenants.models import Company
from support import make
from support.office import Office
from support.pages import words_of

NEED = "Ordre 4711 med 30 dagers kreditt"
FIGURES = {
    "equity": 1_000_000,
    "current_assets": 2_000_000,
    "current_debt": 500_000,
    "assets": 3_000_000,
    "revenue": 8_000_000,
    "result": 400_000,
}


@pytest.fixture
def company(office: Office) -> Company:
    return make.company(office.house.database, office.bureau)


def unit(office: Office, **facts: object) -> str:
    number = make.organisation_number()
    office.outside.control.put(f"/brreg/units/{number}", {"navn": "Nordlys Bygg AS", **facts})
    office.outside.control.put(f"/brreg/accounts/{number}", {"filings": [{"year": 2025, "figures": FIGURES}]})
    return number


def ask(office: Office, company: Company, number: str, order: str = "20 000", need: str = NEED) -> httpx.Response:
    return office.browser.submit("/credit-checks", company=str(company.id), organisation_number=number, order=order, need=need)


def test_the_answer_has_advice_limit_and_reasons_with_source_and_age(office: Office, company: Company):
    answer = ask(office, company, unit(office))
    assert answer.status_code == 303, words_of(answer.text)
    words = words_of(office.browser.get(answer.headers["location"]).text)
    assert "Åpen kreditt" in words
    assert "10 prosent av egenkapitalen på 1 000 000,00 kr er 100 000,00 kr." in words
    assert "Regnskapsregisteret, per 31.12.2025" in words
    assert "Ramme 100 000,00 kr" in words
    assert NEED in words
    assert "Nordlys Bygg AS" in words_of(office.browser.get("/credit-checks").text)


def test_a_bankrupt_customer_is_declined(office: Office, company: Company):
    answer = ask(office, company, unit(office, konkurs=True, konkursdato="2026-11-02"))
    words = words_of(office.browser.get(answer.headers["location"]).text)
    assert "Avslå" in words
    assert "konkurs siden 02.11.2026" in words


def test_a_sole_proprietor_is_for_a_person_and_the_page_says_what_that_means(office: Office, company: Company):
    number = make.organisation_number()
    office.outside.control.put(f"/brreg/units/{number}", {"navn": "Ola Nordmann", "organisasjonsform": "ENK"})
    words = words_of(office.browser.get(ask(office, company, number).headers["location"]).text)
    assert "Spør et menneske" in words
    assert "Noen med innsikt må avgjøre" in words
    assert "Settes av et menneske" in words


def test_registers_that_do_not_answer_are_no_verdict(office: Office, company: Company):
    number = unit(office)
    office.outside.control.fault("/brreg", "status", times=20, status=503)
    answer = ask(office, company, number)
    assert answer.status_code == 303, words_of(answer.text)
    words = words_of(office.browser.get(answer.headers["location"]).text)
    assert "Registrene svarte ikke" in words
    assert "Åpen kreditt" not in words


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("need", "", "Skriv hvorfor du trenger å vite det"),
        ("order", "mye", "Skriv et beløp i kroner"),
        ("order", "-5", "større enn null"),
        ("organisation_number", "123456789", "ni sifre"),
        ("company", "", "Velg hvilken klient som selger"),
    ],
)
def test_a_wrong_field_keeps_what_was_typed_and_is_wired_to_its_message(
    office: Office, company: Company, field: str, value: str, said: str
):
    typed = {"company": str(company.id), "organisation_number": make.organisation_number(), "order": "20 000", "need": NEED} | {
        field: value
    }
    answer = office.browser.submit("/credit-checks", **typed)
    assert answer.status_code == 422
    assert re.search(rf'id="{field}"[^>]*aria-describedby="[^"]*{field}-error"[^>]*aria-invalid="true"', answer.text)
    assert said in words_of(answer.text)
    if field != "need":
        assert NEED in answer.text


def test_a_check_for_a_debtor_starts_from_its_number(office: Office, company: Company):
    debtor = make.debtor(office.house.database, company, organisation_number=unit(office))
    form = office.browser.get(f"/credit-checks/new?debtor={debtor.id}").text
    assert f'value="{debtor.organisation_number}"' in form
    answer = office.browser.submit(
        "/credit-checks",
        company=str(company.id),
        organisation_number=debtor.organisation_number,
        order="20 000",
        need=NEED,
        debtor=str(debtor.id),
    )
    assert answer.status_code == 303
    assert "Kredittsjekk 23.11.2026" in words_of(office.browser.get(f"/debtors/{debtor.id}").text)


def test_readers_may_not_check_and_neighbours_do_not_exist(office: Office, company: Company):
    where = ask(office, company, unit(office)).headers["location"]
    assert office.enter("reader").get(where).status_code == 403
    stranger = office.enter(bureau=make.bureau(office.house.database))
    assert stranger.get(where).status_code == 404
    answer = stranger.submit(
        "/credit-checks", company=str(company.id), organisation_number=make.organisation_number(), order="1", need=NEED
    )
    assert answer.status_code == 404
