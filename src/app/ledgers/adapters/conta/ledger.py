"""Conta: a pasted key, the organisations of its user, his invoices with what remains of them, and payments registered on an invoice.

Conta has a list called unpaid, but it holds only the three latest: what is open is picked from the whole list of invoices. It tells
nothing of money that is tied to no invoice, and nothing of what changed since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

from app.ledgers.adapters.conta import rows
from app.ledgers.adapters.conta.wire import PAGE_SIZE, GoneError, Row, Wire, plain, reading
from app.ledgers.calls import Pause
from app.ledgers.capabilities import Capabilities, CredentialField, CredentialKind, Finding, OpenItems, PaymentWrite
from app.ledgers.ports import (
    CredentialStore,
    ItemState,
    Ledger,
    LedgerCompany,
    LedgerCustomer,
    LedgerItem,
    LedgerPayment,
    LiveItem,
    PaymentOrder,
    PostingReceipt,
    PostingState,
    Probe,
)
from app.ledgers.vendors import Vendor
from app.net.errors import RefusedError, UnknownOutcomeError, UnsupportedError
from app.net.http import HttpClient, backoff
from app.settings import LedgerApp
from app.values.clock import Clock

INVOICES = "invoices"
DESCRIPTION_MAX = 500


def vendor(apps: Mapping[str, LedgerApp], clock: Clock) -> tuple[Vendor, ...]:
    """Conta as wired: opened by a key its user has made; we need none of our own."""
    http = HttpClient(apps["conta"].api_url)

    def opened(store: CredentialStore) -> Ledger:
        return ContaLedger(http, store, clock)

    return (Vendor(ContaLedger.capabilities, opened),)


class ContaLedger(Ledger):
    """One user's key. A company and an invoice are named by Conta's ids of them."""

    capabilities = Capabilities(
        ledger="conta", label="Conta", credential_kind=CredentialKind.PASTED_SECRET, multi_company=True, max_concurrency=1,
        open_items=OpenItems.CURRENT, payment_write=PaymentWrite.INVOICE, finding=Finding.ALIKE, reads_own_reminders=True,
        loose_credits=False, numbers_customers=False, reverses=True, fields=(CredentialField("api_key"),),
    )  # fmt: skip

    def __init__(
        self, http: HttpClient, store: CredentialStore, clock: Clock, *, page_size: int = PAGE_SIZE, pause: Pause = backoff
    ) -> None:
        self._wire = Wire(http, store, clock, page_size, pause)

    def list_companies(self) -> list[LedgerCompany]:
        found = self._wire.organisations()
        with reading("organisations"):
            return [rows.company_of(row) for row in found]

    def probe(self, company: str) -> Probe:
        """May we read, and is there a bank account that payments can be posted on?"""
        try:
            self._wire.get(company, INVOICES, {"hits": 1, "page": 0})
            self._wire.get(company, "customers", {"hits": 1, "page": 0})
            accounts = self._accounts(company)
        except RefusedError as refusal:
            return Probe(False, (str(refusal),))
        if accounts:
            return Probe(True)
        return Probe(True, ("No bank account in Conta takes payments of invoices, so payments cannot be posted there.",))

    def fetch_customers(self, company: str, changed_since: datetime | None = None) -> Iterator[LedgerCustomer]:
        """All of them, each by its own page: Conta does not tell what changed, and its list has no addresses."""
        for row in self._wire.all(company, "customers"):
            with reading("a customer"):
                identifier = plain(str(row["id"]))
            try:
                card = self._wire.get(company, f"customers/{identifier}")
            except GoneError:
                continue
            with reading("a customer"):
                yield rows.customer_of(card)

    def fetch_open_items(self, company: str, as_of: date) -> Iterator[LedgerItem]:
        """Invoices dated up to that day with what remains of them *now*: Conta keeps no earlier balance."""
        for listed in self._wire.all(company, INVOICES):
            with reading("an invoice"):
                issued = rows.day_of(listed["invoiceDate"])
                wanted = rows.is_open(listed) and (issued is None or issued <= as_of)
            if not wanted:
                continue
            # the shorter of Conta's two kinds of list tells no currency, and an amount without one is none
            row = listed if "invoiceCurrency" in listed else {**listed, **self._invoice(company, str(listed["id"]))}
            with reading("an invoice"):
                touched = rows.ore_of(row["sumRemaining"]) != rows.ore_of(row["sumTotal"])
            payments = self._payments(company, row) if touched else ()
            with reading("an invoice"):
                yield rows.item_of(row, payments)

    def read_item(self, company: str, item: str, invoice_id: str | None) -> LiveItem:
        try:
            invoice = self._invoice(company, item)
            payments = self._payments(company, invoice)
        except GoneError:
            return LiveItem(ItemState.GONE, 0, None)
        with reading("an invoice"):
            return rows.live_of(invoice, payments)

    def register_payment(self, company: str, order: PaymentOrder) -> PostingReceipt:
        """On the bank account the invoice asks to be paid to, else the only one there is. Kroner only: another currency needs a rate."""
        if order.amount_ore <= 0:
            raise RefusedError("a payment must be above zero")
        invoice = self._invoice(company, order.invoice_id)
        if order.currency != rows.HOME_CURRENCY or rows.currency_of(invoice) != rows.HOME_CURRENCY:
            raise UnsupportedError("Payments of invoices in another currency must be registered in Conta by hand.")
        body = {
            "date": order.paid_on.isoformat(), "amount": Decimal(order.amount_ore) / 100, "bankAccountId": self._account(company, invoice),
            "description": order.text[:DESCRIPTION_MAX] or "Betaling",
        }  # fmt: skip
        made = self._wire.post(company, f"{INVOICES}/{plain(order.invoice_id)}/payments", body)
        if isinstance(made, dict) and isinstance(made.get("id"), int):
            return PostingReceipt(str(made["id"]), order.paid_on)
        found = self.find_payment(company, order)
        if found is None:
            raise UnknownOutcomeError("Conta took the payment but does not show it")
        return found

    def find_payment(self, company: str, order: PaymentOrder) -> PostingReceipt | None:
        """By date and amount: Conta takes a description, and does not tell it again. Several alike: a person must look."""
        try:
            shown = self._payments(company, self._invoice(company, order.invoice_id))
        except GoneError:
            raise UnknownOutcomeError("the invoice is no longer in Conta, so its payments cannot be read") from None
        alike = [one for one in shown if (one.paid_on, one.amount_ore) == (order.paid_on, order.amount_ore)]
        if len(alike) > 1:
            raise UnknownOutcomeError("Conta shows several payments of that date and amount, and it cannot be told which is ours")
        return PostingReceipt(alike[0].external_id, order.paid_on) if alike else None

    def reverse_payment(self, company: str, order: PaymentOrder, receipt: PostingReceipt, on: date) -> PostingReceipt:
        """The payment is deleted, which has no date of its own; where it is booked, its voucher must be removed in Conta first.

        One that is gone already is found so. One that covers other invoices too is refused: it is not all ours to delete.
        """
        told = self._wire.rows(company, f"{INVOICES}/{plain(order.invoice_id)}/payments")
        with reading("payments"):
            found = next((payment for payment in told if str(payment["id"]) == receipt.external_id), None)
        if found is not None:
            if found.get("isMultiPayment"):
                raise RefusedError("The payment covers several invoices: take it back in Conta.")
            self._wire.delete(company, f"payments/{plain(receipt.external_id)}")
        return PostingReceipt(receipt.external_id, on, state=PostingState.POSTED)

    def close(self) -> None:
        """Nothing to give back: the HTTP client is shared by all openings and belongs to whoever made it."""

    def _invoice(self, company: str, invoice: str) -> Row:
        told = self._wire.get(company, f"{INVOICES}/{plain(invoice)}")
        with reading("an invoice"):
            if str(told["id"]) != invoice:
                raise ValueError("another invoice than was asked for")
            return dict(told)

    def _payments(self, company: str, invoice: Row) -> tuple[LedgerPayment, ...]:
        identifier = str(invoice["id"])
        told = self._wire.rows(company, f"{INVOICES}/{plain(identifier)}/payments")
        with reading("payments"):
            return rows.payments_of(told, identifier, rows.currency_of(invoice) != rows.HOME_CURRENCY)

    def _accounts(self, company: str) -> list[int]:
        told = self._wire.rows(company, "bank-accounts")
        with reading("bank accounts"):
            return [int(account["id"]) for account in told if account.get("allowedForInvoicing")]

    def _account(self, company: str, invoice: Row) -> int:
        accounts = self._accounts(company)
        if (asked := invoice.get("bankAccountId")) in accounts:
            return int(asked)
        if len(accounts) != 1:
            raise RefusedError("It cannot be told which bank account in Conta payments belong on: choose one on the invoice.")
        return accounts[0]
