"""What Tripletex's accounts show: receivables, bank accounts, and what is owed to suppliers.

The balance sheet gives balances in the company's currency only, also for a bank account kept in another.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, timedelta

from app.ledgers.adapters.tripletex.wire import Row, Wire, day_of, ore_of, reading
from app.ledgers.ports import BankBalance, SupplierItem

#: kundefordringer in the Norwegian standard chart of accounts (NS 4102)
RECEIVABLES_FROM, RECEIVABLES_TO = 1500, 1599
BANKS_FROM, BANKS_TO = 1900, 1999
PAYABLES_FROM, PAYABLES_TO = 2400, 2499
#: before any book that can be open
LONG_AGO = date(2000, 1, 1)
SHEET_FIELDS = "account(number,name,isBankAccount,ledgerType),balanceOut"
SUPPLIER_FIELDS = "id,date,supplier(id,name),amountCurrency,currency(code),invoiceNumber,termOfPayment"


def receivables_ore(wire: Wire, company: str, as_of: date, seen: Collection[int]) -> int:
    """The customers' accounts: 1500, what the company has named a customer ledger, and `seen`, where customers' lines were found.

    The rest of group 15 (accrued revenue, group companies, provisions) belongs to no customer and is left out.
    """
    rows = _sheet(wire, company, as_of, RECEIVABLES_FROM, RECEIVABLES_TO)
    with reading("the balance sheet"):
        told = [(row["account"], ore_of(row["balanceOut"])) for row in rows]
        return sum(ore for one, ore in told if one["number"] in {RECEIVABLES_FROM, *seen} or one.get("ledgerType") == "CUSTOMER")


def bank_balances(wire: Wire, company: str, as_of: date) -> tuple[BankBalance, ...]:
    rows = _sheet(wire, company, as_of, BANKS_FROM, BANKS_TO)
    with reading("the balance sheet"):
        banks = [row for row in rows if row["account"]["isBankAccount"]]
        return tuple(BankBalance(str(row["account"]["number"]), row["account"]["name"], ore_of(row["balanceOut"]), as_of) for row in banks)


def supplier_items(wire: Wire, company: str, as_of: date) -> Iterator[SupplierItem]:
    """The suppliers' open lines, those of one invoice taken together. What nets to zero or is in our favour is not owed."""
    span = {"accountNumberFrom": PAYABLES_FROM, "accountNumberTo": PAYABLES_TO, "fields": SUPPLIER_FIELDS}
    lines = wire.all(company, "/ledger/posting/openPost", {**span, "date": (as_of + timedelta(days=1)).isoformat()})
    with reading("what is owed to suppliers"):
        documents: dict[tuple[int, str, str], list[Row]] = {}
        for line in lines:
            if line.get("supplier"):
                number = line["invoiceNumber"] or f"line {line['id']}"
                documents.setdefault((line["supplier"]["id"], line["currency"]["code"], number), []).append(line)
        for (_, currency, _), members in documents.items():
            left = -sum(ore_of(line["amountCurrency"]) for line in members)
            if left > 0:
                first = members[0]
                due = min((on for line in members if (on := day_of(line["termOfPayment"])) is not None), default=None)
                yield SupplierItem(str(first["id"]), first["supplier"]["name"], first["invoiceNumber"] or None, due, left, currency)


def _sheet(wire: Wire, company: str, as_of: date, lowest: int, highest: int) -> list[Row]:
    """From long ago, so that an account nothing has moved on lately is not left out. The end is exclusive."""
    window = {"dateFrom": LONG_AGO.isoformat(), "dateTo": (as_of + timedelta(days=1)).isoformat()}
    params = {**window, "accountNumberFrom": lowest, "accountNumberTo": highest, "fields": SHEET_FIELDS}
    return wire.rows(company, "/balanceSheet", params)
