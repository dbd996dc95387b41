"""The reference books in eAccounting's words: invoices and ledger items with what remains, deposits, accounts."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sandbox.book_rows import BankAccount, Company, Customer, Invoice, Posting
from sandbox.books import Books
from sandbox.eaccounting.memory import EAccountingMemory

Json = dict[str, Any]
RECEIVABLES = 1500
DEPOSIT = 10


def guid(number: int) -> str:
    return str(uuid.UUID(int=number, version=4))


def money(ore: int) -> float | int:
    return ore // 100 if ore % 100 == 0 else ore / 100


class EAccountingRows:
    def __init__(self, books: Books, memory: EAccountingMemory) -> None:
        self.books, self.memory = books, memory

    def settings(self, company: Company) -> Json:
        locked = company.locked_until
        return {
            "Name": company.name, "CorporateIdentityNumber": company.organisation_number, "CountryCode": "NO",
            "CurrencyCode": company.currency, "AccountingLockedTo": None if locked is None else midnight(locked),
        }  # fmt: skip

    def customer(self, row: Customer) -> Json:
        lines = [*row.address_lines, None, None]
        return {
            "Id": guid(row.id), "CustomerNumber": str(row.number), "Name": row.name, "CorporateIdentityNumber": row.organisation_number,
            "EmailAddress": row.email, "Telephone": row.phone, "InvoiceAddress1": lines[0], "InvoiceAddress2": lines[1],
            "InvoicePostalCode": row.postal_code, "InvoiceCity": row.city, "InvoiceCountryCode": row.country,
            "IsPrivatePerson": row.is_person, "IsActive": not row.inactive, "ChangedUtc": stamp(row.changed_at),
            "SalesDocumentLanguage": row.language.lower(),
        }  # fmt: skip

    def documents(self, company: int) -> Iterator[tuple[Invoice, Posting, int]]:
        """Each invoice and credit note with its own line and what remains of it, in its currency."""
        for invoice in self.books.invoices(company):
            if invoice.credits is None and invoice.charged:
                yield from self._remaining(invoice)

    def invoices(self, company: int) -> list[Json]:
        made = [(i, line, left) for i, line, left in self.documents(company) if i.id not in self.memory.ledger_only]
        return [self._invoice(*one) for one in sorted(made, key=lambda one: one[0].number)]

    def ledger_items(self, company: int) -> list[Json]:
        open_ones = [one for one in self.documents(company) if one[2] != 0]
        return [self._ledger_item(*one) for one in sorted(open_ones, key=lambda one: one[0].number)]

    def supplier_invoices(self, company: int, today: date) -> list[Json]:
        return [
            {
                "Id": guid(s.id), "SupplierId": guid(s.id + 1), "SupplierName": s.supplier, "InvoiceNumber": s.number,
                "InvoiceDate": midnight(s.issued_on), "DueDate": midnight(s.due_on), "TotalAmount": money(s.amount_ore),
                "RemainingAmount": money(s.amount_ore if s.paid_on is None or s.paid_on > today else 0), "IsCreditInvoice": False,
                "RemainingAmountInvoiceCurrency": money(s.amount_ore if s.paid_on is None or s.paid_on > today else 0),
                "CurrencyCode": s.currency, "ModifiedUtc": stamp(s.changed_at),
            }
            for s in self.books.state.supplier_invoices.values()
            if s.company == company
        ]  # fmt: skip

    def bank_account(self, row: BankAccount) -> Json:
        kind = 2 if row.account_number is None else 1 if row.currency == "NOK" else 4
        return {
            "Id": guid(row.id), "Name": row.name, "Bban": row.account_number, "BankAccountType": kind, "IsActive": True,
            "LedgerAccountNumber": int(row.code[:4]), "IsDefaultChequeAccount": kind == 1 and row.code == "1920",
        }  # fmt: skip

    def balances(self, company: int, on: date) -> list[Json]:
        banks = [(int(a.code[:4]), a.name, self.books.bank_balance(a.id, on)) for a in self.books.bank_accounts(company)]
        every = [(RECEIVABLES, "Kundefordringer", self.books.receivables_balance(company, on)), *banks]
        return [{"AccountNumber": number, "AccountName": name, "Balance": money(ore)} for number, name, ore in every]

    def deposits(self, company: int) -> list[Json]:
        """Vouchers of registered payments. That the reference stands in the text is assumed."""
        return [self._deposit(p) for p in self.books.postings(company) if p.kind == "payment" and p.customer and p.amount_ore < 0]

    def _remaining(self, invoice: Invoice) -> Iterator[tuple[Invoice, Posting, int]]:
        left = invoice.amount_ore
        own = next(p for p in self.books.postings_of(invoice.id) if p.kind == "invoice")
        notes: list[tuple[Invoice, Posting, int]] = []
        for line in sorted(self.books.postings_of(invoice.id), key=lambda p: (p.on, p.id)):
            if line.kind == "credit_note" and line.document is not None:
                used = min(max(left, 0), -line.amount_ore)
                left -= used
                notes.append((self.books.invoice(line.document), line, line.amount_ore + used))
            elif line.kind == "payment":
                left += line.amount_ore
        yield invoice, own, left
        yield from notes

    def _invoice(self, row: Invoice, line: Posting, left: int) -> Json:
        is_credit = row.credits is not None
        changed = max([row.changed_at, *(p.changed_at for p in self.books.postings_of(row.credits or row.id))])
        owner = self.books.customer(row.customer)
        total, remaining = (abs(row.amount_ore), abs(left)) if is_credit else (row.amount_ore, left)
        return {
            "Id": guid(row.id), "CustomerId": guid(row.customer), "CustomerNumber": str(owner.number), "InvoiceNumber": row.number,
            "InvoiceDate": midnight(row.issued_on), "DueDate": midnight(row.due_on), "IsCreditInvoice": is_credit,
            "CurrencyCode": row.currency, "CurrencyRate": float(row.rate), "TotalAmount": money(_base(total, row.rate)),
            "TotalAmountInvoiceCurrency": money(total), "RemainingAmount": money(_base(remaining, row.rate)),
            "RemainingAmountInvoiceCurrency": money(remaining), "PaymentReferenceNumber": row.kid,
            "ReferringInvoiceId": None if row.credits is None else guid(row.credits), "VoucherId": guid(line.voucher),
            "CreatedUtc": stamp(row.changed_at), "ModifiedUtc": stamp(changed), "EuThirdParty": False, "RotReducedInvoicingType": 0,
            "Rows": [],
        }  # fmt: skip

    def _ledger_item(self, row: Invoice, line: Posting, left: int) -> Json:
        told = self._invoice(row, line, left)
        names = (
            "CurrencyCode", "CustomerId", "DueDate", "InvoiceDate", "InvoiceNumber", "IsCreditInvoice", "PaymentReferenceNumber",
            "RemainingAmountInvoiceCurrency", "TotalAmountInvoiceCurrency", "VoucherId", "ModifiedUtc",
        )  # fmt: skip
        none = {"RoundingsAmountInvoiceCurrency": 0, "VATAmountInvoiceCurrency": 0}
        return {"Id": guid(line.id), **{name: told[name] for name in names}, **none}

    def _deposit(self, line: Posting) -> Json:
        words = " ".join(part for part in (line.text, line.reference) if part)
        bank = 1920 if line.bank_account is None else int(self.books.state.bank_accounts[line.bank_account].code[:4])
        return {
            "Id": guid(line.voucher), "VoucherDate": midnight(line.on), "VoucherText": words, "VoucherType": DEPOSIT,
            "ModifiedUtc": stamp(line.changed_at),
            "Rows": [
                {"AccountNumber": bank, "DebitAmount": money(-line.base_ore), "CreditAmount": 0, "TransactionText": words},
                {"AccountNumber": RECEIVABLES, "DebitAmount": 0, "CreditAmount": money(-line.base_ore), "TransactionText": words},
            ],
        }  # fmt: skip


def midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"


def stamp(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _base(ore: int, rate: Decimal) -> int:
    return int((ore * rate).quantize(Decimal(1), ROUND_HALF_UP))
