"""Money that Fiken keeps on a customer's account beside his sales. Pure.

Fiken lists sales and credit notes, and each customer's account (1500:10001) with its balance. Where the account holds less than the open
documents say, the customer has paid something that is tied to none of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from app.ledgers.adapters.fiken.rows import CreditNoteRow, SaleRow
from app.ledgers.ports import Confidence, ItemKind, LedgerItem

#: no document stands behind it, so it is told by its account
LOOSE = "balance-"
CUSTOMERS = "1500:"
#: the account the list is asked for, without the part that names the customer
ACCOUNT = "1500"
#: where bank accounts stand
BANKS_FROM, BANKS_TO = "1900", "1999"


class BalanceRow(msgspec.Struct, rename="camel", kw_only=True):
    code: str
    name: str = ""
    balance: int = 0


def explained(sales: Iterable[SaleRow], notes: Iterable[CreditNoteRow]) -> dict[str, int]:
    """What the open documents say each customer's account must hold, in øre of kroner."""
    found: dict[str, int] = defaultdict(int)
    for sale in sales:
        if sale.customer is not None and sale.customer.customer_account_code:
            found[sale.customer.customer_account_code] += sale.outstanding_balance
    for note in notes:
        if note.customer.customer_account_code:
            found[note.customer.customer_account_code] += note.remaining
    return found


def loose_items(balances: Iterable[BalanceRow], told: Mapping[str, int], owners: Mapping[str, str]) -> Iterator[LedgerItem]:
    """One item for each account that holds less than its documents say. `owners`: account code to the contact's id."""
    for row in balances:
        difference = row.balance - told.get(row.code, 0)
        owner = owners.get(row.code)
        if row.code.startswith(CUSTOMERS) and difference < 0 and owner is not None:
            yield LedgerItem(
                LOOSE + row.code, owner, ItemKind.PAYMENT, None, None, None, None, difference, difference, confidence=Confidence.MEDIUM,
                doubts=("Fiken shows this on the customer's account only, beside his sales and credit notes.",), account=row.code,
                version=str(difference),
            )  # fmt: skip
