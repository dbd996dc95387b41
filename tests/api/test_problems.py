"""Everything that goes wrong is said the same way, and tells nothing of our insides."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from litestar import Litestar, get
from litestar.testing import TestClient

from api.conftest import Book, build_app
from app.api.authentication import ApiKeyMiddleware
from app.api.problems import KINDS, MEDIA_TYPE, exception_handlers
from app.db.migrate import ROOT
from app.db.unit_of_work import Database

API = "/api/v1"
QUOTE = {"principal": "1000.00", "due_date": "2026-02-02", "as_of": "2026-05-20", "debtor_kind": "business"}


def check(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    problem: dict[str, Any] = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "instance", "errors"}
    assert problem["type"] == f"urn:reskontro:problem:{code}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v1/nothing", "/api/v2/claims", "/api/v1/claims/1/2/3/4"])
def test_an_unknown_path(client: TestClient[Litestar], path: str) -> None:
    assert check(client.get(path), 404, "not-found")["instance"] == path


def test_only_the_apis_paths_are_the_apis(client: TestClient[Litestar]) -> None:
    assert client.get("/apiary").text == "no such page"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_a_method_that_is_not_offered(client: TestClient[Litestar], admin: dict[str, str], method: str) -> None:
    answer = client.request(method, f"{API}/claims", headers=admin)
    check(answer, 405, "method-not-allowed")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("name", ["1", "x" * 400, "%00", "019aa4c2-0000-7000-8000-00000000000g"])
def test_an_id_that_is_none_is_nothing(client: TestClient[Litestar], admin: dict[str, str], name: str) -> None:
    check(client.get(f"{API}/claims/{name}", headers=admin), 404, "not-found")


@pytest.mark.parametrize("body", [b"", b"{", b"{'a': 1}", b"\xff\xfe", b'{"reason": NaN}'])
def test_a_body_that_is_no_json(client: TestClient[Litestar], book: Book, admin: dict[str, str], body: bytes) -> None:
    headers = admin | {"Content-Type": "application/json"}
    check(client.post(f"{API}/quotes", headers=headers, content=body), 400, "bad-request")
    check(client.put(f"{API}/claims/{book.claim.id}/hold", headers=headers, content=body), 400, "bad-request")


def test_a_body_nested_without_end_is_no_mistake_of_ours(client: TestClient[Litestar], book: Book, admin: dict[str, str]) -> None:
    headers = admin | {"Content-Type": "application/json"}
    deep = b"[" * 100_000
    for body in (deep, b'{"principal": ' + deep, deep + b"]" * 100_000):
        check(client.post(f"{API}/quotes", headers=headers, content=body), 400, "bad-request")
        assert client.put(f"{API}/claims/{book.claim.id}/hold", headers=headers, content=body).status_code in {400, 422}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_a_body_of_another_kind(client: TestClient[Litestar], book: Book, admin: dict[str, str], kind: str) -> None:
    headers = admin | {"Content-Type": kind}
    check(client.post(f"{API}/quotes", headers=headers, content=b"{}"), 415, "unsupported-media-type")
    check(client.put(f"{API}/claims/{book.claim.id}/hold", headers=headers, content=b"{}"), 415, "unsupported-media-type")


def test_a_body_that_is_too_large(client: TestClient[Litestar], book: Book, admin: dict[str, str]) -> None:
    headers = admin | {"Content-Type": "application/json"}
    body = b'{"reason": "' + b"x" * 1_000_000 + b'"}'
    check(client.put(f"{API}/claims/{book.claim.id}/hold", headers=headers, content=body), 413, "too-large")
    check(client.post(f"{API}/quotes", headers=headers, content=body), 413, "too-large")


@pytest.mark.parametrize("fault", [RuntimeError("the secret is 42"), KeyError("secret 42"), ValueError("secret 42")])
def test_a_mistake_of_ours_tells_nothing(database: Database, admin: dict[str, str], fault: Exception, caplog: Any) -> None:
    @get("/api/v1/broken", sync_to_thread=False, middleware=[ApiKeyMiddleware], exception_handlers=exception_handlers())
    def broken() -> None:
        raise fault

    app = build_app(database)
    app.register(broken)
    with TestClient(app, raise_server_exceptions=False) as client, caplog.at_level(logging.ERROR):
        answer = client.get("/api/v1/broken", headers=admin)
    check(answer, 500, "internal")
    assert "42" not in answer.text
    assert "42" in caplog.text


def test_every_kind_has_a_type_of_its_own_and_is_documented() -> None:
    assert len({kind.type for kind in KINDS}) == len(KINDS)
    told = (ROOT / "docs" / "api.md").read_text()
    assert [kind.type for kind in KINDS if f"| `{kind.type}` | {kind.status} |" not in told] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"principal": 1000}, "principal"),
        ({"principal": "-1"}, "principal"),
        ({"due_date": "2026-02-30"}, "due_date"),
        ({"debtor_kind": "friend"}, "debtor_kind"),
        ({"payments": [{"date": "2026-03-01", "amount": "1"}, {"date": "2026-03-01"}]}, "payments[1].amount"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_claim_that_cannot_be_calculated_names_the_field(
    client: TestClient[Litestar], admin: dict[str, str], change: dict[str, Any], field: str
) -> None:
    problem = check(client.post(f"{API}/quotes", headers=admin, json=QUOTE | change), 422, "invalid")
    assert [one["field"] for one in problem["errors"]] == [field]


def test_in_an_array_a_problem_stands_in_its_place(client: TestClient[Litestar], admin: dict[str, str]) -> None:
    answer = client.post(f"{API}/quotes", headers=admin, json=[QUOTE, QUOTE | {"due_date": "x"}, 7, QUOTE])
    assert answer.status_code == 200
    first, second, third, fourth = answer.json()
    assert first == fourth == client.post(f"{API}/quotes", headers=admin, json=QUOTE).json()
    assert (second["status"], second["field"]) == (422, "due_date")
    assert (third["status"], third["field"]) == (422, "")
    assert client.post(f"{API}/quotes", headers=admin, json=[]).json() == []
    check(client.post(f"{API}/quotes", headers=admin, json=[1] * 501), 422, "invalid")


def test_the_calculator_says_what_the_command_line_says(client: TestClient[Litestar], admin: dict[str, str]) -> None:
    from app.dunning.quote import quote

    assert client.post(f"{API}/quotes", headers=admin, json=QUOTE).json() == quote(QUOTE)
