"""What accounts show, by the statistics service. It answers with sums, which cannot be held against their filter row by row; so each is
asked for together with the newest date and the least account it holds, which must lie within what was asked for.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from app.ledgers.adapters.unimicro.filters import Condition, UnfilteredError, where
from app.ledgers.adapters.unimicro.rows import day_of, ore_of
from app.ledgers.adapters.unimicro.wire import Wire, reading
from app.ledgers.ports import BankBalance
from app.net.errors import BrokenError

#: bankinnskudd in the Norwegian standard chart of accounts (NS 4102), without the tax deductions (1950) that are not the company's to use
BANK_FROM, BANK_TO = 1920, 1949
NEWEST = "max(JournalEntryLine.FinancialDate)"
SUM = "sum(JournalEntryLine.Amount)"


def receivables_balance(wire: Wire, company: str, as_of: date) -> int:
    """What the customers' accounts sum up to at the end of that day, in øre of the company's currency."""
    asked = where(Condition("SubAccount.CustomerID", "gt", 0), Condition("FinancialDate", "le", as_of))
    select = {"Amount": SUM, "Newest": NEWEST, "Least": "min(SubAccount.CustomerID)"}
    told = wire.sums(company, "JournalEntryLine", select, "SubAccount", asked)
    with reading("the receivables account"):
        if len(told) != 1:
            raise BrokenError("statistics: a sum is one row")
        row = told[0]
        if row["Amount"] is None:
            return 0
        _witness(day_of(row["Newest"]), as_of, row["Least"] > 0)
        return ore_of(row["Amount"])


def bank_balances(wire: Wire, company: str, as_of: date, currency: str) -> tuple[BankBalance, ...]:
    """Each bank account's balance at the end of that day, in the company's currency."""
    asked = where(
        Condition("Account.AccountNumber", "ge", BANK_FROM), Condition("Account.AccountNumber", "le", BANK_TO),
        Condition("FinancialDate", "le", as_of),
    )  # fmt: skip
    select = {"Number": "Account.AccountNumber", "Name": "Account.AccountName", "Amount": SUM, "Newest": NEWEST}
    found = []
    for row in wire.sums(company, "JournalEntryLine", select, "Account", asked):
        with reading("bank accounts"):
            number: Any = row["Number"]
            _witness(day_of(row["Newest"]), as_of, BANK_FROM <= number <= BANK_TO)
            found.append(BankBalance(str(number), row["Name"] or str(number), ore_of(row["Amount"]), as_of, currency))
    return tuple(found)


def _witness(newest: date | None, as_of: date, within: bool) -> None:
    if newest is None or newest > as_of or not within:
        raise UnfilteredError("statistics: Unimicro summed up more than was asked for")
