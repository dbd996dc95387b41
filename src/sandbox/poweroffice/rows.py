"""The reference books in PowerOffice Go's words: sub-ledger entries with their balances on a day, invoices, customers."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sandbox.book_rows import Customer, Invoice, Posting, Reminder
from sandbox.poweroffice.desk import Desk, Json

SUBLEDGER = 2_000_000_000
NO_VAT = 7_000_001
VAT_CODES = {NO_VAT: ("0", "Ingen mva-behandling", 0.0), 7_000_002: ("3", "Utgående mva, høy sats", 0.25)}
SOURCES = {"OCR": "IncomingOcrGiro", "BANK": "BankJournal", "MANUAL": "BankJournal", None: "ManualJournal"}
REMINDERS = {
    "REMINDER": "OutgoingPaymentReminder", "NOTICE_OF_DEBT_COLLECTION": "OutgoingNoticeOfDebtCollection",
    "DEBT_COLLECTION": "OutgoingPaymentDemand",
}  # fmt: skip


def guid(number: int) -> str:
    return str(uuid.UUID(int=number, version=4))


def money(ore: int) -> float | int:
    return ore // 100 if ore % 100 == 0 else ore / 100


@dataclass(slots=True)
class Line:
    """A customer's posting as it stood on a day: what is left of it in the client's currency, and what it is matched with."""

    posting: Posting
    left_ore: int
    changed_at: datetime
    match_id: int | None = None


class GoRows:
    def __init__(self, desk: Desk) -> None:
        self.desk, self.books, self.memory = desk, desk.books, desk.memory

    def entries(self, company: int, as_of: date) -> list[Json]:
        """All lines of customers that day, reminders among them, whatever is left of each."""
        lines = [self._entry(line) for line in self.lines(company, as_of)]
        return [*lines, *(self._reminder(i, r) for i, r in self._reminders(company) if r.on <= as_of)]

    def lines(self, company: int, as_of: date) -> list[Line]:
        groups: dict[int, list[Line]] = {}
        for posting in self.books.postings(company):
            if posting.customer is not None and posting.on <= as_of and self._seen(posting):
                line = Line(posting, posting.base_ore, posting.changed_at)
                groups.setdefault(posting.invoice or posting.id, []).append(line)
        return [line for match, group in groups.items() for line in _matched(match, group)]

    def invoices(self, company: int) -> list[Json]:
        far = self.desk.world.today() + timedelta(days=3650)
        own = {line.posting.document: line for line in self.lines(company, far) if line.posting.document is not None}
        return [self._invoice(i, own[i.id]) for i in self.books.invoices(company) if i.charged and i.id in own]

    def balances(self, company: int, as_of: date) -> list[Json]:
        found: dict[int, int] = {}
        for line in self.lines(company, as_of):
            owner = line.posting.customer or 0
            found[owner] = found.get(owner, 0) + line.posting.base_ore
        for invoice, reminder in self._reminders(company):
            if reminder.on <= as_of:
                found[invoice.customer] = found.get(invoice.customer, 0) + reminder.charge_ore
        return [{"CustomerId": owner, "Balance": money(ore)} for owner, ore in sorted(found.items())]

    def customer(self, row: Customer) -> Json:
        lines = [*row.address_lines, *([None] * 2)]
        address = {
            "Id": row.id + 1_000_000, "AddressLine1": lines[0], "AddressLine2": lines[1],
            "ZipCode": row.postal_code, "City": row.city, "CountryCode": row.country, "LastChangedDateTimeOffset": _stamp(row.changed_at),
        }  # fmt: skip
        names = {"FirstName": row.name.rpartition(" ")[0], "LastName": row.name.rpartition(" ")[2]} if row.is_person else {}
        return {
            "Id": row.id, "Number": row.number, "Name": None if row.is_person else row.name, **names, "IsPerson": row.is_person,
            "OrganizationNumber": row.organisation_number, "InvoiceEmailAddress": row.email, "PhoneNumber": row.phone,
            "MailAddress": address, "SubledgerAccountId": SUBLEDGER + row.id, "IsActive": True, "IsArchived": row.inactive,
            "SendPaymentReminders": "SendPaymentReminders" in row.own_dunning, "CurrencyCode": "NOK",
            "TransferToDebtCollectionAgency": "TransferToDebtCollectionAgency" in row.own_dunning,
            "CustomerCreatedDateTimeOffset": _stamp(row.changed_at), "LastChangedDateTimeOffset": _stamp(row.changed_at),
        }  # fmt: skip

    def _seen(self, posting: Posting) -> bool:
        """A voucher of ours shows up on the copy that is read only after the lag."""
        posted = self.memory.posted.get(posting.voucher)
        return posted is None or posted + timedelta(seconds=self.memory.settings.lag_seconds) <= self.desk.world.now()

    def _reminders(self, company: int) -> Iterator[tuple[Invoice, Reminder]]:
        for invoice in self.books.invoices(company):
            for reminder in self.books.reminders_of(invoice.id):
                if reminder.charge_ore and reminder.kind in REMINDERS:
                    yield invoice, reminder

    def _entry(self, line: Line) -> Json:
        posting = line.posting
        written_off = posting.id in self.memory.written_off
        document = None if posting.document is None else self.books.invoice(posting.document)
        number = None if document is None else str(document.number)
        return {
            "Id": posting.id, "VoucherId": guid(posting.voucher), "VoucherNo": posting.voucher, "VoucherType": _type(posting, written_off),
            "VoucherDate": posting.on.isoformat(), "PostingDate": posting.on.isoformat(), "Amount": money(posting.base_ore),
            "Balance": money(line.left_ore), "CurrencyAmount": money(posting.amount_ore), "CurrencyCode": posting.currency,
            "DueDate": None if posting.due_on is None else posting.due_on.isoformat(), "InvoiceNo": number, "MatchId": line.match_id,
            "Cid": None if document is None else document.kid, **self._owner(posting.customer or 0), "IsWriteOff": written_off,
            "ExternalImportReference": posting.reference, "IsCreatedByCurrentIntegration": posting.voucher in self.memory.posted,
            "CreatedDateTimeOffset": _stamp(posting.changed_at), "LastChangedDateTimeOffset": _stamp(line.changed_at),
        }  # fmt: skip

    def _reminder(self, invoice: Invoice, reminder: Reminder) -> Json:
        on, amount = reminder.on.isoformat(), money(reminder.charge_ore)
        return {
            "Id": reminder.id, "VoucherId": guid(reminder.id), "VoucherNo": reminder.id, "VoucherType": REMINDERS[reminder.kind],
            "VoucherDate": on, "PostingDate": on, "Amount": amount, "Balance": amount, "CurrencyAmount": amount, "CurrencyCode": "NOK",
            "DueDate": None if reminder.deadline_on is None else reminder.deadline_on.isoformat(), "InvoiceNo": None, "MatchId": None,
            "Cid": invoice.kid if self.memory.settings.reminders_carry_kid else None, **self._owner(invoice.customer), "IsWriteOff": False,
            "ExternalImportReference": None, "IsCreatedByCurrentIntegration": False,
            "CreatedDateTimeOffset": _stamp(reminder.changed_at), "LastChangedDateTimeOffset": _stamp(reminder.changed_at),
        }  # fmt: skip

    def _invoice(self, row: Invoice, line: Line) -> Json:
        owner = self.books.customer(row.customer)
        return {
            "Id": guid(line.posting.voucher), "InvoiceNo": row.number, "VoucherNo": line.posting.voucher, "Cid": row.kid,
            "VoucherType": "OutgoingCreditNote" if row.credits is not None else "OutgoingInvoice", "VoucherDate": row.issued_on.isoformat(),
            "DueDate": row.due_on.isoformat(), "CustomerId": row.customer, "CustomerNo": owner.number, "CurrencyCode": row.currency,
            "CurrencyExchangeRate": float(row.rate), "TotalAmount": money(row.amount_ore), "NetAmount": money(row.amount_ore),
            "TotalPostedAmount": money(line.posting.base_ore), "NetPostedAmount": money(line.posting.base_ore),
            "Balance": money(line.left_ore), "BalanceLastChangedDateTimeOffset": _stamp(line.changed_at), "MatchId": line.match_id,
            "IsReversed": False, "LastChangedDateTimeOffset": _stamp(line.changed_at), "CreatedDateTimeOffset": _stamp(row.changed_at),
        }  # fmt: skip

    def _owner(self, customer: int) -> Json:
        owner = self.books.customer(customer)
        return {"CustomerId": owner.id, "CustomerAccountNo": owner.number, "CustomerName": owner.name}


def _matched(match: int, group: list[Line]) -> list[Line]:
    """Oldest first, debits eat credits. A payment and its reversal are matched with each other before that."""
    by_id = {line.posting.id: line for line in group}
    for line in group:
        back = by_id.get(line.posting.reversed_by or 0)
        if back is not None:
            line.left_ore = back.left_ore = 0
            line.match_id = back.match_id = line.posting.id
    rest = sorted((line for line in group if line.match_id is None), key=lambda line: (line.posting.on, line.posting.id))
    changed = max(line.changed_at for line in group)
    for debit in (line for line in rest if line.left_ore > 0):
        for credit in (line for line in rest if line.left_ore < 0):
            part = min(debit.left_ore, -credit.left_ore)
            if part > 0:
                debit.left_ore -= part
                credit.left_ore += part
                debit.match_id = credit.match_id = match
    for line in group:
        line.changed_at = changed
    return group


def _type(posting: Posting, written_off: bool) -> str:
    if posting.kind == "payment":
        return "ReversalVoucher" if posting.base_ore > 0 else "ManualJournal" if written_off else SOURCES[posting.source]
    return {"invoice": "OutgoingInvoice", "credit_note": "OutgoingCreditNote"}.get(posting.kind, "ManualJournal")


def _stamp(instant: datetime) -> str:
    return instant.isoformat()
