"""Mail posted by a provider: believed only with a fresh signature over everything that counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.datastructures import State
from litestar.testing import TestClient
from sqlalchemy import select

from app.api.inbound.mail import inbound_routes, signature
from app.db.unit_of_work import Database
from app.messaging import tokens
from app.messaging.models import InboundMail
from app.messaging.tokens import Thing
from support import make

SECRET = "delt hemmelighet"
SENDER = "kari@kunde.example"


@pytest.fixture
def door(database: Database) -> Iterator[TestClient[Litestar]]:
    state = State({"database": database, "inbound_mail_secret": SECRET})
    with TestClient(Litestar([inbound_routes()], state=state, logging_config=None), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def to(database: Database, book: Any) -> str:
    return tokens.reply_address(book.bureau.id, Thing.COMPANY, book.company.id, "post.reskontro.example")


def call(door: TestClient[Litestar], to: str, at: int, **changes: Any) -> int:
    body = changes.pop("body", b"From: kari@kunde.example\r\nSubject: Hei\r\nMessage-ID: <1@kunde.example>\r\n\r\nVi betaler")
    signed = {"secret": SECRET, "stamp": str(at), "to": changes.pop("claimed_to", to), "sender": SENDER, "body": body} | changes
    headers = {
        "content-type": "message/rfc822", "x-envelope-to": to, "x-envelope-from": SENDER, "x-reskontro-timestamp": str(at),
        "x-reskontro-signature": signature(**signed),
    }  # fmt: skip
    return door.post("/api/inbound/mail", content=body, headers=headers).status_code


def kept(database: Database, book: Any) -> list[str]:
    with database.begin(make.scope(book.bureau)) as work:
        return list(work.session.execute(select(InboundMail.text_)).scalars())


def test_a_signed_mail_is_kept_once(door: TestClient[Litestar], database: Database, book: Any, to: str) -> None:
    now = int(database.clock.now().timestamp())
    assert [call(door, to, now), call(door, to, now)] == [202, 202]
    assert kept(database, book) == ["Vi betaler"]


@pytest.mark.parametrize(
    "changes",
    [{"secret": "en annen"}, {"claimed_to": "noen@andre.example"}, {"sender": "ond@andre.example"}, {"stamp": "1"}],
)
def test_a_signature_over_anything_else_is_refused(
    door: TestClient[Litestar], database: Database, book: Any, to: str, changes: dict[str, str]
) -> None:
    assert call(door, to, int(database.clock.now().timestamp()), **changes) == 401
    assert kept(database, book) == []


@pytest.mark.parametrize("off", [-301, 301, 10**9])
def test_an_old_or_future_signature_is_refused(door: TestClient[Litestar], database: Database, book: Any, to: str, off: int) -> None:
    assert call(door, to, int(database.clock.now().timestamp()) + off) == 401


def test_a_mail_for_nobody_here_is_said_to_be_so(door: TestClient[Litestar], database: Database, book: Any) -> None:
    assert call(door, "post@post.reskontro.example", int(database.clock.now().timestamp())) == 422


def test_without_a_secret_there_is_no_such_address(database: Database) -> None:
    app = Litestar([inbound_routes()], state=State({"database": database, "inbound_mail_secret": None}), logging_config=None)
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.post("/api/inbound/mail", content=b"x", headers={"content-type": "message/rfc822"})
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
