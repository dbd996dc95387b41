"""Webhooks of agencies: a signed word about a case of ours makes the agency be asked, once; no word is taken as data."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.datastructures import State
from litestar.testing import TestClient
from sqlalchemy import select

from app.agencies import hooks
from app.agencies.adapters.amili.hooks import SIGNATURES, AmiliHooks
from app.agencies.adapters.kravia import KraviaHooks
from app.agencies.hook_models import AgencyHook
from app.agencies.hooks import AgencyDoorway
from app.api.inbound.mail import inbound_routes
from app.db.vault import Vault
from app.jobs.models import OutboxMessage
from app.jobs.resources import Resources
from app.net.errors import BrokenError, RefusedError
from app.values.clock import FixedClock
from sandbox.amili.webhook import signed
from sandbox.kravia.webhook import signed_event
from support import make
from support.agency_desk import Desk, OneAgency, PaperAgency, desk, kravia
from support.sandbox import Control, borrowed_sandbox

ORG = "0e0a2a4c-6f0e-4d0a-9d0c-5f1f2b3c4d5e"


@dataclass
class Door:
    at: Desk
    door: AgencyDoorway
    inbound: TestClient[Litestar]
    clock: FixedClock

    def keep(self, at: Desk | None = None) -> str:
        one = at or self.at
        return hooks.keep(self.door, one.bureau.id, one.agreement.id)

    def hook(self, at: Desk | None = None) -> AgencyHook:
        one = at or self.at
        with self.door.begin(make.scope(one.bureau)) as work:
            return work.session.execute(select(AgencyHook).where(AgencyHook.agreement_id == one.agreement.id)).scalar_one()

    def address(self) -> hooks.Written:
        with self.at.work() as work:
            found = hooks.written(work, self.door, self.at.agreement.id)
            assert found is not None
            return found

    def say(self, event: str, data: dict[str, Any], *, key: str = "k-1", secret: str | None = None, url: str | None = None) -> int:
        """A word of Amili's, as its simulator signs it."""
        name = "eventType" if event.startswith("CASE") else "type"
        body, headers = signed(self.address().secret if secret is None else secret, event, {"id": key, name: event, "data": data})
        return self.post(url or self.address().url, body, headers)

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        return self.inbound.post(url[url.index("/api/inbound") :], content=body, headers=headers).status_code

    def rung(self) -> int:
        """How often asking has been rung for and not yet done; the bells are taken away."""
        with self.at.work() as work:
            found = work.session.execute(select(OutboxMessage).where(OutboxMessage.job == "agencies.poll_agreement")).scalars().all()
            for one in found:
                work.session.delete(one)
            return len(found)


@pytest.fixture
def told(resources: Resources, clock: FixedClock) -> Iterator[Door]:
    yield from opened(resources, clock, OneAgency(PaperAgency(), AmiliHooks()), ORG)


def opened(resources: Resources, clock: FixedClock, agencies: OneAgency, creditor_ref: str) -> Iterator[Door]:
    at = desk(resources, agencies.agency, creditor_ref=creditor_ref)
    door = AgencyDoorway(resources.begin, agencies, resources.of(Vault), "http://reskontro.example")
    state = State({"agency_doorway": door, "inbound_mail_secret": None, "sms_report_secret": None})
    with TestClient(Litestar([inbound_routes()], state=state, logging_config=None), raise_server_exceptions=False) as client:
        yield Door(at, door, client, clock)


def case_data(number: str = "5000001", org: str = ORG) -> dict[str, Any]:
    return {"orgId": org, "caseId": "c", "caseNumber": number, "type": "COLLECTION_NOTICE", "status": "OPEN", "invoices": []}


def test_a_signed_word_about_a_case_of_ours_rings_once_and_the_last_word_is_not_lost(told: Door) -> None:
    make.agency_case(told.at.database, told.at.agreement, told.at.claim, external_id="5000001", state="registered")
    assert told.keep() == "by_hand"
    words = [told.say("CASE_UPDATED", {**case_data(), "fields": ["status"]}, key=f"k-{number}") for number in range(5)]
    assert set(words) == {204}
    assert told.rung() == 1, "a burst rings once"
    assert told.hook().wanted_at is not None, "what came meanwhile waits for its minute"
    with told.at.work() as work:
        assert hooks.ring(work) == 0
    told.clock.move(hooks.PAUSE)
    with told.at.work() as work:
        assert hooks.ring(work) == 1
    assert told.rung() == 1
    told.clock.move(hooks.PAUSE)
    assert told.say("CASE_UPDATED", case_data(), key="k-3") == 204, "told again, with the same key"
    assert told.rung() == 0


@pytest.mark.parametrize(
    ("event", "data", "rings"),
    [
        ("BATCH_COMPLETED", {"batchId": "b-1", "organizationId": ORG, "status": "SUCCESS"}, 1),
        ("SETTLEMENT_CREATED", {"settlementId": "s", "organizationId": ORG, "caseNumber": "5000001"}, 1),
        ("CASE", case_data(), 1),
        ("CASE", case_data("5999999"), 0),
        ("BATCH_COMPLETED", {"batchId": "b-2", "organizationId": ORG, "status": "FAILED"}, 0),
        ("CASE", case_data(org="another"), 0),
        ("SETTLEMENT_CREATED", {"settlementId": "s", "organizationId": ORG}, 0),
        ("SOMETHING_NEW", case_data(), 0),
        ("CASE", [], 0),
    ],
)  # fmt: skip
def test_only_what_is_about_a_case_of_ours_makes_the_agency_be_asked(told: Door, event: str, data: Any, rings: int) -> None:
    make.agency_case(told.at.database, told.at.agreement, told.at.claim, external_id="5000001", consignment="b-1", state="registered")
    told.keep()
    assert told.say(event, data) == 204
    assert told.rung() == rings
    assert (told.hook().wanted_at, told.at.the_case().state) == (None, "registered"), "nothing it says is believed"


def test_a_word_that_overtakes_the_answer_is_heard(told: Door) -> None:
    make.agency_case(told.at.database, told.at.agreement, told.at.claim, external_id=None, state="in_doubt")
    told.keep()
    assert told.say("CASE", case_data()) == 204
    assert told.rung() == 1


def test_what_is_not_signed_is_refused_and_changes_nothing(told: Door) -> None:
    make.agency_case(told.at.database, told.at.agreement, told.at.claim, external_id="5000001", state="registered")
    told.keep()
    before = told.hook()
    assert told.say("CASE", case_data(), secret="guessed") == 401
    body, headers = signed(told.address().secret, "CASE", {"id": "k", "eventType": "CASE", "data": case_data()})
    assert told.post(told.address().url, body + b" ", headers) == 401
    del headers["x-webhook-signature"]
    assert told.post(told.address().url, body, headers) == 401
    after = told.hook()
    assert (after.last_heard_at, after.wanted_at, after.heard_keys) == (before.last_heard_at, None, [])
    assert told.rung() == 0


def test_an_address_of_nobody_does_not_exist(told: Door) -> None:
    told.keep()
    head, _, token = told.address().url.rpartition("/")
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    neighbour = make.bureau(told.at.database)
    for strange in (raw[:-1] + bytes([raw[-1] ^ 1]), neighbour.id.bytes + raw[16:], b"short"):
        there = f"{head}/{base64.urlsafe_b64encode(strange).decode().rstrip('=')}"
        assert told.say("CASE", case_data(), url=there) == 404
    assert told.rung() == 0


def test_a_neighbours_case_of_the_same_number_is_untouched(told: Door, resources: Resources) -> None:
    neighbour = desk(resources, PaperAgency(), creditor_ref="another")
    make.agency_case(neighbour.database, neighbour.agreement, neighbour.claim, external_id="5000001", state="registered")
    assert told.keep(neighbour) == told.keep() == "by_hand"
    assert told.say("CASE", case_data()) == 204
    assert told.rung() == 0
    assert told.hook(neighbour).last_heard_at is None
    with neighbour.work() as work:
        assert work.session.execute(select(OutboxMessage.id).where(OutboxMessage.job == "agencies.poll_agreement")).all() == []


def test_an_agreement_that_is_over_and_done_hears_no_more(told: Door) -> None:
    told.keep()
    written = told.address()
    told.at.change(told.at.agreement, valid_until=told.clock.today())
    told.clock.move(timedelta(days=1))
    with told.at.work() as work:
        assert hooks.due(work, ["kravia"]) == [told.at.agreement.id]
    assert told.keep() == "ended"
    assert told.say("CASE", case_data(), secret=written.secret, url=written.url) == 404
    with told.at.work() as work:
        assert hooks.due(work, ["kravia"]) == []


def test_amilis_signature_is_made_as_the_agreement_says() -> None:
    body = json.dumps({"id": "1", "eventType": "CASE", "data": case_data()}).encode()
    for name, sign in SIGNATURES.items():
        headers = {"x-webhook-signature": sign(b"key", body)}
        assert AmiliHooks().read("key", {"webhook_signature": name}, headers, body).case == "5000001"
        with pytest.raises(RefusedError):
            AmiliHooks().read("other", {"webhook_signature": name}, headers, body)
    with pytest.raises(RefusedError):
        AmiliHooks().read("key", {"webhook_signature": "none"}, {"x-webhook-signature": ""}, body)
    with pytest.raises(BrokenError):
        AmiliHooks().read("key", {}, {"x-webhook-signature": SIGNATURES["hmac-sha256-hex"](b"key", b"[]")}, b"[]")


def test_kravia_is_asked_to_send_and_is_told_when_it_should_not(resources: Resources, clock: FixedClock) -> None:
    with borrowed_sandbox(clock.now) as sandbox:
        control = Control(sandbox.url)
        control.put("/kravia/creditors/7", {"name": "Fjordvik Handel AS"})
        for told in opened(resources, clock, OneAgency(kravia(sandbox.url), KraviaHooks()), "7"):
            make.agency_case(told.at.database, told.at.agreement, told.at.claim, external_id="1553002", state="registered")
            control.fault("/webhook", "status", status=503)
            assert told.keep() == "failing"
            assert told.keep() == "active"
            creditor = sandbox.world.part("kravia", type(sandbox.world._parts["kravia"])).creditors[7]  # type: ignore[attr-defined]
            assert creditor.webhook_enabled
            for claim, expected in ((1553002, 1), (1, 0)):
                event = signed_event(claim, 1663063069, creditor.webhook_secret, "json_secret")
                assert told.post(creditor.webhook_url, json.dumps(event).encode(), {}) == 204
                assert told.rung() == expected
            wrong = signed_event(1553002, 1663063070, "guessed", "json_secret")
            assert told.post(creditor.webhook_url, json.dumps(wrong).encode(), {}) == 401
            told.at.change(told.at.agreement, valid_until=clock.today())
            assert told.keep() == "active", "its case is not at its end"
            told.at.change(told.at.the_case(), state="paid")
            assert told.keep() == "ended"
            assert not creditor.webhook_enabled
        control.close()
