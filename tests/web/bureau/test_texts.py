"""Reading and writing the words of notices, as the bureau's people do."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from app.db.unit_of_work import Database
from app.dunning.wording import wording_text
from support import make
from support.asked import statements
from support.pages import Browser, words_of

ADDRESS = "/texts/reminder/nb/friendly"
HOUSE = wording_text("reminder", "nb", "friendly")
#: with the log-in, the layout and a pulse of the connection; it was 36 when this was written
STATEMENTS_MAX = 45
OWN = HOUSE.replace("Vi kan ikke se at faktura", "Hos oss er ikke faktura")


@pytest.fixture
def desk(scene: Any, browse: Callable[..., Browser]) -> Browser:
    return browse(scene.admin)


def typed_in(page: str) -> str:
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    return unescape(found[1])


def test_each_text_is_read_about_a_real_invoice_in_each_tone(desk: Browser, scene: Any) -> None:
    page = desk.get(ADDRESS)
    words = words_of(page.text)
    assert scene.item.document_number in words and "12 345,67" in words
    assert "så her er en vennlig påminnelse" in words
    assert "så her er ei vennleg påminning" in words_of(desk.get("/texts/reminder/nn/friendly").text)
    firm = words_of(desk.get("/texts/collection_warning/nb/firm").text)
    assert "Hvis kravet ikke er betalt innen fristen, vil det bli sendt til inkasso." in firm


def test_showing_a_tone_asks_the_database_no_more_for_many_claims_than_for_one(desk: Browser, scene: Any, database: Database) -> None:
    def asked() -> list[int]:
        numbers = []
        for tone in ("friendly", "neutral", "firm"):
            with statements(database.engine) as sent:
                assert desk.get(f"/texts/reminder/nb/{tone}").status_code == 200
            numbers.append(len(sent))
        return numbers

    desk.get(ADDRESS)
    of_one = asked()
    for _ in range(12):
        make.claim(database, make.open_item(database, make.debtor(database, scene.company)))
    assert asked() == of_one
    assert max(of_one) <= STATEMENTS_MAX


def test_own_words_are_kept_read_back_and_given_up(desk: Browser) -> None:
    assert desk.submit(ADDRESS, text=OWN.replace("\n", "\r\n")).status_code == 303
    page = desk.get(ADDRESS).text
    assert typed_in(page) == OWN
    assert "Hos oss er ikke faktura" in words_of(page)
    assert "Egen" in words_of(desk.get("/texts").text)
    assert desk.submit(f"{ADDRESS}/give-up").status_code == 303
    assert typed_in(desk.get(ADDRESS).text) == HOUSE


def test_an_unknown_field_is_an_error_when_the_text_is_saved_and_nothing_typed_is_lost(desk: Browser) -> None:
    wrong = OWN.replace("{deadline}", "{frist}")
    answer = desk.submit(ADDRESS, text=wrong)
    assert answer.status_code == 422
    assert "Det finnes ikke noe felt som heter {frist}." in words_of(answer.text)
    assert typed_in(answer.text) == wrong
    assert typed_in(desk.get(ADDRESS).text) == HOUSE


def test_a_warning_cannot_lose_what_the_law_asks_for(desk: Browser) -> None:
    text = wording_text("collection_warning", "nb", "neutral").replace("vil det bli sendt til inkasso", "hører du fra oss")
    answer = desk.submit("/texts/collection_warning/nb/neutral", text=text)
    assert answer.status_code == 422
    assert "Det må stå klart at kravet vil bli sendt til inkasso hvis det ikke blir betalt. (inkassoloven § 9)" in words_of(answer.text)


def test_the_thanks_for_a_payment_are_read_and_written_like_the_others(desk: Browser, scene: Any) -> None:
    address, house = "/texts/thanks/nb/friendly", wording_text("thanks", "nb", "friendly")
    assert address in desk.get("/texts").text and "/texts/thanks/nb/firm" not in desk.get("/texts").text
    assert f"Betalingen for faktura {scene.item.document_number}" in words_of(desk.get(address).text)
    own = house.replace("er kommet frem", "har vi fått")
    assert desk.submit(address, text=own).status_code == 303
    assert "har vi fått" in words_of(desk.get(address).text)
    refused = desk.submit(address, text=own.replace("har vi fått", "har vi fått, og du slipper inkasso"))
    assert refused.status_code == 422 and "Takk ber ikke om noe" in words_of(refused.text)


def test_words_are_read_before_they_are_kept(desk: Browser) -> None:
    answer = desk.submit(f"{ADDRESS}/preview", htmx=True, text=OWN)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith("<section") and "Hos oss er ikke faktura" in words_of(answer.text)
    whole = desk.submit(f"{ADDRESS}/preview", text=OWN)
    assert whole.status_code == 200 and typed_in(whole.text) == OWN
    assert typed_in(desk.get(ADDRESS).text) == HOUSE


def test_a_company_may_have_words_of_its_own(desk: Browser, scene: Any) -> None:
    of_company = f"?company={scene.company.id}"
    assert desk.submit(f"{ADDRESS}{of_company}", text=OWN).status_code == 303
    assert typed_in(desk.get(f"{ADDRESS}{of_company}").text) == OWN
    assert typed_in(desk.get(ADDRESS).text) == HOUSE


@pytest.mark.parametrize("path", ["/texts/letter/nb/firm", "/texts/reminder/de/firm", "/texts/reminder/nb/rude", "/texts/thanks/nb/firm"])
def test_a_text_that_does_not_exist_is_not_found(desk: Browser, path: str) -> None:
    assert desk.get(path).status_code == 404


def test_somebody_elses_company_does_not_exist(desk: Browser, neighbour: Any) -> None:
    assert desk.get(f"/texts?company={neighbour.company.id}").status_code == 404
    assert desk.submit(f"{ADDRESS}?company={neighbour.company.id}", text=OWN).status_code == 404
