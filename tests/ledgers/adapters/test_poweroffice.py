from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import httpx
import msgspec
import pytest

from app.ledgers.adapters.poweroffice import Onboarding, Pace, shared_pace
from app.ledgers.adapters.poweroffice.clients import ClientStore, clients_of
from app.ledgers.adapters.poweroffice.rows import CustomerRow
from app.ledgers.errors import AuthRevokedError, PermissionMissingError, RateLimitedError
from app.ledgers.oauth import ConsentDeniedError, ConsentExpiredError, StateMismatchError
from app.ledgers.ports import Credential, ItemKind, ItemState, LedgerNotice, LedgerNoticeKind, PostingState
from app.net.errors import RefusedError, UnknownOutcomeError
from ledgers.adapters.contract import LedgerContract
from support.ledger_door import NOW, TODAY, LedgerDoor, Story
from support.poweroffice import APPLICATION_KEY, REDIRECT_URI, PowerOfficeDoor, client_http, poweroffice_door, visit
from support.sandbox import borrowed_sandbox
from support.vendor_specs import vendor_spec


@pytest.fixture(scope="module")
def still() -> Iterator[str]:
    """A sandbox whose clock stands still."""
    with borrowed_sandbox(lambda: NOW) as sandbox:
        yield sandbox.url


class TestPowerOffice(LedgerContract):
    @pytest.fixture
    def door(self, still: str) -> Iterator[LedgerDoor]:
        with poweroffice_door(still) as made:
            yield made


@pytest.fixture
def door(still: str) -> Iterator[PowerOfficeDoor]:
    with poweroffice_door(still) as made:
        yield made


@pytest.fixture
def story(door: PowerOfficeDoor) -> Story:
    return Story(door)


def onboarding(door: PowerOfficeDoor) -> Onboarding:
    return Onboarding(client_http(door.base_url), APPLICATION_KEY)


def test_one_onboarding_covers_several_clients_and_survives_the_loss_of_one(door: PowerOfficeDoor, story: Story) -> None:
    other = Story(door)
    story.invoice()
    other.invoice(77_000)
    ledger = door.connect([story.company, other.company])
    assert {c.external_id for c in ledger.list_companies()} == {story.external, other.external}
    assert [i.remaining_ore for i in ledger.fetch_open_items(other.external, TODAY)] == [77_000]
    door.control.delete(f"/poweroffice/companies/{other.company}")
    assert [i.remaining_ore for i in ledger.fetch_open_items(story.external, TODAY)] == [125_000]
    with pytest.raises(PermissionMissingError):
        list(ledger.fetch_open_items(other.external, TODAY))
    assert [c.external_id for c in ledger.list_companies()] == [story.external]
    door.control.delete(f"/poweroffice/companies/{story.company}")
    with pytest.raises(AuthRevokedError):
        ledger.list_companies()


def test_an_answer_that_is_not_ours_or_no_is_never_exchanged(door: PowerOfficeDoor, story: Story) -> None:
    page = onboarding(door)
    asked = page.begin(REDIRECT_URI)
    assert visit(asked, [story.company], allow=False)["state"] == asked.state
    with pytest.raises(ConsentDeniedError):
        page.finish(asked, {"state": asked.state, "status": "Cancelled"})
    asked = page.begin(REDIRECT_URI)
    answer = visit(asked, [story.company])
    with pytest.raises(StateMismatchError):
        page.finish(page.begin(REDIRECT_URI), answer)
    credential = page.finish(asked, answer)
    with pytest.raises(ConsentExpiredError):
        page.finish(asked, answer)
    key = door.control.get(f"/poweroffice/companies/{story.company}")["client_key"]
    assert key in credential.values["clients"]
    assert key not in repr(credential) + repr(clients_of(credential.values)) + story.external


def test_two_clients_renewing_at_once_lose_neither_token(door: PowerOfficeDoor, story: Story) -> None:
    other = Story(door)
    door.connect([story.company, other.company])
    both = threading.Barrier(2)

    def read(client: str) -> str:
        both.wait()
        return ClientStore(door.store, client).renew(ClientStore(door.store, client).load(), fetched).values["access_token"]

    def fetched(current: Credential) -> Credential:
        return Credential({**current.values, "access_token": f"token of {current.values['client_key']}"}, NOW)

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(read, [story.external, other.external]))
    kept = {one.id: one.token for one in clients_of(door.store.load().values)}
    assert [kept[story.external], kept[other.external]] == made and len(set(made)) == 2


def test_what_was_written_is_looked_for_again_before_it_is_said_to_be_missing(door: PowerOfficeDoor, story: Story) -> None:
    invoice = story.invoice()
    ledger = story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    door.settings(lag_seconds=15)
    story.control.fault(door.payment_call, "drop_after")
    with pytest.raises(UnknownOutcomeError):
        ledger.register_payment(story.external, order)
    door.meanwhile = lambda: story.control.put("/clock", {"offset_seconds": 20})
    found = ledger.find_payment(story.external, order)
    story.control.put("/clock", {"offset_seconds": 0})
    assert found is not None and door.pauses[-1] == timedelta(seconds=20)


def test_our_key_twice_is_one_payment_even_while_the_copy_lags(door: PowerOfficeDoor, story: Story) -> None:
    invoice = story.invoice()
    ledger = story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    first = ledger.register_payment(story.external, order)
    assert ledger.register_payment(story.external, order).external_id == first.external_id
    door.settings(lag_seconds=3600)
    with pytest.raises(UnknownOutcomeError):
        ledger.register_payment(story.external, order)
    assert story.remaining(invoice) == 85_000


def test_a_reversal_is_taken_in_first_and_booked_later(door: PowerOfficeDoor, story: Story) -> None:
    invoice = story.invoice()
    ledger = story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    receipt = ledger.register_payment(story.external, order)
    taken = ledger.reverse_payment(story.external, order, receipt, TODAY)
    assert taken.state is ledger.posting_status(story.external, order, taken).state is PostingState.ACCEPTED
    with pytest.raises(RefusedError):
        ledger.reverse_payment(story.external, order, receipt, TODAY)
    door.settle()
    assert ledger.posting_status(story.external, order, taken).state is PostingState.POSTED
    assert ledger.reverse_payment(story.external, order, receipt, TODAY).state is PostingState.POSTED
    assert story.remaining(invoice) == 125_000


def test_a_write_off_is_gone_and_not_paid(story: Story) -> None:
    invoice = story.invoice()
    story.pay(invoice, 100_000)
    ledger = story.connect()
    item = story.items(ledger)[str(invoice["number"])]
    story.control.post("/poweroffice/write-offs", {"invoice": invoice["id"], "amount_ore": 25_000, "on": "2026-11-10"})
    live = ledger.read_item(story.external, item.external_id, item.invoice_id)
    assert (live.state, [p.amount_ore for p in live.payments]) == (ItemState.GONE, [100_000, 25_000])
    assert story.items(ledger) == {}


def test_what_go_has_sent_is_told_of_the_invoice_it_names(door: PowerOfficeDoor, story: Story) -> None:
    reminded, other = story.invoice(kid="1234567897"), story.invoice(70_000, kid="2345678902")
    sent = {"invoice": reminded["id"], "on": "2026-11-01", "charge_ore": 3_500, "deadline_on": "2026-11-15"}
    story.control.post("/books/reminders", {**sent, "kind": "NOTICE_OF_DEBT_COLLECTION"})
    ledger = story.connect()
    items = story.items(ledger)
    warning = LedgerNotice(date(2026, 11, 1), LedgerNoticeKind.COLLECTION_WARNING, 3_500, date(2026, 11, 15))
    one = items[str(reminded["number"])]
    assert one.own_notices == (warning,) == ledger.read_item(story.external, one.external_id, one.invoice_id).own_notices
    assert items[str(other["number"])].own_notices == ()
    fee = items[None]
    assert (fee.kind, fee.remaining_ore) == (ItemKind.OTHER, 3_500) and "fee or interest" in fee.doubts[0]
    door.settings(reminders_carry_kid=False)
    vague = LedgerNotice(date(2026, 11, 1), LedgerNoticeKind.REMINDER, None, date(2026, 11, 15))
    assert [i.own_notices for number, i in story.items(ledger).items() if number] == [(vague,), (vague,)]


def test_the_probe_names_rights_subscriptions_and_switches(door: PowerOfficeDoor, story: Story) -> None:
    ledger = story.connect()
    story.control.put(f"/books/customers/{story.customer}", {"own_dunning": ["SendPaymentReminders"]})
    door.settings(not_subscribed=["BankVoucher_Full"])
    probe = ledger.probe(story.external)
    assert not probe.ok and probe.own_dunning == ("SendPaymentReminders",)
    assert "subscription" in probe.problems[0] and "BankVoucher_Full" in probe.problems[0]
    door.settings(not_subscribed=["CustomerLedger"])
    with pytest.raises(PermissionMissingError, match="CustomerLedger"):
        story.items(ledger)


def test_one_that_leaves_and_one_that_comes_between_pages_hide_nobody(door: PowerOfficeDoor, story: Story) -> None:
    invoices = [story.invoice(1_000 * n) for n in range(1, 8)]
    moved: list[int] = []

    def swap(request: httpx.Request, _number: int) -> None:
        if not moved and door.is_later_page(request):
            moved.append(story.pay(invoices[0], 1_000)["id"])
            story.invoice(99_000)

    found = story.items(story.connect(page_size=3, before=swap))
    assert moved and {str(invoice["number"]) for invoice in invoices[1:]} <= set(found)


def test_all_that_is_asked_and_answered_is_as_the_vendor_wrote_it_down(door: PowerOfficeDoor, story: Story) -> None:
    judge = vendor_spec("poweroffice")
    invoice, credited = story.invoice(kid="1234567897"), story.invoice(10_000, currency="EUR", rate="11.5")
    story.pay(invoice, 25_000)
    story.control.post("/books/credit-notes", {"invoice": credited["id"], "on": "2026-11-02", "amount_ore": 4_000})
    owed = {"company": story.company, "supplier": "Bygg AS", "number": "F-1", "issued_on": "2026-11-01", "due_on": "2026-12-01"}
    story.control.post("/books/supplier-invoices", {**owed, "amount_ore": 1_250})
    ledger = story.connect(page_size=1)
    item = story.items(ledger)[str(invoice["number"])]
    order = story.order(item)
    receipt = ledger.register_payment(story.external, order)
    assert ledger.register_payment(story.external, order) == receipt
    ledger.reverse_payment(story.external, order, receipt, TODAY)
    ledger.read_item(story.external, item.external_id, item.invoice_id)
    ledger.fetch_changes(story.external, (NOW - timedelta(days=9)).isoformat())
    assert ledger.list_companies() and ledger.probe(story.external).ok and ledger.bank_balances(story.external, TODAY)
    assert ledger.receivables_balance(story.external, TODAY) and list(ledger.fetch_supplier_items(story.external, TODAY))
    problems = door.recorders[-1].problems(judge, "/poweroffice/v2", lambda asked: asked.url.path.endswith("/OAuth/Token"))
    assert len(door.recorders[-1].exchanges) > 25 and problems == []


def test_ten_requests_a_second_are_shared_by_all(door: PowerOfficeDoor, story: Story) -> None:
    now = [0.0]
    pace = Pace(monotonic=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds))
    for _ in range(31):
        pace.wait()
    assert 3.0 <= now[0] < 3.2
    pace.hold()
    pace.wait()
    assert now[0] >= 4.0
    assert shared_pace("one") is shared_pace("one") is not shared_pace("another")
    ledger = story.connect()
    door.settings(requests_a_second=3)
    with pytest.raises(RateLimitedError):
        [story.items(ledger) for _ in range(4)]
    assert door.pauses and all(pause is not None and pause >= timedelta(seconds=1) for pause in door.pauses)


def test_a_change_of_address_alone_is_a_change() -> None:
    stamp = "2026-11-01T10:00:00+00:00"
    card = {"Id": 7, "Name": "Bygg AS", "LastChangedDateTimeOffset": stamp}
    moved = {"AddressLine1": "Ny vei 1", "LastChangedDateTimeOffset": "2026-11-19T10:00:00+00:00"}
    row = msgspec.convert({**card, "MailAddress": moved}, CustomerRow)
    assert row.changed_at == datetime(2026, 11, 19, 10, tzinfo=UTC)
