"""The calculator's page: the same figures as the calculator itself, in the reader's words, nothing kept."""

from __future__ import annotations

import re
from datetime import date

import pytest

from app.db.unit_of_work import Database
from app.dunning.quote import quote
from app.dunning.quote_input import QuoteInputError
from app.values.money import format_ore
from app.web.bureau.quote_form import complaint, read_form
from app.web.typed import parse_day
from support import make
from support.pages import Browser, browser_of, house_of, words_of

TODAY = date(2026, 11, 23)
TYPED = {
    "principal": "10 000", "debtor_kind": "business", "due_date": "15.10.2026", "as_of": "23.11.2026", "due_date_agreed": "on",
    "creditor_vat_liable": "on",
}  # fmt: skip


@pytest.fixture
def desk(database: Database) -> Browser:
    bureau = make.bureau(database)
    return browser_of(house_of(database), make.member(database, bureau, role="reader"))


def test_the_answer_is_the_calculators_own(desk: Browser):
    answer = desk.submit("/quote", **TYPED)
    assert answer.status_code == 200
    expected = quote({"principal": "10000.00", "due_date": "2026-10-15", "as_of": "2026-11-23", "debtor_kind": "business"})
    words = words_of(answer.text)
    assert f"Forsinkelsesrente {format_ore(expected['late_interest_ore'])} kr".replace("\u00a0", " ") in words
    assert "forsinkelsesrenteloven § 2" in words
    assert "Foreldet etter 15.10.2029" in words


def test_the_form_is_empty_but_for_what_is_usual(desk: Browser):
    page = desk.get("/quote")
    assert page.status_code == 200
    assert re.search(r'name="as_of"[^>]*value="23\.11\.2026"', page.text)
    assert 'id="answer"' not in page.text


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"principal": "ti tusen"}, "principal", "Skriv et beløp i kroner"),
        ({"due_date": "31.02.2026"}, "due_date", "dd.mm.åååå"),
        ({"due_date": ""}, "due_date", "Skriv en dato"),
        ({"as_of": "01.01.1900"}, "as_of", "kan ikke brukes"),
        (
            {"notice_sent_on_1": "01.11.2026", "notice_payment_deadline_1": "01.10.2026", "notice_kind_1": "reminder"},
            "notice_payment_deadline_1", "Fristen kan ikke være før",
        ),
        ({"payment_date_2": "01.11.2026"}, "payment_amount_2", "Skriv et beløp i kroner"),
    ],
)  # fmt: skip
def test_a_wrong_field_keeps_what_was_typed_and_is_wired_to_its_message(desk: Browser, changed: dict[str, str], field: str, said: str):
    answer = desk.submit("/quote", **(TYPED | changed))
    assert answer.status_code == 422
    assert re.search(rf'id="{field}"[^>]*aria-describedby="[^"]*{field}-error"', answer.text)
    assert said in words_of(answer.text)
    assert f'href="#{field}"' in answer.text
    assert 'value="10 000"' in answer.text or "principal" in changed


def test_rows_without_a_day_are_left_out_and_the_rest_keep_their_places():
    form = read_form(
        TYPED | {"notice_sent_on_0": "", "notice_sent_on_2": "1.11", "notice_kind_2": "reminder", "notice_fee_ore_2": "35"}, TODAY
    )
    assert form.errors == {}
    assert form.claim["notices"] == [{"kind": "reminder", "sent_on": "2026-11-01", "payment_deadline": None, "fee_ore": 3500}]
    wrong = complaint(QuoteInputError("notices[0].fee_ore", "too much"), {"notice_sent_on_2": "1.11"})
    assert list(wrong) == ["notice_fee_ore_2"]


@pytest.mark.parametrize("text", ["211126", "21.11", "21.11.26", "21.11.2026", "21/11-2026", "2026-11-21", " 21.11. "])
def test_a_day_is_read_in_every_norwegian_way(text: str):
    assert parse_day(text, TODAY) == date(2026, 11, 21)


@pytest.mark.parametrize("text", ["", "31.02", "i dag", "1", "99.99.9999", "20261121x", "0.0"])
def test_what_is_no_day_is_refused(text: str):
    with pytest.raises(ValueError):
        parse_day(text, TODAY)
