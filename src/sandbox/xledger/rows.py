"""The books as Xledger tells them: every row of a customer's account with what remains of it, amounts as strings, times in CET."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from sandbox.book_rows import Customer, Invoice, Posting
from sandbox.books import Books
from sandbox.world import OSLO
from sandbox.xledger.connection import Row
from sandbox.xledger.memory import XledgerMemory

CURRENCIES = {"NOK": 5, "EUR": 12, "USD": 19, "SEK": 21, "DKK": 23, "GBP": 27}
#: by how the money came in
SOURCES = {"OCR": "OCR", "BANK": "BA", "MANUAL": "BAA"}
RECEIVABLES, PAYABLES = 15_000, 24_000
OPENING = date(2000, 1, 1)


class Rows:
    def __init__(self, books: Books, memory: XledgerMemory) -> None:
        self.books, self.memory = books, memory

    def entity(self, company: int, parent: int | None) -> Row:
        row = self.books.company(company)
        closed = self.memory.closed.get(company)
        return {
            "dbId": str(company), "ownerDbId": str(company), "code": str(company), "description": row.name,
            "toDate": None if closed is None else closed.isoformat(), "modifiedAt": stamp(row.changed_at),
            "company": {"dbId": str(company), "companyNumber": row.organisation_number}, "currency": currency(row.currency),
            "parent": None if parent is None else {"dbId": str(parent), "code": str(parent)},
        }  # fmt: skip

    def currencies(self) -> list[Row]:
        return [{"dbId": str(number), "code": code, "description": code} for code, number in CURRENCIES.items()]

    def customer(self, row: Customer) -> Row:
        return {
            "dbId": str(row.id), "ownerDbId": str(row.company), "code": str(row.number), "description": row.name, "email": row.email,
            "phone": row.phone, "fromDate": None, "toDate": "2001-01-01" if row.inactive else None, "modifiedAt": stamp(row.changed_at),
            "company": {"dbId": str(row.id), "companyNumber": row.organisation_number},
            "address": {
                "dbId": str(row.id), "streetAddress": "\n".join(row.address_lines) or None, "zipCode": row.postal_code, "place": row.city,
                "country": {"dbId": "1", "code": row.country, "description": row.country},
            },
            "collection": {"dbId": "31"} if row.own_dunning else None,
        }  # fmt: skip

    def receivables(self, company: int) -> Iterator[Row]:
        for line in self.books.postings(company):
            if line.customer is not None:
                yield self.receivable(line)

    def receivable(self, line: Posting) -> Row:
        invoice = None if line.invoice is None else self.books.invoice(line.invoice)
        document = None if line.document is None else self.books.invoice(line.document)
        match = None if invoice is None or len(invoice.postings) < 2 else invoice.id
        head = document if line.kind in ("invoice", "credit_note") else None
        reminders = self.books.reminders_of(line.document) if line.kind == "invoice" and line.document is not None else []
        newest = max(reminders, key=lambda one: one.on, default=None)
        return {
            "dbId": str(line.id), "ownerDbId": str(line.company), "invoiceNumber": None if head is None else str(head.number),
            "text": line.text or None, "amount": money(line.base_ore), "invoiceAmount": money(line.amount_ore),
            "invoiceRemaining": money(self.remaining(line, invoice)), "invoiceDate": None if head is None else line.on.isoformat(),
            "dueDate": None if line.due_on is None else line.due_on.isoformat(),
            "paymentDate": line.on.isoformat() if line.kind == "payment" else None,
            "reminderDate": None if newest is None else newest.on.isoformat(),
            "lateFee": money(0 if newest is None else newest.charge_ore), "interest": money(0),
            "paymentReference": None if head is None else head.kid, "extIdentifier": line.reference,
            "matchId": "0" if match is None else str(match), "subledgerDbId": str(line.customer),
            "headerModifiedAt": stamp(line.changed_at), "exchangeRate": "1" if invoice is None else str(invoice.rate),
            "account": {"dbId": str(RECEIVABLES)}, "currency": currency(line.currency),
            "slTransactionType": {"dbId": "1", "name": {"invoice": "INVOICE", "credit_note": "CREDIT_MEMO"}.get(line.kind)},
            "transactionHeader": header(line.voucher, line.on, self.source(line)),
        }  # fmt: skip

    def source(self, line: Posting) -> str:
        if line.kind == "payment":
            return SOURCES[line.source or "BANK"]
        return "GL" if line.kind == "other" else "AR"

    def remaining(self, line: Posting, invoice: Invoice | None) -> int:
        """What a group of tied rows comes to stands on the invoice, or where more was credited than was left, on the last credit."""
        if invoice is None:
            return line.amount_ore
        whole = self.books.postings_of(invoice.id)
        left = sum(one.amount_ore for one in whole)
        bearer = whole[0] if left >= 0 else [one for one in whole if one.amount_ore < 0][-1]
        return left if line.id == bearer.id else 0

    def payables(self, company: int) -> Iterator[Row]:
        for row in self.books.state.supplier_invoices.values():
            if row.company == company:
                left = 0 if row.paid_on is not None else row.amount_ore
                yield {
                    "dbId": str(row.id), "ownerDbId": str(company), "invoiceNumber": row.number, "amount": money(-row.amount_ore),
                    "invoiceAmount": money(-row.amount_ore), "invoiceRemaining": money(-left), "invoiceDate": row.issued_on.isoformat(),
                    "dueDate": row.due_on.isoformat(), "subledgerDbId": str(row.id), "account": {"dbId": str(PAYABLES)},
                    "currency": currency(row.currency),
                }  # fmt: skip

    def suppliers(self, company: int) -> Iterator[Row]:
        """Suppliers have no cards in the books: one for each invoice does as well."""
        for row in self.books.state.supplier_invoices.values():
            if row.company == company:
                yield {
                    "dbId": str(row.id), "ownerDbId": str(company), "code": str(row.id), "description": row.supplier,
                    "modifiedAt": stamp(row.changed_at), "email": None, "company": None,
                }  # fmt: skip

    def bank_accounts(self, company: int) -> Iterator[Row]:
        for row in self.books.bank_accounts(company):
            if row.account_number is not None:
                yield {
                    "dbId": str(row.id), "ownerDbId": str(company), "code": row.code, "description": row.name,
                    "accountNumber": row.account_number, "fromDate": None, "toDate": None, "modifiedAt": stamp(row.changed_at),
                    "account": {"dbId": str(row.id)}, "currency": currency(row.currency),
                }  # fmt: skip

    def transactions(self, company: int) -> Iterator[Row]:
        """Lines of the general ledger; of the accounts only those that stand for a bank account have an id here."""
        for account in self.books.bank_accounts(company):
            if account.opening_ore:
                yield _transaction(account.id, company, account.id, account.opening_ore, account.opening_ore, account.currency, OPENING)
        for line in self.books.postings(company):
            account_id = line.bank_account if line.customer is None and line.bank_account is not None else None
            number = RECEIVABLES if line.customer is not None else account_id
            if number is not None:
                yield _transaction(line.id, company, number, line.base_ore, line.amount_ore, line.currency, line.on)

    def queue(self, companies: Iterable[int]) -> list[Row]:
        wanted = set(companies)
        return [
            {
                **{name: item.node.get(name) for name in ("trRegNumber", "invoiceNumber", "text", "paymentReference", "extIdentifier")},
                **{name: item.node.get(name) for name in ("amount", "invoiceAmount", "postedDate")},
                "dbId": str(item.id), "ownerDbId": str(item.owner), "createdAt": stamp(item.created_at),
                "modifiedAt": stamp(item.created_at),
            }
            for item in self.memory.queue.values() if item.owner in wanted
        ]  # fmt: skip

    def errors(self, companies: Iterable[int]) -> list[Row]:
        wanted = set(companies)
        return [
            {
                "dbId": str(one.id), "ownerDbId": str(one.owner), "transactionDbId": str(one.item), "message": one.message,
                "createdAt": stamp(one.created_at), "errorLevel": {"dbId": "3", "code": "ERROR", "name": "Error"},
            }
            for one in self.memory.errors.values() if one.owner in wanted
        ]  # fmt: skip


def money(ore: int) -> str:
    return f"{'-' if ore < 0 else ''}{abs(ore) // 100}.{abs(ore) % 100:02d}"


def stamp(at: datetime) -> str:
    """Central European time without a zone; that it goes by summer time is assumed."""
    return at.astimezone(OSLO).strftime("%Y-%m-%dT%H:%M:%S")


def currency(code: str) -> dict[str, Any]:
    return {"dbId": str(CURRENCIES[code])}


def header(voucher: int, on: date, source: str) -> dict[str, Any]:
    return {
        "dbId": str(voucher), "transactionNumber": str(voucher), "postedDate": on.isoformat(),
        "transactionSource": {"dbId": str(600 + sum(map(ord, source))), "code": source},
    }  # fmt: skip


def _transaction(number: int, company: int, account: int, base: int, amount: int, code: str, on: date) -> Row:
    return {
        "dbId": str(number), "ownerDbId": str(company), "text": None, "amount": money(base), "invoiceAmount": money(amount),
        "accountDbId": str(account), "bankAccount": None, "currency": currency(code), "header": header(number, on, "GL"),
    }  # fmt: skip
