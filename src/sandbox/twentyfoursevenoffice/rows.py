"""The reference books in 24SevenOffice's words: lines of vouchers, and cards. Amounts in major units, moments without a zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from sandbox.book_rows import Company, Customer, Posting, SupplierInvoice
from sandbox.books import RECEIVABLES, Books
from sandbox.twentyfoursevenoffice.memory import OfficeMemory, guid_of
from sandbox.world import OSLO

Json = dict[str, Any]
KINDS = {"invoice": "InvoiceCustomer", "credit_note": "CreditnoteCustomer", "payment": "Payment"}
PAYABLES, FIRST_SUPPLIER = "2400", 50_001


class Rows:
    def __init__(self, books: Books, memory: OfficeMemory) -> None:
        self.books, self.memory = books, memory

    def client(self, company: Company) -> Json:
        return {
            "Country": "NO", "Name": company.name, "ReminderDays": 14, "OrganizationNumber": company.organisation_number,
            "DefaultCurrency": company.currency,
        }  # fmt: skip

    def lines(self, company: int) -> Iterator[Json]:
        """Lines on the customers' and the suppliers' accounts. The others are not simulated."""
        for line in self.books.postings(company):
            if line.customer is not None:
                yield self._line(line)
        for invoice in self.books.invoices(company):
            for reminder in self.books.reminders_of(invoice.id):
                fee = {"InvoiceNo": str(invoice.number), "SystemType": "ReminderFee" if reminder.charge_ore else "ReminderNote"}
                owner = self.books.customer(invoice.customer)
                yield self._row(
                    reminder.id, reminder.id, RECEIVABLES, reminder.on, reminder.charge_ore, "NOK", owner.number, reminder.changed_at,
                    Open=reminder.charge_ore > 0, DueDate=self._day(reminder.deadline_on), **fee,
                )  # fmt: skip
        for owed in self.books.state.supplier_invoices.values():
            if owed.company == company:
                yield from self._supplier_lines(owed)

    def cards(self, company: int) -> list[Json]:
        """Customers and suppliers stand in one list of companies, told apart by their type."""
        suppliers = [
            {"Id": number, "Name": name, "Type": "Supplier", "Active": True, "DateChanged": "2026-01-01T00:00:00"}
            for name, number in self._suppliers(company).items()
        ]
        return [*(self._card(one) for one in self.books.customers(company)), *suppliers]

    def _card(self, customer: Customer) -> Json:
        where = {
            "Street": "\n".join(customer.address_lines) or None, "PostalCode": customer.postal_code, "PostalArea": customer.city,
            "Country": customer.country,
        }  # fmt: skip
        return {
            "Id": customer.number, "OrganizationNumber": customer.organisation_number, "Name": customer.name,
            "Addresses": {"Post": where}, "PhoneNumbers": {"Work": {"Value": customer.phone}},
            "EmailAddresses": {"Invoice": {"Value": customer.email}}, "Type": "Consumer" if customer.is_person else "Business",
            "DateChanged": _moment(customer.changed_at), "Active": not customer.inactive,
        }  # fmt: skip

    def _line(self, line: Posting) -> Json:
        invoice = None if line.invoice is None else self.books.invoice(line.invoice)
        owner = self.books.customer(line.customer or 0)
        number, kid, link, open_, changed = None, None, 0, True, line.changed_at
        if invoice is not None:
            number, kid, changed = str(invoice.number), invoice.kid, max(line.changed_at, invoice.changed_at)
            open_ = self.books.remaining(invoice.id) != 0
            # a link has a new number whenever something is added to it
            link = 0 if len(invoice.postings) < 2 else invoice.id % 10_000_000 * 100 + len(invoice.postings)
        if line.document is not None and line.kind == "credit_note":
            number, kid = str(self.books.invoice(line.document).number), None
        due = line.due_on if line.kind == "invoice" else None
        return self._row(
            line.id, self.memory.numbers.get(line.voucher, line.voucher), line.account, line.on, line.amount_ore, line.currency,
            owner.number, changed, SystemType=KINDS.get(line.kind, "Miscellaneous"), InvoiceNo=number, LinkId=link, Open=open_,
            DueDate=self._day(due), OCR=kid, Comment=line.reference or line.text,
        )  # fmt: skip

    def _supplier_lines(self, owed: SupplierInvoice) -> Iterator[Json]:
        number, link = self._suppliers(owed.company)[owed.supplier], 0 if owed.paid_on is None else owed.id % 10_000_000 * 100
        common = {"InvoiceNo": owed.number, "LinkId": link, "Open": owed.paid_on is None}
        yield self._row(
            owed.id, owed.id, PAYABLES, owed.issued_on, -owed.amount_ore, owed.currency, number, owed.changed_at,
            SystemType="InvoiceSupplier", DueDate=self._day(owed.due_on), **common,
        )  # fmt: skip
        if owed.paid_on is not None:
            yield self._row(
                owed.id + 500_000_000, owed.id, PAYABLES, owed.paid_on, owed.amount_ore, owed.currency, number, owed.changed_at,
                SystemType="Disbursment", **common,
            )  # fmt: skip

    def _row(
        self, row: int, voucher: int, account: str, on: date, amount_ore: int, currency: str, card: int, changed: datetime, **facts: Any
    ) -> Json:
        """Fields that the filters look at stand here as they are told; the order is of no concern to a reader."""
        return {
            "Date": self._day(on), "AccountNo": int(account), "Currency": currency, "CurrencyRate": 1, "CurrencyUnit": 1,
            "Amount": f"{amount_ore / 100:.4f}", "Comment": facts.pop("Comment", ""), "TransactionNo": voucher, "Id": guid_of(row),
            "LinkId": facts.pop("LinkId", 0), **facts, "RegistrationDate": _moment(changed), "DateChanged": _moment(changed),
            "Hidden": False, "Dimensions": {"Dimension": [{"Type": "Customer", "Value": str(card)}]},
        }  # fmt: skip

    def _suppliers(self, company: int) -> dict[str, int]:
        names = dict.fromkeys(s.supplier for s in self.books.state.supplier_invoices.values() if s.company == company)
        return {name: FIRST_SUPPLIER + place for place, name in enumerate(names)}

    def _day(self, on: date | None) -> str | None:
        if on is None:
            return None
        if not self.memory.tells_utc:
            return f"{on.isoformat()}T00:00:00"
        return datetime.combine(on, time(), OSLO).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
