"""Saving vouchers straight into the ledger (SaveOption 0): types, numbers, and what becomes of the lines that are to be tied together."""

from __future__ import annotations

from datetime import date
from typing import Any

from sandbox.book_rows import BooksError, Company
from sandbox.books import Books
from sandbox.twentyfoursevenoffice import soap
from sandbox.twentyfoursevenoffice.memory import OfficeMemory, row_of

Json = dict[str, Any]
RECEIVABLES = range(1500, 1530)
#: types of a Norwegian client: title, number, and the series their vouchers are numbered in
TYPES = (("Utgående faktura", 1, 11), ("Inngående faktura", 2, 12), ("Bank", 5, 15), ("Diverse", 7, 17))


class Saving:
    def __init__(self, books: Books, memory: OfficeMemory) -> None:
        self.books, self.memory = books, memory

    def accounts(self, company: Company, _fields: soap.Fields) -> Json:
        codes = {1500, 2400, 3000, *(int(account.code) for account in self.books.bank_accounts(company.id))}
        return {"AccountData": [{"AccountId": code, "AccountNo": code, "AccountName": str(code)} for code in sorted(codes)]}

    def types(self) -> Json:
        return {
            "TypeData": [{"TypeId": number, "Title": title, "EntrySeriesId": series, "TypeNo": number} for title, number, series in TYPES]
        }

    def next_number(self, company: Company, fields: soap.Fields) -> Json:
        """The number is not kept for whoever asks. -1 in a year that is closed."""
        asked = fields["argEntryId"]
        on = _day(asked["Date"])
        closed = company.locked_until is not None and company.locked_until >= date(on.year, 12, 31)
        number = self.memory.last_number + (0 if self.memory.stale_number else 1)
        self.memory.stale_number = False
        return {"Date": asked["Date"], "SortNo": asked["SortNo"], "EntryNo": -1 if closed else number}

    def save(self, company: Company, fields: soap.Fields) -> Json:
        bundles = fields["BundleList"]
        if bundles.get("SaveOption") != "0" or bundles.get("DirectLedger") != "false":
            return _said("Exception", "Only vouchers for the ledger are simulated.")
        for bundle in soap.each(bundles["Bundles"], "Bundle"):
            for voucher in soap.each(bundle["Vouchers"], "Voucher"):
                refusal = self._save_one(company, bundle, voucher)
                if refusal is not None:
                    return refusal
        return _said("Ok", "")

    def _save_one(self, company: Company, bundle: soap.Fields, voucher: soap.Fields) -> Json | None:
        number, entries = int(voucher["TransactionNo"]), soap.each(voucher["Entries"], "Entry")
        if number <= self.memory.last_number:
            return _said("DuplicateData", f"Transaction number {number} is in use.")
        if sum(_ore(entry["Amount"]) for entry in entries) or len(entries) != 2:
            return _said("Exception", "The voucher is not in balance.")
        if int(voucher["Sort"]) not in {known for _, known, _ in TYPES} or any(
            _day(e["Date"]).year != int(bundle["YearId"]) for e in entries
        ):
            return _said("Exception", "Type or year is not set up.")
        owed = next((entry for entry in entries if int(entry["AccountNo"]) in RECEIVABLES), None)
        money = next((entry for entry in entries if entry is not owed), None)
        if owed is None or money is None or not owed.get("CustomerId"):
            return _said("Exception", "A customer is missing.")
        try:
            self._book(company, owed, money, number)
        except BooksError as refusal:
            return _said("Exception", f"The period is closed: {refusal}" if refusal.code == "locked" else str(refusal))
        self.memory.last_number = number
        return None

    def _book(self, company: Company, owed: soap.Fields, money: soap.Fields, number: int) -> None:
        on, amount, comment = _day(owed["Date"]), -_ore(owed["Amount"]), owed.get("Comment") or ""
        bank = next((a.id for a in self.books.bank_accounts(company.id) if a.code == str(money["AccountNo"])), None)
        tied = [row_of(one["LineId"]) for one in soap.each(owed.get("Links"), "LinkModel")]
        lines = [line for line in self.books.postings(company.id) if line.id in tied and line.invoice is not None]
        if lines and lines[0].invoice is not None:
            line = self.books.pay(lines[0].invoice, amount, on, "MANUAL", bank_account=bank, text=comment, reference=comment)
        else:
            customer = next(c for c in self.books.customers(company.id) if c.number == int(owed["CustomerId"]))
            line = self.books.pay_unmatched(customer.id, amount, on, "MANUAL", comment)
        self.memory.numbers[line.voucher] = number


def _said(kind: str, words: str) -> Json:
    return {"Type": kind, "Description": words}


def _ore(amount: str) -> int:
    return round(float(amount) * 100)


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])
