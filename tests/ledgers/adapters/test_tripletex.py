from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from app.ledgers.errors import AuthRevokedError, ModuleMissingError, PermissionMissingError, WrongEnvironmentError
from app.ledgers.ports import Confidence, ItemKind, ItemState, LedgerNotice, LedgerNoticeKind, PaymentOrder
from app.net.errors import RefusedError, TryLaterError, UnknownOutcomeError
from ledgers.adapters.contract import LedgerContract
from support.ledger_door import NOW, TODAY, LedgerDoor, MemoryStore, Story
from support.sandbox import borrowed_sandbox
from support.tripletex import CONSUMER, TripletexDoor, tripletex_door
from support.vendor_specs import vendor_spec


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


class TestTripletex(LedgerContract):
    @pytest.fixture
    def door(self, base: str) -> Iterator[LedgerDoor]:
        with tripletex_door(base) as made:
            yield made


def test_what_is_asked_and_answered_is_what_the_vendor_wrote_down(door: TripletexDoor, story: Story) -> None:
    judge = vendor_spec("tripletex", nulls=True)
    invoice = story.invoice(kid="1234567897")
    story.pay(invoice, 25_000)
    story.control.post("/books/reminders", {"invoice": invoice["id"], "on": "2026-11-01", "charge_ore": 3_500})
    other = story.invoice(1_000)
    story.control.post("/books/credit-notes", {"invoice": other["id"], "on": "2026-11-02"})
    ledger = door.connect([story.company])
    ledger.list_companies()
    ledger.probe(story.external)
    item = story.items(ledger)[str(invoice["number"])]
    ledger.read_item(story.external, item.external_id, item.invoice_id)
    ledger.read_item(story.external, item.external_id, None)
    ledger.register_payment(story.external, story.order(item))
    ledger.find_payment(story.external, story.order(item))
    list(ledger.fetch_customers(story.external, NOW))
    owed = {"company": story.company, "supplier": "Trelast AS", "number": "F-1", "amount_ore": 100, "issued_on": "2026-11-01"}
    story.control.post("/books/supplier-invoices", {**owed, "due_on": "2026-12-01"})
    assert list(ledger.fetch_supplier_items(story.external, TODAY))
    ledger.receivables_balance(story.external, TODAY)
    ledger.bank_balances(story.external, TODAY)
    small = story.order(item, 100)
    ledger.reverse_payment(story.external, small, ledger.register_payment(story.external, small), TODAY)
    with pytest.raises(RefusedError):
        ledger.register_payment(story.external, PaymentOrder("k", "1", TODAY, 100, "NOK", ""))
    door.limits(result_cap=1)
    with pytest.raises(RefusedError):
        list(ledger.fetch_open_items(story.external, TODAY))
    assert len(door.recorders[0].exchanges) > 10
    assert door.recorders[0].problems(judge, "/tripletex/v2") == []


def test_an_accountants_key_reaches_its_clients_and_not_the_bureaus_own_books(door: TripletexDoor, story: Story) -> None:
    other = Story(door)
    bureau = story.control.post("/books/companies", {"vendor": "tripletex", "name": "Byrået AS"})["id"]
    invoice = other.invoice()
    ledger = door.connect([bureau], clients=[story.company, other.company])
    assert [c.external_id for c in ledger.list_companies()] == [story.external, other.external]
    assert set(other.items(ledger)) == {str(invoice["number"])}
    assert story.items(ledger) == {}
    with pytest.raises(PermissionMissingError):
        list(ledger.fetch_customers(str(bureau)))
    with pytest.raises(PermissionMissingError):
        list(ledger.fetch_customers(str(Story(door).company)))


def test_payment_types_are_each_companys_own(door: TripletexDoor, story: Story) -> None:
    other = Story(door)
    bureau = story.control.post("/books/companies", {"vendor": "tripletex", "name": "Byrået AS"})["id"]
    ledger = door.connect([bureau], clients=[story.company, other.company])
    for each in (story, other):
        invoice = each.invoice()
        ledger.register_payment(each.external, each.order(each.items(ledger)[str(invoice["number"])]))
        line = each.control.get(f"/books/invoices/{invoice['id']}")["lines"][-1]
        account = next(a for a in each.control.get(f"/books/companies/{each.company}")["bank_accounts"] if a["id"] == line["bank_account"])
        assert (account["company"], account["code"]) == (each.company, "1920")


def test_one_session_serves_many_calls_and_workers(door: TripletexDoor, story: Story) -> None:
    ledger = door.connect([story.company])
    story.items(ledger)
    story.items(door.open())
    assert door.store.renewals == 1
    assert door.store.current.expires_at == datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
    door.clock.move(timedelta(days=2))
    story.items(ledger)
    assert door.store.renewals == 2


def test_a_key_of_another_environment_is_named(door: TripletexDoor, story: Story) -> None:
    door.connect([story.company])
    with pytest.raises(WrongEnvironmentError):
        door.open(consumer="prod-consumer").list_companies()
    door.store = MemoryStore({"employee_token": "prod-key"})
    with pytest.raises(WrongEnvironmentError):
        door.open(consumer="prod-consumer").list_companies()
    door.store = MemoryStore({"employee_token": "test-unknown"})
    with pytest.raises(AuthRevokedError):
        door.open().list_companies()
    with pytest.raises(WrongEnvironmentError):
        door.open(consumer="test-other-consumer").list_companies()


def test_a_module_that_is_off_and_a_right_that_is_missing_are_told_apart(door: TripletexDoor, story: Story) -> None:
    invoice = story.invoice()
    ledger = door.connect([story.company], may_pay=False)
    item = story.items(ledger)[str(invoice["number"])]
    with pytest.raises(PermissionMissingError):
        ledger.register_payment(story.external, story.order(item))
    story.control.put(f"/tripletex/companies/{story.company}/module", {"active": False})
    with pytest.raises(ModuleMissingError):
        story.items(ledger)
    probe = ledger.probe(story.external)
    assert not probe.ok
    assert "Integrasjoner" in probe.problems[0]


def test_the_ledgers_own_dunning_is_found(door: TripletexDoor, story: Story) -> None:
    invoice = story.invoice()
    story.control.put(f"/books/customers/{story.customer}", {"own_dunning": ["reminder"]})
    story.control.post("/books/reminders", {"invoice": invoice["id"], "on": "2026-11-01", "charge_ore": 3_500})
    ledger = door.connect([story.company])
    (customer,) = ledger.fetch_customers(story.external)
    assert customer.own_dunning == ("isAutomaticReminderEnabled",)
    probe = ledger.probe(story.external)
    assert (probe.ok, probe.own_dunning) == (False, ("isAutomaticReminderEnabled",))
    item = story.items(ledger)[str(invoice["number"])]
    told = (LedgerNotice(date(2026, 11, 1), LedgerNoticeKind.REMINDER, 3_500, date(2026, 11, 1)),)
    assert (item.own_notices, item.remaining_ore) == (told, 125_000)
    assert ledger.read_item(story.external, item.external_id, item.invoice_id).own_notices == told


def test_each_kind_of_notice_from_the_ledger_is_told_apart(door: TripletexDoor, story: Story) -> None:
    invoice = story.invoice()
    kinds = ("SOFT_REMINDER", "REMINDER", "NOTICE_OF_DEBT_COLLECTION", "DEBT_COLLECTION")
    for day, kind in enumerate(kinds, start=1):
        story.control.post(
            "/books/reminders", {"invoice": invoice["id"], "on": f"2026-11-0{day}", "kind": kind, "deadline_on": "2026-11-30"}
        )
    notices = story.items(door.connect([story.company]))[str(invoice["number"])].own_notices
    assert [(one.kind.value, one.fee_ore, one.deadline_on) for one in notices] == [
        ("soft_reminder", 0, date(2026, 11, 30)), ("reminder", 0, date(2026, 11, 30)), ("collection_warning", 0, date(2026, 11, 30)),
        ("collection", 0, date(2026, 11, 30)),
    ]  # fmt: skip


def test_unmatched_money_stands_as_the_customers_credit(door: TripletexDoor, story: Story) -> None:
    invoice = story.invoice()
    body = {"customer": story.customer, "amount_ore": 30_000, "on": "2026-11-03"}
    payment = story.control.post("/books/payments", body)
    ledger = door.connect([story.company])
    items = {item.external_id: item for item in ledger.fetch_open_items(story.external, TODAY)}
    lone = items[str(payment["id"])]
    assert (lone.kind, lone.remaining_ore, lone.document_number, lone.invoice_id) == (ItemKind.PAYMENT, -30_000, None, None)
    assert ledger.read_item(story.external, lone.external_id, None).state is ItemState.OPEN
    story.control.post(f"/books/payments/{payment['id']}/match", {"invoice": invoice["id"]})
    assert {i.remaining_ore for i in ledger.fetch_open_items(story.external, TODAY)} == {95_000}


def test_the_open_posts_are_those_of_the_day_asked_for(door: TripletexDoor, story: Story) -> None:
    invoice = story.invoice()
    story.pay(invoice, 25_000, "2026-10-20")
    story.pay(invoice, 100_000, "2026-11-02")
    ledger = door.connect([story.company])
    left = {
        day: [i.remaining_ore for i in ledger.fetch_open_items(story.external, date.fromisoformat(day))]
        for day in ("2026-09-30", "2026-10-01", "2026-10-19", "2026-10-20", "2026-11-01", "2026-11-02")
    }
    assert list(left.values()) == [[], [125_000], [125_000], [100_000], [100_000], []]


def test_more_than_a_query_may_match_is_read_in_narrower_windows(door: TripletexDoor, story: Story) -> None:
    days = [date(2026, 8, 3) + timedelta(days=7 * n) for n in range(10)]
    for n, day in enumerate(days):
        invoice = story.invoice(1_000 * (n + 1), issued_on=day.isoformat(), due_on=(day + timedelta(days=14)).isoformat())
        if n % 3 == 0:
            story.pay(invoice, 1_000 * (n + 1))
    ledger = door.connect([story.company])
    whole = {i.external_id: i for i in ledger.fetch_open_items(story.external, TODAY)}
    early = {i.external_id for i in ledger.fetch_open_items(story.external, date(2026, 9, 1))}
    door.limits(result_cap=5)
    assert {i.external_id: i for i in ledger.fetch_open_items(story.external, TODAY)} == whole
    assert {i.external_id for i in ledger.fetch_open_items(story.external, date(2026, 9, 1))} == early
    assert len(whole) == 6


def test_too_many_customers_leave_those_who_owe(door: TripletexDoor, story: Story) -> None:
    story.invoice()
    for n in range(4):
        story.control.post("/books/customers", {"company": story.company, "name": f"Kunde {n}"})
    ledger = door.connect([story.company])
    assert len(list(ledger.fetch_customers(story.external))) == 5
    door.limits(result_cap=3)
    assert [c.name for c in ledger.fetch_customers(story.external)] == ["Kari Nordmann"]


def test_a_preliminary_invoice_is_no_claim(door: TripletexDoor, story: Story) -> None:
    draft = story.invoice(charged=False)
    ledger = door.connect([story.company])
    assert story.items(ledger) == {}
    assert ledger.read_item(story.external, "1", str(draft["id"])).state is ItemState.GONE


def test_the_debtors_own_payment_is_not_taken_for_ours(door: TripletexDoor, story: Story) -> None:
    invoice = story.invoice()
    ledger = door.connect([story.company])
    order = story.order(story.items(ledger)[str(invoice["number"])])
    story.pay(invoice, order.amount_ore, TODAY.isoformat())
    assert ledger.find_payment(story.external, order) is None
    receipt = ledger.register_payment(story.external, order)
    assert ledger.find_payment(story.external, order) == receipt
    ledger.register_payment(story.external, order)
    with pytest.raises(UnknownOutcomeError):
        ledger.find_payment(story.external, order)


def test_a_foreign_invoice_is_paid_only_through_an_account_in_its_currency(door: TripletexDoor, story: Story) -> None:
    invoice = story.invoice(10_000, currency="EUR", rate="11.5")
    ledger = door.connect([story.company])
    item = story.items(ledger)[str(invoice["number"])]
    assert (item.currency, item.remaining_ore, item.confidence) == ("EUR", 10_000, Confidence.HIGH)
    order = PaymentOrder("k", str(item.invoice_id), TODAY, 4_000, "EUR", "")
    with pytest.raises(RefusedError, match="EUR"):
        ledger.register_payment(story.external, order)
    story.control.post(
        f"/books/companies/{story.company}/bank-accounts",
        {"name": "Valuta", "code": "1950", "account_number": "12345678903", "currency": "EUR"},
    )
    fresh = door.connect([story.company])
    fresh.register_payment(story.external, order)
    assert story.remaining(invoice) == 6_000
    story.pay(invoice, 6_000, base_ore=71_000)
    assert story.items(fresh) == {}


def test_the_wait_is_what_the_vendor_asked_for_where_it_says(door: TripletexDoor, story: Story) -> None:
    ledger = door.connect([story.company])
    story.items(ledger)
    door.throttle(4)
    story.items(ledger)
    assert sorted(door.pauses, key=str) == [timedelta(0), timedelta(0), None, None]


def test_a_list_that_never_stands_still_is_given_up(door: TripletexDoor, story: Story) -> None:
    invoices = [story.invoice(1_000) for _ in range(12)]

    def pay_one_before_every_later_page(request: httpx.Request, _number: int) -> None:
        if door.is_later_page(request):
            story.pay(invoices.pop(0), 1_000)

    ledger = door.connect([story.company], page_size=3, before=pay_one_before_every_later_page)
    with pytest.raises(TryLaterError, match="kept changing"):
        story.items(ledger)


def test_an_id_that_is_no_id_never_becomes_a_path(door: TripletexDoor, story: Story) -> None:
    ledger = door.connect([story.company])
    with pytest.raises(RefusedError):
        ledger.read_item(story.external, "1/../../token", None)


def test_secrets_stand_in_no_error_text(door: TripletexDoor, story: Story) -> None:
    ledger = door.connect([story.company])
    story.items(ledger)
    session = door.store.current.values["session_token"]
    door.revoke()
    with pytest.raises(AuthRevokedError) as refused:
        story.items(ledger)
    assert door.key not in str(refused.value)
    assert session not in str(refused.value) + repr(door.store.current)
    assert CONSUMER not in str(refused.value)


def test_time_is_utc_in_the_question_about_changes(door: TripletexDoor, story: Story) -> None:
    ledger = door.connect([story.company])
    list(ledger.fetch_customers(story.external, datetime(2026, 7, 1, 23, 30, tzinfo=UTC)))
    assert door.recorders[-1].exchanges[-1][0].url.params["changedSince"] == "2026-07-01T23:30:00"


def test_a_payment_is_taken_back_once_and_only_if_it_is_the_one_that_was_made(door: TripletexDoor, story: Story) -> None:
    invoice = story.invoice()
    ledger = door.connect([story.company])
    order = story.order(story.items(ledger)[str(invoice["number"])])
    receipt = ledger.register_payment(story.external, order)
    first = ledger.reverse_payment(story.external, order, receipt, TODAY)
    assert ledger.reverse_payment(story.external, order, receipt, TODAY).external_id == first.external_id
    assert story.remaining(invoice) == 125_000
    other = ledger.register_payment(story.external, story.order(story.items(ledger)[str(invoice["number"])], 1_000))
    with pytest.raises(RefusedError):
        ledger.reverse_payment(story.external, order, other, TODAY)
    assert story.remaining(invoice) == 124_000


def test_the_account_holds_the_foreign_invoice_in_kroner(door: TripletexDoor, story: Story) -> None:
    story.invoice(10_000, currency="EUR", rate="11.5")
    story.invoice(50_000)
    ledger = door.connect([story.company])
    items = story.items(ledger).values()
    assert sum(i.remaining_ore if i.base_remaining_ore is None else i.base_remaining_ore for i in items) == 165_000
    assert ledger.receivables_balance(story.external, TODAY) == 165_000
