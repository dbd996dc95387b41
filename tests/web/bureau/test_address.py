"""A debtor's address that failed, in the browser: what came back, what the register says, and what is used instead."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.dunning.addresses import in_ledger
from app.dunning.models import CorrectedAddress
from app.receivables.models import Debtor
from support import make
from support.office import Office
from support.pages import words_of

POST = {"adresse": ["Postboks 12 Sentrum"], "postnummer": "5803", "poststed": "BERGEN", "landkode": "NO"}


@pytest.fixture
def debtor(office: Office) -> Debtor:
    """A letter to him has come back."""
    database, number = office.house.database, make.organisation_number()
    office.outside.control.put(
        f"/brreg/units/{number}", {"navn": "Nordlys Bygg AS", "postadresse": POST, "epostadresse": "post@nordlys.example"}
    )
    made = make.debtor(database, make.company(database, office.bureau), organisation_number=number)
    notice = make.notice(database, make.claim(database, make.open_item(database, made)), state="undeliverable")
    make.delivery(
        database, notice, channel="letter", address=f"{made.name}\n{in_ledger(made, 'letter')}", state="returned",
        problem="the letter came back: Ukjent adressat", settled_at=database.clock.now(),
    )  # fmt: skip
    return made


def kept(office: Office) -> list[tuple[str, str, str | None]]:
    with office.house.database.begin(office.scope) as work:
        rows = work.session.execute(select(CorrectedAddress).where(CorrectedAddress.ended_at.is_(None))).scalars()
        return [(row.channel, row.source, row.email or row.postal_code) for row in rows]


def test_from_what_came_back_by_the_register_to_the_address_that_is_used(office: Office, debtor: Debtor) -> None:
    path = f"/debtors/{debtor.id}/address"
    assert f'href="{path}"' in office.browser.get(f"/debtors/{debtor.id}").text
    page = words_of(office.browser.get(path).text)
    assert "Ukjent adressat" in page
    assert "Postboks 12" not in page
    found = office.browser.submit(f"{path}/register")
    words = words_of(found.text)
    assert found.status_code in (200, 201)
    assert "Postboks 12 Sentrum 5803 BERGEN" in words
    assert "post@nordlys.example" in words
    assert kept(office) == []
    taken = office.browser.submit(f"{path}/register", take="letter", shown="Postboks 12 Sentrum\r\n5803 BERGEN")
    assert (taken.status_code, kept(office)) == (303, [("letter", "register", "5803")])
    after = words_of(office.browser.get(taken.headers["location"]).text)
    assert "Brev går hit i stedet Postboks 12 Sentrum 5803 BERGEN" in after
    assert "Fra registeret" in after
    assert office.browser.submit(f"{path}/end", channel="letter").status_code == 303
    assert kept(office) == []


def test_what_the_register_no_longer_says_is_not_taken(office: Office, debtor: Debtor) -> None:
    answer = office.browser.submit(f"/debtors/{debtor.id}/address/register", take="letter", shown="Gata 1\n0001 OSLO")
    assert (answer.status_code, kept(office)) == (422, [])
    assert "Registeret viser nå noe annet." in words_of(answer.text)


@pytest.mark.parametrize(
    "facts",
    [
        {"slettedato": "2026-01-02"},
        {"postadresse": {"adresse": ["Nygade 1"], "postnummer": "2100", "poststed": "KØBENHAVN Ø", "landkode": "DK"}},
    ],
)
def test_a_unit_without_a_usable_address_proposes_none(office: Office, debtor: Debtor, facts: dict[str, object]) -> None:
    office.outside.control.put(f"/brreg/units/{debtor.organisation_number}", facts)
    assert "ingen norsk postadresse" in words_of(office.browser.submit(f"/debtors/{debtor.id}/address/register").text)


def test_a_wrong_postcode_is_named_and_what_was_typed_stays(office: Office, debtor: Debtor) -> None:
    path = f"/debtors/{debtor.id}/address"
    answer = office.browser.submit(path, channel="letter", address_lines="Nygata 2", postal_code="50100", city="Bergen")
    assert (answer.status_code, kept(office)) == (422, [])
    assert "fire sifre" in words_of(answer.text)
    assert "Nygata 2" in answer.text
    assert office.browser.submit(path, channel="letter", address_lines="Nygata 2", postal_code="5010", city="Bergen").status_code == 303
    assert kept(office) == [("letter", "person", "5010")]


def test_the_neighbour_neither_looks_up_nor_corrects(office: Office, debtor: Debtor) -> None:
    stranger = office.enter(bureau=make.bureau(office.house.database))
    path = f"/debtors/{debtor.id}/address"
    assert stranger.get(path).status_code == 404
    assert stranger.submit(f"{path}/register").status_code == 404
    assert stranger.submit(path, channel="letter", address_lines="Nygata 2", postal_code="5010", city="Bergen").status_code == 404
    assert kept(office) == []
