"""Looking into the reference ledger, as of now or of an earlier day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TypeVar

from sandbox.book_rows import (
    BankAccount,
    BooksError,
    BooksState,
    Company,
    Customer,
    Invoice,
    Posting,
    Reminder,
    Row,
    SupplierInvoice,
    UnpostedVoucher,
)
from sandbox.world import World

AnyRow = TypeVar("AnyRow", bound=Row)


class OpenBooks:
    """Reading only. Every look-up by id raises `BooksError` with code not_found."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.state = world.part("books", BooksState)

    def remaining(self, invoice: int, as_of: date | None = None) -> int:
        """What is left of the invoice in øre of its currency, at the end of that day (None: with all that is booked)."""
        return sum(p.amount_ore for p in self.postings_of(invoice) if as_of is None or p.on <= as_of)

    def open_postings(self, company: int, as_of: date | None = None) -> Iterator[Posting]:
        """The customer lines that no close group has netted by the end of that day, oldest first."""
        for line in self.postings(company):
            if line.customer is None or (as_of is not None and line.on > as_of):
                continue
            group = None if line.close_group is None else self.state.close_groups[line.close_group]
            if group is None or (as_of is not None and group.on > as_of):
                yield line

    def company(self, company: int) -> Company:
        return _found(self.state.companies, company, "company")

    def companies(self, vendor: str) -> list[Company]:
        return [c for c in self.state.companies.values() if c.vendor == vendor]

    def bank_accounts(self, company: int) -> list[BankAccount]:
        found = [a for a in self.state.bank_accounts.values() if a.company == company]
        for account in found:
            if account.matched_days_ago is not None:
                account.matched_on = self.world.today() - timedelta(days=account.matched_days_ago)
        return found

    def customer(self, customer: int) -> Customer:
        return _found(self.state.customers, customer, "customer")

    def customers(self, company: int) -> list[Customer]:
        return [c for c in self.state.customers.values() if c.company == company]

    def invoice(self, invoice: int) -> Invoice:
        return _found(self.state.invoices, invoice, "invoice")

    def invoices(self, company: int) -> list[Invoice]:
        """Invoices and credit notes, oldest id first."""
        return [i for i in self.state.invoices.values() if i.company == company]

    def posting(self, posting: int) -> Posting:
        return _found(self.state.postings, posting, "posting")

    def postings(self, company: int) -> list[Posting]:
        return [p for p in self.state.postings.values() if p.company == company]

    def postings_of(self, invoice: int) -> list[Posting]:
        """The lines matched to an invoice (its own, payments, credit notes); for a credit note its one line."""
        return [self.state.postings[p] for p in self.invoice(invoice).postings]

    def supplier_items(self, company: int, as_of: date) -> list[SupplierInvoice]:
        """What was owed to suppliers at the end of that day."""
        mine = (s for s in self.state.supplier_invoices.values() if s.company == company and s.issued_on <= as_of)
        return [s for s in mine if s.paid_on is None or s.paid_on > as_of]

    def bank_balance(self, bank_account: int, as_of: date) -> int:
        """What a bank account holds by the vouchers at the end of that day, in øre of its currency."""
        account = _found(self.state.bank_accounts, bank_account, "bank account")
        lines = (p for p in self.postings(account.company) if p.account == account.code and p.bank_account == account.id and p.on <= as_of)
        return account.opening_ore + sum(p.amount_ore for p in lines)

    def receivables_balance(self, company: int, as_of: date) -> int:
        """What account 1500 shows at the end of that day, in øre of the company's currency."""
        return sum(p.base_ore for p in self.postings(company) if p.customer is not None and p.on <= as_of)

    def unposted(self, company: int) -> list[UnpostedVoucher]:
        return [v for v in self.state.unposted.values() if v.company == company]

    def reminders_of(self, invoice: int) -> list[Reminder]:
        return [self.state.reminders[r] for r in self.invoice(invoice).reminders]


def _found(rows: dict[int, AnyRow], row: int, what: str) -> AnyRow:
    try:
        return rows[row]
    except KeyError:
        raise BooksError("not_found", f"{what} {row} does not exist") from None
