from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import httpx
import msgspec
import pytest

from app.ledgers.adapters.fiken import FikenLedger, rows
from app.ledgers.errors import CursorExpiredError, ModuleMissingError, PeriodLockedError, PermissionMissingError
from app.ledgers.ports import Confidence, ItemKind, ItemState
from app.net.errors import RefusedError, UnknownOutcomeError, UnsupportedError
from app.values.clock import SystemClock
from ledgers.adapters.contract import LedgerContract
from support.fiken import Book, Recording, connected, fiken_book, fiken_door, order
from support.ledger_door import NOW, LedgerDoor
from support.sandbox import borrowed_sandbox
from support.vendor_specs import Recorder, vendor_spec

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with borrowed_sandbox() as sandbox:
        yield sandbox.url


@pytest.fixture
def book(base: str) -> Iterator[Book]:
    with fiken_book(base) as made:
        yield made


@pytest.fixture
def ledger(book: Book) -> Iterator[FikenLedger]:
    made, _ = connected(book.base, companies=[book.company])
    yield made
    made.close()


@pytest.fixture(scope="module")
def still() -> Iterator[str]:
    """A sandbox whose clock stands still."""
    with borrowed_sandbox(lambda: NOW) as sandbox:
        yield sandbox.url


class TestFiken(LedgerContract):
    @pytest.fixture
    def door(self, still: str) -> Iterator[LedgerDoor]:
        with fiken_door(still) as made:
            yield made


def test_only_the_companies_the_user_ticked_are_seen(book: Book) -> None:
    other = book.control.post("/books/companies", {"vendor": "fiken", "name": "Ikke krysset av AS", "is_test": True})["id"]
    ledger, _ = connected(book.base, companies=[book.company])
    found = ledger.list_companies()
    assert [(c.external_id, c.organisation_number, c.has_api_access, c.is_test) for c in found] == [(book.slug, "974760673", True, False)]
    wide, _ = connected(book.base, companies=[book.company, other])
    assert {c.name: c.is_test for c in wide.list_companies()}["Ikke krysset av AS"] is True
    with pytest.raises(PermissionMissingError):
        ledger.read_item("ikke-krysset-av-as", "1", None)


def test_a_customer_is_told_in_our_words(book: Book, ledger: FikenLedger) -> None:
    (customer,) = ledger.fetch_customers(book.slug)
    assert (customer.external_id, customer.number, customer.name) == (str(book.customer), "10001", "Kari Nordmann")
    assert (customer.organisation_number, customer.is_person, customer.language) == ("923609016", False, "nb")
    assert customer.address.lines == ("Storgata 1", "2. etasje") and customer.address.country == "NO" and customer.address.city == "Oslo"


def test_a_customer_without_a_number_may_be_anything(book: Book, ledger: FikenLedger) -> None:
    book.control.post("/books/customers", {"company": book.company, "name": "Ola", "country": "SE"})
    ola = next(c for c in ledger.fetch_customers(book.slug) if c.name == "Ola")
    assert (ola.organisation_number, ola.is_person, ola.address.country) == (None, None, "SE")


def test_changes_are_asked_for_from_the_start_of_the_day_in_oslo(book: Book) -> None:
    seen: list[httpx.Request] = []
    ledger, _ = connected(book.base, companies=[book.company], transport=Recording(seen))
    now = SystemClock().now()
    assert len(list(ledger.fetch_customers(book.slug, now))) == 1
    assert list(ledger.fetch_customers(book.slug, now + timedelta(days=2))) == []
    list(ledger.fetch_customers(book.slug, datetime(2026, 7, 1, 22, 30, tzinfo=UTC)))
    assert seen[-1].url.params["lastModifiedGe"] == "2026-07-02"


def test_an_open_sale_is_read_with_its_payments(book: Book, ledger: FikenLedger) -> None:
    sale = book.invoice(kid="1234567897")
    book.pay(sale, 25_000)
    (item,) = ledger.fetch_open_items(book.slug, TODAY)
    assert (item.external_id, item.customer_id, item.kind, item.kid) == (sale, str(book.customer), ItemKind.INVOICE, "1234567897")
    assert (item.original_ore, item.remaining_ore, item.currency) == (125_000, 100_000, "NOK")
    assert (item.issued_on, item.due_on, item.account) == (date(2026, 10, 1), date(2026, 10, 15), "1500:10001")
    assert [(p.amount_ore, p.paid_on) for p in item.payments] == [(25_000, date(2026, 11, 1))]
    assert item.confidence is Confidence.HIGH and item.doubts == ()


def test_a_sale_without_an_invoice_is_owed_all_the_same(book: Book, ledger: FikenLedger) -> None:
    sale = book.invoice()
    book.mark(sale, "external")
    assert [i.external_id for i in ledger.fetch_open_items(book.slug, TODAY)] == [sale]
    assert ledger.read_item(book.slug, sale, None).state is ItemState.OPEN


@pytest.mark.parametrize("mark", ["deleted", "written_off", "ticked_off"])
def test_a_sale_that_is_no_longer_claimed_is_gone_and_not_paid(book: Book, ledger: FikenLedger, mark: str) -> None:
    sale = book.invoice()
    book.mark(sale, mark)
    assert list(ledger.fetch_open_items(book.slug, TODAY)) == []
    assert ledger.read_item(book.slug, sale, None).state is ItemState.GONE


def test_a_sale_partly_paid_and_ticked_off_by_hand_is_gone_with_its_payments(book: Book, ledger: FikenLedger) -> None:
    sale = book.invoice()
    book.pay(sale, 25_000)
    book.mark(sale, "ticked_off")
    live = ledger.read_item(book.slug, sale, None)
    assert (live.state, [p.amount_ore for p in live.payments]) == (ItemState.GONE, [25_000])


def test_a_sale_that_vanished_is_gone(book: Book, ledger: FikenLedger) -> None:
    sale = book.invoice()
    book.control.delete(f"/books/invoices/{sale}")
    assert ledger.read_item(book.slug, sale, None).state is ItemState.GONE


def test_a_paid_sale_says_by_what(book: Book, ledger: FikenLedger) -> None:
    sale = book.invoice()
    book.pay(sale, 125_000)
    live = ledger.read_item(book.slug, sale, None)
    assert (live.state, live.remaining_ore, [p.amount_ore for p in live.payments]) == (ItemState.PAID, 0, [125_000])
    assert list(ledger.fetch_open_items(book.slug, TODAY)) == []


def test_a_credited_sale_is_told_from_a_paid_one(book: Book, ledger: FikenLedger) -> None:
    sale = book.invoice()
    book.control.post("/books/credit-notes", {"invoice": int(sale), "on": "2026-11-02"})
    live = ledger.read_item(book.slug, sale, None)
    assert (live.state, live.remaining_ore) == (ItemState.CREDITED, 0)
    assert [(p.kind, p.amount_ore) for p in live.payments] == [(ItemKind.CREDIT_NOTE, 125_000)]


def test_a_sale_partly_credited_and_then_paid_is_paid(book: Book, ledger: FikenLedger) -> None:
    sale = book.invoice()
    book.control.post("/books/credit-notes", {"invoice": int(sale), "on": "2026-11-02", "amount_ore": 25_000})
    assert ledger.read_item(book.slug, sale, None).remaining_ore == 100_000
    book.pay(sale, 100_000)
    assert ledger.read_item(book.slug, sale, None).state is ItemState.PAID


def test_a_payment_taken_back_opens_the_sale_again(book: Book, ledger: FikenLedger) -> None:
    sale = book.invoice()
    payment = book.pay(sale, 125_000)
    book.control.post(f"/books/payments/{payment}/reversal", {"on": "2026-11-03"})
    live = ledger.read_item(book.slug, sale, None)
    assert (live.state, live.remaining_ore, live.payments) == (ItemState.OPEN, 125_000, ())


def test_an_overpaid_sale_is_a_credit_and_no_claim(book: Book, ledger: FikenLedger) -> None:
    book.pay(book.invoice(), 130_000)
    (item,) = ledger.fetch_open_items(book.slug, TODAY)
    assert (item.kind, item.remaining_ore) == (ItemKind.OTHER, -5_000)


def test_a_credit_note_of_its_own_stands_as_credit_until_settled(book: Book, ledger: FikenLedger) -> None:
    note = book.control.post("/fiken/credit-notes", {"customer": book.customer, "amount_ore": 30_000, "issued_on": "2026-11-05"})["id"]
    (item,) = ledger.fetch_open_items(book.slug, TODAY)
    assert (item.kind, item.remaining_ore, item.confidence) == (ItemKind.CREDIT_NOTE, -30_000, Confidence.MEDIUM)
    assert ledger.read_item(book.slug, item.external_id, None).state is ItemState.OPEN
    book.control.put(f"/fiken/credit-notes/{note}/settled", None)
    assert list(ledger.fetch_open_items(book.slug, TODAY)) == []
    assert ledger.read_item(book.slug, item.external_id, None).state is ItemState.CREDITED


def test_a_foreign_sale_is_told_in_its_own_currency(book: Book, ledger: FikenLedger) -> None:
    sale = book.invoice(10_000, currency="EUR", rate="11.5")
    book.control.post("/books/payments", {"invoice": int(sale), "amount_ore": 4_000, "on": "2026-11-01", "base_ore": 46_500})
    (item,) = ledger.fetch_open_items(book.slug, TODAY)
    assert (item.currency, item.original_ore, item.remaining_ore, item.confidence) == ("EUR", 10_000, 6_000, Confidence.MEDIUM)
    assert item.base_remaining_ore == 115_000 - 46_500
    with pytest.raises(UnsupportedError, match="kroner"):
        ledger.register_payment(book.slug, order(sale, 6_000, currency="EUR"))
    assert ledger.read_item(book.slug, sale, None).state is ItemState.OPEN


def test_a_reminder_sent_from_fiken_is_a_doubt(book: Book, ledger: FikenLedger) -> None:
    book.mark(book.invoice(), "reminded")
    (item,) = ledger.fetch_open_items(book.slug, TODAY)
    assert "reminder" in item.doubts[0]


def test_what_is_dated_later_than_asked_for_is_left_out(book: Book, ledger: FikenLedger) -> None:
    book.invoice(issued_on="2026-11-20", due_on="2026-12-04")
    assert list(ledger.fetch_open_items(book.slug, date(2026, 11, 19))) == []
    assert len(list(ledger.fetch_open_items(book.slug, date(2026, 11, 20)))) == 1


def test_every_page_is_read(book: Book, ledger: FikenLedger) -> None:
    body = {"customer": book.customer, "amount_ore": 1_000, "issued_on": "2026-10-01", "due_on": "2026-10-15"}
    made = {str(i["id"]) for i in book.control.post("/books/invoices", [body] * 205)}
    read = [i.external_id for i in ledger.fetch_open_items(book.slug, TODAY)]
    assert len(read) == 205 and set(read) == made


def test_a_list_that_changes_between_pages_is_read_again(book: Book) -> None:
    body = {"customer": book.customer, "amount_ore": 1_000, "issued_on": "2026-10-01", "due_on": "2026-10-15"}
    made = [str(i["id"]) for i in book.control.post("/books/invoices", [body] * 150)]
    paid: list[str] = []

    def pay_the_first(request: httpx.Request) -> None:
        if "/sales" in request.url.path and request.url.params["page"] == "1" and not paid:
            paid.append(made[0])
            book.pay(made[0], 1_000)

    ledger, _ = connected(book.base, companies=[book.company], transport=Recording([], pay_the_first))
    assert {i.external_id for i in ledger.fetch_open_items(book.slug, TODAY)} == set(made[1:])
    assert paid


def test_a_payment_is_registered_on_the_only_bank_account(book: Book, ledger: FikenLedger) -> None:
    sale = book.invoice()
    receipt = ledger.register_payment(book.slug, order(sale))
    live = ledger.read_item(book.slug, sale, None)
    assert live.remaining_ore == 85_000
    assert [(p.external_id, p.paid_on, p.amount_ore) for p in live.payments] == [(receipt.external_id, date(2026, 11, 20), 40_000)]


def test_with_several_bank_accounts_the_one_on_the_invoice_is_used(book: Book, ledger: FikenLedger) -> None:
    book.control.post(
        f"/books/companies/{book.company}/bank-accounts", {"name": "Sparing", "code": "1920", "account_number": "12345678911"}
    )
    sale = book.invoice()
    made = ledger.register_payment(book.slug, order(sale))
    lines = book.control.get(f"/books/invoices/{sale}")["lines"]
    account = next(line["bank_account"] for line in lines if str(line["id"]) == made.external_id)
    codes = {a["id"]: a["account_number"] for a in book.control.get(f"/books/companies/{book.company}")["bank_accounts"]}
    assert codes[account] == "12345678903"


def test_where_the_bank_account_cannot_be_told_a_person_must_choose(book: Book, ledger: FikenLedger) -> None:
    book.control.post(
        f"/books/companies/{book.company}/bank-accounts", {"name": "Sparing", "code": "1920", "account_number": "12345678911"}
    )
    sale = book.invoice()
    book.mark(sale, "external")
    with pytest.raises(RefusedError, match="Choose"):
        ledger.register_payment(book.slug, order(sale))
    chosen, _ = connected(book.base, companies=[book.company], payment_accounts={book.slug: "1920:10002"})
    chosen.register_payment(book.slug, order(sale))
    assert ledger.read_item(book.slug, sale, None).remaining_ore == 85_000


def test_a_payment_whose_answer_was_lost_is_found_again(book: Book, ledger: FikenLedger) -> None:
    sale = book.invoice()
    assert ledger.find_payment(book.slug, order(sale)) is None
    book.control.fault(f"POST /fiken/api/v2/companies/{book.slug}/sales", "drop_after")
    with pytest.raises(UnknownOutcomeError):
        ledger.register_payment(book.slug, order(sale))
    found = ledger.find_payment(book.slug, order(sale))
    assert found is not None
    assert [p.external_id for p in ledger.read_item(book.slug, sale, None).payments] == [found.external_id]


def test_a_payment_that_never_arrived_is_certainly_absent(book: Book, ledger: FikenLedger) -> None:
    sale = book.invoice()
    book.pay(sale, 40_000, "2026-11-19")
    book.control.fault(f"POST /fiken/api/v2/companies/{book.slug}/sales", "drop_before")
    with pytest.raises(UnknownOutcomeError):
        ledger.register_payment(book.slug, order(sale))
    assert ledger.find_payment(book.slug, order(sale)) is None


def test_two_like_payments_cannot_be_told_apart(book: Book, ledger: FikenLedger) -> None:
    sale = book.invoice()
    ledger.register_payment(book.slug, order(sale))
    ledger.register_payment(book.slug, order(sale))
    with pytest.raises(UnknownOutcomeError):
        ledger.find_payment(book.slug, order(sale))


def test_a_like_payment_on_another_account_is_not_taken_for_ours(book: Book, ledger: FikenLedger) -> None:
    sale = book.invoice()
    ledger.register_payment(book.slug, order(sale))
    other, _ = connected(book.base, companies=[book.company], payment_accounts={book.slug: "1920:10009"})
    with pytest.raises(UnknownOutcomeError):
        other.find_payment(book.slug, order(sale))


def test_a_payment_on_a_vanished_sale_cannot_be_looked_up(book: Book, ledger: FikenLedger) -> None:
    with pytest.raises(UnknownOutcomeError):
        ledger.find_payment(book.slug, order("999"))
    with pytest.raises(RefusedError):
        ledger.register_payment(book.slug, order("999"))


def test_a_locked_period_has_a_name(book: Book, ledger: FikenLedger) -> None:
    sale = book.invoice()
    book.control.put(f"/books/companies/{book.company}/lock", {"until": "2026-11-30"})
    with pytest.raises(PeriodLockedError):
        ledger.register_payment(book.slug, order(sale))


def test_a_company_without_the_api_module_is_named(book: Book, ledger: FikenLedger) -> None:
    assert ledger.probe(book.slug).ok
    book.control.put(f"/fiken/companies/{book.company}/module", {"on": False})
    with pytest.raises(ModuleMissingError):
        list(ledger.fetch_customers(book.slug))
    probe = ledger.probe(book.slug)
    assert not probe.ok and "API" in probe.problems[0]
    assert [c.has_api_access for c in ledger.list_companies()] == [False]


def test_a_probe_tells_of_a_company_no_longer_ticked_and_of_a_withdrawn_consent(book: Book, ledger: FikenLedger) -> None:
    assert not ledger.probe("et-annet-as").ok
    book.control.delete("/fiken/consents")
    probe = ledger.probe(book.slug)
    assert not probe.ok and probe.problems


def test_every_exchange_holds_against_the_vendors_specification(book: Book) -> None:
    judge, wire = vendor_spec("fiken"), Recorder()
    ledger, _ = connected(book.base, companies=[book.company], transport=wire)
    credited, foreign, external = book.invoice(kid="1234567897"), book.invoice(10_000, currency="EUR", rate="11.5"), book.invoice()
    book.control.post("/books/credit-notes", {"invoice": int(credited), "on": "2026-11-02"})
    book.control.post("/fiken/credit-notes", {"customer": book.customer, "amount_ore": 30_000, "issued_on": "2026-11-05"})
    book.mark(external, "external")
    book.mark(external, "reminded")
    ledger.list_companies()
    assert ledger.probe(book.slug).ok
    assert len(list(ledger.fetch_customers(book.slug, SystemClock().now()))) == 1
    assert len(list(ledger.fetch_open_items(book.slug, TODAY))) == 3
    owed = {"company": book.company, "supplier": "Trelast AS", "number": "F-1", "amount_ore": 100, "issued_on": "2026-11-01"}
    book.control.post("/books/supplier-invoices", {**owed, "due_on": "2026-12-01"})
    assert list(ledger.fetch_supplier_items(book.slug, TODAY))
    ledger.bank_balances(book.slug, TODAY)
    ledger.fetch_changes(book.slug, "2026-10-01")
    ledger.register_payment(book.slug, order(external))
    assert ledger.find_payment(book.slug, order(external)) is not None
    assert ledger.read_item(book.slug, credited, None).state is ItemState.CREDITED
    assert ledger.read_item(book.slug, foreign, None).remaining_ore == 10_000
    assert wire.problems(judge, "/fiken/api/v2") == []
    last_words = {(r.method, [w for w in r.url.path.split("/") if not w.isdigit()][-1]) for r, _ in wire.exchanges}
    reads = ("companies", "contacts", "bankAccounts", "sales", "payments", "invoices", "creditNotes", "purchases")
    assert last_words >= {("POST", "payments"), *(("GET", word) for word in reads)}


@pytest.mark.parametrize(
    ("shape", "schema"),
    [
        (rows.CompanyRow, "company"), (rows.AddressRow, "address"), (rows.ContactRow, "contact"), (rows.PaymentRow, "payment"),
        (rows.SaleRow, "saleResult"), (rows.CreditNoteRow, "creditNoteResult"), (rows.InvoiceRow, "invoiceResult"),
        (rows.BankAccountRow, "bankAccountResult"), (rows.PurchaseRow, "purchaseResult"), (rows.PurchaseLineRow, "orderLine"),
        (rows.AttachmentRow, "attachment"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)  # fmt: skip
def test_every_field_we_read_is_one_fiken_declares(shape: type[msgspec.Struct], schema: str) -> None:
    declared = vendor_spec("fiken").document["components"]["schemas"][schema]["properties"]
    assert {f.encode_name for f in msgspec.structs.fields(shape)} <= declared.keys()


def test_what_was_deleted_or_settled_since_is_told_to_be_asked_about(book: Book, ledger: FikenLedger) -> None:
    deleted, settled, kept = book.invoice(), book.invoice(), book.invoice()
    book.mark(deleted, "deleted")
    book.pay(settled, 125_000)
    told = ledger.fetch_changes(book.slug, "2026-01-01")
    assert ([i.external_id for i in told.items], set(told.gone)) == ([kept], {deleted, settled})
    with pytest.raises(CursorExpiredError):
        ledger.fetch_changes(book.slug, "nonsense")
