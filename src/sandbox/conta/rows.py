"""The reference books in Conta's fields. Amounts are decimal numbers in the invoice's currency; what is not set is left out."""

from __future__ import annotations

from typing import Any

from sandbox.book_rows import BankAccount, Company, Customer, Invoice, Posting
from sandbox.books import Books
from sandbox.conta.memory import ContaMemory

Json = dict[str, Any]
CLOSED = ("WRITTEN_OFF_AS_LOSS", "CLOSED_FROM_REGNSKAP")


class ContaRows:
    def __init__(self, books: Books, memory: ContaMemory) -> None:
        self.books, self.memory = books, memory

    def organisation(self, row: Company) -> Json:
        return _told(id=row.id, name=row.name, orgNo=row.organisation_number)

    def listed_customer(self, row: Customer) -> Json:
        return _told(
            id=row.id, customerName=row.name, orgNo=row.organisation_number, emailAddress=row.email, customerType=_type(row),
            isActive=not row.inactive,
        )  # fmt: skip

    def customer(self, row: Customer) -> Json:
        lines = [*row.address_lines, None, None]
        return _told(
            id=row.id, name=row.name, customerType=_type(row), orgNo=row.organisation_number, emailAddress=row.email, phoneNo=row.phone,
            customerAddressLine1=lines[0], customerAddressLine2=lines[1], customerAddressPostcode=row.postal_code,
            customerAddressCity=row.city, customerAddressCountry="Norge" if row.country == "NO" else row.country, isActive=not row.inactive,
        )  # fmt: skip

    def listed_invoice(self, row: Invoice) -> Json:
        owner, reminders = self.books.customer(row.customer), self.books.reminders_of(row.id)
        latest = reminders[-1] if reminders else None
        longer = {} if self.memory.short_lists else {"type": _kind(row), "invoiceCurrency": row.currency}
        return _told(
            **self._common(row), **longer, customerName=owner.name, customerOrgNo=owner.organisation_number,
            paymentReminderDate=None if latest is None else latest.on.isoformat(),
            paymentReminderFee=None if latest is None else latest.charge_ore / 100,
            paymentReminderDueDate=None if latest is None or latest.deadline_on is None else latest.deadline_on.isoformat(),
        )  # fmt: skip

    def invoice(self, row: Invoice) -> Json:
        reminders = self.books.reminders_of(row.id)
        bank = next((a.id for a in self.books.bank_accounts(row.company) if a.account_number is not None), None)
        return _told(
            **self._common(row), type=_kind(row), invoiceCurrency=row.currency, exchangeRate=float(row.rate), bankAccountId=bank,
            creditedInvoiceId=row.credits, invoicePaymentReminder={"interest": 0} if reminders else None,
        )  # fmt: skip

    def payments(self, row: Invoice) -> list[Json]:
        lines = self.books.postings_of(row.id)
        back = {p.reversed_by for p in lines}
        return [self.payment(row, p) for p in lines if p.kind == "payment" and p.reversed_by is None and p.id not in back]

    def payment(self, row: Invoice, p: Posting) -> Json:
        part = {"id": p.id, "date": p.on.isoformat(), "amount": -p.base_ore / 100, "invoiceId": row.id, "paymentId": p.id}
        if row.currency != "NOK":
            part["amountForeignCurrency"] = -p.amount_ore / 100
        return {"id": p.id, "isFromKravia": False, "isMultiPayment": False, "totalAmount": -p.base_ore / 100, "partialPayments": [part]}

    def bank_account(self, row: BankAccount) -> Json:
        return _told(id=row.id, name=row.name, accountNo=row.account_number, allowedForInvoicing=row.account_number is not None)

    def _common(self, row: Invoice) -> Json:
        status = self.memory.statuses.get(row.id) or self._status(row)
        remaining = 0 if row.credits is not None or status in CLOSED else self.books.remaining(row.id)
        return {
            "id": row.id, "status": status, "invoiceNo": row.number, "invoiceDate": row.issued_on.isoformat(), "kid": row.kid,
            "invoiceDueDate": row.due_on.isoformat(), "customerId": row.customer, "sumTotal": row.amount_ore / 100,
            "sumRemaining": remaining / 100,
        }  # fmt: skip

    def _status(self, row: Invoice) -> str:
        if row.credits is not None:
            return "CLOSED_BY_CREDIT_NOTE"
        if self.books.remaining(row.id) == 0:
            return "CLOSED_BY_CREDIT_NOTE" if row.credited else "CLOSED_BY_PAYMENT"
        return "PAYMENT_REMINDER_CREATED" if row.reminders else "INVOICE_CREATED"


def _kind(row: Invoice) -> str:
    return "NORMAL" if row.credits is None else "CREDIT"


def _type(row: Customer) -> str:
    return "ORGANIZATION" if row.organisation_number else "INDIVIDUAL"


def _told(**fields: Any) -> Json:
    return {name: value for name, value in fields.items() if value is not None}
