from __future__ import annotations

import hashlib
import hmac
import json
import re
import warnings
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from app.ledgers.adapters.unimicro import BRANDS, read_hook, vendor
from app.ledgers.adapters.unimicro.filters import UnfilteredError
from app.ledgers.adapters.unimicro.wire import refusal_of
from app.ledgers.errors import ModuleMissingError, PermissionMissingError
from app.ledgers.ports import ChangeHint, Confidence, ItemKind, ItemState, LedgerNoticeKind, PaymentOrder
from app.net.errors import BrokenError, RefusedError, UnknownOutcomeError, UnsupportedError
from app.net.http import Reply
from app.settings import read_settings
from app.values.clock import FixedClock
from ledgers.adapters.contract import LedgerContract
from support.ledger_door import NOW, TODAY, LedgerDoor, MemoryStore, Story
from support.sandbox import borrowed_sandbox
from support.unimicro import UnimicroDoor, unimicro_door
from support.vendor_specs import ENVIRONMENT


@pytest.fixture(scope="module")
def still() -> Iterator[str]:
    with borrowed_sandbox(lambda: NOW) as sandbox:
        yield sandbox.url


@pytest.fixture
def door(still: str) -> Iterator[UnimicroDoor]:
    with unimicro_door(still) as made:
        yield made


@pytest.fixture
def story(door: UnimicroDoor) -> Story:
    return Story(door)


class TestUnimicro(LedgerContract):
    @pytest.fixture
    def door(self, still: str) -> Iterator[LedgerDoor]:
        with unimicro_door(still) as made:
            yield made


@pytest.mark.parametrize("brand", BRANDS)
def test_each_brand_is_let_in_at_its_own_login_and_asked_at_its_own_address(still: str, brand: str) -> None:
    """By the settings as they are with the sandbox on, through the consent page."""
    with unimicro_door(still, brand) as door:
        story = Story(door)
        settings = read_settings({"RESKONTRO_SANDBOX": "on", "RESKONTRO_SANDBOX_PORT": str(urlsplit(still).port)})
        wired = {one.capabilities.ledger: one for one in vendor(settings.ledgers, FixedClock(NOW))}
        assert (list(wired), wired[brand].capabilities.label, wired[brand].offered) == (list(BRANDS), BRANDS[brand], True)
        consent = wired[brand].consent
        assert consent is not None
        asked = consent.begin("http://127.0.0.1:8000/return")
        credential = consent.finish(asked, _visit(asked.url))
        ledger = wired[brand].opener(MemoryStore(dict(credential.values)))
        assert story.external in [company.external_id for company in ledger.list_companies()]
        others = next(other for other in BRANDS if other != brand)
        assert wired[others].opener(MemoryStore(dict(credential.values))).capabilities.ledger == others
        consent.revoke(credential)
        with pytest.raises(RefusedError):
            ledger.list_companies()


def _visit(url: str) -> dict[str, str]:
    with httpx.Client(trust_env=False, verify=False) as browser:
        page = browser.get(url)
        form: dict[str, Any] = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
        form["company"] = re.findall(r'name="company" value="(\d+)"', page.text)
        back = browser.post(str(page.url.copy_with(query=None)), data={**form, "decision": "allow"})
    return dict(parse_qsl(urlsplit(back.headers["location"]).query))


@pytest.mark.parametrize("field", ["RestAmount", "SubAccount.CustomerID", "ID"])
def test_a_filter_that_was_not_understood_is_an_error_and_never_an_answer(door: UnimicroDoor, story: Story, field: str) -> None:
    """The platform ignores a filter with a field it does not know: paid invoices would come back as if they were open."""
    story.pay(story.invoice(), 125_000)
    story.invoice(70_000)
    ledger = story.connect()
    assert len(story.items(ledger)) == 1
    door.control.put("/unimicro/dropped-fields", [field])
    with pytest.raises(UnfilteredError):
        story.items(ledger)


def test_customers_are_all_read_where_the_filter_by_time_is_not_understood(door: UnimicroDoor, story: Story) -> None:
    door.control.put("/unimicro/dropped-fields", ["UpdatedAt"])
    found = list(story.connect().fetch_customers(story.external, NOW + timedelta(days=2)))
    assert [customer.name for customer in found] == ["Kari Nordmann"]


@pytest.mark.parametrize("field", ["SubAccount.CustomerID", "FinancialDate"])
def test_a_sum_over_more_than_was_asked_for_is_an_error(door: UnimicroDoor, story: Story, field: str) -> None:
    story.invoice()
    story.invoice(70_000, issued_on="2026-11-19", due_on="2026-12-01")
    ledger = story.connect()
    assert ledger.receivables_balance(story.external, date(2026, 11, 1)) == 125_000
    door.control.put("/unimicro/dropped-fields", [field])
    with pytest.raises(UnfilteredError):
        ledger.receivables_balance(story.external, date(2026, 11, 1))


def test_a_page_cut_shorter_than_asked_is_not_the_last(door: UnimicroDoor, story: Story) -> None:
    numbers = {str(story.invoice(1_000 * n)["number"]) for n in range(1, 6)}
    door.control.put("/unimicro/page-cap", {"rows": 2})
    assert set(story.items(story.connect())) == numbers


def test_a_line_without_a_status_counts_and_an_invoice_without_one_is_a_doubt(door: UnimicroDoor, story: Story) -> None:
    invoice = story.invoice()
    door.control.put(f"/unimicro/invoices/{invoice['id']}/marks", {"without_status": True})
    item = story.items(story.connect())[str(invoice["number"])]
    assert (item.remaining_ore, item.confidence) == (125_000, Confidence.MEDIUM) and "status" in item.doubts[0]


def test_money_tied_to_no_invoice_is_the_customers_credit_until_it_is_matched(story: Story) -> None:
    invoice = story.invoice()
    paid = story.control.post("/books/payments", {"customer": story.customer, "amount_ore": 5_000, "on": "2026-11-04"})
    ledger = story.connect()
    (loose,) = [item for item in ledger.fetch_open_items(story.external, TODAY) if item.remaining_ore < 0]
    assert (loose.kind, loose.remaining_ore, loose.customer_id) == (ItemKind.PAYMENT, -5_000, str(story.customer))
    assert ledger.read_item(story.external, loose.external_id, None).state is ItemState.OPEN
    story.control.post(f"/books/payments/{paid['id']}/match", {"invoice": invoice["id"]})
    assert [item.remaining_ore for item in ledger.fetch_open_items(story.external, TODAY)] == [120_000]
    assert ledger.read_item(story.external, loose.external_id, None).state is ItemState.PAID


@pytest.mark.parametrize(
    ("mark", "state"),
    [({"write_off_entry": 7}, ItemState.GONE), ({"sold": True}, ItemState.OPEN), ({"collector_status": 42502}, ItemState.OPEN)],
    ids=["written off", "sold", "with an agency"],
)
def test_what_the_ledger_has_done_away_with_or_given_away_is_told(
    door: UnimicroDoor, story: Story, mark: dict[str, Any], state: ItemState
) -> None:
    invoice = story.invoice()
    ledger = story.connect()
    item = story.items(ledger)[str(invoice["number"])]
    door.control.put(f"/unimicro/invoices/{invoice['id']}/marks", mark)
    live = ledger.read_item(story.external, item.external_id, item.invoice_id)
    given = [] if state is ItemState.GONE else [LedgerNoticeKind.COLLECTION]
    assert (live.state, [notice.kind for notice in live.own_notices]) == (state, given)


def test_its_own_reminders_are_read_and_make_its_switches_a_conflict(door: UnimicroDoor, story: Story) -> None:
    invoice = story.invoice()
    ledger = story.connect()
    reminder = {"invoice": invoice["id"], "on": "2026-11-03", "charge_ore": 3_500, "deadline_on": "2026-11-17"}
    story.control.post("/books/reminders", {**reminder, "kind": "REGISTERED"})
    (customer,) = ledger.fetch_customers(story.external)
    assert customer.own_dunning == () and ledger.probe(story.external).own_dunning == ()
    story.control.post("/books/reminders", reminder)
    item = story.items(ledger)[str(invoice["number"])]
    assert [(n.on, n.kind, n.fee_ore, n.deadline_on) for n in item.own_notices] == [
        (date(2026, 11, 3), LedgerNoticeKind.REMINDER, 3_500, date(2026, 11, 17))
    ]
    (customer,) = ledger.fetch_customers(story.external)
    probe = ledger.probe(story.external)
    assert (customer.own_dunning, probe.own_dunning, probe.ok) == (("DontSendReminders",), ("invoicereminders",), True)
    door.control.put(f"/unimicro/customers/{story.customer}/reminder-stop", {"on": True})
    (customer,) = ledger.fetch_customers(story.external)
    assert customer.own_dunning == ()


def test_a_payment_of_ours_carries_our_key_and_anothers_is_not_taken_for_it(door: UnimicroDoor, story: Story) -> None:
    invoice = story.invoice()
    ledger = story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    receipt = ledger.register_payment(story.external, order)
    later = PaymentOrder("0190a0de-0000-7000-8000-000000000002", *_rest(order))
    assert ledger.find_payment(story.external, later) is None
    assert ledger.find_payment(story.external, order) == receipt
    for _ in range(2):
        story.pay(invoice, 40_000, TODAY.isoformat())
    with pytest.raises(UnknownOutcomeError):
        ledger.find_payment(story.external, later)


def _rest(order: PaymentOrder) -> tuple[Any, ...]:
    return order.invoice_id, order.paid_on, order.amount_ore, order.currency, order.text


def test_a_payment_whose_mark_failed_stands_and_is_marked_when_found(door: UnimicroDoor, story: Story) -> None:
    invoice = story.invoice()
    ledger = story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    door.control.fault("PUT /unimicro/dnb_regnskap/api/biz/journalentries", "status", status=500)
    receipt = ledger.register_payment(story.external, order)
    assert ledger.find_payment(story.external, order) == receipt
    other = PaymentOrder("0190a0de-0000-7000-8000-000000000002", *_rest(order))
    assert ledger.find_payment(story.external, other) is None, "the first look has put our mark on it"


def test_a_reversal_asked_for_twice_is_found_and_one_of_another_invoice_refused(story: Story) -> None:
    invoice, other = story.invoice(), story.invoice(70_000)
    ledger = story.connect()
    items = story.items(ledger)
    order = story.order(items[str(invoice["number"])])
    receipt = ledger.register_payment(story.external, order)
    with pytest.raises(RefusedError):
        ledger.reverse_payment(story.external, story.order(items[str(other["number"])]), receipt, TODAY)
    assert ledger.reverse_payment(story.external, order, receipt, TODAY) == ledger.reverse_payment(story.external, order, receipt, TODAY)
    assert story.remaining(invoice) == 125_000


def test_an_invoice_in_another_currency_is_not_paid_by_us(story: Story) -> None:
    invoice = story.invoice(10_000, currency="EUR", rate="11.5")
    ledger = story.connect()
    with pytest.raises(UnsupportedError):
        ledger.register_payment(story.external, story.order(story.items(ledger)[str(invoice["number"])]))
    assert story.remaining(invoice) == 10_000


def test_a_company_that_did_not_let_us_in_is_named_and_a_forged_key_never_sent(door: UnimicroDoor, story: Story) -> None:
    ledger = story.connect()
    outside = Story(UnimicroDoor(door.base_url))
    with pytest.raises(PermissionMissingError):
        list(ledger.fetch_open_items(outside.external, TODAY))
    assert not ledger.probe(outside.external).ok
    sent = len(door.recorders[-1].exchanges)
    with pytest.raises(RefusedError):
        list(ledger.fetch_open_items("x\r\nAuthorization: y", TODAY))
    assert len(door.recorders[-1].exchanges) == sent


def test_refusals_are_told_apart() -> None:
    reply = Reply(403, {}, json.dumps({"Message": "Selskapet mangler lisens for produktet"}).encode())
    assert isinstance(refusal_of(reply, "GET /x", False), ModuleMissingError)
    garbled = Reply(200, {}, b"<html>")
    with pytest.raises(BrokenError):
        garbled.json()


class TestHook:
    """A webhook is a reason to fetch, and only if it is really the platform's."""

    SECRET = "hush"

    def signed(
        self, event: Any, at: datetime = NOW, header: str = "Unimicro-Signature", secret: str = SECRET
    ) -> tuple[dict[str, str], bytes]:
        body = json.dumps(event).encode()
        stamp = str(int(at.timestamp()))
        mark = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return {header: f"t={stamp}, v1={mark}"}, body

    @pytest.mark.parametrize("header", ["Unimicro-Signature", "softrig-signature"])
    def test_an_invoice_that_changed_is_hinted_at(self, header: str) -> None:
        event = {"EntityName": "CustomerInvoice", "EventType": "Update", "Entity": {"ID": 17, "RestAmount": 0}, "CompanyKey": "k-1"}
        assert read_hook(self.SECRET, *self.signed(event, header=header), NOW) == (ChangeHint("k-1", "17", "17"),)

    def test_a_deletion_a_payment_and_anything_else(self) -> None:
        events = [
            {"EntityName": "CustomerInvoice", "EventType": "Delete", "EntityID": 18, "Entity": {}},
            {"EntityName": "Payment", "EventType": "Create", "Entity": {"ID": 3, "CustomerInvoiceID": 19}},
            {"EntityName": "Customer", "EventType": "Update", "Entity": {"ID": 4}},
        ]
        told = read_hook(self.SECRET, *self.signed(events), NOW)
        assert told == (ChangeHint("", "18", "18"), ChangeHint("", "19", "19"), ChangeHint(""))

    def test_forged_unsigned_old_and_garbled_ones_are_refused(self) -> None:
        headers, body = self.signed({"EntityName": "CustomerInvoice", "EntityID": 1})
        for wrong in (({}, body), (headers, body + b" "), ({"unimicro-signature": "t=1,v1="}, body)):
            with pytest.raises(RefusedError):
                read_hook(self.SECRET, *wrong, NOW)
        with pytest.raises(RefusedError):
            read_hook("", *self.signed({}, secret=""), NOW)
        with pytest.raises(RefusedError, match="old"):
            read_hook(self.SECRET, headers, body, NOW + timedelta(minutes=6))
        with pytest.raises(BrokenError):
            read_hook(self.SECRET, *self.signed("text"), NOW)


def test_every_field_we_name_is_one_the_platform_declares(door: UnimicroDoor, story: Story) -> None:
    """Filters, and what is written: a name the platform does not know would be ignored there."""
    folder = ENVIRONMENT.get("VENDOR_SPECS")
    path = Path(folder or "/nowhere") / "unimicro" / "unimicro-entity-fields.json"
    if not path.exists():
        reason = f"VENDOR_SPECS names no folder with {path.name}: nothing is checked against Unimicro's own fields"
        warnings.warn(reason, stacklevel=1)
        pytest.skip(reason)
    declared = {entity["route"]: set(entity["fields"]) for entity in json.loads(path.read_text()).values() if "fields" in entity}
    invoice = story.invoice()
    story.control.post("/books/reminders", {"invoice": invoice["id"], "on": "2026-11-03"})
    ledger = story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    receipt = ledger.register_payment(story.external, order)
    ledger.find_payment(story.external, order)
    ledger.reverse_payment(story.external, order, receipt, TODAY)
    list(ledger.fetch_customers(story.external, NOW))
    list(ledger.fetch_supplier_items(story.external, TODAY))
    ledger.fetch_changes(story.external, NOW.isoformat())
    #: read from the platform's own pages (their models), not in its field tables
    elsewhere = {"SubAccount.CustomerID", "SubAccount.SupplierID"}
    checked = 0
    for entity, fields in declared.items():
        for asked in door.asked(entity):
            named = set(re.findall(r"([\w.]+) (?:eq|gt|ge|lt|le) ", asked.get("filter", ""))) - elsewhere
            relation = {field for field in named if field.startswith("Info.")}
            assert named - relation <= fields and {field.removeprefix("Info.") for field in relation} <= declared["business-relations"]
            checked += len(named)
    (paid,) = [r for r, _ in door.recorders[-1].exchanges if r.url.params.get("action") == "payInvoice"]
    assert set(json.loads(paid.content)) <= declared["payments"] and checked > 20
    told = [(r.url.path.rpartition("/")[2], json.loads(a.content)) for r, a in door.recorders[-1].exchanges if r.method == "GET"]
    for entity, rows in told:
        if entity in declared and isinstance(rows, list):
            for row in rows:
                plain = {name for name, value in row.items() if not isinstance(value, dict | list)}
                assert plain - {"SubAccount"} <= declared[entity], entity
