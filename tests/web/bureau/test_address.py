"""A debtor's address that failed, in the browser: what came back, what the register says, and what is used instead."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.dunning.addresses import in_ledger
from app.dunning.models import Claim, CorrectedAddress
from app.messaging.models import SmsStop
from app.receivables.models import Debtor
from app.values.ids import new_id
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


def test_what_is_used_instead_is_shown_with_its_source_and_is_not_missing(office: Office, debtor: Debtor) -> None:
    database = office.house.database
    with database.begin(office.scope) as work:
        row = work.session.get_one(Debtor, (debtor.bureau_id, debtor.id))
        row.email, row.email_bad_reason, row.phone = "borte@nordlys.example", "5.1.1", "22 00 00 00"
        claim = work.session.execute(select(Claim.id).where(Claim.debtor_id == debtor.id)).scalar_one()
    path = f"/debtors/{debtor.id}/address"
    for typed in (
        {"channel": "email", "email": "ny@nordlys.example"},
        {"channel": "letter", "address_lines": "Nygata 2", "postal_code": "5010", "city": "Bergen"},
        {"channel": "sms", "phone": "900 00 077"},
    ):
        assert office.browser.submit(path, **typed).status_code == 303
    assert office.browser.submit(path, channel="sms", phone="en to tre").status_code == 422
    page = words_of(office.browser.get(f"/debtors/{debtor.id}").text)
    for shown in (page, words_of(office.browser.get(f"/claims/{claim}").text)):
        for used in ("ny@nordlys.example", "Nygata 2, 5010 Bergen", "900 00 077"):
            assert f"{used} Rettet av" in shown
        assert "borte@nordlys.example" not in shown
        assert "i retur" not in shown.partition("Fakturaen")[2].partition("Regler")[0]
    assert "E-postadressen" not in page


def test_a_stop_is_shown_and_lifted_only_with_a_reason(office: Office, debtor: Debtor) -> None:
    database = office.house.database
    with database.begin(office.scope) as work:
        work.session.get_one(Debtor, (debtor.bureau_id, debtor.id)).phone = "900 00 078"
        work.session.add(
            SmsStop(
                bureau_id=debtor.bureau_id, id=new_id(), company_id=debtor.company_id, number="+4790000078", stopped_at=work.now(),
            )
        )  # fmt: skip
    page = f"/debtors/{debtor.id}"
    assert "Skyldneren skrev STOPP" in words_of(office.browser.get(page).text)
    refused = office.browser.submit(f"{page}/texts/allow", reason=" ")
    assert "Skyldneren skrev STOPP" in words_of(office.browser.get(refused.headers["location"]).text)
    lifted = office.browser.submit(f"{page}/texts/allow", reason="Ringte og ba om SMS")
    words = words_of(office.browser.get(lifted.headers["location"]).text)
    assert "Det kan sendes SMS til nummeret igjen." in words
    assert "Skyldneren skrev STOPP" not in words
