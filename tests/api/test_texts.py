"""The words of notices, as a program reads and writes them."""

from __future__ import annotations

from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.conftest import Book, key_of
from app.db.unit_of_work import Database
from app.dunning.wording import wording_text
from app.tenants.permissions import Role
from support.neighbour import MARK, Neighbour

PATH = "/api/v1/texts/reminder/nb/neutral"
OWN = wording_text("reminder", "nb", "neutral").replace("Vi har ikke", "Hos oss har vi ikke")


@pytest.fixture
def ask(client: TestClient[Litestar], admin: dict[str, str]) -> Any:
    def send(method: str, path: str, body: Any = None, **more: Any) -> Any:
        return client.request(method, path, headers=admin, json=body, **more)

    return send


def test_a_companys_words_hold_before_the_bureaus_and_those_before_the_houses(ask: Any, book: Book) -> None:
    of_company = {"params": {"company_id": str(book.company.id)}}
    assert ask("GET", PATH).json()["origin"] == "house"
    written = ask("PUT", PATH, {"text": OWN})
    assert written.status_code == 200, written.text
    assert (written.json()["origin"], written.json()["version"], "Hos oss" in written.json()["text"]) == ("bureau", 1, True)
    assert ask("GET", PATH, **of_company).json()["origin"] == "bureau"
    assert ask("PUT", PATH, {"text": OWN}, **of_company).json()["origin"] == "company"
    assert ask("DELETE", PATH, **of_company).status_code == 204
    assert ask("GET", PATH, **of_company).json()["origin"] == "bureau"
    assert ask("DELETE", PATH).status_code == 204
    assert ask("GET", PATH, **of_company).json()["text"] == wording_text("reminder", "nb", "neutral")


def test_all_texts_are_listed_with_whose_they_are(ask: Any) -> None:
    ask("PUT", PATH, {"text": OWN})
    items = ask("GET", "/api/v1/texts").json()["items"]
    assert len(items) == 4 * 3 * 3 + 3, "four notices in three tones, and thanks, which are friendly, in three languages"
    assert [(one["kind"], one["language"], one["tone"]) for one in items if one["origin"] != "house"] == [("reminder", "nb", "neutral")]
    assert "deadline" in items[0]["fields"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        (OWN.replace("{deadline}", "snart"), "deadline_in_text"),
        (OWN.replace("{creditor}", "{sender}"), "unknown_field: sender"),
        ("Betal nå.", "form"),
    ],
)
def test_words_the_law_does_not_let_it_use_are_refused_with_what_they_lack(ask: Any, text: str, said: str) -> None:
    answer = ask("PUT", PATH, {"text": text})
    assert answer.status_code == 422
    assert any(one["field"] == "text" and said in one["problem"] for one in answer.json()["errors"]), answer.text
    assert ask("GET", PATH).json()["origin"] == "house", "nothing was kept"


@pytest.mark.parametrize("path", ["invoice/nb/neutral", "reminder/se/neutral", "reminder/nb/rude", "thanks/nb/neutral"])
def test_a_text_there_is_not_is_not_found(ask: Any, path: str) -> None:
    assert ask("GET", f"/api/v1/texts/{path}").status_code == 404
    assert ask("PUT", f"/api/v1/texts/{path}", {"text": OWN}).status_code == 404


def test_a_neighbours_words_are_neither_read_nor_written(ask: Any, neighbour: Neighbour) -> None:
    his = {"params": {"company_id": str(neighbour.company.id)}}
    for method, body in (("GET", None), ("PUT", {"text": OWN}), ("DELETE", None)):
        answer = ask(method, PATH, body, **his)
        assert (answer.status_code, MARK in answer.text) == (404, False)
    assert MARK not in ask("GET", "/api/v1/texts").text


def test_only_who_may_change_settings_writes(client: TestClient[Litestar], database: Database, book: Book) -> None:
    reader = key_of(database, book.bureau, Role.READER)
    assert client.put(PATH, headers=reader, json={"text": OWN}).status_code == 403
