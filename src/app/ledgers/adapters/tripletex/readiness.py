"""How far a Tripletex book has come: bank reconciliations of the accounts money comes in on, and vouchers that wait to be posted.

Reconciliations are made per account and period; between two closed ones the newest matched movement tells how far the work has come.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from app.ledgers.adapters.tripletex.wire import GoneError, Row, Wire, day_of, reading
from app.ledgers.errors import ModuleMissingError, PermissionMissingError
from app.ledgers.ports import BankState, BookState
from app.net.errors import RefusedError

#: an unposted voucher older than this belongs to a year that is done with
LOOK_BACK = timedelta(days=400)
RECEIVABLES = range(1500, 1600)
CLOSED_FIELDS = "id,accountingPeriod(end),isClosed,closedDate"
MATCH_FIELDS = "id,type,transactions(postedDate)"
VOUCHER_FIELDS = "id,date,postings(account(number,isBankAccount),customer(id))"
#: matches that give a bank movement its posting; a suggestion nobody has approved, or that was turned down, is none
MADE = ("MANUAL", "APPROVED_SUGGESTION", "ADJUSTMENT", "AUTO_MATCHED", "AUTOPOSTING_APPROVED")


def book_state(wire: Wire, company: str, as_of: date, payment_types: Sequence[Row]) -> BookState:
    """What a missing right or module keeps from us is not known."""
    unposted = _unposted(wire, company, as_of)
    count, since = (None, None) if unposted is None else (len(unposted), min(unposted, default=None))
    return BookState(_banks(wire, company, payment_types), count, since)


def _banks(wire: Wire, company: str, payment_types: Sequence[Row]) -> tuple[BankState, ...] | None:
    with reading("payment types"):
        accounts = {
            int(t["debitAccount"]["id"]): str(t["debitAccount"]["number"]) for t in payment_types if t["debitAccount"]["isBankAccount"]
        }
    try:
        return tuple(BankState(name, _matched_on(wire, company, account)) for account, name in sorted(accounts.items()))
    except (PermissionMissingError, ModuleMissingError):
        return None


def _matched_on(wire: Wire, company: str, account: int) -> date | None:
    found: list[date] = []
    closed = _reconciliation(wire, company, ">lastClosed", account)
    if closed is not None:
        with reading("a bank reconciliation"):
            # the day after the period, as the vendor's other ends are
            found.append(date.fromisoformat(closed["accountingPeriod"]["end"]) - timedelta(days=1))
    last = _reconciliation(wire, company, ">last", account)
    if last is not None and not last.get("isClosed"):
        matches = wire.all(company, "/bank/reconciliation/match", {"bankReconciliationId": last["id"], "fields": MATCH_FIELDS})
        with reading("bank matches"):
            dated = [day_of(move["postedDate"]) for match in matches if match["type"] in MADE for move in match["transactions"]]
            found += [on for on in dated if on is not None]
    return max(found, default=None)


def _reconciliation(wire: Wire, company: str, which: str, account: int) -> Row | None:
    """None where there is none, which the vendor may say in either way."""
    try:
        value = wire.get(company, f"/bank/reconciliation/{which}", {"accountId": account, "fields": CLOSED_FIELDS})["value"]
    except GoneError:
        return None
    return None if value is None else dict(value)


def _unposted(wire: Wire, company: str, as_of: date) -> list[date] | None:
    """The dates of vouchers on customers or bank that are not posted. Those of suppliers and wages change nothing for a debtor."""
    names = ("dateFrom", "dateTo")
    params = {"includeNonApproved": "true", "fields": VOUCHER_FIELDS}
    try:
        rows = list(wire.windows(company, "/ledger/voucher/>nonPosted", params, as_of - LOOK_BACK, as_of + timedelta(days=1), names))
    except RefusedError:
        return None
    with reading("unposted vouchers"):
        return [date.fromisoformat(row["date"]) for row in rows if any(_touches(line) for line in row["postings"])]


def _touches(line: Row) -> bool:
    account = line["account"] or {}
    return bool(line.get("customer")) or account.get("number") in RECEIVABLES or bool(account.get("isBankAccount"))
