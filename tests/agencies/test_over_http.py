"""The whole way over HTTP: Tripletex's and Kravia's simulators, one clock for them and for us, and every job run as a worker would."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest

from app.agencies import direct_payments, handover, queries, settlements, vouchers
from app.agencies.models import DirectPaymentRow, SettlementRow
from app.jobs import performing
from app.jobs.effects import Performers
from app.jobs.resources import Resources
from app.ledgers.models import Posting
from app.receivables.models import OpenItem
from app.values.clock import FixedClock
from support import make
from support.agency_desk import Desk, connect_tripletex, desk, kravia, plain
from support.sandbox import Control, borrowed_sandbox

CREDITOR = "7"


@dataclass
class Street:
    """The desk with both simulators around it. `invoice` is the claim's id in Tripletex."""

    at: Desk
    control: Control
    clock: FixedClock
    invoice: int

    def book_the_rest(self, payout: SettlementRow) -> None:
        """The accountant books interest and costs, and says so."""
        with self.at.work() as work:
            vouchers.confirm(work, payout.id, booked_on=work.today())
        self.at.run()

    def days_pass(self, days: int) -> None:
        self.clock.move(timedelta(days=days))

    def plan(self) -> None:
        at = self.at
        document = make.document(at.database, at.company)
        attachments = [{"document_id": str(document.id), "kind": "collection_warning"}]
        with at.work() as work:
            case_id = handover.plan(work, claim_id=at.claim.id, item=at.item, package=plain(at.package()), attachments=attachments)
        assert case_id is not None

    def poll(self) -> None:
        self.at.ring("agencies.poll_bureau")

    def read_ledger(self) -> None:
        """A sync as the clock rings it, with the watch it rings in turn."""
        self.at.ring("ledgers.sync_company", company_id=str(self.at.company.id))
        self.at.ring("agencies.watch_payments", company_id=str(self.at.company.id))

    def cases_there(self) -> list[dict]:
        return self.control.get(f"/kravia/claims?accountingInvoiceId={self.at.the_case().id}")

    def pay_agency(self, **paid: object) -> dict:
        return self.control.post(f"/kravia/claims/{self.at.the_case().external_id}/pay", paid)

    def ledger_payments(self) -> list[dict]:
        told = self.control.get(f"/books/invoices/{self.invoice}")
        return [one for one in told["lines"] if one["kind"] == "payment"]


@pytest.fixture
def street(resources: Resources, clock: FixedClock) -> Iterator[Street]:
    with borrowed_sandbox(clock.now) as sandbox:
        control = Control(sandbox.url)
        control.put(f"/kravia/creditors/{CREDITOR}", {"name": "Fjordvik Handel AS"})
        at = desk(resources, kravia(sandbox.url), base=sandbox.url, creditor_ref=CREDITOR)
        yield Street(at, control, clock, connect_tripletex(at, control))
        control.close()


def test_from_handover_to_settlement_posted_once_in_the_ledger(street: Street) -> None:
    at = street.at
    street.plan()
    at.run()
    [there] = street.cases_there()
    assert there["invoice"]["originalAmount"] == 10_000.0
    assert [document["type"] for document in there["documents"]] == ["collection_warning"]
    assert at.the_case().state == "registered"

    street.days_pass(3)
    street.poll()
    assert (at.the_case().state, at.the_case().agency_text) == ("in_collection", "DebtCollection")

    street.pay_agency()
    street.days_pass(1)
    street.poll()
    assert at.the_case().state == "paid"
    street.poll()
    street.poll()
    assert [line["amount_ore"] for line in street.ledger_payments()] == [-1_000_000]
    assert at.read(OpenItem, id=at.item.id)[0].state == "paid"
    [payout] = at.read(SettlementRow, company_id=at.company.id)
    assert payout.state == "proposal", "the interest is not in the ledger before somebody has booked it"
    street.book_the_rest(payout)
    assert at.read(SettlementRow, company_id=at.company.id)[0].state == "booked"
    [told] = street.control.get("/kravia/settlements")
    assert told["internalAccountingId"] == str(payout.id)

    street.read_ledger()
    assert at.read(DirectPaymentRow, company_id=at.company.id) == [], "our own posting must not be echoed back"
    assert all(payment["type"] == "agency" for payment in street.cases_there()[0]["payments"])


def test_an_answer_lost_after_the_case_was_made_leaves_exactly_one_case(street: Street) -> None:
    street.plan()
    street.control.fault("/invoice/register", "drop_after")
    [effect] = street.at.effects(handover.KIND)
    for expected in ("unknown", "sent"):
        state = performing.perform(
            street.at.database.begin, street.at.resources.of(Performers), street.at.bureau.id, effect.id, pause=lambda _: None
        )
        assert state == expected
    street.at.run()
    [there] = street.cases_there()
    assert str(there["invoice"]["invoiceId"]) == street.at.the_case().external_id
    assert len(there["documents"]) == 1, "what could not be attached at once is brought afterwards"


def test_a_request_lost_on_the_way_is_sent_again(street: Street) -> None:
    street.plan()
    street.control.fault("/invoice/register", "drop_before")
    [effect] = street.at.effects(handover.KIND)
    states = [
        performing.perform(
            street.at.database.begin, street.at.resources.of(Performers), street.at.bureau.id, effect.id, pause=lambda _: None
        )
        for _ in range(3)
    ]
    assert states == ["unknown", "planned", "sent"]
    assert len(street.cases_there()) == 1


def test_an_invoice_paid_in_the_ledger_a_moment_before_is_not_handed_over(street: Street) -> None:
    street.plan()
    street.control.post("/books/payments", {"invoice": street.invoice, "amount_ore": 1_000_000, "on": str(street.clock.today())})
    street.at.run()
    assert (street.at.the_case().state, street.cases_there()) == ("cancelled", [])


def test_a_creditor_the_agency_does_not_know_is_refused_with_its_reason(street: Street) -> None:
    street.at.change(street.at.agreement, creditor_ref="8")
    street.plan()
    street.at.run()
    case = street.at.the_case()
    assert case.state == "refused"
    assert "creditorId" in (case.problem or "")


def test_a_payment_to_the_creditor_is_reported_once_and_the_posting_of_a_payout_on_the_open_case_is_not(street: Street) -> None:
    at = street.at
    street.plan()
    at.run()
    street.days_pass(2)
    street.control.post("/books/payments", {"invoice": street.invoice, "amount_ore": 400_000, "on": str(street.clock.today())})
    street.read_ledger()
    street.read_ledger()
    [there] = street.cases_there()
    assert [(payment["type"], payment["amount"]) for payment in there["payments"]] == [("direct", 4000.0)]
    [row] = at.read(DirectPaymentRow, company_id=at.company.id)
    assert (row.state, there["payments"][0]["accountingPaymentId"]) == ("reported", str(row.id))

    street.days_pass(1)
    collected = street.pay_agency(amount=3_000)
    street.days_pass(1)
    street.poll()
    street.poll()
    street.read_ledger()
    assert at.the_case().state == "in_collection"
    principal = round(collected["principal"] * 100)
    assert [line["amount_ore"] for line in street.ledger_payments()] == [-400_000, -principal]
    assert len(at.read(DirectPaymentRow, company_id=at.company.id)) == 1
    assert [payment["type"] for payment in street.cases_there()[0]["payments"]] == ["direct", "agency"]


def test_a_payout_the_bank_booked_first_is_neither_reported_nor_posted(street: Street) -> None:
    at = street.at
    street.plan()
    at.run()
    street.days_pass(2)
    collected = street.pay_agency(amount=4_000)
    street.days_pass(1)
    principal = round(collected["principal"] * 100)
    street.control.post(
        "/books/payments",
        {"invoice": street.invoice, "amount_ore": principal, "on": str(street.clock.today()), "text": "KRAVIA AS 4711"},
    )
    street.read_ledger()
    street.poll()
    assert [line["amount_ore"] for line in street.ledger_payments()] == [-principal]
    assert at.read(DirectPaymentRow, company_id=at.company.id) == []
    assert at.read(Posting, company_id=at.company.id) == []
    [payout] = at.read(SettlementRow, company_id=at.company.id)
    assert payout.state == "proposal"
    street.book_the_rest(payout)
    assert at.read(SettlementRow, company_id=at.company.id)[0].state == "booked"
    with at.work() as work:
        assert queries.standing_of(work, [at.claim.id]) == {at.claim.id: "open"}


def test_a_report_lost_on_its_way_back_counts_once_at_the_agency(street: Street) -> None:
    at = street.at
    street.plan()
    at.run()
    street.days_pass(1)
    street.control.post("/books/payments", {"invoice": street.invoice, "amount_ore": 100_000, "on": str(street.clock.today())})
    street.at.ring("ledgers.sync_company", company_id=str(at.company.id))
    with at.work() as work:
        work.enqueue("agencies.watch_payments", bureau_id=str(at.bureau.id), company_id=str(at.company.id))
    street.control.fault("/invoice/payment", "drop_after")
    direct_payments.watch(at.database.begin, at.agencies, at.bureau.id, at.company.id)
    [effect] = at.effects(direct_payments.KIND)
    for expected in ("unknown", "sent"):
        state = performing.perform(at.database.begin, at.resources.of(Performers), at.bureau.id, effect.id, pause=lambda _: None)
        assert state == expected
    assert len(street.cases_there()[0]["payments"]) == 1


def test_two_workers_at_the_same_settlement_post_it_once(street: Street) -> None:
    at = street.at
    street.plan()
    at.run()
    street.days_pass(1)
    street.pay_agency()
    street.days_pass(1)
    with ThreadPoolExecutor(4) as workers:
        reads = [workers.submit(settlements.fetch, at.database.begin, at.agencies, at.bureau.id, at.agreement.id) for _ in range(4)]
    assert sorted(read.result() for read in reads) == [0, 0, 0, 1]
    at.run()
    assert len(at.read(Posting, company_id=at.company.id)) == 1
    assert [line["amount_ore"] for line in street.ledger_payments()] == [-1_000_000]
