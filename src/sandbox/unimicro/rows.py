"""The reference books in the platform's fields. Amounts are decimal numbers in major units; a field without a value is null."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.book_rows import Company, Customer, Invoice, Posting, Reminder, Row
from sandbox.books import Books
from sandbox.unimicro.memory import Marks, UnimicroMemory, company_key
from sandbox.unimicro.query import Json

CURRENCIES = {"NOK": 1, "EUR": 2, "USD": 3, "SEK": 4, "DKK": 5, "GBP": 6}
SUB_ACCOUNT_ABOVE = 500_000_000
REMINDER_STATUS = {"REGISTERED": 42101, "REMINDER": 42102, "FAILED": 42105, "DEBT_COLLECTION": 42106}
Rest = tuple[int, int]


class UnimicroRows:
    """Everything of one company, entity by entity. `expand` is what the query asked for."""

    def __init__(self, books: Books, memory: UnimicroMemory) -> None:
        self.books, self.memory = books, memory
        self.entities: dict[str, Callable[[int, set[str]], list[Json]]] = {
            "customers": self.customers, "invoices": self.invoices, "invoicereminders": self.reminders, "payments": self.payments,
            "journalentries": self.entries, "journalentrylines": self.lines, "companysettings": self.settings,
            "currency-codes": lambda _company, _expand: [{"ID": number, "Code": code} for code, number in CURRENCIES.items()],
        }  # fmt: skip

    def company(self, company: Company) -> Json:
        return {
            "ID": company.id, "Name": company.name, "Key": company_key(company.id), "IsTest": company.is_test,
            "OrganizationNumber": company.organisation_number, "Deleted": False,
        }  # fmt: skip

    def settings(self, company: int, _expand: set[str]) -> list[Json]:
        row = self.books.company(company)
        locked = None if row.locked_until is None else row.locked_until.isoformat()
        return [{"ID": 1, "CompanyName": row.name, "AccountingLockedDate": locked, "BaseCurrencyCodeID": CURRENCIES[row.currency]}]

    def customers(self, company: int, expand: set[str]) -> list[Json]:
        return [self._customer(row, expand) for row in self.books.customers(company)]

    def invoices(self, company: int, expand: set[str]) -> list[Json]:
        return [self._invoice(row, expand) for row in self.books.invoices(company)]

    def reminders(self, company: int, _expand: set[str]) -> list[Json]:
        return [_reminder(row) for row in self.books.state.reminders.values() if row.company == company]

    def payments(self, company: int, _expand: set[str]) -> list[Json]:
        back = {p.reversed_by for p in self.books.postings(company)}
        shown = [p for p in self.books.postings(company) if p.kind == "payment" and p.customer is not None]
        return [_payment(p) for p in shown if p.reversed_by is None and p.id not in back]

    def entries(self, company: int, _expand: set[str]) -> list[Json]:
        vouchers = sorted({p.voucher: p for p in self.books.postings(company)}.items())
        return [
            {
                "ID": voucher, "JournalEntryNumber": f"{voucher}-{p.on.year}", "Description": p.text, "StatusCode": None,
                "ExternalReference": self.memory.references.get(voucher), **_stamps(p),
            }
            for voucher, p in vouchers
        ]  # fmt: skip

    def lines(self, company: int, expand: set[str]) -> list[Json]:
        """Vouchers' lines, and what stands beside the vouchers in the reference books: suppliers and what banks held at first."""
        rests = self._rests(company)
        told = [self._line(p, rests.get(p.id, (0, 0)), expand) for p in self.books.postings(company)]
        for owed in (s for s in self.books.state.supplier_invoices.values() if s.company == company):
            rest = 0 if owed.paid_on is not None else -owed.amount_ore
            row = _line_row(owed, -owed.amount_ore, -owed.amount_ore, (rest, rest), owed.currency)
            row |= {"FinancialDate": owed.issued_on.isoformat(), "DueDate": owed.due_on.isoformat(), "InvoiceNumber": owed.number}
            row |= {"SubAccountID": owed.id, "StatusCode": 31001 if rest else 31003}
            told.append(_expanded(row, expand, _account(2400, "Leverandørgjeld"), _sub_account(owed.id, owed.supplier, supplier=owed.id)))
        for bank in self.books.bank_accounts(company):
            row = _line_row(bank, bank.opening_ore, bank.opening_ore, (0, 0), bank.currency) | {"FinancialDate": "2000-01-01"}
            told.append(_expanded(row, expand, _account(int(bank.code), bank.name), None))
        return told

    def credited(self, voucher: int) -> bool:
        return any(p.reversed_by is not None for p in self.books.state.postings.values() if p.voucher == voucher)

    def _customer(self, row: Customer, expand: set[str]) -> Json:
        told = {
            "ID": row.id, "CustomerNumber": row.number, "OrgNumber": row.organisation_number, "IsPrivate": row.is_person,
            "Localization": row.language.lower(), "ReminderEmailAddress": None, "DontSendReminders": row.id in self.memory.stopped,
            "StatusCode": 50001 if row.inactive else 30001, "Deleted": False, **_stamps(row),
        }  # fmt: skip
        if "Info" in expand:
            lines = [*row.address_lines, None, None, None]
            address = {f"AddressLine{place}": lines[place - 1] for place in (1, 2, 3)}
            address |= {"PostalCode": row.postal_code, "City": row.city, "CountryCode": row.country}
            info = {
                "Name": row.name, "UpdatedAt": told["UpdatedAt"],
                "InvoiceAddress": address if "Info.InvoiceAddress" in expand else None,
                "DefaultEmail": {"EmailAddress": row.email} if row.email and "Info.DefaultEmail" in expand else None,
                "DefaultPhone": {"Number": row.phone} if row.phone and "Info.DefaultPhone" in expand else None,
            }  # fmt: skip
            told["Info"] = info
        return told

    def _invoice(self, row: Invoice, expand: set[str]) -> Json:
        marks = self.memory.marks.get(row.id, Marks())
        postings = self.books.postings_of(row.id)
        rest = max(self.books.remaining(row.id), 0) if row.credits is None else 0
        base = sum(p.base_ore for p in postings) if rest else 0
        credits = [n for n in self.books.invoices(row.company) if n.credits == row.id]
        if marks.write_off_entry is not None:
            rest = base = 0
        credited = sum(-n.amount_ore for n in credits)
        told: Json = {
            "ID": row.id, "InvoiceNumber": str(row.number) if row.charged else None, "InvoiceType": 0 if row.credits is None else 1,
            "CustomerID": row.customer, "InvoiceDate": row.issued_on.isoformat(), "PaymentDueDate": row.due_on.isoformat(),
            "PaymentID": row.kid, "CurrencyCodeID": CURRENCIES[row.currency], "CurrencyExchangeRate": float(row.rate),
            "TaxInclusiveAmount": _kroner(round(row.amount_ore * row.rate)), "TaxInclusiveAmountCurrency": _kroner(row.amount_ore),
            "RestAmount": _kroner(base), "RestAmountCurrency": _kroner(rest),
            "CreditedAmount": _kroner(round(credited * row.rate)), "CreditedAmountCurrency": _kroner(credited),
            "InvoiceReferenceID": row.credits, "CollectorStatusCode": marks.collector_status,
            "ExternalDebtCollectionReference": marks.agency_reference, "WriteoffJournalEntryID": marks.write_off_entry,
            "WriteoffPaymentJournalEntryID": None, "CreatedFromJournalEntry": False, "DontSendReminders": False, "Deleted": False,
            "StatusCode": _status(row, rest, marks), **_stamps(row),
        }  # fmt: skip
        if "Payments" in expand:
            told["Payments"] = [p for p in self.payments(row.company, set()) if p["CustomerInvoiceID"] == row.id]
        if "CustomerInvoiceReminders" in expand:
            told["CustomerInvoiceReminders"] = [_reminder(r) for r in self.books.reminders_of(row.id)]
        return told

    def _line(self, p: Posting, rest: Rest, expand: set[str]) -> Json:
        row = _line_row(p, p.base_ore, p.amount_ore, rest, p.currency)
        named = p.document if p.kind in ("invoice", "credit_note") else p.invoice
        number = self.books.state.invoices[named].number if named in self.books.state.invoices else None
        row |= {
            "FinancialDate": p.on.isoformat(), "DueDate": None if p.due_on is None else p.due_on.isoformat(),
            "InvoiceNumber": None if number is None else str(number), "CustomerInvoiceID": named if p.customer is not None else None,
            "PaymentReferenceID": p.id if p.kind == "payment" else None, "JournalEntryID": p.voucher, "Description": p.text,
        }  # fmt: skip
        sub = None
        if p.customer is not None:
            customer = self.books.customer(p.customer)
            sub = _sub_account(customer.id + SUB_ACCOUNT_ABOVE, customer.name, customer=customer.id)
            row["SubAccountID"] = sub["ID"]
            row["StatusCode"] = 31001 if rest[0] == p.amount_ore else 31002 if rest[0] else 31003
        if p.reversed_by is not None:
            row["StatusCode"] = 31004
        name = next((a.name for a in self.books.bank_accounts(p.company) if a.code == p.account), p.account)
        return _expanded(row, expand, _account(int(p.account), name), sub)

    def _rests(self, company: int) -> dict[int, Rest]:
        """What is left of each customer line. A claim keeps what is left of the invoice; what was credited too much stays on the newest."""
        found: dict[int, Rest] = {}
        for invoice in (i for i in self.books.invoices(company) if i.credits is None and i.charged):
            lines = self.books.postings_of(invoice.id)
            left = self.books.remaining(invoice.id)
            if left > 0:
                claim = next(p for p in lines if p.kind == "invoice")
                found[claim.id] = (left, sum(p.base_ore for p in lines))
            for line in sorted((p for p in lines if p.amount_ore < 0), key=lambda p: (p.on, p.id), reverse=True):
                if left >= 0:
                    break
                part = max(line.amount_ore, left)
                found[line.id] = (part, round(line.base_ore * part / line.amount_ore))
                left -= part
        for line in self.books.postings(company):
            if line.customer is not None and line.invoice is None and line.reversed_by is None and line.document is None:
                found.setdefault(line.id, (line.amount_ore, line.base_ore))
        return found


def _status(row: Invoice, rest: int, marks: Marks) -> int | None:
    if marks.without_status:
        return None
    if not row.charged:
        return 42001
    if marks.sold:
        return 42005
    if row.credits is not None or rest == row.amount_ore:
        return 42002
    return 42003 if rest else 42006 if row.credited else 42004


def _line_row(row: Row, base: int, amount: int, rest: Rest, currency: str) -> Json:
    """A line with every field there is; what is not set is null, the status too."""
    return {
        "ID": row.id, "Amount": _kroner(base), "AmountCurrency": _kroner(amount), "RestAmount": _kroner(rest[1]),
        "RestAmountCurrency": _kroner(rest[0]), "CurrencyCodeID": CURRENCIES[currency], "StatusCode": None, "SubAccountID": None,
        "InvoiceNumber": None, "DueDate": None, "CustomerInvoiceID": None, "PaymentReferenceID": None, "PaymentID": None,
        "JournalEntryID": None, "Description": None, "Deleted": False, **_stamps(row),
    }  # fmt: skip


def _expanded(row: Json, expand: set[str], account: Json, sub: Json | None) -> Json:
    if "Account" in expand:
        row["Account"] = account
    if "SubAccount" in expand:
        row["SubAccount"] = sub
    return row


def _account(number: int, name: str) -> Json:
    return {"AccountNumber": number, "AccountName": name}


def _sub_account(number: int, name: str, *, customer: int | None = None, supplier: int | None = None) -> Json:
    return {"ID": number, "AccountName": name, "CustomerID": customer, "SupplierID": supplier}


def _payment(p: Posting) -> Json:
    return {
        "ID": p.id, "Amount": _kroner(-p.base_ore), "AmountCurrency": _kroner(-p.amount_ore), "PaymentDate": p.on.isoformat(),
        "CustomerInvoiceID": p.invoice, "JournalEntryID": p.voucher, "CurrencyCodeID": CURRENCIES[p.currency], "Description": p.text,
        "StatusCode": 44004, "Deleted": False, **_stamps(p),
    }  # fmt: skip


def _reminder(row: Reminder) -> Json:
    return {
        "ID": row.id, "CustomerInvoiceID": row.invoice, "RemindedDate": row.on.isoformat(),
        "DueDate": None if row.deadline_on is None else row.deadline_on.isoformat(), "ReminderFee": _kroner(row.charge_ore),
        "ReminderFeeCurrency": _kroner(row.charge_ore), "StatusCode": REMINDER_STATUS.get(row.kind, 42102), "Deleted": False,
        **_stamps(row),
    }  # fmt: skip


def _stamps(row: Row) -> Json:
    """A row that nobody has touched has no `UpdatedAt`."""
    at = row.changed_at.isoformat().replace("+00:00", "Z")
    return {"CreatedAt": at, "UpdatedAt": at if row.version > 1 else None}


def _kroner(ore: int) -> float:
    return ore / 100
