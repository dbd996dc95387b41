"""The balanced voucher of a payout: what of it the ledger has not got yet, account by account. Pure.

The principal is posted on each invoice by itself. What is left is income that is earned when it comes in (interest, fees; never when they
are demanded), what the agency kept for its work, and the VAT on that. A creditor who is liable to VAT deducts it (merverdiavgiftsloven
§ 8-1); for anybody else it is part of the cost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class PostingAccounts:
    """The company's accounts (kontoplan). The defaults are what the Norwegian standard chart (NS 4102) suggests; a company may differ."""

    bank: str = "1920"
    receivables: str = "1500"
    interest_income: str = "8050"
    fee_income: str = "3900"
    collection_costs: str = "7790"
    input_vat: str = "2711"


ACCOUNT_NAMES = tuple(one.name for one in fields(PostingAccounts))


@dataclass(frozen=True, slots=True)
class Share:
    """One case's share of a payout, in øre. `unposted`: the part of the principal that no posting of ours brings into the ledger."""

    principal_ore: int
    interest_ore: int
    fees_ore: int
    withheld_ore: int
    withheld_vat_ore: int
    case: str = ""
    invoice: str = ""
    unposted: bool = False


@dataclass(frozen=True, slots=True)
class VoucherLine:
    """One line of the voucher (bilagslinje). Øre; above zero is debit, below zero credit. `what` names it in our own words."""

    account: str
    what: str
    amount_ore: int
    invoice: str = ""


def voucher_of(shares: Iterable[Share], accounts: PostingAccounts, *, deducts_vat: bool) -> tuple[VoucherLine, ...]:
    """What remains to be booked, in balance; nothing when the postings on the invoices are all there is.

    `bank` is what the payments posted on the invoices do not account for: below zero where the agency kept more than it brought beside the
    principal.
    """
    all_of = tuple(shares)
    interest, fees = sum(one.interest_ore for one in all_of), sum(one.fees_ore for one in all_of)
    kept, vat = sum(one.withheld_ore for one in all_of), sum(one.withheld_vat_ore for one in all_of)
    cost, deducted = (kept, vat) if deducts_vat else (kept + vat, 0)
    principal = [
        VoucherLine(accounts.receivables, "principal", -one.principal_ore, one.invoice)
        for one in all_of
        if one.unposted and one.principal_ore
    ]
    bank = interest + fees - kept - vat - sum(line.amount_ore for line in principal)
    told = (
        VoucherLine(accounts.bank, "bank", bank),
        VoucherLine(accounts.collection_costs, "collection_costs", cost),
        VoucherLine(accounts.input_vat, "input_vat", deducted),
        *principal,
        VoucherLine(accounts.interest_income, "interest_income", -interest),
        VoucherLine(accounts.fee_income, "fee_income", -fees),
    )
    return tuple(line for line in told if line.amount_ore)
