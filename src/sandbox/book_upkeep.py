"""How well the books are kept: what is reconciled with the bank, and what waits to be posted. Under /control/books."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from litestar import delete, post, put
from litestar.params import FromPath, JSONBody

from sandbox.book_rows import BankAccount, BooksError, UnpostedVoucher
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

    return [reconcile, begin_voucher, post_voucher]
