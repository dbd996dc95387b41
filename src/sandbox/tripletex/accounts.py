"""What the accounts show, and vouchers taken back, as this vendor tells them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from litestar import Request, Response, get, put
from litestar.params import FromPath

from sandbox.book_rows import BooksError, Posting
from sandbox.tripletex.answers import Query, listed, not_found, parse_fields, shaped
from sandbox.tripletex.door import Caller, Door
from sandbox.tripletex.rows import Rows
from sandbox.world import Fidelity

Req = Request[Any, Any, Any]
Json = dict[str, Any]

#: the specification does not tell which voucher a reversal answers with, nor that a second one is refused
FIDELITY: dict[str, Fidelity] = {
    "GET /tripletex/v2/balanceSheet": "spec",
    "GET /tripletex/v2/ledger/voucher/{id}": "spec",
    "PUT /tripletex/v2/ledger/voucher/{id}/:reverse": "assumed",
}


def account_calls(door: Door, rows: Rows) -> list[Any]:
    books = rows.books

    @get("/balanceSheet", sync_to_thread=False)
    def balance_sheet(request: Req) -> Response[Any]:
        def told(caller: Caller, query: Query) -> Json:
            first, beyond = query.window("dateFrom", "dateTo")
            lowest, highest = query.number("accountNumberFrom") or 0, query.number("accountNumberTo") or 9999
            found = [row for row in _sheet(rows, caller.company, first, beyond) if lowest <= row["account"].expand()["number"] <= highest]
            return listed(found, lambda row: row, query, door.state.result_cap)

        return door.serve(request, "balanceSheet", told)

    @get("/ledger/voucher/{voucher:int}", sync_to_thread=False)
    def voucher(request: Req, voucher: FromPath[int]) -> Response[Any]:
        def told(caller: Caller, query: Query) -> Json:
            _lines(rows, caller, voucher)
            return {"value": shaped(rows.voucher(voucher).expand(), parse_fields(query.text("fields")))}

        return door.serve(request, "ledger/voucher", told)

    @put("/ledger/voucher/{voucher:int}/:reverse", sync_to_thread=False)
    def reverse(request: Req, voucher: FromPath[int]) -> Response[Any]:
        def told(caller: Caller, query: Query) -> Json:
            on = query.day("date")
            line = next((p for p in _lines(rows, caller, voucher) if p.kind == "payment" and p.customer is not None), None)
            if line is None:
                raise BooksError("invalid", "only a payment can be reversed here")
            back = books.reverse_payment(line.id, on)
            door.state.made_by[back.id] = caller.key.employee
            return {"value": shaped(rows.voucher(back.voucher).expand(), parse_fields(None))}

        return door.serve(request, "ledger/voucher/:reverse", told)

    return [balance_sheet, voucher, reverse]


def _lines(rows: Rows, caller: Caller, voucher: int) -> list[Posting]:
    found = [p for p in rows.books.postings(caller.company) if p.voucher == voucher]
    if not found:
        raise not_found()
    return found


def _sheet(rows: Rows, company: int, first: date, beyond: date) -> list[Json]:
    """The customers' account and the bank accounts, at the end of the day before each date."""
    books, before, last = rows.books, first - timedelta(days=1), beyond - timedelta(days=1)
    told = [(rows.account(company, "1500"), books.receivables_balance(company, before), books.receivables_balance(company, last))]
    for bank in books.bank_accounts(company):
        told.append((rows.account(company, bank.code, bank), books.bank_balance(bank.id, before), books.bank_balance(bank.id, last)))
    return [rows.balance(account, opening, closing, first, beyond) for account, opening, closing in told]
