"""The SMS gateway against its simulator, and each of its answers in our words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from app.messaging.adapters.link_mobility import LinkMobility, NoGateway, read_report
from app.messaging.ports import Sms
from app.net.errors import RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import HttpClient
from sandbox.link import Behaviour, Gateway, report_of
from sandbox.world import World
from support.sandbox import Control, Running, borrowed_sandbox

SMS = Sms("k" * 52, "Bo Sonner", "+4790000000", "Vi minner om faktura 2041, kr 1 234,50. KID 1234567")
ACCOUNT = {"username": "reskontro", "password": "link-sandbox-password", "platform": "COMMON_API", "partner": "12345"}


@pytest.fixture
def sandbox() -> Iterator[Running]:
    with borrowed_sandbox() as lent:
        yield lent


@pytest.fixture
def world(sandbox: Running) -> World:
    return sandbox.world


@pytest.fixture
def base(sandbox: Running) -> str:
    return sandbox.url


def gateway(base: str, **changes: str) -> LinkMobility:
    return LinkMobility(HttpClient(f"{base}/link/sms", timeout_seconds=3), **(ACCOUNT | changes))


def kept(base: str) -> list[dict[str, Any]]:
    return httpx.get(f"{base}/sms/messages").json()


def test_a_message_is_taken_as_it_is_and_shown(base: str) -> None:
    accepted = gateway(base).send(SMS)
    assert accepted.external_id == "Dcs00000001"
    (got,) = kept(base)
    assert (got["source"], got["destination"], got["text"], got["ref_id"]) == (SMS.sender, SMS.to_number, SMS.text, SMS.our_key)
    assert "Vi minner om faktura 2041" in httpx.get(f"{base}/sms").text


@pytest.mark.parametrize("changes", [{"sender": "Alt for lang avsender"}, {"to_number": "1881"}])
def test_what_the_gateway_does_not_take_is_refused(base: str, changes: dict[str, str]) -> None:
    with pytest.raises(RefusedError):
        gateway(base).send(replace(SMS, **changes))
    assert kept(base) == []


@pytest.mark.parametrize("changes", [{"password": "feil"}, {"partner": "1"}])
def test_a_wrong_account_of_ours_is_no_fault_of_the_number(base: str, changes: dict[str, str]) -> None:
    with pytest.raises(TryLaterError):
        gateway(base, **changes).send(SMS)
    with pytest.raises(TryLaterError, match="LINK_SMS_URL"):
        NoGateway().send(SMS)


def test_a_lost_answer_is_unknown(base: str) -> None:
    control = Control(base)
    control.fault("POST /link/sms/send", "drop_after")
    with pytest.raises(UnknownOutcomeError):
        gateway(base).send(SMS)
    assert len(kept(base)) == 1
    control.close()


@pytest.mark.parametrize(
    ("code", "state"), [(1001, "delivered"), (1000, "undecided"), (1010, "undecided"), (2104, "failed"), (1006, "failed")]
)
def test_a_report_says_what_became_of_it(world: World, base: str, code: int, state: str) -> None:
    world.part("link", Gateway).behaviours[SMS.to_number] = Behaviour(code)
    gateway(base).send(SMS)
    said = read_report(report_of(world.part("link", Gateway).messages[0]))
    assert said is not None
    assert (said.our_key, said.state, said.code, said.reference) == (SMS.our_key, state, code, "Dcs00000001")


@pytest.mark.parametrize("body", [None, [], {}, {"refId": 1, "resultCode": 1001}, {"refId": "x"}, {"refId": "x", "resultCode": "hei"}])
def test_what_is_no_report_says_nothing(body: Any) -> None:
    assert read_report(body) is None


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (429, "", TryLaterError), (503, "", TryLaterError), (500, "", UnknownOutcomeError), (413, "", RefusedError),
        (200, "", UnknownOutcomeError), (200, '{"resultCode": 106101}', TryLaterError), (200, '{"resultCode": 4000}', RefusedError),
        (400, "no json", RefusedError), (401, "", TryLaterError),
    ],
)  # fmt: skip
def test_each_answer_is_told_in_our_words(status: int, body: str, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        LinkMobility(HttpClient("https://sms.example", transport=Canned(status, body)), **ACCOUNT).send(SMS)


def test_taken_without_a_word_is_taken() -> None:
    assert LinkMobility(HttpClient("https://sms.example", transport=Canned(204, "")), **ACCOUNT).send(SMS).external_id == ""


class Canned(httpx.BaseTransport):
    """A counterpart with one answer."""

    def __init__(self, status: int, body: str) -> None:
        self._status = status
        self._body = body

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(self._status, text=self._body)
