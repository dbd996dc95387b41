"""Delivery reports of text messages: taken only at the secret address, and believed as little as an unsigned word deserves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.datastructures import State
from litestar.testing import TestClient
from sqlalchemy import select

from app.api.inbound.mail import inbound_routes
from app.db.unit_of_work import Database
from app.messaging import sms_stops, tokens
from app.messaging.adapters.link_mobility import LinkMobility
from app.messaging.models import Delivery
from app.net.http import HttpClient
from sandbox.link import Answer, answer_of
from support import make

SECRET = "uten-gjetning-12345"


def client_with(database: Database, secret: str | None) -> TestClient[Litestar]:
    texter = LinkMobility(HttpClient("http://127.0.0.1:1"), username="u", password="p", partner="1")
    state = State({"database": database, "sms_report_secret": secret, "texter": texter})
    return TestClient(Litestar([inbound_routes()], state=state, logging_config=None), raise_server_exceptions=False)


@pytest.fixture
def door(database: Database) -> Iterator[TestClient[Litestar]]:
    with client_with(database, SECRET) as client:
        yield client


@pytest.fixture
def message(database: Database, book: Any) -> Delivery:
    item = make.open_item(database, make.debtor(database, book.company))
    notice = make.notice(database, make.claim(database, item))
    return make.delivery(database, notice, channel="sms", address="+4790000001", state="sent")


def report(message: Delivery, code: int) -> dict[str, Any]:
    return {"refId": tokens.spell(message.bureau_id, message.id), "id": "Dcs1", "resultCode": code}


def state_of(database: Database, book: Any, message: Delivery) -> str:
    with database.begin(make.scope(book.bureau)) as work:
        return str(work.session.execute(select(Delivery.state).where(Delivery.id == message.id)).scalar_one())


@pytest.mark.parametrize(("code", "state"), [(1001, "delivered"), (2104, "bounced"), (1000, "sent"), (5, "sent")])
def test_a_report_says_what_became_of_a_message(
    door: TestClient[Litestar], database: Database, book: Any, message: Delivery, code: int, state: str
) -> None:
    for _ in range(2):
        assert door.post(f"/api/inbound/sms/{SECRET}", json=report(message, code)).status_code == 200
    assert state_of(database, book, message) == state


def test_another_secret_is_no_address_and_changes_nothing(
    door: TestClient[Litestar], database: Database, book: Any, message: Delivery
) -> None:
    assert door.post("/api/inbound/sms/feil", json=report(message, 2104)).status_code == 404
    assert state_of(database, book, message) == "sent"


def test_without_a_secret_the_address_does_not_exist(database: Database, book: Any, message: Delivery) -> None:
    with client_with(database, None) as closed:
        assert closed.post(f"/api/inbound/sms/{SECRET}", json=report(message, 2104)).status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 5000])
def test_what_is_no_json_is_refused(door: TestClient[Litestar], body: bytes) -> None:
    assert door.post(f"/api/inbound/sms/{SECRET}", content=body).status_code == 400


def test_a_stop_posted_there_closes_the_road_and_start_opens_it(
    door: TestClient[Litestar], database: Database, book: Any, message: Delivery
) -> None:
    for word, stopped in (("Stopp!", True), ("hva er dette", True), ("START", False)):
        body = answer_of(Answer(message.address, word), database.clock.now())
        assert door.post(f"/api/inbound/sms/{SECRET}", json=body).status_code == 200
        with database.begin(make.scope(book.bureau)) as work:
            assert sms_stops.is_stopped(work, message.company_id, message.address) is stopped


@pytest.mark.parametrize(
    "said",
    [
        {},
        [],
        7,
        {"refId": 1},
        {"refId": "nobody", "resultCode": 1001},
        {"refId": "a" * 52, "resultCode": "x"},
        {"source": 7, "userData": "STOP"},
    ],
)
def test_a_report_about_nothing_of_ours_is_taken_and_forgotten(door: TestClient[Litestar], said: Any) -> None:
    assert door.post(f"/api/inbound/sms/{SECRET}", content=json.dumps(said)).status_code == 200
