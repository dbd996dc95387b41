from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest

from app.ledgers.adapters.conta.wire import refusal_of
from app.ledgers.errors import AuthRevokedError, ModuleMissingError, PeriodLockedError, PermissionMissingError
from app.ledgers.ports import Confidence, ItemState, LedgerNoticeKind
from app.net.errors import OutsideError, RefusedError, UnknownOutcomeError, UnsupportedError
from app.net.http import Reply
from ledgers.adapters.contract import LedgerContract
from support.conta import ContaDoor, conta_door
from support.ledger_door import NOW, TODAY, LedgerDoor, Story
from support.sandbox import borrowed_sandbox


@pytest.fixture(scope="module")
def still() -> Iterator[str]:
    with borrowed_sandbox(lambda: NOW) as sandbox:
        yield sandbox.url


@pytest.fixture
def door(still: str) -> Iterator[ContaDoor]:
    with conta_door(still) as made:
        yield made


@pytest.fixture
def story(door: ContaDoor) -> Story:
    return Story(door)


class TestConta(LedgerContract):
    @pytest.fixture
    def door(self, still: str) -> Iterator[LedgerDoor]:
        with conta_door(still) as made:
            yield made


@pytest.mark.parametrize("status", ["SENT_TO_KRAVIA", "BEING_SENT_TO_KRAVIA", "SOLD_TO_EASYBANK"])
def test_an_invoice_that_conta_gave_away_is_told_as_given_away(story: Story, status: str) -> None:
    invoice = story.invoice()
    story.control.put(f"/conta/invoices/{invoice['id']}/status", {"status": status})
    ledger = story.connect()
    item = story.items(ledger)[str(invoice["number"])]
    assert [notice.kind for notice in item.own_notices] == [LedgerNoticeKind.COLLECTION]
    live = ledger.read_item(story.external, item.external_id, None)
    assert (live.state, [notice.kind for notice in live.own_notices]) == (ItemState.OPEN, [LedgerNoticeKind.COLLECTION])


@pytest.mark.parametrize("status", ["WRITTEN_OFF_AS_LOSS", "CLOSED_FROM_REGNSKAP", "CLOSED_BY_PAYMENT"])
def test_an_invoice_closed_without_a_payment_to_be_seen_is_gone_and_not_paid(story: Story, status: str) -> None:
    invoice = story.invoice()
    ledger = story.connect()
    item = story.items(ledger)[str(invoice["number"])]
    story.control.put(f"/conta/invoices/{invoice['id']}/status", {"status": status})
    assert story.items(ledger) == {}
    assert ledger.read_item(story.external, item.external_id, None).state is ItemState.GONE


def test_a_status_nobody_has_told_us_of_is_a_doubt(story: Story) -> None:
    invoice = story.invoice()
    story.control.put(f"/conta/invoices/{invoice['id']}/status", {"status": "SOMETHING_NEW"})
    item = story.items(story.connect())[str(invoice["number"])]
    assert item.confidence is Confidence.MEDIUM and "SOMETHING_NEW" in item.doubts[0]


def test_a_reminder_of_contas_is_read_with_day_fee_and_deadline(story: Story) -> None:
    invoice = story.invoice()
    story.control.post("/books/reminders", {"invoice": invoice["id"], "on": "2026-11-03", "charge_ore": 3_500, "deadline_on": "2026-11-17"})
    ledger = story.connect()
    item = story.items(ledger)[str(invoice["number"])]
    assert [(n.on, n.kind, n.fee_ore, n.deadline_on) for n in item.own_notices] == [
        (date(2026, 11, 3), LedgerNoticeKind.REMINDER, 3_500, date(2026, 11, 17))
    ]
    (live,) = ledger.read_item(story.external, item.external_id, None).own_notices
    assert (live.kind, live.fee_ore) == (LedgerNoticeKind.REMINDER, None)


def test_the_currency_is_asked_for_where_a_list_does_not_tell_it(story: Story) -> None:
    invoice = story.invoice(10_000, currency="EUR", rate="11.5")
    story.control.put("/conta/short-lists", True)
    item = story.items(story.connect())[str(invoice["number"])]
    assert (item.currency, item.confidence) == ("EUR", Confidence.LOW)


def test_an_invoice_in_another_currency_is_not_paid_by_us(story: Story) -> None:
    invoice = story.invoice(10_000, currency="EUR", rate="11.5")
    ledger = story.connect()
    with pytest.raises(UnsupportedError):
        ledger.register_payment(story.external, story.order(story.items(ledger)[str(invoice["number"])]))
    assert story.remaining(invoice) == 10_000


def test_two_like_payments_cannot_be_told_apart(story: Story) -> None:
    invoice = story.invoice()
    ledger = story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    for _ in range(2):
        story.pay(invoice, 40_000, TODAY.isoformat())
    with pytest.raises(UnknownOutcomeError):
        ledger.find_payment(story.external, order)


def test_a_booked_payment_must_lose_its_voucher_first_and_one_that_is_gone_is_found(story: Story) -> None:
    invoice = story.invoice()
    ledger = story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    receipt = ledger.register_payment(story.external, order)
    assert ledger.reverse_payment(story.external, order, receipt, TODAY) == ledger.reverse_payment(story.external, order, receipt, TODAY)
    assert story.remaining(invoice) == 125_000
    booked = ledger.register_payment(story.external, order)
    story.control.put(f"/conta/payments/{booked.external_id}/booked", None)
    with pytest.raises(RefusedError, match="voucher"):
        ledger.reverse_payment(story.external, order, booked, TODAY)
    assert story.remaining(invoice) == 85_000


def test_the_bank_account_is_the_invoices_own_or_the_only_one(story: Story) -> None:
    spare = {"name": "Sparing", "code": "1920", "account_number": "12345678911"}
    story.control.post(f"/books/companies/{story.company}/bank-accounts", spare)
    invoice = story.invoice()
    ledger = story.connect()
    ledger.register_payment(story.external, story.order(story.items(ledger)[str(invoice["number"])]))
    asked = {
        account["id"]: account["account_number"] for account in story.control.get(f"/books/companies/{story.company}")["bank_accounts"]
    }
    (paid,) = [line for line in story.control.get(f"/books/invoices/{invoice['id']}")["lines"] if line["kind"] == "payment"]
    assert asked[paid["bank_account"]] == "12345678903"


@pytest.mark.parametrize(
    ("status", "name", "told"),
    [
        (401, "ApiGatewayRestRequestException", AuthRevokedError),
        (403, "OrgAccessDeniedException", PermissionMissingError),
        (422, "subscriptionPlanException", ModuleMissingError),
        (422, "AccountingYearIsLockedException", PeriodLockedError),
        (422, "vatPeriodIsAlreadySettledException", PeriodLockedError),
        (422, "invoiceHasPaymentsException", RefusedError),
        (409, "InputOpException", RefusedError),
        (500, "ToolException", UnknownOutcomeError),
    ],
)
def test_refusals_are_told_apart_by_their_names(status: int, name: str, told: type[OutsideError]) -> None:
    body = {"category": "CUSTOM", "name": name, "messages": {"EN": "no", "NO": "nei"}, "properties": {}}
    fault = refusal_of(Reply(status, {}, json.dumps(body).encode()), "POST /x", True)
    assert type(fault) is told


def test_another_organisation_is_not_ours_to_see(story: Story, door: ContaDoor) -> None:
    outside = Story(door)
    ledger = story.connect()
    with pytest.raises(PermissionMissingError):
        list(ledger.fetch_open_items(outside.external, TODAY))
    with pytest.raises(RefusedError):
        list(ledger.fetch_open_items("../1", TODAY))
