"""Payouts from agencies: what came, what of it is in the ledger, and what is booked by a person."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal, cast

import msgspec
from litestar import get, put
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from app.agencies import payouts, vouchers
from app.agencies.payouts import PayoutDetail, PayoutLine
from app.agencies.voucher import ACCOUNT_NAMES
from app.api.paging import AskedPage
from app.api.problems import CONFLICT, ProblemError, invalid
from app.api.v1.words import Id, Note, OfCompany, Ore
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Settlements"
SettlementState = Literal["read", "question", "proposal", "posted", "booked"]
Account = Annotated[str, Meta(min_length=1, max_length=20)]


class SettlementOut(msgspec.Struct, frozen=True):
    """A payout. `read`: being posted; `question`: something stands in the way; `proposal`: every principal is in the ledger, and the rest
    waits for a person; `posted`: all of it is in the books; `booked`: and the agency knows, where it wants to."""

    id: uuid.UUID
    company_id: uuid.UUID
    agency: str
    external_id: str
    settled_on: date
    total_ore: Ore
    currency: str
    bank_reference: str | None
    state: SettlementState
    problem: str | None
    read_at: datetime
    booked_at: datetime | None


class SettlementPage(msgspec.Struct, frozen=True):
    """Some payouts, newest first; `next_cursor` gives those before them."""

    items: list[SettlementOut]
    next_cursor: str | None


class SettlementShareOut(msgspec.Struct, frozen=True):
    """One case's share. `withheld_ore` is what the agency kept for its work, `withheld_vat_ore` the VAT on that."""

    case_id: uuid.UUID | None
    external_case_id: str
    invoice: str | None
    paid_on: date
    principal_ore: Ore
    interest_ore: Ore
    fees_ore: Ore
    withheld_ore: Ore
    withheld_vat_ore: Ore
    posting_state: str | None
    in_ledger: bool


class VoucherLineOut(msgspec.Struct, frozen=True):
    """One line to be booked: debit above zero, credit below."""

    account: str
    what: Literal["bank", "collection_costs", "input_vat", "principal", "interest_income", "fee_income"]
    amount_ore: Ore
    invoice: str


class BookingOut(msgspec.Struct, frozen=True):
    """What a person books beside the payments posted on the invoices, in balance; booked when `booked_at` is there."""

    lines: list[VoucherLineOut]
    booked_on: date | None
    booked_by: str | None
    booked_at: datetime | None
    voucher_number: str | None
    note: str | None


class SettlementDetailOut(msgspec.Struct, frozen=True):
    """A payout with its shares and what is booked by hand."""

    settlement: SettlementOut
    shares: list[SettlementShareOut]
    booking: BookingOut | None


class BookingIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole payout is in the books: since when, and under which voucher number."""

    booked_on: date
    voucher_number: Annotated[str, Meta(max_length=60, pattern=r"^[^\u0000-\u001f]*$(?!\n)")] = ""
    note: Note = ""


class PostingAccountsOut(msgspec.Struct, frozen=True):
    """A company's accounts for payouts; those of the Norwegian standard chart until they are changed."""

    bank: str
    receivables: str
    interest_income: str
    fee_income: str
    collection_costs: str
    input_vat: str


class PostingAccountsIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Accounts to be changed; those left out stay."""

    bank: Account | None = None
    receivables: Account | None = None
    interest_income: Account | None = None
    fee_income: Account | None = None
    collection_costs: Account | None = None
    input_vat: Account | None = None


@get("/settlements", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listSettlements", tags=[TAG])
def list_settlements(
    work: Work,
    paging: AskedPage,
    company_id: OfCompany = None,
    in_state: Annotated[SettlementState | None, QueryParameter(name="state", description="Only in this state.")] = None,
) -> SettlementPage:
    """Payouts, perhaps of one company."""
    states = None if in_state is None else (in_state,)
    return paging.listed(SettlementPage, payouts.payouts(work, paging.position, company_id=company_id, states=states), _out)


@get("/settlements/{settlement_id:uuid}", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getSettlement", tags=[TAG])
def get_settlement(work: Work, settlement_id: Id) -> SettlementDetailOut:
    """One payout, with its shares and what is to be booked."""
    return _detail(payouts.payout(work, settlement_id))


@put(
    "/settlements/{settlement_id:uuid}/booking", sync_to_thread=True, guards=[requires(Permission.SYNC)], operation_id="bookSettlement",
    tags=[TAG],
)  # fmt: skip
def book_settlement(work: Work, settlement_id: Id, data: JSONBody[BookingIn]) -> SettlementDetailOut:
    """Say that the payout is booked, the proposal or all of it by hand. 409 when it is already."""
    try:
        vouchers.confirm(work, settlement_id, booked_on=data.booked_on, number=data.voucher_number, note=data.note)
    except vouchers.VoucherError as fault:
        raise (invalid(fault.field, str(fault)) if fault.field else ProblemError(CONFLICT, str(fault))) from fault
    return _detail(payouts.payout(work, settlement_id))


@get(
    "/companies/{company_id:uuid}/posting-accounts", sync_to_thread=True, guards=[requires(Permission.VIEW)],
    operation_id="getPostingAccounts", tags=[TAG],
)  # fmt: skip
def get_accounts(work: Work, company_id: Id) -> PostingAccountsOut:
    """The company's accounts for payouts."""
    known = vouchers.accounts_of(work, company_id)
    return PostingAccountsOut(**{name: getattr(known, name) for name in ACCOUNT_NAMES})


@put(
    "/companies/{company_id:uuid}/posting-accounts", sync_to_thread=True, guards=[requires(Permission.RULES)],
    operation_id="setPostingAccounts", tags=[TAG],
)  # fmt: skip
def set_accounts(work: Work, company_id: Id, data: JSONBody[PostingAccountsIn]) -> PostingAccountsOut:
    """Change accounts. Proposals that wait are made anew."""
    typed = {name: value for name in ACCOUNT_NAMES if (value := getattr(data, name)) is not None}
    try:
        known = vouchers.set_accounts(work, company_id, typed)
    except vouchers.VoucherError as fault:
        raise invalid(fault.field, str(fault)) from fault
    return PostingAccountsOut(**{name: getattr(known, name) for name in ACCOUNT_NAMES})


def _out(row: PayoutLine) -> SettlementOut:
    return SettlementOut(
        row.id, row.company_id, row.agency, row.external_id, row.settled_on, row.total_ore, row.currency, row.bank_reference,
        cast("SettlementState", row.state), row.problem, row.read_at, row.booked_at,
    )  # fmt: skip


def _detail(found: PayoutDetail) -> SettlementDetailOut:
    shares = [
        SettlementShareOut(
            one.case_id, one.external_case_id, one.invoice, one.paid_on, one.principal_ore, one.interest_ore, one.fees_ore,
            one.withheld_ore, one.withheld_vat_ore, one.posting_state, one.in_ledger,
        )
        for one in found.shares
    ]  # fmt: skip
    kept = found.booking
    booking = None if kept is None else BookingOut(
        [VoucherLineOut(line.account, cast("Any", line.what), line.amount_ore, line.invoice) for line in kept.lines], kept.booked_on,
        kept.booked_by, kept.booked_at, kept.voucher_number, kept.note,
    )  # fmt: skip
    return SettlementDetailOut(_out(found.line), shares, booking)


HANDLERS = (list_settlements, get_settlement, book_settlement, get_accounts, set_accounts)
