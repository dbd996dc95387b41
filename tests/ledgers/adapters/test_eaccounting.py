from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import httpx
import msgspec
import pytest

from app.ledgers.adapters.eaccounting import rows
from app.ledgers.adapters.eaccounting.rows import InvoiceRow, live_of
from app.ledgers.errors import AuthRevokedError, ModuleMissingError, RateLimitedError
from app.ledgers.oauth import ConsentDeniedError, ConsentExpiredError
from app.ledgers.ports import Confidence, ItemKind, ItemState
from app.net.errors import BrokenError, RefusedError, UnknownOutcomeError
from ledgers.adapters.contract import LedgerContract
from sandbox.eaccounting.api import PaymentBody
from support.eaccounting import REDIRECT_URI, EAccountingDoor, eaccounting_door, oauth_client, visit
from support.ledger_door import NOW, TODAY, LedgerDoor, Story
from support.sandbox import borrowed_sandbox
from support.vendor_specs import vendor_spec


@pytest.fixture(scope="module")
def still() -> Iterator[str]:
    """A sandbox whose clock stands still."""
    with borrowed_sandbox(lambda: NOW) as sandbox:
        yield sandbox.url


class TestEAccounting(LedgerContract):
    @pytest.fixture
    def door(self, still: str) -> Iterator[LedgerDoor]:
        with eaccounting_door(still) as made:
            yield made


@pytest.fixture
def door(still: str) -> Iterator[EAccountingDoor]:
    with eaccounting_door(still) as made:
        yield made


@pytest.fixture
def story(door: EAccountingDoor) -> Story:
    return Story(door)


def test_two_at_once_renew_once_and_keep_the_company(door: EAccountingDoor, story: Story) -> None:
    """The refresh token works once: had both spent it, eAccounting would have ended the consent."""
    story.invoice()
    ledger = story.connect()
    before = door.control.get("/eaccounting/state")
    door.expire()
    both = threading.Barrier(2)

    def read() -> int:
        both.wait()
        return len(story.items(ledger))

    with ThreadPoolExecutor(2) as pool:
        assert [one.result() for one in [pool.submit(read), pool.submit(read)]] == [1, 1]
    after = door.control.get("/eaccounting/state")
    assert (after["refreshed"] - before["refreshed"], after["reused"] - before["reused"], door.store.renewals) == (1, 0, 1)


def test_a_refresh_token_used_before_ends_the_consent_and_is_said_so(door: EAccountingDoor, story: Story) -> None:
    ledger = story.connect()
    old = door.store.current
    door.expire()
    story.items(ledger)
    assert old.values["refresh_token"] != door.store.current.values["refresh_token"]
    with pytest.raises(AuthRevokedError):
        oauth_client(door.base_url, door.clock).refresh(old)
    with pytest.raises(AuthRevokedError):
        story.items(ledger)


def test_a_code_lives_five_minutes_and_a_no_is_a_no(door: EAccountingDoor, story: Story) -> None:
    oauth = oauth_client(door.base_url, door.clock)
    asked = oauth.begin(REDIRECT_URI)
    assert "acr_values=service" in asked.url and "prompt=select_account" in asked.url and "offline_access" in asked.url
    with pytest.raises(ConsentDeniedError):
        oauth.finish(asked, visit(asked, story.company, allow=False))
    answer = visit(asked, story.company)
    story.control.put("/clock", {"offset_seconds": 301})
    with pytest.raises(ConsentExpiredError):
        oauth.finish(asked, answer)
    story.control.put("/clock", {"offset_seconds": 0})


def test_a_missing_licence_is_named(story: Story) -> None:
    ledger = story.connect()
    story.control.put(f"/eaccounting/companies/{story.company}/licence", {"on": False})
    with pytest.raises(ModuleMissingError, match="api_standard"):
        story.items(ledger)
    assert "subscription" in ledger.probe(story.external).problems[0]


def test_what_came_from_an_earlier_system_is_owed_too_but_takes_no_payment(story: Story) -> None:
    invoice, old = story.invoice(), story.invoice(70_000, kid="1234567897")
    story.control.put(f"/eaccounting/invoices/{old['id']}/ledger-only", None)
    ledger = story.connect()
    item = story.items(ledger)[str(old["number"])]
    assert (item.remaining_ore, item.kid, item.confidence, item.invoice_id) == (70_000, "1234567897", Confidence.MEDIUM, None)
    assert ledger.read_item(story.external, item.external_id, None).state is ItemState.OPEN
    assert story.items(ledger)[str(invoice["number"])].confidence is Confidence.HIGH
    with pytest.raises(RefusedError, match="no invoice"):
        ledger.register_payment(story.external, story.order(item))


def test_one_paid_between_two_pages_hides_no_other_of_them(door: EAccountingDoor, story: Story) -> None:
    old = [story.invoice(1_000 * n) for n in range(1, 8)]
    for invoice in old:
        story.control.put(f"/eaccounting/invoices/{invoice['id']}/ledger-only", None)
    paid: list[int] = []

    def pay_the_first(request: httpx.Request, _number: int) -> None:
        if not paid and door.is_later_page(request):
            paid.append(story.pay(old[0], 1_000)["id"])

    found = story.items(story.connect(page_size=3, before=pay_the_first))
    assert paid and {str(invoice["number"]) for invoice in old[1:]} == set(found)


def test_somebody_elses_deposit_of_that_amount_is_not_taken_for_ours(story: Story) -> None:
    invoice, other = story.invoice(), story.invoice()
    ledger = story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    story.pay(other, 40_100, TODAY.isoformat())
    assert ledger.find_payment(story.external, order) is None
    story.pay(other, 40_000, TODAY.isoformat())
    with pytest.raises(UnknownOutcomeError, match="a person must look"):
        ledger.find_payment(story.external, order)
    ledger.register_payment(story.external, order)
    assert ledger.find_payment(story.external, order) is not None


def test_a_payment_dated_ahead_or_beyond_what_is_left_is_never_asked_for(door: EAccountingDoor, story: Story) -> None:
    invoice = story.invoice()
    ledger = story.connect()
    item = story.items(ledger)[str(invoice["number"])]
    for order in (story.order(item, paid_on=TODAY + timedelta(days=1)), story.order(item, 125_001), story.order(item, 0)):
        with pytest.raises(RefusedError):
            ledger.register_payment(story.external, order)
    assert not [asked for asked, _ in door.recorders[-1].exchanges if asked.url.path.endswith("/payments")]
    ledger.register_payment(story.external, story.order(item, 125_000))
    assert story.remaining(invoice) == 0


def test_who_has_paid_too_much_owes_nothing(story: Story) -> None:
    invoice = story.invoice()
    ledger = story.connect()
    item = story.items(ledger)[str(invoice["number"])]
    story.pay(invoice, 130_000)
    assert [i.remaining_ore for i in story.items(ledger).values()] == [-5_000]
    live = ledger.read_item(story.external, item.external_id, item.invoice_id)
    assert (live.state, live.remaining_ore, live.settled_ore) == (ItemState.PAID, -5_000, 130_000)


def test_part_credited_and_part_paid_tells_both(story: Story) -> None:
    invoice = story.invoice()
    story.control.post("/books/credit-notes", {"invoice": invoice["id"], "amount_ore": 25_000, "on": "2026-11-02"})
    story.pay(invoice, 60_000)
    item = story.items(story.connect())[str(invoice["number"])]
    assert (item.remaining_ore, item.settled_ore) == (40_000, 60_000)
    assert [(p.kind, p.amount_ore, p.paid_on) for p in item.payments] == [(ItemKind.CREDIT_NOTE, 25_000, date(2026, 11, 2))]


def test_the_quota_is_waited_for_and_then_told(door: EAccountingDoor, story: Story) -> None:
    ledger = story.connect()
    door.control.client.patch("/eaccounting/settings", json={"requests_a_minute": 1}).raise_for_status()
    list(ledger.fetch_customers(story.external))
    with pytest.raises(RateLimitedError, match="quota"):
        list(ledger.fetch_customers(story.external))
    assert len(door.pauses) == 5


@pytest.mark.parametrize("sign", [1, -1])
def test_a_credit_note_is_credit_with_either_sign(sign: int) -> None:
    amounts = dict.fromkeys(("TotalAmount", "TotalAmountInvoiceCurrency", "RemainingAmount", "RemainingAmountInvoiceCurrency"), sign * 10)
    note = msgspec.convert({"Id": "1", "CustomerId": "2", "CurrencyCode": "NOK", "IsCreditInvoice": True, **amounts}, InvoiceRow)
    assert (live_of(note, ()).state, live_of(note, ()).remaining_ore) == (ItemState.OPEN, -1_000)


def test_more_decimals_than_the_currency_has_are_never_rounded() -> None:
    amounts = dict.fromkeys(("TotalAmount", "TotalAmountInvoiceCurrency", "RemainingAmount", "RemainingAmountInvoiceCurrency"), "10.001")
    odd = msgspec.convert({"Id": "1", "CustomerId": "2", "CurrencyCode": "NOK", **amounts}, InvoiceRow)
    with pytest.raises(BrokenError):
        live_of(odd, ())


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        (rows.InvoiceRow, "CustomerInvoiceApi"), (rows.LedgerItemRow, "CustomerLedgerItemApi"), (rows.CustomerRow, "CustomerApi"),
        (rows.SettingsRow, "CompanySettingsApi"), (rows.BankAccountRow, "BankAccountApi"), (rows.AccountRow, "AccountBalanceAPI"),
        (rows.SupplierInvoiceRow, "SupplierInvoiceApi"), (rows.VoucherRow, "VoucherApi"), (rows.VoucherLineRow, "VoucherRowApi"),
        (PaymentBody, "InvoicePaymentApi"),
    ],
)  # fmt: skip
def test_every_field_is_one_the_vendor_has(shape: type[msgspec.Struct], name: str) -> None:
    """The vendor's file is from 2018. A bank account's currency was added to the interface later."""
    known = vendor_spec("eaccounting").document["definitions"][name]["properties"].keys() | {"CurrencyCode"}
    assert set(shape.__struct_encode_fields__) <= known
