"""What stands beside the customers' accounts: bank and reconciliation, suppliers, vouchers not posted. Under /control/books."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody

from sandbox.book_rows import BankAccount, BooksError, SupplierInvoice, UnpostedVoucher
from sandbox.books import Books


class ReconciliationBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`closed_through`: the end of the newest closed reconciliation; `matched_on`: the newest bank movement matched after it, or
    `matched_days_ago`: from now on somebody matches every day, so many days behind."""

    closed_through: date | None = None
    matched_on: date | None = None
    matched_days_ago: int | None = None


class UnpostedBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    company: int
    on: date
    account: str = "1920"
    customer: int | None = None


class OpeningBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    opening_ore: int


class SupplierInvoiceBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    company: int
    supplier: str
    number: str
    amount_ore: int
    issued_on: date
    due_on: date


class PaidBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    paid_on: date


def upkeep_handlers(books: Books) -> list[Any]:
    @put("/companies/{company:int}/reconciliation", sync_to_thread=False)
    def reconcile(company: FromPath[int], data: JSONBody[ReconciliationBody]) -> list[BankAccount]:
        """Every bank account of the company; the till is none."""
        banks = [a for a in books.bank_accounts(books.company(company).id) if a.account_number is not None]
        for account in banks:
            account.closed_through, account.matched_on = data.closed_through, data.matched_on
            account.matched_days_ago = data.matched_days_ago
        return banks

    @post("/unposted-vouchers", sync_to_thread=False)
    def begin_voucher(data: JSONBody[UnpostedBody]) -> UnpostedVoucher:
        return books.begin_voucher(data.company, data.on, data.account, data.customer)

    @delete("/unposted-vouchers/{voucher:int}", sync_to_thread=False)
    def post_voucher(voucher: FromPath[int]) -> None:
        """It is posted or thrown away: either way it waits no more."""
        if books.state.unposted.pop(voucher, None) is None:
            raise BooksError("not_found", f"voucher {voucher} does not wait")

    @put("/bank-accounts/{account:int}/opening", sync_to_thread=False)
    def open_with(account: FromPath[int], data: JSONBody[OpeningBody]) -> BankAccount:
        """What the account held before anything here was booked."""
        if account not in books.state.bank_accounts:
            raise BooksError("not_found", f"bank account {account} does not exist")
        books.state.bank_accounts[account].opening_ore = data.opening_ore
        return books.state.bank_accounts[account]

    @post("/supplier-invoices", sync_to_thread=False)
    def owe(data: JSONBody[SupplierInvoiceBody]) -> SupplierInvoice:
        return books.owe(**msgspec.structs.asdict(data))

    @put("/supplier-invoices/{invoice:int}/paid", sync_to_thread=False)
    def pay_supplier(invoice: FromPath[int], data: JSONBody[PaidBody]) -> SupplierInvoice:
        if invoice not in books.state.supplier_invoices:
            raise BooksError("not_found", f"supplier invoice {invoice} does not exist")
        books.state.supplier_invoices[invoice].paid_on = data.paid_on
        return books.state.supplier_invoices[invoice]

    @get("/companies/{company:int}/balances", sync_to_thread=False)
    def balances(company: FromPath[int]) -> dict[str, int]:
        """Today's receivables account, and each bank account by its id."""
        today = books.world.today()
        banks = {str(a.id): books.bank_balance(a.id, today) for a in books.bank_accounts(books.company(company).id)}
        return {"receivables_ore": books.receivables_balance(company, today), **banks}

    return [balances, open_with, owe, pay_supplier, reconcile, begin_voucher, post_voucher]
