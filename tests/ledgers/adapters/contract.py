"""What every ledger adapter must do, whatever the vendor: one story book played through each vendor's own door.

A test file of an adapter subclasses `LedgerContract` with a fixture `door` that gives a `LedgerDoor`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from app.ledgers.capabilities import PaymentWrite, Since
from app.ledgers.errors import AuthRevokedError, PeriodLockedError, RateLimitedError
from app.ledgers.ports import ItemKind, ItemState, PostingState
from app.net.errors import TryLaterError, UnknownOutcomeError, UnsupportedError
from support.ledger_door import NOW, TODAY, LedgerDoor, Story


class LedgerContract:
    """The stories. Amounts are øre."""

    @pytest.fixture
    def door(self) -> LedgerDoor:
        raise AssertionError("an adapter's test gives its own door")

    @pytest.fixture
    def story(self, door: LedgerDoor) -> Story:
        return Story(door)

    def test_the_company_is_discovered_and_healthy(self, story: Story) -> None:
        ledger = story.connect()
        found = [c for c in ledger.list_companies() if c.external_id == story.external]
        assert [(c.name, c.organisation_number, c.has_api_access) for c in found] == [("Fjordgløtt Bygg AS", "974760673", True)]
        assert ledger.probe(story.external).ok

    def test_customers_are_read_with_address(self, story: Story) -> None:
        ledger = story.connect()
        (customer,) = ledger.fetch_customers(story.external)
        number = "10001" if ledger.capabilities.numbers_customers else None
        assert (customer.name, customer.email, customer.number) == ("Kari Nordmann", "kari@example.no", number)
        assert (customer.address.lines, customer.address.postal_code, customer.address.city) == (("Storgata 1",), "0155", "Oslo")

    def test_the_snapshot_holds_every_open_invoice_and_no_other(self, story: Story) -> None:
        first = story.invoice(kid="1234567897")
        second = story.invoice(99_950)
        paid = story.invoice(50_000)
        story.pay(paid, 50_000)
        ledger = story.connect()
        items = story.items(ledger)
        assert set(items) == {str(first["number"]), str(second["number"])}
        one, other = items[str(first["number"])], items[str(second["number"])]
        kid = "1234567897" if ledger.capabilities.tells_kid else None
        assert (one.kind, one.kid, one.issued_on, one.due_on) == (ItemKind.INVOICE, kid, date(2026, 10, 1), date(2026, 10, 15))
        assert (one.original_ore, one.remaining_ore, one.currency, one.payments) == (125_000, 125_000, "NOK", ())
        assert (other.kid, other.remaining_ore) == (None, 99_950)

    def test_a_part_payment_is_taken_off_and_shown(self, story: Story) -> None:
        invoice = story.invoice()
        story.pay(invoice, 25_050)
        ledger = story.connect()
        item = story.items(ledger)[str(invoice["number"])]
        assert (item.original_ore, item.remaining_ore) == (125_000, 99_950)
        if ledger.capabilities.dates_payments:
            assert [(p.paid_on, p.amount_ore, p.kind) for p in item.payments] == [(date(2026, 11, 2), 25_050, ItemKind.PAYMENT)]
        else:
            assert (item.payments, item.settled_ore) == ((), 25_050)

    def test_a_part_credit_note_is_taken_off(self, story: Story) -> None:
        invoice = story.invoice()
        story.control.post("/books/credit-notes", {"invoice": invoice["id"], "amount_ore": 25_000, "on": "2026-11-02"})
        items = story.items(story.connect())
        assert {number: item.remaining_ore for number, item in items.items()} == {str(invoice["number"]): 100_000}

    def test_a_credited_invoice_is_credited_not_paid(self, story: Story) -> None:
        invoice = story.invoice()
        ledger = story.connect()
        item = story.items(ledger)[str(invoice["number"])]
        story.control.post("/books/credit-notes", {"invoice": invoice["id"], "on": "2026-11-02"})
        live = ledger.read_item(story.external, item.external_id, item.invoice_id)
        assert (live.state, live.remaining_ore) == (ItemState.CREDITED, 0)
        assert story.items(ledger) == {}

    def test_an_invoice_paid_meanwhile_is_seen_live(self, story: Story) -> None:
        invoice = story.invoice()
        ledger = story.connect()
        item = story.items(ledger)[str(invoice["number"])]
        assert ledger.read_item(story.external, item.external_id, item.invoice_id).state is ItemState.OPEN
        story.pay(invoice, 100_000, "2026-11-02")
        part = ledger.read_item(story.external, item.external_id, item.invoice_id)
        assert (part.state, part.remaining_ore, part.due_on) == (ItemState.OPEN, 25_000, date(2026, 10, 15))
        story.pay(invoice, 25_000, "2026-11-19")
        live = ledger.read_item(story.external, item.external_id, item.invoice_id)
        assert (live.state, live.remaining_ore) == (ItemState.PAID, 0)
        if ledger.capabilities.dates_payments:
            assert [(p.paid_on, p.amount_ore) for p in live.payments] == [(date(2026, 11, 2), 100_000), (date(2026, 11, 19), 25_000)]
        else:
            assert (live.payments, live.settled_ore) == ((), 125_000)

    def test_a_bounced_payment_opens_the_invoice_again(self, story: Story) -> None:
        invoice = story.invoice()
        payment = story.pay(invoice, 125_000)
        ledger = story.connect()
        assert story.items(ledger) == {}
        story.control.post(f"/books/payments/{payment['id']}/reversal", {"on": "2026-11-05"})
        item = story.items(ledger)[str(invoice["number"])]
        assert (item.remaining_ore, ledger.read_item(story.external, item.external_id, item.invoice_id).state) == (125_000, ItemState.OPEN)

    def test_a_moved_due_date_is_seen(self, story: Story) -> None:
        invoice = story.invoice()
        ledger = story.connect()
        item = story.items(ledger)[str(invoice["number"])]
        story.control.put(f"/books/invoices/{invoice['id']}/due-date", {"due_on": "2026-12-01"})
        assert ledger.read_item(story.external, item.external_id, item.invoice_id).due_on == date(2026, 12, 1)
        assert story.items(ledger)[str(invoice["number"])].due_on == date(2026, 12, 1)

    def test_a_deleted_invoice_is_gone_never_paid(self, story: Story) -> None:
        invoice = story.invoice()
        ledger = story.connect()
        item = story.items(ledger)[str(invoice["number"])]
        story.control.delete(f"/books/invoices/{invoice['id']}")
        assert ledger.read_item(story.external, item.external_id, item.invoice_id).state is ItemState.GONE
        assert story.items(ledger) == {}

    def test_a_payment_is_written_once(self, story: Story) -> None:
        invoice = story.invoice()
        ledger = story.connect()
        order = story.order(story.items(ledger)[str(invoice["number"])])
        assert ledger.find_payment(story.external, order) is None
        receipt = ledger.register_payment(story.external, order)
        assert receipt.posted_on == TODAY
        queued = ledger.capabilities.payment_write is PaymentWrite.QUEUE
        assert (receipt.state is PostingState.ACCEPTED) == queued
        story.door.settle()
        assert story.remaining(invoice) == 85_000
        found = ledger.find_payment(story.external, order)
        assert found is not None and found.external_id == receipt.external_id
        assert ledger.posting_status(story.external, order, receipt).state in (PostingState.POSTED, PostingState.MATCHED)

    def test_a_lost_answer_is_unknown_and_then_found(self, story: Story) -> None:
        invoice = story.invoice()
        ledger = story.connect()
        order = story.order(story.items(ledger)[str(invoice["number"])])
        story.control.fault(story.door.payment_call, "drop_after")
        with pytest.raises(UnknownOutcomeError):
            ledger.register_payment(story.external, order)
        story.door.settle()
        assert story.remaining(invoice) == 85_000
        assert ledger.find_payment(story.external, order) is not None

    def test_a_lost_request_is_unknown_and_then_certainly_not_done(self, story: Story) -> None:
        invoice = story.invoice()
        ledger = story.connect()
        order = story.order(story.items(ledger)[str(invoice["number"])])
        story.control.fault(story.door.payment_call, "drop_before")
        with pytest.raises(UnknownOutcomeError):
            ledger.register_payment(story.external, order)
        assert ledger.find_payment(story.external, order) is None
        assert story.remaining(invoice) == 125_000

    def test_a_server_error_on_a_write_is_unknown_on_a_read_try_later(self, story: Story) -> None:
        invoice = story.invoice()
        ledger = story.connect()
        order = story.order(story.items(ledger)[str(invoice["number"])])
        story.control.fault(story.door.payment_call, "status", status=500)
        with pytest.raises(UnknownOutcomeError):
            ledger.register_payment(story.external, order)
        story.control.fault(story.door.list_call, "status", status=500, times=20)
        with pytest.raises(TryLaterError):
            story.items(ledger)

    def test_a_closed_period_is_named(self, story: Story) -> None:
        invoice = story.invoice()
        ledger = story.connect()
        order = story.order(story.items(ledger)[str(invoice["number"])])
        story.control.put(f"/books/companies/{story.company}/lock", {"until": TODAY.isoformat()})
        if ledger.capabilities.payment_write is PaymentWrite.QUEUE:
            # taken in unseen, and found out when the queue is processed
            receipt = ledger.register_payment(story.external, order)
            story.door.settle()
            told = ledger.posting_status(story.external, order, receipt)
            assert told.state is PostingState.REJECTED and "period" in " ".join(told.messages)
            assert story.remaining(invoice) == 125_000
            return
        with pytest.raises(PeriodLockedError):
            ledger.register_payment(story.external, order)

    def test_a_revoked_credential_is_said_so_and_never_looped_on(self, story: Story) -> None:
        story.invoice()
        ledger = story.connect()
        assert len(story.items(ledger)) == 1
        story.door.revoke()
        before = sum(len(recorder.exchanges) for recorder in story.door.recorders)
        with pytest.raises(AuthRevokedError):
            story.items(ledger)
        assert sum(len(recorder.exchanges) for recorder in story.door.recorders) - before <= 4

    def test_a_burst_of_429_is_waited_out(self, story: Story) -> None:
        story.invoice()
        ledger = story.connect()
        story.items(ledger)
        story.door.throttle(2)
        assert len(story.items(ledger)) == 1

    def test_429_without_end_is_told_as_a_rate_limit(self, story: Story) -> None:
        story.invoice()
        ledger = story.connect()
        story.items(ledger)
        story.door.throttle(1000)
        with pytest.raises(RateLimitedError):
            story.items(ledger)

    def test_every_page_is_read_and_nothing_twice(self, story: Story) -> None:
        numbers = {str(story.invoice(1_000 * n)["number"]) for n in range(1, 8)}
        items = list(story.connect(page_size=3).fetch_open_items(story.external, TODAY))
        assert sorted(str(item.document_number) for item in items) == sorted(numbers)

    def test_a_payment_between_two_pages_loses_no_other_invoice(self, story: Story) -> None:
        invoices = [story.invoice(1_000 * n) for n in range(1, 8)]
        paid: list[int] = []

        def pay_the_first_between_pages(request: httpx.Request, _number: int) -> None:
            if not paid and story.door.is_later_page(request):
                paid.append(story.pay(invoices[0], 1_000)["id"])

        found = story.items(story.connect(page_size=3, before=pay_the_first_between_pages))
        assert paid, "the story never came to a second page"
        assert {str(invoice["number"]) for invoice in invoices[1:]} <= set(found)

    def test_an_invoice_deleted_between_two_pages_loses_no_other(self, story: Story) -> None:
        """All behind it move up by one: whoever goes on at the next page passes over one of them."""
        invoices = [story.invoice(1_000 * n) for n in range(1, 8)]
        deleted: list[int] = []

        def delete_the_first_between_pages(request: httpx.Request, _number: int) -> None:
            if not deleted and story.door.is_later_page(request):
                deleted.append(invoices[0]["id"])
                story.control.delete(f"/books/invoices/{invoices[0]['id']}")

        found = story.items(story.connect(page_size=3, before=delete_the_first_between_pages))
        assert deleted, "the story never came to a second page"
        assert {str(invoice["number"]) for invoice in invoices[1:]} <= set(found)

    def test_a_credential_that_expires_between_two_pages_is_renewed(self, story: Story) -> None:
        numbers = {str(story.invoice(1_000 * n)["number"]) for n in range(1, 8)}
        expired: list[bool] = []

        def expire_between_pages(request: httpx.Request, _number: int) -> None:
            if not expired and story.door.is_later_page(request):
                expired.append(True)
                story.door.expire()

        assert set(story.items(story.connect(page_size=3, before=expire_between_pages))) == numbers
        assert expired, "the story never came to a second page"

    def test_changed_customers_alone_are_read_since(self, story: Story) -> None:
        ledger = story.connect()
        assert [c.name for c in ledger.fetch_customers(story.external, NOW - timedelta(hours=5))] == ["Kari Nordmann"]
        later = [c.name for c in ledger.fetch_customers(story.external, NOW + timedelta(days=2))]
        assert later == (["Kari Nordmann"] if ledger.capabilities.customers_since is Since.NONE else [])

    def test_the_sum_of_the_list_is_the_account(self, story: Story) -> None:
        """Part payments, a credit note larger than what was left, and money that nobody has tied to an invoice."""
        story.invoice(70_000)
        part, overcredited = story.invoice(), story.invoice(90_000)
        story.pay(part, 25_050)
        story.pay(overcredited, 60_000)
        story.control.post("/books/credit-notes", {"invoice": overcredited["id"], "amount_ore": 90_000, "on": "2026-11-03"})
        ledger = story.connect()
        if ledger.capabilities.loose_credits:
            story.control.post("/books/payments", {"customer": story.customer, "amount_ore": 5_000, "on": "2026-11-04"})
        items = list(ledger.fetch_open_items(story.external, TODAY))
        assert not [i for i in items if i.document_number == str(overcredited["number"]) and i.remaining_ore > 0]
        if ledger.capabilities.loose_credits:
            assert sum(i.remaining_ore for i in items) == story.balance() == 70_000 + 99_950 - 60_000 - 5_000
        if ledger.capabilities.receivables_balance:
            assert ledger.receivables_balance(story.external, TODAY) == story.balance()
        else:
            with pytest.raises(UnsupportedError):
                ledger.receivables_balance(story.external, TODAY)

    def test_a_foreign_invoice_keeps_its_currency(self, story: Story) -> None:
        invoice = story.invoice(10_000, currency="EUR", rate="11.5")
        story.pay(invoice, 4_000, base_ore=46_000)
        item = story.items(story.connect())[str(invoice["number"])]
        assert (item.currency, item.original_ore, item.remaining_ore) == ("EUR", 10_000, 6_000)
        assert item.base_remaining_ore in (None, 69_000)

    def test_a_number_used_again_is_another_invoice(self, story: Story) -> None:
        first = story.invoice()
        ledger = story.connect()
        before = story.items(ledger)[str(first["number"])]
        story.control.delete(f"/books/invoices/{first['id']}")
        story.invoice(55_500, number=first["number"])
        after = story.items(ledger)[str(first["number"])]
        assert after.external_id != before.external_id and after.remaining_ore == 55_500
        assert ledger.read_item(story.external, before.external_id, before.invoice_id).state is ItemState.GONE

    def test_a_payment_of_ours_is_taken_back(self, story: Story) -> None:
        invoice = story.invoice()
        ledger = story.connect()
        item = story.items(ledger)[str(invoice["number"])]
        order = story.order(item)
        receipt = ledger.register_payment(story.external, order)
        story.door.settle()
        if not ledger.capabilities.reverses:
            with pytest.raises(UnsupportedError):
                ledger.reverse_payment(story.external, order, receipt, TODAY)
            return
        ledger.reverse_payment(story.external, order, receipt, TODAY)
        story.door.settle()
        assert story.remaining(invoice) == 125_000
        assert ledger.read_item(story.external, item.external_id, item.invoice_id).state is ItemState.OPEN

    def test_what_changed_is_told_since_the_cursor(self, story: Story) -> None:
        ledger = story.connect()
        if ledger.capabilities.changes is Since.NONE:
            with pytest.raises(UnsupportedError):
                ledger.fetch_changes(story.external, None)
            return
        paid, kept = story.invoice(), story.invoice(70_000)
        begun = ledger.fetch_changes(story.external, None)
        with story.door.time_travel() as turn:
            turn(NOW + timedelta(days=2))
            story.pay(paid, 125_000, "2026-11-21")
            fresh = story.invoice(33_000)
            told = ledger.fetch_changes(story.external, begun.cursor)
        remaining = {item.document_number: item.remaining_ore for item in told.items}
        settled = remaining.get(str(paid["number"]), 0)
        assert settled == 0 and (str(paid["number"]) in remaining or told.gone)
        assert remaining[str(fresh["number"])] == 33_000
        assert remaining.get(str(kept["number"]), 70_000) == 70_000
        assert told.cursor != begun.cursor

    def test_what_happens_in_the_hour_that_comes_twice_is_told(self, story: Story) -> None:
        """On 25 October 2026 it is ten past two in Oslo twenty minutes after it was ten to three."""
        paid = story.invoice(issued_on="2026-10-25", due_on="2026-10-25")
        ledger = story.connect()
        follows = ledger.capabilities.changes is not Since.NONE
        before = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)
        with story.door.time_travel() as turn:
            turn(before)
            begun = ledger.fetch_changes(story.external, None).cursor if follows else None
            turn(before + timedelta(minutes=20))
            story.pay(paid, 25_000, "2026-10-25")
            story.control.put(f"/books/customers/{story.customer}", {"name": "Kari Gift"})
            assert [c.name for c in ledger.fetch_customers(story.external, before)] == ["Kari Gift"]
            if begun is not None:
                told = ledger.fetch_changes(story.external, begun).items
                assert 100_000 in [item.remaining_ore for item in told if item.document_number == str(paid["number"])]
            (item,) = ledger.fetch_open_items(story.external, date(2026, 10, 25))
        assert (item.issued_on, item.due_on, item.remaining_ore) == (date(2026, 10, 25), date(2026, 10, 25), 100_000)

    def test_a_vendor_whose_clock_is_slow_loses_no_change(self, story: Story) -> None:
        ledger = story.connect()
        if ledger.capabilities.changes is Since.NONE:
            return
        paid = story.invoice()
        with story.door.time_travel() as turn:
            turn(NOW + timedelta(days=1))
            begun = ledger.fetch_changes(story.external, None)
            story.control.put("/clock", {"offset_seconds": timedelta(days=1, minutes=-10).total_seconds()})
            story.pay(paid, 25_000)
            told = ledger.fetch_changes(story.external, begun.cursor).items
        assert 100_000 in [item.remaining_ore for item in told if item.document_number == str(paid["number"])]

    def test_what_is_told_twice_is_the_same(self, story: Story) -> None:
        """Lists and changes are asked for again after a fall: what comes twice is known again by its id and is no second row."""
        ledger = story.connect()
        follows = ledger.capabilities.changes is not Since.NONE
        begun = ledger.fetch_changes(story.external, None).cursor if follows else None
        first, part = story.invoice(), story.invoice(70_000)
        story.pay(part, 25_000)
        lists = [list(ledger.fetch_open_items(story.external, TODAY)) for _ in range(2)]
        assert lists[0] == lists[1] and len({item.external_id for item in lists[0]}) == len(lists[0]) == 2
        if begun is not None:
            changes = [ledger.fetch_changes(story.external, begun).items for _ in range(2)]
            assert changes[0] == changes[1] and len({item.external_id for item in changes[0]}) == len(changes[0])
            ids = {item.document_number: item.external_id for item in lists[0]}
            assert {ids[str(first["number"])], ids[str(part["number"])]} <= {item.external_id for item in changes[0]}

    def test_what_is_owed_to_suppliers_and_held_in_the_bank_is_told(self, story: Story) -> None:
        owed = {"company": story.company, "supplier": "Bygg & Trelast AS", "number": "F-77", "issued_on": "2026-11-01"}
        story.control.post("/books/supplier-invoices", {**owed, "amount_ore": 43_210, "due_on": "2026-12-01"})
        settled = story.control.post("/books/supplier-invoices", {**owed, "number": "F-78", "amount_ore": 1_000, "due_on": "2026-11-10"})
        story.control.put(f"/books/supplier-invoices/{settled['id']}/paid", {"paid_on": "2026-11-10"})
        accounts = self._bank_accounts(story)
        story.control.put(f"/books/bank-accounts/{accounts['1920']}/opening", {"opening_ore": 1_000_000})
        story.pay(story.invoice(), 25_000)
        ledger = story.connect()
        if ledger.capabilities.supplier_items:
            told = list(ledger.fetch_supplier_items(story.external, TODAY))
            assert [(s.document_number, s.due_on, s.remaining_ore) for s in told] == [("F-77", date(2026, 12, 1), 43_210)]
        else:
            with pytest.raises(UnsupportedError):
                list(ledger.fetch_supplier_items(story.external, TODAY))
        if ledger.capabilities.bank_balances:
            assert 1_025_000 in [b.balance_ore for b in ledger.bank_balances(story.external, TODAY)]
        else:
            with pytest.raises(UnsupportedError):
                ledger.bank_balances(story.external, TODAY)

    @staticmethod
    def _bank_accounts(story: Story) -> dict[str, int]:
        company = story.control.get(f"/books/companies/{story.company}")
        return {account["code"]: account["id"] for account in company["bank_accounts"]}
