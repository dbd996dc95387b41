"""The reference books as Fiken tells them: integer øre, dates without a time, and a sale behind every invoice.

Fields that are empty are left out, as the specification knows no nulls. The books have no VAT, so a quarter of the net is called VAT.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Any

from babel import Locale

from sandbox.book_rows import BankAccount, Company, Customer, Invoice, Posting, Row, SupplierInvoice
from sandbox.books import Books
from sandbox.fiken.memory import FikenMemory, LooseNote
from sandbox.world import OSLO

Json = dict[str, Any]
#: an invoice and its sale have ids of their own in Fiken
INVOICE_ID_ABOVE_SALE = 500_000_000
REVENUE_ACCOUNT = "3000"


class FikenRows:
    """One way of telling per kind of row."""

    def __init__(self, books: Books, memory: FikenMemory) -> None:
        self.books = books
        self.memory = memory

    def slug(self, company: Company) -> str:
        """From the name; the second company of that name gets a number."""
        plain = _slug(company.name)
        earlier = sum(1 for c in self.books.companies("fiken") if c.id < company.id and _slug(c.name) == plain)
        return plain if earlier == 0 else f"{plain}{earlier}"

    def company(self, company: Company) -> Json:
        return _told(
            name=company.name,
            slug=self.slug(company),
            organizationNumber=company.organisation_number,
            vatType="bi-monthly",
            creationDate=_changed(company),
            hasApiAccess=company.id not in self.memory.without_module,
            testCompany=company.is_test,
        )

    def contact(self, customer: Customer) -> Json:
        street, second = [*customer.address_lines, "", ""][:2]
        return _told(
            contactId=customer.id,
            name=customer.name,
            organizationNumber=customer.organisation_number,
            customerNumber=customer.number,
            customerAccountCode=f"1500:{customer.number}",
            customer=True,
            supplier=False,
            email=customer.email,
            address=_told(
                streetAddress=street or None,
                streetAddressLine2=second or None,
                postCode=customer.postal_code,
                city=customer.city,
                country=_country(customer.country),
            ),
            language="NORWEGIAN" if customer.language.upper() in ("NO", "NB", "NN") else "ENGLISH",
            inactive=customer.inactive,
            createdDate=_changed(customer),
            lastModifiedDate=_changed(customer),
        )

    def bank_accounts(self, company: int) -> list[Json]:
        """The till is no bank account."""
        return [
            _told(
                bankAccountId=account.id,
                name=account.name,
                accountCode=code,
                bankAccountNumber=account.account_number,
                type="normal" if account.currency == "NOK" else "foreign",
                reconciledDate=_latest(account.closed_through, account.matched_on),
                inactive=False,
            )
            for code, account in self.account_codes(company).items()
        ]

    def balances(self, company: int, on: date) -> list[Json]:
        """Each customer's account at the end of that day. What was deleted or written off stands on it no more."""
        gone = {*self.memory.deleted, *self.memory.written_off}
        held: dict[int, int] = {}
        for line in self.books.postings(company):
            if line.customer is not None and line.on <= on and line.invoice not in gone:
                held[line.customer] = held.get(line.customer, 0) + line.base_ore
        for note in self.memory.loose_notes.values():
            if note.company == company and note.issued_on <= on and not note.settled:
                held[note.customer] = held.get(note.customer, 0) - note.amount_ore
        banks = [
            _told(code=code, name=account.name, balance=self.books.bank_balance(account.id, on))
            for code, account in self.account_codes(company).items()
        ]
        owners = {customer: self.books.customer(customer) for customer in sorted(held)}
        return [*(_told(code=f"1500:{one.number}", name=one.name, balance=held[one.id]) for one in owners.values()), *banks]

    def purchase(self, row: SupplierInvoice) -> Json:
        paid = None
        if row.paid_on is not None:
            paid = {"paymentId": row.id + 1, "date": row.paid_on.isoformat(), "account": "1920:10001", "amount": row.amount_ore}
        supplier = {"contactId": row.id, "name": row.supplier, "supplier": True, "customer": False}
        line = {"description": "Varer", "netPrice": row.amount_ore - row.amount_ore // 5, "vat": row.amount_ore // 5, "vatType": "HIGH"}
        return _told(
            purchaseId=row.id,
            transactionId=row.id,
            identifier=row.number,
            date=row.issued_on.isoformat(),
            dueDate=row.due_on.isoformat(),
            kind="supplier",
            paid=paid is not None,
            settled=paid is not None,
            settledDate=None if paid is None else paid["date"],
            lines=[line],
            supplier=supplier,
            currency=row.currency,
            payments=[] if paid is None else [paid],
            deleted=False,
        )

    def account_codes(self, company: int) -> dict[str, BankAccount]:
        banks = [a for a in self.books.bank_accounts(company) if a.code.startswith("1920")]
        return {f"1920:{10_001 + place}": account for place, account in enumerate(banks)}

    def sales_of(self, company: int) -> list[Invoice]:
        return [i for i in self.books.invoices(company) if i.credits is None and i.charged]

    def sale(self, invoice: Invoice) -> Json:
        lines = self.books.postings_of(invoice.id)
        base, settled = sum(p.base_ore for p in lines), self.is_settled(invoice)
        payments = [self.payment(invoice, p) for p in self.payments_of(invoice)]
        gross = sum(p.base_ore for p in lines if p.kind == "invoice")
        paid = self.payments_of(invoice)
        foreign = invoice.currency != "NOK"
        return _told(
            saleId=invoice.id,
            lastModifiedDate=_changed(invoice),
            transactionId=lines[0].voucher,
            saleNumber=str(invoice.number),
            date=invoice.issued_on.isoformat(),
            kind="external_invoice" if invoice.id in self.memory.external else "invoice",
            netAmount=gross - gross // 5,
            vatAmount=gross // 5,
            settled=settled,
            settledDate=max(p.on for p in lines).isoformat() if settled else None,
            writeOff=invoice.id in self.memory.written_off,
            totalPaid=-sum(p.base_ore for p in paid),
            totalPaidInCurrency=-sum(p.amount_ore for p in paid) if foreign else None,
            outstandingBalance=base,
            outstandingBalanceInCurrency=self.books.remaining(invoice.id) if foreign else None,
            dueDate=invoice.due_on.isoformat(),
            kid=invoice.kid,
            currency=invoice.currency,
            customer=self.contact(self.books.customer(invoice.customer)),
            salePayments=payments,
            saleAttachments=[{"type": "reminder"}] if invoice.id in self.memory.reminded else [],
            lines=[{"description": "Varer og tjenester", "netPrice": gross - gross // 5, "vat": gross // 5, "vatType": "HIGH"}],
            deleted=invoice.id in self.memory.deleted,
        )

    def is_settled(self, invoice: Invoice) -> bool:
        return invoice.id in self.memory.ticked_off or self.books.remaining(invoice.id) == 0

    def payments_of(self, invoice: Invoice) -> list[Posting]:
        """A payment that was taken back is gone, not countered."""
        lines = self.books.postings_of(invoice.id)
        back = {p.reversed_by for p in lines}
        return [p for p in lines if p.kind == "payment" and p.reversed_by is None and p.id not in back]

    def payment(self, invoice: Invoice, posting: Posting) -> Json:
        codes = {account.id: code for code, account in self.account_codes(invoice.company).items()}
        foreign = posting.currency != "NOK"
        return _told(
            paymentId=posting.id,
            date=posting.on.isoformat(),
            account=codes.get(posting.bank_account or 0, "1900"),
            amount=-posting.amount_ore,
            amountInNok=-posting.base_ore if foreign else None,
            currency=posting.currency if foreign else None,
        )

    def invoice(self, invoice: Invoice) -> Json:
        customer, gross_nok = self.books.customer(invoice.customer), self._gross_in_nok(invoice)
        bank = next(iter(self.account_codes(invoice.company).values()), None)
        return _told(
            invoiceId=invoice.id + INVOICE_ID_ABOVE_SALE,
            createdDate=invoice.issued_on.isoformat(),
            lastModifiedDate=_changed(invoice),
            invoiceNumber=invoice.number,
            kid=invoice.kid,
            issueDate=invoice.issued_on.isoformat(),
            dueDate=invoice.due_on.isoformat(),
            **_amounts(invoice.amount_ore, gross_nok),
            cash=False,
            currency=invoice.currency,
            address={"country": _country(customer.country)},
            bankAccountNumber=None if bank is None else bank.account_number,
            customer=self.contact(customer),
            associatedCreditNotes=[n.id for n in self.books.invoices(invoice.company) if n.credits == invoice.id],
            sale=self.sale(invoice),
        )

    def credit_note(self, note: Invoice) -> Json:
        gross = -note.amount_ore
        credited = INVOICE_ID_ABOVE_SALE + (note.credits or 0)
        base = round(gross * note.rate)
        told = self._credit_note(note.id, note.number, note.customer, note.issued_on, gross, base, note.currency, True, credited)
        return {**told, "lastModifiedDate": _changed(note)}

    def loose_note(self, note: LooseNote) -> Json:
        return self._credit_note(
            note.id, note.number, note.customer, note.issued_on, note.amount_ore, note.amount_ore, "NOK", note.settled, None
        )

    def _credit_note(
        self, note: int, number: int, customer: int, on: date, gross: int, in_nok: int, currency: str, settled: bool, credited: int | None
    ) -> Json:
        owner = self.books.customer(customer)
        return _told(
            creditNoteId=note,
            creditNoteNumber=number,
            lastModifiedDate=on.isoformat(),
            issueDate=on.isoformat(),
            customer=self.contact(owner),
            address={"country": _country(owner.country)},
            **_amounts(gross, in_nok),
            currency=currency,
            settled=settled,
            associatedInvoiceId=credited,
        )

    def _gross_in_nok(self, invoice: Invoice) -> int:
        return sum(p.base_ore for p in self.books.postings_of(invoice.id) if p.kind == "invoice")


def _amounts(gross: int, in_nok: int) -> Json:
    vat, vat_nok = gross // 5, in_nok // 5
    return {
        "net": gross - vat, "vat": vat, "gross": gross, "netInNok": in_nok - vat_nok, "vatInNok": vat_nok, "grossInNok": in_nok,
    }  # fmt: skip


def _told(**fields: Any) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


def _latest(*days: date | None) -> str | None:
    return max((day.isoformat() for day in days if day is not None), default=None)


def _changed(row: Row) -> str:
    return row.changed_at.astimezone(OSLO).date().isoformat()


def _slug(name: str) -> str:
    plain = name.lower().replace("æ", "ae").replace("ø", "o").replace("å", "a")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "foretak"


@lru_cache(maxsize=300)
def _country(code: str) -> str:
    return str(Locale.parse("en").territories.get(code.upper(), code))
