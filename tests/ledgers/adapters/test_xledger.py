from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.ledgers.adapters.xledger.items import live_of
from app.ledgers.adapters.xledger.wire import literal, modified_since
from app.ledgers.errors import AuthRevokedError, CursorExpiredError, PermissionMissingError, QuotaSpentError
from app.ledgers.ports import ItemKind, ItemState, LedgerNotice, PostingState
from app.net.errors import BrokenError, RefusedError, TryLaterError, UnknownOutcomeError
from ledgers.adapters.contract import LedgerContract
from support.ledger_door import NOW, TODAY, LedgerDoor, MemoryStore, Story
from support.sandbox import borrowed_sandbox
from support.xledger import XledgerDoor, query_of, templates, unknown_fields, xledger_door


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with borrowed_sandbox(lambda: NOW) as sandbox:
        yield sandbox.url


@pytest.fixture
def door(base: str) -> Iterator[XledgerDoor]:
    with xledger_door(base) as made:
        yield made


@pytest.fixture
def story(door: XledgerDoor) -> Story:
    return Story(door)


class TestXledger(LedgerContract):
    @pytest.fixture
    def door(self, base: str) -> Iterator[LedgerDoor]:
        with xledger_door(base) as made:
            yield made


def test_only_published_fields_are_asked_for_and_sent(door: XledgerDoor, story: Story) -> None:
    folder = templates()
    invoice = story.invoice(kid="1234567897")
    ledger = door.connect([story.company])
    ledger.list_companies()
    ledger.probe(story.external)
    begun = ledger.fetch_changes(story.external, None)
    order = story.order(story.items(ledger)[str(invoice["number"])])
    ledger.register_payment(story.external, order)
    ledger.find_payment(story.external, order)
    door.settle()
    ledger.find_payment(story.external, order)
    ledger.fetch_changes(story.external, begun.cursor)
    owed = {"company": story.company, "supplier": "Bygg AS", "number": "F-1", "issued_on": "2026-11-01"}
    story.control.post("/books/supplier-invoices", {**owed, "amount_ore": 1, "due_on": "2026-12-01"})
    assert [one.supplier for one in ledger.fetch_supplier_items(story.external, TODAY)] == ["Bygg AS"]
    ledger.bank_balances(story.external, TODAY)
    ledger.receivables_balance(story.external, TODAY)
    asked = [request for request, _ in door.recorders[0].exchanges]
    assert len(asked) > 20
    assert unknown_fields(asked, folder) == set()
    unowned = [query for query in map(query_of, asked) if "ownerSet: LOWER" not in query]
    assert all(query.startswith(("{ currencies(", "mutation ")) for query in unowned)


def test_the_simulator_is_as_strict_as_the_schema(door: XledgerDoor, story: Story) -> None:
    door.connect([story.company])

    def told(query: str) -> Any:
        headers = {"authorization": f"token {door.token}"}
        answer = httpx.post(f"{door.base_url}/xledger/graphql", json={"query": query}, headers=headers, trust_env=False)
        assert answer.status_code == 200
        return answer.json()["errors"][0]["message"]

    assert "Cannot query field" in told("{ arTransactions(first: 1) { edges { node { remaining } } } }")
    assert "modifiedAt_gte" in told('{ arTransactions(first: 1, filter: {modifiedAt_gte: "2026-01-01"}) { edges { node { dbId } } } }')
    assert "Syntax Error" in told("{ arTransactions(")


def test_a_token_on_a_group_reaches_each_company_and_mixes_none(door: XledgerDoor, story: Story) -> None:
    other, stranger = Story(door), Story(door)
    group = story.control.post("/books/companies", {"vendor": "xledger", "name": "Byrået AS"})["id"]
    mine, others = story.invoice(), other.invoice(77_000)
    ledger = door.connect([group, story.company, other.company])
    assert {c.external_id for c in ledger.list_companies()} == {str(group), story.external, other.external}
    begun = ledger.fetch_changes(story.external, None)
    assert (set(story.items(ledger)), set(other.items(ledger))) == ({str(mine["number"])}, {str(others["number"])})
    theirs = next(iter(other.items(ledger).values()))
    assert ledger.read_item(story.external, theirs.external_id, None).state is ItemState.GONE
    other.pay(others, 77_000)
    assert ledger.fetch_changes(story.external, begun.cursor).items == ()
    assert [item.remaining_ore for item in ledger.fetch_changes(other.external, begun.cursor).items] == [0, 0]
    assert stranger.items(ledger) == {}
    assert not ledger.probe(stranger.external).ok
    story.control.put(f"/xledger/entities/{other.company}/closing", {"on": "2026-11-01"})
    assert {c.external_id for c in ledger.list_companies()} == {str(group), story.external}


def test_companies_are_kept_apart_even_where_the_filter_does_not(door: XledgerDoor, story: Story) -> None:
    other = Story(door)
    mine, others = story.invoice(), other.invoice(77_000)
    ledger = door.connect([story.company, other.company])
    theirs = next(iter(other.items(ledger).values()))
    door.behave(owner_filter=False)
    assert (set(story.items(ledger)), set(other.items(ledger))) == ({str(mine["number"])}, {str(others["number"])})
    assert ledger.read_item(story.external, theirs.external_id, None).state is ItemState.GONE
    assert [customer.external_id for customer in ledger.fetch_customers(story.external)] == [str(story.customer)]
    assert ledger.receivables_balance(story.external, TODAY) == 125_000


def test_a_posted_payment_is_matched_only_when_xledger_has_tied_it(door: XledgerDoor, story: Story) -> None:
    door.behave(auto_match=False)
    invoice = story.invoice()
    ledger = door.connect([story.company])
    item = story.items(ledger)[str(invoice["number"])]
    order = story.order(item)
    receipt = ledger.register_payment(story.external, order)
    assert ledger.posting_status(story.external, order, receipt).state is PostingState.ACCEPTED
    door.settle()
    assert ledger.posting_status(story.external, order, receipt).state is PostingState.POSTED
    assert ledger.read_item(story.external, item.external_id, None).remaining_ore == 125_000
    (loose,) = [one for one in ledger.fetch_open_items(story.external, TODAY) if one.kind is ItemKind.PAYMENT]
    assert loose.remaining_ore == -40_000
    story.control.post(f"/books/payments/{loose.external_id}/match", {"invoice": invoice["id"]})
    assert ledger.posting_status(story.external, order, receipt).state is PostingState.MATCHED
    assert ledger.read_item(story.external, item.external_id, None).remaining_ore == 85_000


def test_a_payment_tied_to_another_invoice_is_not_called_matched(door: XledgerDoor, story: Story) -> None:
    door.behave(auto_match=False)
    invoice, another = story.invoice(), story.invoice(40_000)
    ledger = door.connect([story.company])
    order = story.order(story.items(ledger)[str(invoice["number"])])
    receipt = ledger.register_payment(story.external, order)
    door.settle()
    (loose,) = [one for one in ledger.fetch_open_items(story.external, TODAY) if one.kind is ItemKind.PAYMENT]
    story.control.post(f"/books/payments/{loose.external_id}/match", {"invoice": another["id"]})
    assert ledger.posting_status(story.external, order, receipt).state is PostingState.POSTED


def test_a_payment_deleted_from_the_queue_is_rejected_and_not_found(door: XledgerDoor, story: Story) -> None:
    invoice = story.invoice()
    ledger = door.connect([story.company])
    order = story.order(story.items(ledger)[str(invoice["number"])])
    receipt = ledger.register_payment(story.external, order)
    story.control.delete("/xledger/queue")
    status = ledger.posting_status(story.external, order, receipt)
    assert status.state is PostingState.REJECTED and "deleted" in status.messages[0]
    assert ledger.find_payment(story.external, order) is None


def test_what_cannot_be_posted_is_refused_before_anything_is_sent(door: XledgerDoor, story: Story) -> None:
    foreign = story.invoice(10_000, currency="EUR", rate="11.5")
    ledger = door.connect([story.company])
    item = story.items(ledger)[str(foreign["number"])]
    with pytest.raises(RefusedError, match="foreign"):
        ledger.register_payment(story.external, story.order(item))
    home = story.invoice()
    reader = door.connect([story.company], may_write=False)
    with pytest.raises(PermissionMissingError):
        reader.register_payment(story.external, story.order(story.items(ledger)[str(home["number"])]))


def test_refusals_with_status_200_are_told_apart(door: XledgerDoor, story: Story) -> None:
    story.invoice()
    ledger = door.connect([story.company])
    for code, seconds in (("BURST_RATE", 5), ("CONCURRENCY", 1)):
        door.pauses.clear()
        story.control.put("/xledger/throttle", {"times": 1, "code": f"BAD_REQUEST.{code}_LIMIT_REACHED"})
        assert len(story.items(ledger)) == 1
        assert door.pauses == [timedelta(seconds=seconds)]
    door.behave(credits_left=0)
    with pytest.raises(QuotaSpentError) as spent:
        story.items(ledger)
    assert spent.value.after == timedelta(minutes=30)
    door.behave(credits_left=None)
    for token in ("", "two words", "unknown", "blåbær"):
        door.store = MemoryStore({"api_token": token})
        with pytest.raises(AuthRevokedError):
            door.open().list_companies()


def test_a_query_that_is_too_slow_there_is_asked_in_smaller_pages(door: XledgerDoor, story: Story) -> None:
    story.invoice()
    ledger = door.connect([story.company])
    story.control.fault("arTransactions", "timeout", times=2)
    assert len(story.items(ledger)) == 1
    sizes = [query_of(request).split("first: ")[1].split(",")[0] for request, _ in door.recorders[0].exchanges]
    assert sizes[:3] == ["5000", "500", "100"]
    story.control.fault("arTransactions", "timeout", times=3)
    with pytest.raises(TryLaterError):
        story.items(ledger)


@pytest.mark.parametrize("kind", ["timeout", "odd"])
def test_a_write_that_failed_in_a_way_we_do_not_know_is_unknown(door: XledgerDoor, story: Story, kind: str) -> None:
    invoice = story.invoice()
    ledger = door.connect([story.company])
    order = story.order(story.items(ledger)[str(invoice["number"])])
    story.control.fault("addGLImportItems", kind)
    with pytest.raises(UnknownOutcomeError):
        ledger.register_payment(story.external, order)
    assert ledger.find_payment(story.external, order) is None


def test_changes_are_read_to_the_end_and_forgotten_after_three_days(door: XledgerDoor, story: Story) -> None:
    ledger = door.connect([story.company])
    begun = ledger.fetch_changes(story.external, None)
    gone, kept = story.invoice(), story.invoice(30_000)
    first = ledger.fetch_changes(story.external, begun.cursor)
    assert {item.document_number for item in first.items} == {str(gone["number"]), str(kept["number"])}
    story.control.delete(f"/books/invoices/{gone['id']}")
    second = ledger.fetch_changes(story.external, first.cursor)
    assert second.items == () and len(second.gone) == 1
    assert ledger.fetch_changes(story.external, second.cursor).gone == ()
    late = door.open()
    door.clock.move(timedelta(days=3))
    with pytest.raises(CursorExpiredError):
        late.fetch_changes(story.external, second.cursor)
    with pytest.raises(CursorExpiredError):
        late.fetch_changes(story.external, "nonsense")


def test_nothing_is_lost_where_a_cursor_is_a_place(door: XledgerDoor) -> None:
    """Rows slide over such a cursor when one before it is paid."""
    door.behave(by_place=True)
    TestXledger().test_a_payment_between_two_pages_loses_no_other_invoice(Story(door))


def test_xledgers_own_dunning_is_found(door: XledgerDoor, story: Story) -> None:
    invoice = story.invoice()
    story.control.post("/books/reminders", {"invoice": invoice["id"], "on": "2026-11-01", "charge_ore": 3_500})
    story.control.put(f"/books/customers/{story.customer}", {"own_dunning": ["collection"]})
    ledger = door.connect([story.company])
    item = story.items(ledger)[str(invoice["number"])]
    told = (LedgerNotice(date(2026, 11, 1), fee_ore=3_500),)
    assert item.own_notices == told == ledger.read_item(story.external, item.external_id, None).own_notices
    probe = ledger.probe(story.external)
    assert (probe.ok, probe.own_dunning) == (False, ("collectionCode",))


def test_a_persons_number_is_not_kept(door: XledgerDoor, story: Story) -> None:
    story.control.put(f"/books/customers/{story.customer}", {"organisation_number": "15076500565"})
    (person,) = door.connect([story.company]).fetch_customers(story.external)
    assert (person.is_person, person.organisation_number) == (True, None)
    assert "15076500565" not in repr(person)


@pytest.mark.parametrize(
    ("since", "asked"),
    [
        (datetime(2026, 1, 10, 12, 0, tzinfo=UTC), "2026-01-10T12:45:00"),
        # in summer an hour more than needed, should the clock there go by summer time
        (datetime(2026, 7, 10, 12, 0, tzinfo=UTC), "2026-07-10T12:45:00"),
        # the hour that comes twice: 02:30 on the wall is before and after this instant
        (datetime(2026, 10, 25, 0, 50, tzinfo=UTC), "2026-10-25T01:35:00"),
    ],
)
def test_modified_since_never_asks_too_little(since: datetime, asked: str) -> None:
    assert modified_since(since) == asked


def row(number: int, amount: str, remaining: str, source: str, kind: str | None = None) -> dict[str, Any]:
    return {
        "dbId": str(number), "invoiceNumber": None, "text": None, "amount": amount, "invoiceAmount": amount, "invoiceRemaining": remaining,
        "invoiceDate": None, "dueDate": "2026-10-15T00:00:00", "paymentDate": None, "reminderDate": None, "lateFee": None, "matchId": 9,
        "headerModifiedAt": "x", "slTransactionType": {"name": kind},
        "transactionHeader": {"postedDate": "2026-11-02", "transactionSource": {"code": source}},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("others", "state"),
    [
        ([row(2, "-100.00", "0.00", "OCR")], ItemState.PAID),
        ([row(2, "-100.00", "0.00", "AR", "CREDIT_MEMO")], ItemState.CREDITED),
        ([row(2, "-60.00", "0.00", "AR", "CREDIT_MEMO"), row(3, "-40.00", "0.00", "BA")], ItemState.PAID),
        # written off, or moved by hand: nobody has paid
        ([row(2, "-100.00", "0.00", "GL")], ItemState.GONE),
        ([row(2, "-100.00", "0.00", "BA"), row(3, "100.00", "0.00", "BA"), row(4, "-100.00", "0.00", "GL")], ItemState.GONE),
        ([], ItemState.GONE),
    ],
)
def test_nobody_has_paid_by_guess(others: list[dict[str, Any]], state: ItemState) -> None:
    assert live_of(row(1, "100.00", "0.00", "AR", "INVOICE"), others).state is state


def test_what_makes_no_sense_is_broken() -> None:
    for faulty in ({"invoiceRemaining": "1.005"}, {"invoiceRemaining": 1.5}, {"dueDate": "15.10.2026"}):
        with pytest.raises(BrokenError):
            live_of({**row(1, "100.00", "100.00", "AR"), **faulty}, ())
    with pytest.raises(BrokenError):
        live_of(row(1, "100.00", "0.00", "AR"), [{**row(2, "-100.00", "0", "BA"), "transactionHeader": "x"}])


def test_text_in_a_filter_stays_text() -> None:
    assert literal({"code": 'x"}) { y', "dbId_in": [1, 2], "open": True}) == '{code: "x\\"}) { y", dbId_in: [1, 2], open: true}'


@pytest.mark.parametrize("by_place", [False, True])
def test_a_list_of_open_items_is_gone_on_with_after_a_page(door: XledgerDoor, story: Story, by_place: bool) -> None:
    door.behave(by_place=by_place)
    numbers = [str(story.invoice()["number"]) for _ in range(7)]
    first, *rest = door.connect([story.company], page_size=3).fetch_open_pages(story.external, TODAY, None)
    assert [(len(page.items), page.begins, page.place is None) for page in (first, *rest)] == [
        (3, True, False), (2, False, False), (2, False, True)
    ]  # fmt: skip
    again = list(door.open(page_size=3).fetch_open_pages(story.external, TODAY, first.place))
    assert again == rest
    assert sorted(str(item.document_number) for page in (first, *again) for item in page.items) == sorted(numbers)


def test_a_list_that_moved_meanwhile_is_read_from_its_beginning(door: XledgerDoor, story: Story) -> None:
    door.behave(by_place=True)
    paid, *others = (story.invoice() for _ in range(7))
    first = next(door.connect([story.company], page_size=3).fetch_open_pages(story.external, TODAY, None))
    story.pay(paid, 125_000)
    told = list(door.open(page_size=3).fetch_open_pages(story.external, TODAY, first.place))
    assert [page.begins for page in told] == [True, False, False]
    assert sorted(str(item.document_number) for page in told for item in page.items) == sorted(str(one["number"]) for one in others)
