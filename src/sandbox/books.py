"""The reference ledger: one set of books behind every ledger simulator, so that the same story can be told through each vendor's door.

Double entry as far as a receivables ledger needs it: every voucher sums to zero, a customer's lines stand on account 1500, and lines that
net to zero are tied in a close group. VAT and cost accounts are left out. Amounts are integer øre (minor units) of the document's
currency, with `base_ore` beside them in the company's own. Debit is positive: what the customer owes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

import msgspec

from sandbox.book_rows import (
    BankAccount,
    BooksError,
    CloseGroup,
    Company,
    Customer,
    Invoice,
    Posting,
    PostingKind,
    Reminder,
    Row,
    Source,
    SupplierInvoice,
    UnpostedVoucher,
)
from sandbox.open_books import OpenBooks

RECEIVABLES = "1500"
REVENUE = "3000"
EXCHANGE_DIFFERENCE = "8060"
FIRST_NUMBER = 10_001

AnyRow = TypeVar("AnyRow", bound=Row)


class Books(OpenBooks):
    """All that can happen to the books. Every method that changes something returns the row it made; all raise `BooksError`."""

    def add_company(
        self,
        vendor: str,
        name: str,
        *,
        organisation_number: str | None = None,
        is_test: bool = False,
        modules: Iterable[str] = (),
        own_dunning: Iterable[str] = (),
        account_number: str = "12345678903",
    ) -> Company:
        """A new set of books with a bank account (1920) and a till (1900); their ids differ from company to company."""
        company = Company(
            id=self._next_id(), changed_at=self.world.now(), vendor=vendor, name=name, organisation_number=organisation_number,
            is_test=is_test, modules=list(modules), own_dunning=list(own_dunning),
        )  # fmt: skip
        self.state.companies[company.id] = company
        self.add_bank_account(company.id, "Kontant", "1900", None)
        self.add_bank_account(company.id, "Betalt til bank", "1920", account_number)
        return company

    def add_bank_account(self, company: int, name: str, code: str, account_number: str | None, currency: str = "NOK") -> BankAccount:
        self.company(company)
        made = BankAccount(
            id=self._next_id(), changed_at=self.world.now(), company=company, name=name, code=code, account_number=account_number,
            currency=currency,
        )  # fmt: skip
        self.state.bank_accounts[made.id] = made
        return made

    def add_customer(self, company: int, name: str, *, number: int | None = None, **facts: Any) -> Customer:
        """`facts` are the other fields of `Customer`; without a number the next free one from 10001 is taken."""
        self.company(company)
        taken = {c.number for c in self.customers(company)}
        if number in taken:
            raise BooksError("duplicate", f"customer number {number} is taken in company {company}")
        chosen = number if number is not None else max(taken, default=10_000) + 1
        fixed = {"id": self._next_id(), "changed_at": self.world.now(), "company": company, "name": name, "number": chosen}
        made = _customer({**facts, **fixed})
        self.state.customers[made.id] = made
        return made

    def change_customer(self, customer: int, **facts: Any) -> Customer:
        """Rename, inactivate, set reminder switches …: any fields of `Customer`."""
        before = self.customer(customer)
        after = _customer({**msgspec.structs.asdict(before), **facts})
        self.state.customers[customer] = self._touched(after)
        return after

    def add_invoice(
        self,
        customer: int,
        amount_ore: int,
        issued_on: date,
        due_on: date,
        *,
        number: int | None = None,
        kid: str | None = None,
        currency: str = "NOK",
        rate: Decimal = Decimal(1),
        charged: bool = True,
    ) -> Invoice:
        """`rate`: the company's currency per unit of the invoice's. A preliminary one (`charged=False`) has number 0 and no postings."""
        owner = self.customer(customer)
        if amount_ore <= 0:
            raise BooksError("invalid", "amount_ore must be above zero; credit through a credit note")
        if charged:
            self._open_on(owner.company, issued_on)
        made = Invoice(
            id=self._next_id(), changed_at=self.world.now(), company=owner.company, customer=customer,
            number=self._document_number(owner.company, number) if charged else 0,
            kid=kid, issued_on=issued_on, due_on=due_on, amount_ore=amount_ore, currency=currency, rate=rate, charged=charged,
        )  # fmt: skip
        self.state.invoices[made.id] = made
        if charged:
            self.company(owner.company).numbers[made.number] = made.id
            self._post(made, amount_ore, issued_on, "invoice", REVENUE, text=f"Faktura {made.number}", document=made.id)
        return made

    def credit(self, invoice: int, amount_ore: int | None, on: date, *, number: int | None = None) -> Invoice:
        """A credit note, whole (`amount_ore` None: what remains) or in part, matched to the invoice."""
        credited = self.invoice(invoice)
        amount = self.remaining(invoice) if amount_ore is None else amount_ore
        if amount <= 0:
            raise BooksError("invalid", "nothing is left to credit")
        self._open_on(credited.company, on)
        note = Invoice(
            id=self._next_id(), changed_at=self.world.now(), company=credited.company, customer=credited.customer,
            number=self._document_number(credited.company, number), kid=None, issued_on=on, due_on=on, amount_ore=-amount,
            currency=credited.currency, rate=credited.rate, credits=invoice,
        )  # fmt: skip
        self.state.invoices[note.id] = note
        self.company(credited.company).numbers[note.number] = note.id
        words = f"Kreditnota {note.number} til faktura {credited.number}"
        line = self._post(credited, -amount, on, "credit_note", REVENUE, text=words, document=note.id)
        note.postings = [line.id]
        credited.credited = amount >= credited.amount_ore
        return note

    def pay(
        self,
        invoice: int,
        amount_ore: int,
        on: date,
        source: Source = "OCR",
        *,
        bank_account: int | None = None,
        base_ore: int | None = None,
        text: str | None = None,
        reference: str | None = None,
    ) -> Posting:
        """Money in, matched to the invoice. `base_ore` is what came in in the company's currency, where the invoice has another."""
        paid = self.invoice(invoice)
        if not paid.charged:
            raise BooksError("invalid", f"invoice {invoice} is preliminary")
        account = self._bank(paid.company, bank_account)
        words = text or f"Betaling faktura {paid.number}"
        line = self._post(
            paid, -amount_ore, on, "payment", account.code, text=words, source=source, bank=account.id,
            base_ore=None if base_ore is None else -base_ore, reference=reference,
        )  # fmt: skip
        if self.remaining(invoice) == 0:
            self._settle_exchange(paid, on)
        return line

    def pay_unmatched(self, customer: int, amount_ore: int, on: date, source: Source = "BANK", text: str = "Innbetaling") -> Posting:
        """Money in that nobody has tied to an invoice: it stands as the customer's credit."""
        owner = self.customer(customer)
        account = self._bank(owner.company, None)
        return self._voucher(
            owner.company, account.code, -amount_ore, -amount_ore, on, customer=customer, kind="payment", text=text, source=source,
            bank_account=account.id,
        )  # fmt: skip

    def match(self, posting: int, invoice: int) -> Posting:
        """Tie an unmatched payment to an invoice."""
        line, target = self.posting(posting), self.invoice(invoice)
        if line.invoice is not None or line.customer != target.customer:
            raise BooksError("invalid", f"posting {posting} cannot be matched to invoice {invoice}")
        line.invoice = invoice
        target.postings = [*target.postings, posting]
        self._touched(line)
        self._regroup(target)
        return line

    def reverse_payment(self, posting: int, on: date) -> Posting:
        """The payment bounced or was booked wrongly: the opposite lines are booked and the invoice stands open again."""
        line = self.posting(posting)
        if line.kind != "payment" or line.amount_ore >= 0 or line.reversed_by is not None:
            raise BooksError("invalid", f"posting {posting} is not a payment that can be reversed")
        account = self._bank(line.company, line.bank_account)
        back = self._voucher(
            line.company, account.code, -line.amount_ore, -line.base_ore, on, customer=line.customer, invoice=line.invoice, kind="payment",
            currency=line.currency, text=f"Reversert: {line.text}", source=line.source, bank_account=account.id,
        )  # fmt: skip
        line.reversed_by = back.id
        if line.invoice is not None:
            invoice = self.invoice(line.invoice)
            invoice.postings = [*invoice.postings, back.id]
            self._regroup(invoice)
        return back

    def change_due_date(self, invoice: int, due_on: date) -> Invoice:
        changed = self.invoice(invoice)
        changed.due_on = due_on
        for line in self.postings_of(invoice):
            if line.kind == "invoice":
                line.due_on = due_on
                self._touched(line)
        return self._touched(changed)

    def add_reminder(self, invoice: int, on: date, kind: str, charge_ore: int, deadline_on: date | None) -> Reminder:
        """A reminder sent by the ledger itself."""
        reminded = self.invoice(invoice)
        made = Reminder(
            id=self._next_id(), changed_at=self.world.now(), company=reminded.company, invoice=invoice, on=on, kind=kind,
            charge_ore=charge_ore, deadline_on=deadline_on,
        )  # fmt: skip
        self.state.reminders[made.id] = made
        reminded.reminders = [*reminded.reminders, made.id]
        self._touched(reminded)
        return made

    def delete_invoice(self, invoice: int) -> None:
        """Take an invoice and its lines out of the books without a trace, as some ledgers allow."""
        gone = self.invoice(invoice)
        for line in self.postings_of(invoice):
            self._ungroup(line)
            for sibling in [p.id for p in self.state.postings.values() if p.voucher == line.voucher]:
                del self.state.postings[sibling]
        for note in [i.id for i in self.state.invoices.values() if i.credits == gone.id]:
            del self.state.invoices[note]
        self.company(gone.company).numbers.pop(gone.number, None)
        del self.state.invoices[gone.id]

    def begin_voucher(self, company: int, on: date, account: str, customer: int | None) -> UnpostedVoucher:
        """Begun and not posted: no balance changes."""
        row = UnpostedVoucher(
            id=self._next_id(), changed_at=self.world.now(), company=self.company(company).id, on=on, account=account, customer=customer
        )
        self.state.unposted[row.id] = row
        return row

    def owe(self, company: int, supplier: str, number: str, amount_ore: int, issued_on: date, due_on: date) -> SupplierInvoice:
        """A supplier's invoice comes in."""
        row = SupplierInvoice(
            id=self._next_id(), changed_at=self.world.now(), company=self.company(company).id, supplier=supplier, number=number,
            issued_on=issued_on, due_on=due_on, amount_ore=amount_ore,
        )  # fmt: skip
        self.state.supplier_invoices[row.id] = row
        return row

    def lock_period(self, company: int, until: date | None) -> Company:
        """Nothing may be booked on or before `until`; None opens all periods."""
        locked = self.company(company)
        locked.locked_until = until
        return self._touched(locked)

    def _post(
        self,
        invoice: Invoice,
        amount_ore: int,
        on: date,
        kind: PostingKind,
        counter_account: str,
        *,
        text: str,
        source: Source | None = None,
        bank: int | None = None,
        base_ore: int | None = None,
        document: int | None = None,
        reference: str | None = None,
    ) -> Posting:
        base = _in_base(amount_ore, invoice.rate) if base_ore is None else base_ore
        line = self._voucher(
            invoice.company, counter_account, amount_ore, base, on, customer=invoice.customer, invoice=invoice.id, kind=kind,
            due_on=invoice.due_on if kind == "invoice" else None, text=text, currency=invoice.currency, source=source, bank_account=bank,
            document=document, reference=reference,
        )  # fmt: skip
        invoice.postings = [*invoice.postings, line.id]
        self._regroup(invoice)
        return line

    def _settle_exchange(self, invoice: Invoice, on: date) -> None:
        difference = sum(p.base_ore for p in self.postings_of(invoice.id))
        if difference:
            self._post(invoice, 0, on, "other", EXCHANGE_DIFFERENCE, text="Valutagevinst/-tap", base_ore=-difference)

    def _voucher(
        self, company: int, counter_account: str, amount_ore: int, base_ore: int, on: date, *, customer: int | None, **facts: Any
    ) -> Posting:
        """Two lines that sum to zero; the customer's is returned."""
        self._open_on(company, on)
        common: dict[str, Any] = {"company": company, "voucher": self._next_id(), "on": on, "changed_at": self.world.now()}
        line = Posting(
            id=self._next_id(), account=RECEIVABLES, amount_ore=amount_ore, base_ore=base_ore, customer=customer, **common, **facts
        )
        plain = {name: facts[name] for name in ("text", "currency", "source", "bank_account", "reference") if name in facts}
        counter = Posting(id=self._next_id(), account=counter_account, amount_ore=-amount_ore, base_ore=-base_ore, **common, **plain)
        self.state.postings |= {line.id: line, counter.id: counter}
        return line

    def _regroup(self, invoice: Invoice) -> None:
        """A close group exists exactly while the invoice's lines net to zero."""
        lines = [self.state.postings[p] for p in invoice.postings]
        for line in lines:
            self._ungroup(line)
        self._touched(invoice)
        if sum(p.amount_ore for p in lines) == 0:
            last = max(p.on for p in lines)
            group = CloseGroup(
                id=self._next_id(), changed_at=self.world.now(), company=invoice.company, on=last, postings=[p.id for p in lines]
            )
            self.state.close_groups[group.id] = group
            for line in lines:
                line.close_group = group.id
                self._touched(line)

    def _ungroup(self, line: Posting) -> None:
        if line.close_group is not None:
            group = self.state.close_groups.pop(line.close_group)
            for member in group.postings:
                self.state.postings[member].close_group = None

    def _document_number(self, company: int, number: int | None) -> int:
        numbers = self.company(company).numbers
        if number is None:
            return max(numbers, default=FIRST_NUMBER - 1) + 1
        if number in numbers:
            raise BooksError("duplicate", f"document number {number} is taken in company {company}")
        return number

    def _bank(self, company: int, bank_account: int | None) -> BankAccount:
        mine = self.bank_accounts(company)
        found = [a for a in mine if a.id == bank_account] if bank_account is not None else [a for a in mine if a.code.startswith("1920")]
        if not found:
            raise BooksError("not_found", f"company {company} has no bank account {bank_account}")
        return found[0]

    def _open_on(self, company: int, on: date) -> None:
        locked = self.company(company).locked_until
        if locked is not None and on <= locked:
            raise BooksError("locked", f"the books are closed until {locked.isoformat()}")

    def _touched(self, row: AnyRow) -> AnyRow:
        row.version += 1
        row.changed_at = self.world.now()
        return row

    def _next_id(self) -> int:
        self.state.last_id += 1
        return self.state.last_id


def _customer(facts: dict[str, object]) -> Customer:
    try:
        return msgspec.convert(facts, Customer)
    except msgspec.ValidationError as fault:
        raise BooksError("invalid", str(fault)) from fault


def _in_base(amount_ore: int, rate: Decimal) -> int:
    return int((amount_ore * rate).quantize(Decimal(1), ROUND_HALF_UP))
