"""Bank reconciliations and vouchers that are not posted, as this vendor tells them."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from sandbox.book_rows import BankAccount, UnpostedVoucher
from sandbox.tripletex.answers import HOST, Query, Ref, listed, not_found, parse_fields, shaped
from sandbox.tripletex.door import Caller, Door
from sandbox.tripletex.rows import Rows
from sandbox.world import Fidelity

Req = Request[Any, Any, Any]
Json = dict[str, Any]

#: the specification names fields and parameters; that a period's end is the day after it, and the 404 where there is none, are assumed
FIDELITY: dict[str, Fidelity] = {
    "GET /tripletex/v2/bank/reconciliation/>lastClosed": "assumed",
    "GET /tripletex/v2/bank/reconciliation/>last": "assumed",
    "GET /tripletex/v2/bank/reconciliation/match": "spec",
    "GET /tripletex/v2/ledger/voucher/>nonPosted": "spec",
}


def upkeep_calls(door: Door, rows: Rows) -> list[Any]:
    books = rows.books

    def account_of(caller: Caller, query: Query) -> BankAccount:
        wanted = query.number("accountId")
        mine = [a for a in books.bank_accounts(caller.company) if rows.account(a.company, a.code).id == wanted]
        if not mine:
            raise not_found()
        return mine[0]

    def one(found: Json | None, query: Query) -> Json:
        if found is None:
            raise not_found()
        return {"value": shaped(found, parse_fields(query.text("fields")))}

    @get("/bank/reconciliation/>lastClosed", sync_to_thread=False)
    def last_closed(request: Req) -> Response[Any]:
        def told(caller: Caller, query: Query) -> Json:
            return one(_closed(account_of(caller, query)), query)

        return door.serve(request, "bank/reconciliation/>lastClosed", told)

    @get("/bank/reconciliation/>last", sync_to_thread=False)
    def last(request: Req) -> Response[Any]:
        def told(caller: Caller, query: Query) -> Json:
            account = account_of(caller, query)
            return one(_begun(account) or _closed(account), query)

        return door.serve(request, "bank/reconciliation/>last", told)

    @get("/bank/reconciliation/match", sync_to_thread=False)
    def matches(request: Req) -> Response[Any]:
        def told(caller: Caller, query: Query) -> Json:
            wanted = query.numbers("bankReconciliationId") or set()
            begun = [a for a in books.bank_accounts(caller.company) if a.matched_on is not None and _begun_id(a) in wanted]
            return listed(begun, _match, query, door.state.result_cap)

        return door.serve(request, "bank/reconciliation/match", told)

    @get("/ledger/voucher/>nonPosted", sync_to_thread=False)
    def non_posted(request: Req) -> Response[Any]:
        def told(caller: Caller, query: Query) -> Json:
            first, beyond = query.window("dateFrom", "dateTo")
            found = [v for v in books.unposted(caller.company) if first <= v.on < beyond]
            return listed(found, lambda voucher: _voucher(rows, voucher), query, door.state.result_cap)

        return door.serve(request, "ledger/voucher/>nonPosted", told)

    return [last_closed, last, matches, non_posted]


def _closed(account: BankAccount) -> Json | None:
    """A month that was reconciled: the end is the day after it."""
    through = account.closed_through
    if through is None:
        return None
    end = through.fromordinal(through.toordinal() + 1)
    return _reconciliation(account.id * 10 + 1, account, through.replace(day=1).isoformat(), end.isoformat(), through.isoformat())


def _begun(account: BankAccount) -> Json | None:
    on = account.matched_on
    if on is None or (account.closed_through is not None and on <= account.closed_through):
        return None
    return _reconciliation(_begun_id(account), account, on.replace(day=1).isoformat(), on.isoformat(), None)


def _begun_id(account: BankAccount) -> int:
    return account.id * 10 + 2


def _reconciliation(identifier: int, account: BankAccount, start: str, end: str, closed: str | None) -> Json:
    period = {"id": identifier, "version": 1, "url": f"{HOST}/ledger/accountingPeriod/{identifier}", "start": start, "end": end}
    return {
        "id": identifier, "version": 1, "url": f"{HOST}/bank/reconciliation/{identifier}",
        "accountingPeriod": Ref("ledger/accountingPeriod", identifier, lambda: period),
        "isClosed": closed is not None, "closedDate": closed or "", "type": "MANUAL", "bankAccountClosingBalanceCurrency": 0,
    }  # fmt: skip


def _match(account: BankAccount) -> Json:
    identifier, on = account.id * 10 + 3, account.matched_on
    move = {"id": identifier, "version": 1, "url": f"{HOST}/bank/statement/transaction/{identifier}", "postedDate": on, "matched": True}
    return {
        "id": identifier, "version": 1, "url": f"{HOST}/bank/reconciliation/match/{identifier}", "type": "APPROVED_SUGGESTION",
        "transactions": [Ref("bank/statement/transaction", identifier, lambda: move)],
    }  # fmt: skip


def _voucher(rows: Rows, voucher: UnpostedVoucher) -> Json:
    bank = next((a for a in rows.books.bank_accounts(voucher.company) if a.code == voucher.account), None)
    line = {
        "id": voucher.id * 10, "version": 1, "url": f"{HOST}/ledger/posting/{voucher.id * 10}", "date": voucher.on,
        "account": rows.account(voucher.company, voucher.account, bank=bank),
        "customer": None if voucher.customer is None else rows.customer_ref(voucher.customer),
    }  # fmt: skip
    return {
        "id": voucher.id, "version": 1, "url": f"{HOST}/ledger/voucher/{voucher.id}", "date": voucher.on, "number": 0,
        "tempNumber": voucher.id % 1000, "year": voucher.on.year, "description": "",
        "postings": [Ref("ledger/posting", voucher.id * 10, lambda: line)],
    }  # fmt: skip
