from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from app.ledgers.adapters.twentyfoursevenoffice import soap
from app.ledgers.adapters.twentyfoursevenoffice.ledger import CUSTOMERS_MAX
from app.ledgers.errors import (
    AuthRevokedError,
    ConflictError,
    CursorExpiredError,
    PeriodLockedError,
    PermissionMissingError,
)
from app.ledgers.ports import Confidence, ItemKind, ItemState
from app.net.errors import BrokenError, RefusedError, TryLaterError, UnsupportedError
from app.net.http import HttpClient
from ledgers.adapters.contract import LedgerContract
from support.ledger_door import NOW, TODAY, LedgerDoor, MemoryStore, Story
from support.sandbox import borrowed_sandbox
from support.twentyfoursevenoffice import OfficeDoor, office_door


@pytest.fixture(scope="module")
def still() -> Iterator[str]:
    with borrowed_sandbox(lambda: NOW) as sandbox:
        yield sandbox.url


@pytest.fixture
def desk(still: str) -> Iterator[OfficeDoor]:
    with office_door(still) as made:
        yield made


@pytest.fixture
def story(desk: OfficeDoor) -> Story:
    return Story(desk)


class TestTwentyFourSevenOffice(LedgerContract):
    @pytest.fixture
    def door(self, desk: OfficeDoor) -> LedgerDoor:
        return desk


def test_one_login_reads_several_companies_each_in_a_session_of_its_own(desk: OfficeDoor, story: Story) -> None:
    other = Story(desk)
    mine, theirs = story.invoice(10_000), other.invoice(20_000)
    ledger = desk.connect([story.company, other.company])
    assert [c.external_id for c in ledger.list_companies()] == [story.external, other.external]
    for _ in range(2):
        assert {i.remaining_ore for i in ledger.fetch_open_items(story.external, TODAY)} == {10_000}
        assert {i.remaining_ore for i in ledger.fetch_open_items(other.external, TODAY)} == {20_000}
    assert (mine["number"], story.remaining(mine)) == (theirs["number"], 10_000)


def test_a_company_the_user_may_not_look_into_is_refused(desk: OfficeDoor, story: Story) -> None:
    ledger, outside = story.connect(), Story(desk)
    for company in (outside.external, "../1", ""):
        with pytest.raises(PermissionMissingError):
            list(ledger.fetch_open_items(company, TODAY))
    assert not ledger.probe(outside.external).ok


def test_a_session_somebody_has_turned_to_another_company_is_not_believed(desk: OfficeDoor, story: Story) -> None:
    """Two companies with the same customer number and invoice number: only the session tells them apart."""
    other = Story(desk)
    story.invoice(10_000), other.invoice(20_000)
    store = MemoryStore(desk.add_user([story.company, other.company]))
    ledger = desk.open(store)
    assert [i.remaining_ore for i in ledger.fetch_open_items(story.external, TODAY)] == [10_000]
    stolen = store.current.values[f"session:{story.external}"]
    _turn(desk, stolen, other.external)
    assert [i.remaining_ore for i in ledger.fetch_open_items(story.external, TODAY)] == [10_000]
    _turn(desk, store.current.values[f"session:{story.external}"], other.external)
    order = story.order(next(ledger.fetch_open_items(story.external, TODAY)), 4_000)
    _turn(desk, store.current.values[f"session:{story.external}"], other.external)
    ledger.register_payment(story.external, order)
    assert (story.balance(), other.balance()) == (6_000, 20_000)


def test_nothing_is_written_in_a_session_that_was_turned_at_the_last_moment(desk: OfficeDoor, story: Story) -> None:
    other = Story(desk)
    invoice = story.invoice(10_000)
    store = MemoryStore(desk.add_user([story.company, other.company]))
    said: list[bytes] = []

    def turn_it(request: httpx.Request, _number: int) -> None:
        if len(said) > 1 and b"<GetEntryId " in said[-2] and b"<GetIdentity " in said[-1]:
            _turn(desk, store.current.values[f"session:{story.external}"], other.external)
        said.append(request.content)

    ledger = desk.open(store, before=turn_it)
    ledger.register_payment(story.external, story.order(story.items(ledger)[str(invoice["number"])], 4_000))
    assert (story.balance(), other.balance()) == (6_000, 0)


def test_what_is_answered_to_an_ended_session_is_never_an_empty_book(desk: OfficeDoor, story: Story) -> None:
    desk.ways(silent=True)
    invoice = story.invoice()
    ledger = story.connect()
    item = story.items(ledger)[str(invoice["number"])]
    desk.expire()
    assert set(story.items(ledger)) == {str(invoice["number"])}
    desk.expire()
    assert ledger.read_item(story.external, item.external_id, None).state is ItemState.OPEN
    desk.expire()
    assert [c.name for c in ledger.fetch_customers(story.external)] == ["Kari Nordmann"]
    desk.revoke()
    with pytest.raises(AuthRevokedError):
        story.items(ledger)


def test_a_session_that_ends_by_itself_is_begun_again(desk: OfficeDoor, story: Story) -> None:
    invoice, ledger = story.invoice(), story.connect()
    assert story.items(ledger)
    with desk.time_travel() as turn:
        turn(NOW + timedelta(hours=1))
        assert set(story.items(ledger)) == {str(invoice["number"])}


def test_two_workers_who_find_the_session_ended_log_in_once(desk: OfficeDoor, story: Story) -> None:
    invoice = story.invoice()
    store = MemoryStore(desk.add_user([story.company]))
    ledgers = [desk.open(store) for _ in range(2)]
    for ledger in ledgers:
        story.items(ledger)
    assert store.renewals == 1
    desk.expire()
    together, found = threading.Barrier(2), []

    def read(ledger: Any) -> None:
        together.wait(timeout=10)
        found.append(set(story.items(ledger)))

    workers = [threading.Thread(target=read, args=(ledger,)) for ledger in ledgers]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=20)
    assert (found, store.renewals) == ([{str(invoice["number"])}] * 2, 2)


def test_one_connection_for_many_users_carries_no_session_from_one_to_the_next(desk: OfficeDoor, story: Story) -> None:
    """The vendor sets its session as a cookie, too; sent along with the next user's login it would hand him the first one's session."""
    other = Story(desk)
    story.invoice(10_000), other.invoice(20_000)
    http = HttpClient(f"{desk.base_url}/twentyfoursevenoffice")
    users = [desk.add_user([story.company]), desk.add_user([other.company])]
    first, second = (desk.over(http, MemoryStore(user)) for user in users)
    assert [i.remaining_ore for i in first.fetch_open_items(story.external, TODAY)] == [10_000]
    assert [i.remaining_ore for i in second.fetch_open_items(other.external, TODAY)] == [20_000]
    assert {user["username"] for user in users} <= {one["username"] for one in desk.control.get("/twentyfoursevenoffice/sessions")}


def test_an_invoice_paid_after_its_part_of_the_list_was_read_is_not_on_it(desk: OfficeDoor, story: Story) -> None:
    paid, part, kept = story.invoice(10_000), story.invoice(20_000), story.invoice(30_000)
    done: list[int] = []

    def pay_behind_our_back(request: httpx.Request, _number: int) -> None:
        if not done and b"<ShowOpenEntries>" in request.content and b"<DateStart>2027-01-01" in request.content:
            done.append(story.pay(paid, 10_000)["id"])
            story.pay(part, 5_000)

    items = story.items(story.connect(before=pay_behind_our_back))
    assert done and {number: item.remaining_ore for number, item in items.items()} == {
        str(part["number"]): 15_000, str(kept["number"]): 30_000,
    }  # fmt: skip


def test_a_list_that_never_stands_still_is_tried_later(desk: OfficeDoor, story: Story) -> None:
    invoice = story.invoice()

    def pay_a_little(request: httpx.Request, _number: int) -> None:
        if b"<ShowOpenEntries>" in request.content and b"<DateStart>2027-01-01" in request.content:
            story.pay(invoice, 100)

    with pytest.raises(TryLaterError, match="kept changing"):
        story.items(story.connect(before=pay_a_little))


@pytest.mark.parametrize("tells_utc", [False, True])
def test_days_are_norwegian_days_on_both_sides_of_summer_time(desk: OfficeDoor, story: Story, tells_utc: bool) -> None:
    desk.ways(tells_utc=tells_utc)
    days = [date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30), date(2026, 10, 24), date(2026, 10, 25), date(2026, 10, 26)]
    days += [date(2025, 12, 31), date(2026, 1, 1)]
    for on in days:
        story.invoice(1_000, issued_on=on.isoformat(), due_on=on.isoformat())
    items = list(story.connect().fetch_open_items(story.external, TODAY))
    assert sorted((i.issued_on, i.due_on) for i in items if i.issued_on and i.due_on) == sorted((on, on) for on in days)


def test_nothing_changed_is_nothing_told_and_a_cursor_is_ours(desk: OfficeDoor, story: Story) -> None:
    story.invoice()
    ledger = story.connect()
    with desk.time_travel() as turn:
        turn(NOW + timedelta(days=1))
        begun = ledger.fetch_changes(story.external, None)
        assert ledger.fetch_changes(story.external, begun.cursor).items == ()
    with pytest.raises(BrokenError):
        ledger.fetch_changes(story.external, "gibberish")


def test_changes_for_very_many_customers_are_a_reason_to_read_the_whole_list(story: Story) -> None:
    ledger = story.connect()
    begun = ledger.fetch_changes(story.external, None)
    made = [{"company": story.company, "name": f"Kunde {n}"} for n in range(CUSTOMERS_MAX + 1)]
    customers = story.control.post("/books/customers", made)
    bill = {"amount_ore": 1_000, "issued_on": "2026-10-01", "due_on": "2026-10-15"}
    story.control.post("/books/invoices", [{"customer": customer["id"], **bill} for customer in customers])
    with pytest.raises(CursorExpiredError):
        ledger.fetch_changes(story.external, begun.cursor)


def test_loose_money_that_names_an_invoice_is_a_doubt_and_can_be_asked_about(story: Story) -> None:
    story.invoice(10_000)
    story.control.post("/books/payments", {"customer": story.customer, "amount_ore": 5_000, "on": "2026-11-04"})
    ledger = story.connect()
    items = list(ledger.fetch_open_items(story.external, TODAY))
    assert sorted((i.kind, i.remaining_ore, i.confidence) for i in items) == [
        (ItemKind.INVOICE, 10_000, Confidence.HIGH), (ItemKind.PAYMENT, -5_000, Confidence.HIGH),
    ]  # fmt: skip
    loose = next(i for i in items if i.kind is ItemKind.PAYMENT)
    live = ledger.read_item(story.external, loose.external_id, None)
    assert (live.state, live.remaining_ore) == (ItemState.OPEN, -5_000)


def test_a_reminder_the_ledger_has_booked_is_told_with_day_and_fee(story: Story) -> None:
    invoice = story.invoice()
    for on, charge in (("2026-10-20", 0), ("2026-11-03", 3_500)):
        story.control.post("/books/reminders", {"invoice": invoice["id"], "on": on, "charge_ore": charge})
    items = list(story.connect().fetch_open_items(story.external, TODAY))
    invoiced = next(i for i in items if i.kind is ItemKind.INVOICE)
    fee = next(i for i in items if i.kind is ItemKind.OTHER)
    assert [(n.on, n.fee_ore) for n in invoiced.own_notices] == [(date(2026, 11, 3), 3_500)]
    assert (invoiced.remaining_ore, fee.remaining_ore, fee.confidence) == (125_000, 3_500, Confidence.LOW)


def test_every_page_of_cards_is_read_and_people_told_from_firms(desk: OfficeDoor, story: Story) -> None:
    desk.ways(items_per_page=2)
    story.control.post("/books/customers", {"company": story.company, "name": "Fjell AS", "organisation_number": "974760673"})
    story.control.post("/books/customers", {"company": story.company, "name": "Ola", "is_person": True})
    story.control.post("/books/customers", {"company": story.company, "name": "Gammel AS", "inactive": True})
    story.control.post("/books/customers", {"company": story.company, "name": "Siste AS"})
    told = {c.name: c for c in story.connect(page_size=2).fetch_customers(story.external)}
    assert list(told) == ["Kari Nordmann", "Fjell AS", "Ola", "Gammel AS", "Siste AS"]
    assert (told["Fjell AS"].organisation_number, told["Fjell AS"].is_person, told["Ola"].is_person) == ("974760673", False, True)
    assert [name for name, one in told.items() if one.inactive] == ["Gammel AS"]


def test_our_key_twice_is_one_payment(story: Story) -> None:
    invoice, ledger = story.invoice(), story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    first, second = ledger.register_payment(story.external, order), ledger.register_payment(story.external, order)
    assert (story.remaining(invoice), first.external_id) == (85_000, second.external_id)


def test_a_second_payment_keeps_the_first_tied_to_the_invoice(desk: OfficeDoor, story: Story) -> None:
    invoice, ledger = story.invoice(), story.connect()
    story.pay(invoice, 25_000)
    order = story.order(story.items(ledger)[str(invoice["number"])])
    ledger.register_payment(story.external, order)
    item = story.items(ledger)[str(invoice["number"])]
    assert (item.remaining_ore, [p.amount_ore for p in item.payments]) == (60_000, [25_000, 40_000])
    (asked,) = [request for request, _ in desk.recorders[-1].exchanges if b"<SaveBundleList" in request.content]
    assert asked.content.count(b"<LineId>") == 2 and asked.content.count(b"</Entry>") == 2


def test_a_voucher_number_somebody_took_meanwhile_is_replaced(desk: OfficeDoor, story: Story) -> None:
    invoice, ledger = story.invoice(), story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    desk.ways(stale_number=True)
    ledger.register_payment(story.external, order)
    assert story.remaining(invoice) == 85_000


def test_a_year_that_is_closed_gives_no_number(story: Story) -> None:
    invoice, ledger = story.invoice(), story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    story.control.put(f"/books/companies/{story.company}/lock", {"until": "2026-12-31"})
    with pytest.raises(PeriodLockedError, match="2026-11-20"):
        ledger.register_payment(story.external, order)
    assert story.remaining(invoice) == 125_000


def test_a_line_that_is_gone_or_foreign_takes_no_payment(story: Story) -> None:
    kept, foreign, ledger = story.invoice(), story.invoice(10_000, currency="EUR", rate="11.5"), story.connect()
    items = story.items(ledger)
    assert items[str(foreign["number"])].confidence is Confidence.LOW
    with pytest.raises(UnsupportedError):
        ledger.register_payment(story.external, replace(story.order(items[str(foreign["number"])]), currency="EUR"))
    order = story.order(items[str(kept["number"])])
    story.control.delete(f"/books/invoices/{kept['id']}")
    with pytest.raises(RefusedError, match="no longer"):
        ledger.register_payment(story.external, order)
    with pytest.raises(RefusedError):
        ledger.read_item(story.external, "7", None)


def test_two_vouchers_with_our_key_are_for_a_person(story: Story) -> None:
    invoice, ledger = story.invoice(), story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    ledger.register_payment(story.external, order)
    story.pay(invoice, order.amount_ore, TODAY.isoformat(), text=f"{order.our_key} Oppgjør")
    with pytest.raises(ConflictError):
        ledger.find_payment(story.external, order)


def _turn(desk: OfficeDoor, session: str, company: str) -> None:
    """Somebody with the same session looks into another company."""
    with httpx.Client(
        base_url=f"{desk.base_url}/twentyfoursevenoffice", trust_env=False, headers={"cookie": f"ASP.NET_SessionId={session}"}
    ) as client:

        def ask(call: str, **fields: Any) -> soap.Node:
            body = soap.envelope(soap.AUTHENTICATE, call, fields)
            told = soap.answer(client.post(soap.AUTHENTICATE.path, content=body).content, call)
            assert told is not None
            return told

        theirs = next(one for one in ask("GetIdentities").each("Identity") if one.text("Client/Id") == company)
        assert ask("SetIdentityById", identityId=theirs.text("Id")).own == "true"
