"""Payments on an invoice in Unimicro: registered, marked with our key, found again, taken back.

The call that registers one has no room for a key of ours, so the voucher it makes is marked right after. Between the two lies a moment
in which only the likeness tells: invoice, date and amount, on a voucher that nobody has marked.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from app.ledgers.adapters.unimicro.filters import Condition, Row, where
from app.ledgers.adapters.unimicro.rows import LINE, LINE_CREDITED, day_of, ore_of
from app.ledgers.adapters.unimicro.wire import GoneError, Wire, plain, reading
from app.ledgers.errors import PeriodLockedError
from app.ledgers.ports import PaymentOrder, PostingReceipt, PostingState
from app.net.errors import OutsideError, RefusedError, UnknownOutcomeError, UnsupportedError

log = logging.getLogger(__name__)


class Payments:
    """Writes to one brand's ledger. Raises the errors of `app.net.errors` and `app.ledgers.errors`."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def locked_through(self, company: str) -> date | None:
        """The last day that is closed for booking."""
        settings = self._wire.settings(company)
        with reading("the company's settings"):
            return day_of(settings["AccountingLockedDate"])

    def register(self, company: str, order: PaymentOrder, currencies: Mapping[int, str], base: str) -> PostingReceipt:
        if order.amount_ore <= 0:
            raise RefusedError("a payment must be above zero")
        invoice = self._wire.one(company, "invoices", order.invoice_id)
        with reading("an invoice"):
            currency = currencies[invoice["CurrencyCodeID"]]
        if order.currency != base or currency != base:
            raise UnsupportedError("Payments of invoices in another currency must be registered in the ledger by hand.")
        amount = Decimal(order.amount_ore) / 100
        body = {
            "Amount": amount, "AmountCurrency": amount, "BankChargeAmount": 0, "CurrencyCodeID": invoice["CurrencyCodeID"],
            "CurrencyExchangeRate": 1, "PaymentDate": order.paid_on.isoformat(),
        }  # fmt: skip
        self._write(company, order.paid_on, "PUT", f"invoices/{plain(order.invoice_id)}", "payInvoice", body)
        try:
            alike = self._alike(company, order)
        except OutsideError as fault:
            raise UnknownOutcomeError("Unimicro took the payment but did not show it") from fault
        if not alike:
            raise UnknownOutcomeError("Unimicro took the payment but does not show it")
        return self._marked(company, alike[-1], order)

    def find(self, company: str, order: PaymentOrder) -> PostingReceipt | None:
        """By our key; else by likeness among vouchers without a mark. Several: `UnknownOutcomeError`, a person must look."""
        keyed = list(self._wire.rows(company, "journalentries", where(Condition("ExternalReference", "eq", order.our_key))))
        if keyed:
            return PostingReceipt(str(keyed[0]["ID"]), order.paid_on)
        try:
            self._wire.one(company, "invoices", order.invoice_id)
        except GoneError:
            raise UnknownOutcomeError("the invoice is no longer in Unimicro, so its payments cannot be read") from None
        unmarked = [payment for payment in self._alike(company, order) if not self._is_anothers(company, payment)]
        if not unmarked:
            return None
        if len(unmarked) > 1:
            raise UnknownOutcomeError("Unimicro shows several payments of that date and amount, and it cannot be told which is ours")
        return self._marked(company, unmarked[0], order)

    def reverse(self, company: str, order: PaymentOrder, receipt: PostingReceipt, on: date) -> PostingReceipt:
        """The voucher is credited as a whole. One that has been already is found, not credited again."""
        entry = plain(receipt.external_id)
        of_entry = Condition("JournalEntryID", "eq", int(entry))
        lines = list(self._wire.rows(company, "journalentrylines", where(of_entry)))
        if not lines:
            raise RefusedError("the payment's voucher is no longer in Unimicro")
        if any(line.get("StatusCode") == LINE_CREDITED for line in lines):
            return PostingReceipt(entry, on, state=PostingState.POSTED)
        on_invoice = Condition("CustomerInvoiceID", "eq", int(plain(order.invoice_id)))
        if not list(self._wire.rows(company, "payments", where(on_invoice, of_entry))):
            raise RefusedError("the voucher is not a payment of that invoice")
        self._write(company, on, "POST", "journalentries", "credit-and-book-journal-entry", journalEntryID=entry, creditDate=on.isoformat())
        return PostingReceipt(entry, on, state=PostingState.POSTED)

    def _write(self, company: str, on: date, method: str, entity: str, action: str, body: object = None, **params: str) -> None:
        """A refusal is told as a closed period where the books are closed on that day, in whatever words the platform refuses."""
        try:
            self._wire.act(company, method, entity, action, body, **params)
        except RefusedError as refusal:
            locked = None if isinstance(refusal, PeriodLockedError) else self.locked_through(company)
            if locked is not None and on <= locked:
                raise PeriodLockedError(f"The books are locked through {locked.isoformat()}.") from refusal
            raise

    def _alike(self, company: str, order: PaymentOrder) -> list[Row]:
        """Payments of that date and amount on the invoice, oldest first."""
        if order.invoice_id.startswith(LINE):
            raise RefusedError("only invoices can be paid in Unimicro")
        asked = where(Condition("CustomerInvoiceID", "eq", int(plain(order.invoice_id))))
        with reading("payments"):
            return [
                row
                for row in self._wire.rows(company, "payments", asked)
                if not row.get("Deleted")
                and (day_of(row["PaymentDate"]), ore_of(row["AmountCurrency"])) == (order.paid_on, order.amount_ore)
            ]

    def _is_anothers(self, company: str, payment: Row) -> bool:
        entry = payment.get("JournalEntryID")
        return bool(entry) and bool(self._wire.one(company, "journalentries", str(entry)).get("ExternalReference"))

    def _marked(self, company: str, payment: Row, order: PaymentOrder) -> PostingReceipt:
        """The receipt of a payment that is there. That it could not be marked takes nothing back."""
        entry = payment.get("JournalEntryID")
        if not entry:
            return PostingReceipt(f"payment-{payment['ID']}", order.paid_on)
        try:
            self._wire.act(
                company, "PUT", "journalentries", "update-external-reference", journalEntryID=str(entry), externalReference=order.our_key
            )
        except OutsideError as fault:
            log.warning("a payment in Unimicro could not be marked with our key: %s", fault)
        return PostingReceipt(str(entry), order.paid_on)
