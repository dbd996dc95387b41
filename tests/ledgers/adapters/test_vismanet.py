from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.ledgers.adapters.vismanet.rows import live_invoice
from app.ledgers.errors import AuthRevokedError, ConflictError, ModuleMissingError, PermissionMissingError
from app.ledgers.ports import ItemKind, ItemState, LedgerNoticeKind
from app.net.errors import RefusedError, UnknownOutcomeError
from ledgers.adapters.contract import LedgerContract
from support.ledger_door import NOW, TODAY, LedgerDoor, MemoryStore, Story
from support.sandbox import borrowed_sandbox
from support.vismanet import VismaNetDoor, vismanet_door


@pytest.fixture(scope="module")
def still() -> Iterator[str]:
    with borrowed_sandbox(lambda: NOW) as sandbox:
        yield sandbox.url


@pytest.fixture
def desk(still: str) -> Iterator[VismaNetDoor]:
    with vismanet_door(still) as made:
        yield made


@pytest.fixture
def story(desk: VismaNetDoor) -> Story:
    return Story(desk)


class TestVismaNet(LedgerContract):
    @pytest.fixture
    def door(self, desk: VismaNetDoor) -> LedgerDoor:
        return desk


def test_a_connection_reads_its_own_company_and_no_other(desk: VismaNetDoor, story: Story) -> None:
    ledger, other = story.connect(), Story(desk)
    assert [company.external_id for company in ledger.list_companies()] == [story.external]
    with pytest.raises(PermissionMissingError):
        list(ledger.fetch_open_items(other.external, TODAY))
    assert desk.tenant(story.company) not in story.external


def test_a_company_that_has_not_let_us_in_is_told_apart_from_one_without_the_interface(desk: VismaNetDoor, story: Story) -> None:
    desk.approve(story.company, licensed=False)
    with pytest.raises(ModuleMissingError, match="12027"):
        story.connect().list_companies()
    assert not story.connect().probe(story.external).ok
    desk.approve(story.company)
    with pytest.raises(AuthRevokedError):
        desk.open(MemoryStore({"tenant_id": "0190a0de-0000-7000-8000-000000000001"})).list_companies()


def test_a_page_is_never_larger_than_visma_allows(desk: VismaNetDoor, story: Story) -> None:
    for n in range(1, 4):
        story.invoice(1_000 * n)
    items = story.items(story.connect(page_size=100_000))
    assert len(items) == 3


def test_dunning_letters_and_visma_collection_are_told(desk: VismaNetDoor, story: Story) -> None:
    invoice = story.invoice()
    for on in ("2026-10-25", "2026-11-08"):
        story.control.post("/books/reminders", {"invoice": invoice["id"], "on": on})
    desk.control.put(f"/vismanet/invoices/{invoice['id']}/collected", None)
    story.control.put(f"/books/customers/{story.customer}", {"own_dunning": ["printDunningLetters"]})
    ledger = story.connect()
    item = story.items(ledger)[str(invoice["number"])]
    told = [(notice.kind, None if notice.on is None else notice.on.isoformat()) for notice in item.own_notices]
    reminder, collection = LedgerNoticeKind.REMINDER, LedgerNoticeKind.COLLECTION
    assert told == [(reminder, None), (reminder, "2026-11-08"), (collection, None)]
    assert ledger.probe(story.external).own_dunning == ("printDunningLetters",)
    assert ledger.read_item(story.external, item.external_id, None).own_notices == item.own_notices


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
@pytest.mark.parametrize("step", ["POST /vismanet/API/controller/api/v1/customerPayment", "/action/release"])
def test_a_step_whose_answer_was_lost_is_taken_again_and_pays_once(desk: VismaNetDoor, story: Story, step: str, kind: str) -> None:
    invoice, ledger = story.invoice(), story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    desk.control.fault(step, kind)
    with pytest.raises(UnknownOutcomeError):
        ledger.register_payment(story.external, order)
    receipt = ledger.register_payment(story.external, order)
    assert (story.remaining(invoice), desk.drafts(story.company)) == (85_000, [])
    assert ledger.find_payment(story.external, order) is not None and receipt.posted_on == TODAY


def test_a_payment_that_is_made_and_not_released_is_not_booked(desk: VismaNetDoor, story: Story) -> None:
    invoice, ledger = story.invoice(), story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    desk.control.fault("/action/release", "drop_before")
    with pytest.raises(UnknownOutcomeError):
        ledger.register_payment(story.external, order)
    assert ledger.find_payment(story.external, order) is None
    assert len(desk.drafts(story.company)) == 1
    with pytest.raises(ConflictError, match="changed by hand"):
        ledger.register_payment(story.external, replace(order, amount_ore=50_000))
    assert story.remaining(invoice) == 125_000


def test_somebody_elses_payment_of_the_same_amount_is_not_taken_for_ours(story: Story) -> None:
    invoice, ledger = story.invoice(), story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    story.pay(invoice, order.amount_ore, TODAY.isoformat())
    assert ledger.find_payment(story.external, order) is None
    ledger.register_payment(story.external, order)
    assert story.remaining(invoice) == 45_000


def test_what_was_written_off_is_gone_never_paid() -> None:
    paid = {
        "docType": "Payment",
        "refNbr": "7",
        "amountPaid": 1000,
        "released": True,
        "voided": False,
        "applicationDate": "2026-11-02T00:00:00",
    }
    written_off = {**paid, "docType": "CreditWriteOff", "refNbr": "8", "amountPaid": 250}
    row = {"status": "Closed", "documentDueDate": None, "lastModifiedDateTime": "2026-11-20T10:00:00", "amount": 1250, "balance": 0}
    row |= {"dunningLetterLevel": 0, "dunningLetterDate": None}
    assert live_invoice({**row, "applications": [paid, written_off]}).state is ItemState.GONE
    assert live_invoice({**row, "applications": [paid, {**written_off, "docType": "CreditNote"}]}).state is ItemState.PAID
    assert live_invoice({**row, "applications": [{**paid, "amountPaid": 1250, "voided": True}]}).state is ItemState.GONE


def test_loose_money_and_credit_can_be_asked_about_live(story: Story) -> None:
    invoice = story.invoice(90_000)
    story.pay(invoice, 60_000)
    story.control.post("/books/credit-notes", {"invoice": invoice["id"], "amount_ore": 90_000, "on": "2026-11-03"})
    story.control.post("/books/payments", {"customer": story.customer, "amount_ore": 5_000, "on": "2026-11-04"})
    ledger = story.connect()
    items = list(ledger.fetch_open_items(story.external, TODAY))
    assert sorted((item.kind.value, item.remaining_ore) for item in items) == [("credit_note", -60_000), ("payment", -5_000)]
    for item in items:
        live = ledger.read_item(story.external, item.external_id, None)
        assert (live.state, live.remaining_ore) == (ItemState.OPEN, item.remaining_ore)


def test_a_foreign_invoice_waits_for_a_persons_yes(story: Story) -> None:
    invoice, ledger = story.invoice(10_000, currency="EUR", rate="11.5"), story.connect()
    item = story.items(ledger)[str(invoice["number"])]
    assert (item.kind, item.confidence.value, item.base_remaining_ore) == (ItemKind.INVOICE, "low", 115_000)
    with pytest.raises(RefusedError):
        ledger.register_payment(story.external, replace(story.order(item), currency="EUR"))
