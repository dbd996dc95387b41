from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from app.ledgers.adapters.tripletex.hooks import TripletexHooks
from app.ledgers.adapters.tripletex.wire import Wire
from app.net.errors import RefusedError
from app.net.http import HttpClient
from support.ledger_door import NOW, Story
from support.sandbox import borrowed_sandbox
from support.tripletex import CONSUMER, TripletexDoor, tripletex_door
from support.vendor_specs import Recorder, vendor_spec


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with borrowed_sandbox(lambda: NOW) as sandbox:
        yield sandbox.url


@pytest.fixture
def door(base: str) -> Iterator[TripletexDoor]:
    with tripletex_door(base) as made:
        yield made


@pytest.fixture
def story(door: TripletexDoor) -> Story:
    return Story(door)


def test_whole_answers_of_the_simulator_hold_before_the_vendors_specification(door: TripletexDoor, story: Story) -> None:
    judge = vendor_spec("tripletex", nulls=True)
    invoice = story.invoice()
    story.pay(invoice, 125_000)
    story.control.post("/books/reminders", {"invoice": invoice["id"], "on": "2026-11-01"})
    story.invoice(1, charged=False)
    door.connect([story.company]).list_companies()
    group = story.control.get(f"/books/invoices/{invoice['id']}")["lines"][0]["close_group"]
    recorder = Recorder()
    client = httpx.Client(
        base_url=f"{door.base_url}/tripletex/v2", transport=recorder, auth=("0", door.store.current.values["session_token"])
    )
    window, dates = "invoiceDateFrom=2026-01-01&invoiceDateTo=2027-01-01", "dateFrom=2026-01-01&dateTo=2027-01-01"
    for path in (
        f"/invoice?{window}", f"/invoice/{invoice['id']}?fields=*,customer(*,postalAddress(*)),postings(*),reminders(*)",
        "/customer?fields=*", f"/customer/{story.customer}", f"/ledger/posting?{dates}&fields=*,changes", f"/ledger/closeGroup?{dates}",
        f"/ledger/closeGroup/{group}",
        f"/reminder?{dates}", "/ledger/posting/openPost?date=2026-11-01", "/invoice/paymentType", "/company/>withLoginAccess",
        f"/company/{story.company}", "/token/session/>whoAmI",
    ):  # fmt: skip
        assert client.get(path).status_code == 200, path
    legacy = {"consumerToken": CONSUMER, "employeeToken": door.key, "expirationDate": "2026-11-22"}
    made = client.put("/token/session/:create", params=legacy)
    assert made.status_code == 200
    assert client.delete(f"/token/session/{made.json()['value']['token']}").status_code == 204
    assert client.get("/customer?fields=nonsense").status_code == 400
    assert recorder.problems(judge, "/tripletex/v2") == []
    missing = client.get("/invoice")
    assert (missing.status_code, missing.json()["code"], missing.json()["validationMessages"][0]["field"]) == (
        422,
        18000,
        "invoiceDateFrom",
    )


def test_unchanged_lists_are_answered_304(door: TripletexDoor, story: Story) -> None:
    door.connect([story.company]).list_companies()
    client = httpx.Client(base_url=f"{door.base_url}/tripletex/v2", auth=("0", door.store.current.values["session_token"]))
    assert client.get("/customer").json()["versionDigest"] == "'If-None-Match' header not specified"
    known = client.get("/customer", headers={"If-None-Match": "x"}).json()["versionDigest"]
    assert client.get("/customer", headers={"If-None-Match": known}).status_code == 304
    story.control.post("/books/customers", {"company": story.company, "name": "Ny kunde"})
    assert client.get("/customer", headers={"If-None-Match": known}).status_code == 200


def test_the_books_balance_behind_every_story(door: TripletexDoor, story: Story) -> None:
    invoice = story.invoice()
    story.pay(invoice, 25_000)
    story.control.post("/books/credit-notes", {"invoice": invoice["id"], "amount_ore": 10_000, "on": "2026-11-02"})
    ledger = door.connect([story.company])
    ledger.register_payment(story.external, story.order(story.items(ledger)[str(invoice["number"])], 5_000))
    client = httpx.Client(base_url=f"{door.base_url}/tripletex/v2", auth=("0", door.store.current.values["session_token"]))
    lines = client.get("/ledger/posting", params={"dateFrom": "2026-01-01", "dateTo": "2027-01-01"}).json()["values"]
    assert sum(line["amount"] for line in lines) == 0
    assert sum(line["amountCurrency"] for line in lines if line["customer"]) == 850


def test_the_judge_is_not_blind(door: TripletexDoor, story: Story) -> None:
    judge = vendor_spec("tripletex", nulls=True)
    asked = httpx.Request("GET", "http://x/tripletex/v2/invoice?invoiceDateFrom=2026-01-01&changedSince=2026-01-01&count=many")
    told = httpx.Response(200, json={"values": [{"id": "one", "dueDate": "2026-01-01"}]})
    found = " | ".join(judge.problems(asked, told, "/tripletex/v2"))
    for word in ("required parameter invoiceDateTo", "parameter changedSince", "count=many", "dueDate", "'one' is not"):
        assert word in found
    assert "no such call" in judge.problems(httpx.Request("GET", "http://x/tripletex/v2/invoices"), told, "/tripletex/v2")[0]


def test_subscriptions_hold_before_the_vendors_specification(door: TripletexDoor, story: Story) -> None:
    judge, recorder = vendor_spec("tripletex", nulls=True), Recorder()
    door.connect([story.company]).list_companies()
    http = HttpClient(f"{door.base_url}/tripletex/v2", transport=recorder)
    hooks = TripletexHooks(lambda store: Wire(http, store, door.clock, CONSUMER), sends_plainly=True)
    for _ in range(2):
        made = hooks.subscribe(door.store, story.external, "https://reskontro.example/h", "hemmelig")
    assert hooks.is_alive(door.store, story.external, made.external_ids)
    assert len(door.control.get("/tripletex/subscriptions")) == len(made.external_ids)
    other = Story(door)
    door.connect([other.company])
    assert not hooks.is_alive(door.store, other.external, made.external_ids), "another company's key sees nothing of them"
    hooks.unsubscribe(door.store, other.external, made.external_ids)
    assert len(door.control.get("/tripletex/subscriptions")) == len(made.external_ids)
    assert recorder.problems(judge, "/tripletex/v2") == []
    refused = [{"event": "invoice.update", "targetUrl": "https://x.example"}, {"event": "voucher.create", "targetUrl": "x"}]
    wire = Wire(http, door.store, door.clock, CONSUMER)
    for asked in refused:
        with pytest.raises(RefusedError):
            wire.post(other.external, "/event/subscription", asked)
