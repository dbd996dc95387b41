"""The reference books in Visma.net's words. Amounts in major units, date-times without a zone, counts in each row of a list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.book_rows import Company, Customer, Invoice, Posting, Row
from sandbox.books import Books
from sandbox.vismanet.memory import VismaMemory
from sandbox.world import OSLO

Json = dict[str, Any]
MADE = datetime(2026, 1, 1, tzinfo=OSLO)


class Rows:
    def __init__(self, books: Books, memory: VismaMemory) -> None:
        self.books, self.memory = books, memory

    def organisation(self, company: Company) -> Json:
        return {
            "organizationCd": "1", "name": company.name, "baseCurrency": company.currency, "corporateId": company.organisation_number,
            "vatRegistrationId": company.organisation_number,
        }  # fmt: skip

    def customer(self, customer: Customer) -> Json:
        lines = [*customer.address_lines, "", ""]
        address = {
            "addressLine1": lines[0], "addressLine2": lines[1], "addressLine3": "", "postalCode": customer.postal_code,
            "city": customer.city, "country": {"id": customer.country},
        }  # fmt: skip
        contact = {"name": customer.name, "email": customer.email, "phone1": customer.phone}
        return {
            "internalId": customer.id, "number": str(customer.number), "name": customer.name,
            "status": "Inactive" if customer.inactive else "Active", "mainAddress": address, "mainContact": contact,
            "invoiceAddress": address, "invoiceContact": contact, "currencyId": "NOK", "corporateId": customer.organisation_number,
            "printDunningLetters": "printDunningLetters" in customer.own_dunning,
            "sendDunningLettersViaEmail": "sendDunningLettersViaEmail" in customer.own_dunning, "excludeDebtCollection": False,
            "lastModifiedDateTime": _changed(customer),
        }  # fmt: skip

    def invoice(self, invoice: Invoice) -> Json:
        owner, lines = self.books.customer(invoice.customer), self.books.postings_of(invoice.id)
        remaining, base = max(0, self.books.remaining(invoice.id)), max(0, sum(p.base_ore for p in lines))
        reminders = self.books.reminders_of(invoice.id)
        return {
            **self._document(invoice, "Invoice", str(invoice.number), invoice.amount_ore, remaining, base),
            "customer": {"number": str(owner.number), "name": owner.name, "internalId": owner.id},
            "documentDueDate": _instant(invoice.due_on), "paymentReference": invoice.kid or "",
            "status": "Balanced" if not invoice.charged else "Open" if remaining else "Closed",
            "applications": list(self._applications(invoice)), "dunningLetterLevel": len(reminders),
            "dunningLetterDate": _instant(max((r.on for r in reminders), default=None)), "excludeDebtCollection": False,
            "debtCollection": {"caseNumber": "C-1", "caseStatus": "Open"} if invoice.id in self.memory.collected else None,
        }  # fmt: skip

    def credit_note(self, note: Invoice) -> Json:
        owner = self.books.customer(note.customer)
        left = self._unused(self.books.invoice(note.credits or 0)).get(note.postings[0], 0)
        return {
            **self._document(note, "CreditNote", str(note.number), -note.amount_ore, left, left),
            "customer": {"number": str(owner.number), "name": owner.name, "internalId": owner.id},
            "documentDueDate": None, "status": "Open" if left else "Closed",
        }  # fmt: skip

    def payments(self, company: int) -> Iterator[Json]:
        """Booked money, and drafts that are not released."""
        for line in self.books.postings(company):
            if line.customer is not None and line.kind == "payment" and line.amount_ore < 0:
                yield self.payment(line)
        for draft in self.memory.drafts.values():
            if draft.company == company:
                yield self._payment(
                    draft.number, "Balanced", draft.on, draft.reference, draft.customer, draft.amount_ore, draft.amount_ore, draft
                )

    def payment(self, line: Posting) -> Json:
        left = -line.amount_ore if line.invoice is None else self._unused(self.books.invoice(line.invoice)).get(line.id, 0)
        status = "Voided" if line.reversed_by is not None else "Open" if left else "Closed"
        number = self.memory.numbers.get(line.id, line.id)
        return self._payment(number, status, line.on, line.reference or "", line.customer or 0, -line.amount_ore, left, line)

    def supplier_documents(self, company: int) -> list[Json]:
        return [
            {
                "documentType": "Invoice", "referenceNumber": str(s.id), "supplierReference": s.number, "date": _instant(s.issued_on),
                "dueDate": _instant(s.due_on), "status": "Open" if s.paid_on is None else "Closed", "currencyId": s.currency,
                "supplier": {"number": "50001", "name": s.supplier}, "amount": s.amount_ore / 100,
                "balance": s.amount_ore / 100 if s.paid_on is None else 0,
            }
            for s in self.books.state.supplier_invoices.values()
            if s.company == company
        ]  # fmt: skip

    def _payment(self, number: int, status: str, on: date, reference: str, customer: int, amount_ore: int, left: int, row: Any) -> Json:
        owner = self.books.customer(customer)
        return {
            "type": "Payment", "refNbr": str(number), "status": status, "hold": False, "applicationDate": _instant(on),
            "paymentRef": reference, "customer": {"number": str(owner.number), "name": owner.name}, "currency": "NOK",
            "paymentAmount": amount_ore / 100, "availableBalance": left / 100,
            "lastModifiedDateTime": _changed(row) if isinstance(row, Row) else _instant(on),
        }  # fmt: skip

    def _document(self, row: Invoice, kind: str, number: str, amount_ore: int, left: int, left_base: int) -> Json:
        return {
            "documentType": kind, "referenceNumber": number, "documentDate": _instant(row.issued_on), "currencyId": row.currency,
            "amount": amount_ore / 100, "amountInCurrency": round(amount_ore * row.rate) / 100, "balance": left / 100,
            "balanceInCurrency": left_base / 100, "createdDateTime": _made(row),
            "lastModifiedDateTime": _changed(row), "invoiceText": "",
        }  # fmt: skip

    def _applications(self, invoice: Invoice) -> Iterator[Json]:
        unused = self._unused(invoice)
        for line in self.books.postings_of(invoice.id):
            used = -line.amount_ore - unused.get(line.id, 0)
            if line.kind in ("payment", "credit_note") and used > 0:
                note = line.kind == "credit_note"
                number = (
                    self.books.invoice(line.document).number
                    if note and line.document is not None
                    else self.memory.numbers.get(line.id, line.id)
                )
                yield {
                    "docType": "CreditNote" if note else "Payment", "refNbr": str(number), "amountPaid": used / 100, "released": True,
                    "hold": False, "voided": line.reversed_by is not None, "paymentRef": line.reference or "", "status": "Closed",
                    "applicationDate": _instant(line.on), "invoiceText": line.text,
                }  # fmt: skip

    def _unused(self, invoice: Invoice) -> dict[int, int]:
        """What came in beyond the invoice stands on the newest documents, credit notes before money."""
        left = max(0, -self.books.remaining(invoice.id))
        lines = [p for p in self.books.postings_of(invoice.id) if p.amount_ore < 0 and p.reversed_by is None]
        found: dict[int, int] = {}
        for line in sorted(lines, key=lambda p: (p.kind != "credit_note", -p.id)):
            found[line.id] = min(left, -line.amount_ore)
            left -= found[line.id]
        return found


def _made(row: Row) -> str:
    return (MADE + timedelta(seconds=row.id % 10_000_000)).replace(tzinfo=None).isoformat()


def _changed(row: Row) -> str:
    return row.changed_at.astimezone(OSLO).replace(tzinfo=None).isoformat(timespec="milliseconds")


def _instant(on: date | None) -> str | None:
    return None if on is None else f"{on.isoformat()}T00:00:00"
