"""One change to the rules of many companies: looked at first, then made, by a program."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.conftest import Book, key_of
from app.db.unit_of_work import Database
from app.tenants.permissions import Role
from support import make
from support.neighbour import Neighbour


@pytest.fixture
def ask(client: TestClient[Litestar], admin: dict[str, str]) -> Any:
    def send(path: str, body: Any, **headers: str) -> Any:
        return client.post(f"/api/v1/policy-changes{path}", headers=admin | headers, json=body)

    return send


@pytest.fixture
def both(database: Database, book: Book) -> list[str]:
    return [str(book.company.id), str(make.company(database, book.bureau).id)]


def minimum(client: TestClient[Litestar], admin: dict[str, str], company_id: str) -> tuple[int, str]:
    answer = client.get(f"/api/v1/companies/{company_id}/policy", headers=admin).json()
    one = next(one for one in answer["effective"] if one["field"] == "minimum_ore")
    return one["value"], one["origin"]["tier"]


def test_what_it_would_do_is_told_before_it_is_done(ask: Any, client: TestClient[Litestar], admin: dict[str, str], both: list[str]) -> None:
    change = {"company_ids": both, "wishes": {"minimum_ore": 99_00}}
    seen = ask("/preview", change)
    assert seen.status_code == 200, seen.text
    told = seen.json()
    assert sorted(told["company_ids"]) == sorted(both)
    assert [(one["field"], one["after"], one["companies"]) for one in told["moves"]] == [("minimum_ore", 99_00, 2)]
    assert minimum(client, admin, both[0])[1] != "company", "a preview writes nothing"
    made = ask("", change | {"fingerprint": told["fingerprint"]})
    assert made.status_code == 201, made.text
    assert [minimum(client, admin, one) for one in both] == [(99_00, "company")] * 2
    back = {"company_ids": both, "reset": ["minimum_ore"]}
    assert ask("", back | {"fingerprint": ask("/preview", back).json()["fingerprint"]}).status_code == 201
    assert minimum(client, admin, both[0])[1] != "company"


def test_a_change_that_is_no_longer_what_was_looked_at_is_not_made(
    ask: Any, client: TestClient[Litestar], admin: dict[str, str], both: list[str]
) -> None:
    change = {"company_ids": both, "wishes": {"minimum_ore": 99_00}}
    fingerprint = ask("/preview", change).json()["fingerprint"]
    client.put(f"/api/v1/companies/{both[0]}/policy", headers=admin, json={"wishes": {"minimum_ore": 50_00}})
    refused = ask("", change | {"fingerprint": fingerprint})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:reskontro:problem:conflict")
    assert minimum(client, admin, both[1])[1] != "company", "none of them is changed"


def test_the_same_key_makes_it_once(ask: Any, both: list[str]) -> None:
    change = {"company_ids": both, "wishes": {"minimum_ore": 99_00}}
    change["fingerprint"] = ask("/preview", change).json()["fingerprint"]
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first, again = ask("", change, **key), ask("", change, **key)
    assert (first.status_code, again.status_code, first.json() == again.json()) == (201, 201, True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "wishes"),
        ({"wishes": {"colour": "red"}}, "wishes"),
        ({"wishes": {"warning_deadline_days": 3}}, "wishes.warning_deadline_days"),
        ({"reset": ["colour"]}, "reset"),
        ({"wishes": {"minimum_ore": 1}, "reset": ["minimum_ore"]}, "reset"),
    ],
)
def test_what_cannot_be_wished_names_the_field(ask: Any, both: list[str], change: dict[str, Any], field: str) -> None:
    for path, more in (("/preview", {}), ("", {"fingerprint": "x"})):
        answer = ask(path, {"company_ids": both, **change, **more})
        assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (422, [field]), answer.text


def test_a_neighbours_company_does_not_exist(ask: Any, both: list[str], neighbour: Neighbour) -> None:
    change = {"company_ids": [*both, str(neighbour.company.id)], "wishes": {"minimum_ore": 99_00}}
    assert ask("/preview", change).status_code == 404
    assert ask("", change | {"fingerprint": "x"}).status_code == 404


def test_only_who_may_change_settings(client: TestClient[Litestar], database: Database, book: Book, both: list[str]) -> None:
    reader = key_of(database, book.bureau, Role.READER)
    body = {"company_ids": both, "wishes": {"minimum_ore": 99_00}}
    assert client.post("/api/v1/policy-changes/preview", headers=reader, json=body).status_code == 403
