"""Answers in the browser: the box, one answer with a stranger's words shown as words, and what a person says about it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.dunning.models import Claim
from app.messaging.models import InboundMail
from app.tenants.models import Company
from support import make
from support.neighbour import MARK, move_in
from support.office import Office
from support.pages import words_of


@pytest.fixture
def company(office: Office) -> Company:
    return make.company(office.house.database, office.bureau, name="Fjordvik Handel AS")


@pytest.fixture
def claim(office: Office, company: Company) -> Claim:
    debtor = make.debtor(office.house.database, company, name="Sein Betaler AS", email="kari@sein.example")
    return make.claim(office.house.database, make.open_item(office.house.database, debtor, document_number="20771"))


def read(office: Office, mail: InboundMail) -> InboundMail:
    with office.house.database.begin(office.scope) as work:
        return work.session.execute(select(InboundMail).where(InboundMail.id == mail.id)).scalar_one()


def test_an_answer_stands_in_the_box_on_the_work_list_and_in_the_claims_history(office: Office, claim: Claim) -> None:
    mail = make.inbound_mail(office.house.database, claim, text_="<script>alert(1)</script> Vi betaler fredag", subject="SV: Purring")
    assert "Sein Betaler AS SV: Purring 20771 Fjordvik Handel AS Venter på et menneske" in words_of(office.browser.get("/replies").text)
    listed = office.browser.get("/worklist").text
    assert "Skyldneren har svart på e-post" in words_of(listed)
    assert f"/replies/{mail.id}" in listed
    shown = office.browser.get(f"/replies/{mail.id}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Vi betaler fredag" in shown
    history = office.browser.get(f"/claims/{claim.id}").text
    assert "Svar fra skyldneren" in words_of(history)
    assert f"/replies/{mail.id}" in history


def test_an_answer_is_handled_with_a_note_and_leaves_the_box(office: Office, claim: Claim) -> None:
    mail = make.inbound_mail(office.house.database, claim)
    answer = office.browser.submit(f"/replies/{mail.id}/handle", note="Avtalt fredag")
    assert answer.status_code == 303
    assert (read(office, mail).state, read(office, mail).note) == ("handled", "Avtalt fredag")
    assert "Sein Betaler AS" not in words_of(office.browser.get("/replies").text)
    assert "Avtalt fredag" in words_of(office.browser.get(f"/replies/{mail.id}").text)
    again = office.browser.submit(f"/replies/{mail.id}/handle", note="en gang til")
    assert again.status_code == 422
    assert "Noen har allerede behandlet dette svaret." in words_of(again.text)


def test_an_answer_without_a_claim_is_given_one_by_number_or_from_the_senders_own(office: Office, claim: Claim) -> None:
    mail = make.inbound_mail(office.house.database, claim, state="unmatched", purpose_id=None, from_address="KARI@sein.example")
    where = f"/replies/{mail.id}/attach"
    assert "Hører ikke til noe krav ennå" in words_of(office.browser.get("/replies?show=unmatched").text)
    wrong = office.browser.submit(where, number="99999")
    assert wrong.status_code == 422
    assert 'value="99999"' in wrong.text
    assert office.browser.submit(where, number="", claim="").status_code == 422
    assert str(claim.id) in office.browser.get(f"/replies/{mail.id}").text
    assert office.browser.submit(where, claim=str(claim.id)).status_code == 303
    assert (read(office, mail).state, read(office, mail).purpose_id) == ("open", claim.id)
    assert "Skyldneren har svart på e-post" in words_of(office.browser.get(f"/claims/{claim.id}").text)


def test_who_may_only_look_does_not_handle(office: Office, claim: Claim) -> None:
    mail = make.inbound_mail(office.house.database, claim)
    reader = office.enter("reader")
    assert "Merk som behandlet" not in words_of(reader.get(f"/replies/{mail.id}").text)
    assert reader.submit(f"/replies/{mail.id}/handle", note="").status_code == 403


def test_another_bureaus_answer_does_not_exist(office: Office) -> None:
    his = move_in(office.house.database)
    assert office.browser.get(f"/replies/{his.reply.id}").status_code == 404
    assert office.browser.submit(f"/replies/{his.reply.id}/handle", note="").status_code == 404
    assert MARK not in office.browser.get("/replies?show=all").text
    assert office.browser.get("/replies?show=nonsense").status_code == 404
