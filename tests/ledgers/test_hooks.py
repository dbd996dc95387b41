"""Webhooks of ledgers: a signed word makes the book be read, an unsigned one nothing, and no word is taken as data."""

from __future__ import annotations

import base64
import hmac
import json
import queue
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from litestar import Litestar
from litestar.datastructures import State
from litestar.testing import TestClient
from sqlalchemy import select

from app.api.inbound.mail import inbound_routes
from app.db.scope import SYSTEM
from app.ledgers import connections, hooks, queries
from app.ledgers.adapters.tripletex.hooks import EVENTS, TripletexHooks, read_hook
from app.ledgers.models import CompanyLink, LedgerHook
from app.ledgers.ports import ChangeHint
from app.ledgers.sync import Doorway
from app.net.errors import BrokenError, RefusedError
from support.town import Town

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
OLD_WORDS = {
    "idempotency-key": "k-1",
    "x-request-signature": "+5LGa+BtO3onLFLyM6SBw16yoRH1WWUtmmzluM0it4rVbVaY/jyK4ErCHSXxqgKdXcMZ2tnKTHqhRXibFPSLIQ==",
}
OLD_BODY = b'{"event": "invoice.charged", "id": 7}'


@pytest.fixture
def inbound(town: Town) -> Iterator[TestClient[Litestar]]:
    state = State({"database": town.house.database, "ledger_doorway": town.door, "inbound_mail_secret": None, "sms_report_secret": None})
    with TestClient(Litestar([inbound_routes()], state=state, logging_config=None), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def told(town: Town) -> Town:
    """The town, its ledger asked to tell; what it has to say waits in the simulator."""
    town.outside.control.put("/tripletex/events", {"hold": True})
    assert keep(town) == "active"
    town.work_off()
    return town


def link_of(town: Town) -> uuid.UUID:
    with town.begin() as work:
        link: uuid.UUID = work.session.execute(select(CompanyLink.id).where(CompanyLink.connection_id == town.connection_id)).scalar_one()
        return link


def hook_of(town: Town) -> LedgerHook:
    with town.begin() as work:
        hook: LedgerHook = work.session.execute(select(LedgerHook).where(LedgerHook.link_id == link_of(town))).scalar_one()
        return hook


def keep(town: Town, base: str | None = None) -> str:
    address = town.resources.of(hooks.HookAddress) if base is None else hooks.HookAddress(base)
    return hooks.keep(town.door, address, town.bureau.id, link_of(town))


def subscriptions(town: Town) -> list[dict[str, Any]]:
    return [one for one in town.outside.control.get("/tripletex/subscriptions") if one["company"] == town.book]


def deliveries(town: Town) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = town.outside.control.get("/tripletex/events")
    return found


def arrive(inbound: TestClient[Litestar], delivery: dict[str, Any], **changed: Any) -> int:
    one = delivery | changed
    path = one["url"][one["url"].index("/api/inbound") :]
    return inbound.post(path, content=one["body"], headers=one["headers"]).status_code


def rung(town: Town) -> int:
    """How often the book has been rung for since the last time."""
    town.ran.clear()
    town.work_off()
    return town.ran["ledgers.sync_company"]


def test_a_word_of_the_ledger_makes_the_book_be_read_once_and_the_last_word_is_not_lost(told: Town, inbound: TestClient[Litestar]) -> None:
    invoice = told.invoice(told.customer(), overdue=5)
    told.sync()
    told.clock.move(timedelta(minutes=2))
    told.pay(invoice)
    words = deliveries(told)
    assert {"invoice.charged", "voucher.create", "closeGroup.create", "customer.create"} <= {_event(one) for one in words}
    assert all('"value": {"id"' in one["body"] for one in words), "no more than ids is asked for"
    assert {arrive(inbound, one) for one in words} == {204}
    assert arrive(inbound, words[0]) == 204, "a word that is repeated"
    assert rung(told) == 1
    with told.begin() as work:
        assert told.item_of(work, invoice).state == "paid"
        (line,) = queries.links(work, told.connection_id)
        assert (line.heard_at, line.deaf) == (told.clock.now(), None)
        assert hooks.ring(work) == 0, "what was heard meanwhile waits for its minute"
    told.clock.move(hooks.PAUSE)
    with told.begin() as work:
        assert hooks.ring(work) == 1
        assert hooks.ring(work) == 0


@pytest.mark.parametrize("wrong", ["key", "body", "signature", "none"])
def test_what_the_ledger_has_not_signed_is_refused_and_changes_nothing(told: Town, inbound: TestClient[Litestar], wrong: str) -> None:
    told.customer()
    (word,) = deliveries(told)
    headers, before = dict(word["headers"]), hook_of(told)
    if wrong == "none":
        del headers["x-request-signature"]
    elif wrong == "key":
        headers["idempotency-key"] = str(uuid.uuid4())
    elif wrong == "signature":
        headers["x-request-signature"] = base64.b64encode(b"x" * 64).decode()
    assert arrive(inbound, word, headers=headers, body=word["body"] + (" " if wrong == "body" else "")) == 401
    after = hook_of(told)
    assert (after.last_heard_at, after.wanted_at, after.rung_at) == (before.last_heard_at, None, None)
    assert rung(told) == 0


def test_an_address_of_nobody_does_not_exist(told: Town, inbound: TestClient[Litestar]) -> None:
    told.customer()
    (word,) = deliveries(told)
    head, _, token = word["url"].rpartition("/")
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    strangers = [
        uuid.uuid4().bytes + raw[16:],  # our hook, named as another bureau's
        raw[:16] + uuid.uuid4().bytes + raw[32:],
        raw[:32] + bytes(24),  # its ids known, its secret not
        raw + b"x",
    ]
    for made in (*(base64.urlsafe_b64encode(one).decode().rstrip("=") for one in strangers), "x", "%00", "å" * 70):
        assert arrive(inbound, word, url=f"{head}/{made}") == 404, made
    assert arrive(inbound, word, body="x" * 1_000_001) == 413
    assert hook_of(told).last_heard_at is None
    assert rung(told) == 0


def test_signed_nonsense_and_what_is_about_nothing_of_ours_do_no_harm(told: Town) -> None:
    told.customer()
    (word,) = deliveries(told)
    secret = told.house.vault.open(hook_of(told).secret or b"", f"{told.bureau.id}|ledger_hooks|secret|{hook_of(told).id}")["secret"]
    token = word["url"].rpartition("/")[2]
    for body in (b"[]", b"\xff", b'{"subscriptionId": 999, "event": "order.create", "id": null, "value": null}'):
        hooks.hear(told.door, token, signed(secret, body), body)
    assert rung(told) == 1


def test_a_ledger_that_has_stopped_telling_is_asked_again_at_the_same_address(town: Town) -> None:
    town.outside.control.fault("event/subscription/list", "drop_after")
    assert keep(town) == "failing"
    with town.begin() as work:
        (line,) = queries.links(work, town.connection_id)
        assert line.deaf
    assert keep(town) == "active", "what was made without our knowing is replaced"
    first = subscriptions(town)
    assert sorted(one["event"] for one in first) == sorted(EVENTS)
    with town.begin() as work:
        assert hooks.due(work, ["tripletex"]) == []
    town.outside.control.put(f"/tripletex/subscriptions/{first[0]['id']}/DISABLED_TOO_MANY_ERRORS", {})
    town.clock.move(timedelta(days=1))
    town.ring("ledgers.keep_bureau_hooks")
    again = subscriptions(town)
    assert {one["status"] for one in again} == {"ACTIVE"}
    assert {one["targetUrl"] for one in again} == {first[0]["targetUrl"]}
    assert hook_of(town).external_ids == [str(one["id"]) for one in again]
    assert keep(town) == "active"
    assert subscriptions(town) == again, "one that works is left alone"


def test_nobody_is_listened_to_after_the_end(told: Town, inbound: TestClient[Litestar]) -> None:
    told.customer()
    (word,) = deliveries(told)
    with told.begin() as work:
        connections.leave(work, told.company.id)
    told.ring("ledgers.keep_bureau_hooks")
    assert (hook_of(told).state, subscriptions(told)) == ("ended", [])
    assert arrive(inbound, word) == 404
    with told.begin() as work:
        connections.tick(work, link_of(told))
    assert keep(told) == "active"
    assert arrive(inbound, word) == 404, "the address is another one now"
    door = connections.Door(told.door.begin, told.door.ledgers, told.door.vault)
    connections.disconnect(door, told.bureau.id, SYSTEM, told.connection_id)
    assert (hook_of(told).state, hook_of(told).secret, subscriptions(told)) == ("ended", None, [])


def test_the_simulator_sends_over_http_loses_one_and_sends_one_twice(town: Town) -> None:
    with listener() as (base, heard):
        assert keep(town, base) == "active"
        town.outside.control.put("/tripletex/events", {"skip": 1, "twice": 1})
        town.customer("Tapt AS")
        town.customer("Dobbel AS")
        first, second = heard.get(timeout=10), heard.get(timeout=10)
    assert first == second
    path, headers, body = first
    hooks.hear(town.door, path.rpartition("/")[2], headers, body)
    assert hook_of(town).last_heard_at == town.clock.now()


def test_a_ledger_of_the_world_is_given_no_plain_address(town: Town) -> None:
    def nobody(_store: Any) -> Any:
        raise AssertionError("not asked")

    real = TripletexHooks(nobody)
    assert (real.accepts("https://reskontro.example/x"), real.accepts("http://localhost:8000/x")) == (True, False)

    class Real:
        known = town.door.ledgers.known

        def hooks(self, _ledger: str) -> TripletexHooks:
            return real

    door = Doorway(town.door.begin, Real(), town.door.vault)  # type: ignore[arg-type]
    assert hooks.keep(door, hooks.HookAddress("http://localhost:8000"), town.bureau.id, link_of(town)) == "none"


def test_a_ledger_says_that_it_tells_by_itself_exactly_where_we_listen(town: Town) -> None:
    ledgers = town.door.ledgers
    assert {one.ledger: one.webhooks for one in ledgers.known()} == {
        one.ledger: ledgers.hooks(one.ledger) is not None for one in ledgers.known()
    }


def test_the_signature_is_what_the_vendor_computes() -> None:
    """Worked out beside the code, with openssl, so that both cannot be wrong alike."""
    assert read_hook("hemmelig", OLD_WORDS, OLD_BODY, NOW) == (ChangeHint("", invoice_id="7"),)
    for secret, headers in (
        ("annen", OLD_WORDS),
        ("", OLD_WORDS),
        ("hemmelig", {}),
        ("hemmelig", OLD_WORDS | {"x-request-signature": "å"}),
    ):
        with pytest.raises(RefusedError):
            read_hook(secret, headers, OLD_BODY, NOW)
    with pytest.raises(BrokenError):
        read_hook("hemmelig", signed("hemmelig", b"7"), b"7", NOW)


def signed(secret: str, body: bytes) -> dict[str, str]:
    mac = hmac.digest(secret.encode(), b"k-2&" + body, "sha512")
    return {"Idempotency-Key": "k-2", "X-Request-Signature": base64.b64encode(mac).decode()}


def _event(delivery: dict[str, Any]) -> str:
    return str(json.loads(delivery["body"])["event"])


@contextmanager
def listener() -> Iterator[tuple[str, queue.Queue[tuple[str, dict[str, str], bytes]]]]:
    """Somebody who takes whatever is posted to him."""
    heard: queue.Queue[tuple[str, dict[str, str], bytes]] = queue.Queue()

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.put((self.path, dict(self.headers), self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Taker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", heard
    finally:
        server.shutdown()
        server.server_close()
