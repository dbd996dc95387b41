"""Idempotency-Key: the same request twice acts once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import Engine, text

from api.conftest import Book, key_of
from app.db.unit_of_work import Database
from app.tenants.permissions import Role
from app.values.clock import FixedClock
from support import make

CHECKS = "/api/v1/credit-checks"


def order(book: Book, **changes: Any) -> dict[str, Any]:
    return {
        "company_id": str(book.company.id), "organisation_number": "974760673", "order_ore": 1_000_00,
        "legitimate_need": "An order on thirty days' credit.", **changes,
    }  # fmt: skip


def made(owner: Engine, book: Book) -> int:
    with owner.connect() as connection:
        return int(
            connection.execute(
                text("select count(*) from credit_checks where bureau_id = :b and state = 'running'"), {"b": book.bureau.id}
            ).scalar_one()
        )


def test_the_same_request_gets_the_same_answer_and_acts_once(
    client: TestClient[Litestar], owner: Engine, book: Book, admin: dict[str, str]
) -> None:
    key = admin | {"Idempotency-Key": "order-17"}
    first = client.post(CHECKS, headers=key, json=order(book))
    again = client.post(CHECKS, headers=key, json=order(book))
    assert (first.status_code, again.status_code) == (202, 202), first.text
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert made(owner, book) == 1


def test_without_a_key_every_request_acts(client: TestClient[Litestar], owner: Engine, book: Book, admin: dict[str, str]) -> None:
    for _ in range(2):
        assert client.post(CHECKS, headers=admin, json=order(book)).status_code == 202
    assert made(owner, book) == 2


def test_another_request_with_the_same_key_is_refused(
    client: TestClient[Litestar], owner: Engine, book: Book, admin: dict[str, str]
) -> None:
    key = admin | {"Idempotency-Key": "order-17"}
    client.post(CHECKS, headers=key, json=order(book))
    other_body = client.post(CHECKS, headers=key, json=order(book, order_ore=2))
    other_path = client.post("/api/v1/quotes", headers=key, json={})
    for answer in (other_body, other_path):
        assert answer.status_code == 409
        assert answer.json()["type"] == "urn:reskontro:problem:idempotency-key-reused"
    assert made(owner, book) == 1


def test_keys_of_two_credentials_are_strangers(
    client: TestClient[Litestar], database: Database, owner: Engine, book: Book, admin: dict[str, str]
) -> None:
    other = key_of(database, book.bureau, Role.MANAGER)
    for key in (admin, other):
        assert client.post(CHECKS, headers=key | {"Idempotency-Key": "1"}, json=order(book)).status_code == 202
    assert made(owner, book) == 2


def test_a_refusal_is_not_remembered(client: TestClient[Litestar], owner: Engine, book: Book, admin: dict[str, str]) -> None:
    key = admin | {"Idempotency-Key": "order-17"}
    assert client.post(CHECKS, headers=key, json=order(book, organisation_number="974760674")).status_code == 422
    assert client.post(CHECKS, headers=key, json=order(book)).status_code == 202
    assert made(owner, book) == 1


def test_a_key_is_forgotten_after_a_day(
    client: TestClient[Litestar], owner: Engine, book: Book, admin: dict[str, str], clock: FixedClock
) -> None:
    key = admin | {"Idempotency-Key": "order-17"}
    first = client.post(CHECKS, headers=key, json=order(book))
    clock.move(timedelta(hours=24) - timedelta(seconds=1))
    assert client.post(CHECKS, headers=key, json=order(book)).content == first.content
    clock.move(timedelta(seconds=1))
    assert client.post(CHECKS, headers=key, json=order(book, order_ore=5)).status_code == 202
    assert made(owner, book) == 2


def test_two_at_the_same_time_act_once(client: TestClient[Litestar], owner: Engine, book: Book, admin: dict[str, str]) -> None:
    """One of them holds its key until it has committed; the others wait for it and are answered alike."""
    key = admin | {"Idempotency-Key": "at-once"}
    answers: list[Any] = []
    start = threading.Barrier(4)

    def ask() -> None:
        start.wait(timeout=30)
        answers.append(client.post(CHECKS, headers=key, json=order(book)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert [answer.status_code for answer in answers] == [202] * 4
    assert len({answer.content for answer in answers}) == 1
    assert made(owner, book) == 1


def test_a_company_key_may_use_keys_too(client: TestClient[Litestar], database: Database, book: Book) -> None:
    key = key_of(database, book.bureau, Role.COMPANY, book.company) | {"Idempotency-Key": "1"}
    claim = {"principal": "1000.00", "due_date": "2026-02-02", "as_of": "2026-05-20", "debtor_kind": "business"}
    first = client.post("/api/v1/quotes", headers=key, json=claim)
    again = client.post("/api/v1/quotes", headers=key, json=claim)
    assert first.status_code == again.status_code == 200
    assert again.headers["Idempotent-Replayed"] == "true"
    assert client.post("/api/v1/quotes", headers=key, json=claim | {"principal": "2"}).status_code == 409


@pytest.mark.parametrize("value", ["", " ", "a b", "x" * 101, "æ"])
def test_a_key_that_cannot_be_used_is_refused(client: TestClient[Litestar], book: Book, admin: dict[str, str], value: str) -> None:
    headers = [*((name.encode(), text_.encode()) for name, text_ in admin.items()), (b"idempotency-key", value.encode())]
    answer = client.post(CHECKS, headers=headers, json=order(book))
    assert answer.status_code == 422, answer.text


def test_the_key_is_not_looked_at_before_the_asker_is_known(client: TestClient[Litestar], book: Book, admin: dict[str, str]) -> None:
    key = {"Idempotency-Key": "order-17"}
    client.post(CHECKS, headers=admin | key, json=order(book))
    assert client.post(CHECKS, headers=key, json=order(book)).status_code == 401


def test_a_neighbour_may_use_the_same_key(client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]) -> None:
    from api.conftest import book_of

    other = book_of(database, make.bureau(database))
    theirs = key_of(database, other.bureau)
    first = client.post(CHECKS, headers=admin | {"Idempotency-Key": "1"}, json=order(book))
    second = client.post(CHECKS, headers=theirs | {"Idempotency-Key": "1"}, json=order(other))
    assert first.status_code == second.status_code == 202
    assert first.json()["id"] != second.json()["id"]
