"""The reference books in Business Central's words. Amounts in major units, an empty date as year one, ids as GUIDs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from sandbox.book_rows import Company, Customer, Invoice, Posting
from sandbox.books import Books
from sandbox.businesscentral.memory import Journal, Line, guid

Json = dict[str, Any]
NO_DAY = "0001-01-01"
DOCUMENTS = {"invoice": "Invoice", "credit_note": "Credit Memo", "payment": "Payment", "other": " "}
OPENING_ON = date(2020, 1, 1)


class Rows:
    def __init__(self, books: Books) -> None:
        self.books = books

    def company(self, company: Company) -> Json:
        return {"id": guid(company.id), "name": company.name, "displayName": company.name, "businessProfileId": ""}

    def information(self, company: Company) -> Json:
        number = company.organisation_number
        return {
            "id": guid(company.id), "displayName": company.name, "country": "NO",
            "taxRegistrationNumber": "" if number is None else f"NO{number}MVA", "currencyCode": company.currency,
            "currentFiscalYearStartDate": "2026-01-01",
        }  # fmt: skip

    def customer(self, customer: Customer) -> Json:
        lines = [*customer.address_lines, "", ""]
        return {
            "@odata.etag": _etag(customer.version), "id": guid(customer.id), "number": str(customer.number), "displayName": customer.name,
            "type": "Person" if customer.is_person else "Company", "addressLine1": lines[0], "addressLine2": lines[1],
            "city": customer.city or "", "country": customer.country, "postalCode": customer.postal_code or "",
            "phoneNumber": customer.phone or "", "email": customer.email or "", "taxRegistrationNumber": customer.organisation_number or "",
            "currencyCode": "NOK", "blocked": "All" if customer.inactive else " ", "lastModifiedDateTime": _instant(customer.changed_at),
        }  # fmt: skip

    def invoice(self, invoice: Invoice) -> Json:
        owner, remaining = self.books.customer(invoice.customer), max(0, self.books.remaining(invoice.id))
        if not invoice.charged:
            status, remaining = "Draft", invoice.amount_ore
        else:
            status = "Open" if remaining else "Canceled" if self._cancelled(invoice) else "Paid"
        return {
            "@odata.etag": _etag(invoice.version), "id": guid(invoice.id), "number": str(invoice.number), "externalDocumentNumber": "",
            "invoiceDate": invoice.issued_on.isoformat(), "postingDate": invoice.issued_on.isoformat(),
            "dueDate": invoice.due_on.isoformat(), "customerId": guid(owner.id), "customerNumber": str(owner.number),
            "customerName": owner.name, "billToName": owner.name, "billToCustomerId": guid(owner.id),
            "billToCustomerNumber": str(owner.number), "currencyCode": invoice.currency, "remainingAmount": remaining / 100,
            "totalAmountIncludingTax": invoice.amount_ore / 100, "status": status, "lastModifiedDateTime": _instant(invoice.changed_at),
        }  # fmt: skip

    def credit_memo(self, memo: Invoice) -> Json:
        owner, credited = self.books.customer(memo.customer), self.books.invoice(memo.credits or 0)
        over = self.books.remaining(credited.id) < 0
        status = "Open" if over else "Corrective" if self._cancelled(credited) else "Paid"
        return {
            "@odata.etag": _etag(memo.version), "id": guid(memo.id), "number": str(memo.number),
            "creditMemoDate": memo.issued_on.isoformat(), "postingDate": memo.issued_on.isoformat(), "dueDate": NO_DAY,
            "customerId": guid(owner.id), "customerNumber": str(owner.number), "customerName": owner.name,
            "billToCustomerId": guid(owner.id), "currencyCode": memo.currency, "totalAmountIncludingTax": -memo.amount_ore / 100,
            "status": status, "invoiceId": guid(credited.id), "invoiceNumber": str(credited.number),
            "lastModifiedDateTime": _instant(memo.changed_at),
        }  # fmt: skip

    def ledger_entries(self, company: int) -> Iterator[Json]:
        for line in self.books.postings(company):
            yield self._entry(line.id, line.on, self._document(line), DOCUMENTS[line.kind], line.account, line.text, line.base_ore)
        for bank in self.books.bank_accounts(company):
            if bank.opening_ore:
                yield self._entry(bank.id, OPENING_ON, "OPENING", " ", bank.code, "Inngående balanse", bank.opening_ore)
        for invoice in self.books.invoices(company):
            for one in self.books.reminders_of(invoice.id):
                yield self._entry(one.id, one.on, f"PUR{one.id}", "Reminder", "8050", "Purregebyr", -one.charge_ore)

    def accounts(self, company: int) -> list[Json]:
        banks = [{"id": guid(a.id), "number": a.code, "displayName": a.name} for a in self.books.bank_accounts(company)]
        return [{"id": guid(1), "number": "1500", "displayName": "Kundefordringer"}, *banks]

    def purchase_invoices(self, company: int) -> list[Json]:
        rows = [s for s in self.books.state.supplier_invoices.values() if s.company == company]
        return [
            {
                "id": guid(s.id), "number": f"KF{s.id}", "postingDate": s.issued_on.isoformat(), "invoiceDate": s.issued_on.isoformat(),
                "dueDate": s.due_on.isoformat(), "vendorInvoiceNumber": s.number, "vendorName": s.supplier, "payToName": s.supplier,
                "currencyCode": s.currency, "totalAmountIncludingTax": s.amount_ore / 100,
                "status": "Open" if s.paid_on is None else "Paid",
            }
            for s in rows
        ]  # fmt: skip

    def journal(self, journal: Journal) -> Json:
        return {
            "@odata.etag": _etag(journal.version), "id": guid(journal.id), "code": journal.code, "displayName": journal.display_name,
            "balancingAccountId": guid(int(journal.account_number)) if journal.account_number else guid(0),
            "balancingAccountNumber": journal.account_number,
        }  # fmt: skip

    def line(self, journal: Journal, line: Line) -> Json:
        return {
            "id": guid(line.id), "journalId": guid(journal.id), "journalDisplayName": journal.code, "lineNumber": line.number,
            "customerId": guid(line.customer), "postingDate": line.posting_date.isoformat(), "documentNumber": line.document_number,
            "externalDocumentNumber": "", "amount": line.amount_ore / 100, "appliesToInvoiceId": guid(line.invoice),
            "description": line.description, "comment": "",
        }  # fmt: skip

    def _cancelled(self, invoice: Invoice) -> bool:
        """Credited as a whole by one memo, which is what the cancel function does."""
        return any(-n.amount_ore == invoice.amount_ore for n in self.books.invoices(invoice.company) if n.credits == invoice.id)

    def _document(self, line: Posting) -> str:
        if line.reference:
            return line.reference
        return str(self.books.invoice(line.document).number) if line.document in self.books.state.invoices else f"B{line.voucher}"

    @staticmethod
    def _entry(number: int, on: date, document: str, kind: str, account: str, text: str, base_ore: int) -> Json:
        return {
            "id": guid(number), "entryNumber": number, "postingDate": on.isoformat(), "documentNumber": document, "documentType": kind,
            "accountNumber": account, "description": text, "debitAmount": max(0, base_ore) / 100, "creditAmount": max(0, -base_ore) / 100,
        }  # fmt: skip


def _etag(version: int) -> str:
    return f'W/"{version}"'


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
