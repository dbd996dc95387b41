"""What of a payout a person books, on the company's own accounts: proposed when the rest is in the ledger, confirmed once.

No ledger is written to here. The ways in which ledgers take a whole voucher differ more than a proposal is worth; the accountant books it
together with the bank's line, and says so.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.agencies import known_money
from app.agencies.models import AgencyCase, SettlementLineRow, SettlementRow
from app.agencies.voucher import ACCOUNT_NAMES, PostingAccounts, Share, VoucherLine, voucher_of
from app.agencies.voucher_models import PostingAccountsRow, SettlementVoucher
from app.db.unit_of_work import UnitOfWork
from app.ledgers.models import Posting
from app.receivables.models import OpenItem
from app.tenants import audit, companies
from app.values.ids import new_id

ACCOUNT = re.compile(r"[0-9A-Za-z][0-9A-Za-z.\- ]{0,19}")
NUMBER_MAX, NOTE_MAX = 60, 500


class VoucherError(ValueError):
    """Something that cannot be booked so. `field` names what to change; the text is an English message id."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid


NO_ACCOUNT = N_("Write the account's number: digits, at most twenty characters.")
BOOKED_ALREADY = N_("The payout is booked already.")
DAY_TO_COME = N_("The day it was booked on cannot lie in the future.")
TOO_LONG = N_("This is too long.")


def accounts_of(work: UnitOfWork, company_id: uuid.UUID) -> PostingAccounts:
    """The company's own, or the standard chart's. `LookupError` when the company does not exist for this scope."""
    companies.find(work, company_id)
    row = work.session.execute(select(PostingAccountsRow).where(PostingAccountsRow.company_id == company_id)).scalar_one_or_none()
    return PostingAccounts() if row is None else PostingAccounts(**{name: getattr(row, name) for name in ACCOUNT_NAMES})


def set_accounts(work: UnitOfWork, company_id: uuid.UUID, typed: Mapping[str, str]) -> PostingAccounts:
    """Change the accounts; those not named stay. Proposals that wait are made anew. `VoucherError` for one that is no account."""
    before = accounts_of(work, company_id)
    wanted = {**asdict(before), **{name: typed[name].strip() for name in ACCOUNT_NAMES if name in typed}}
    for name, account in wanted.items():
        if not ACCOUNT.fullmatch(account):
            raise VoucherError(name, NO_ACCOUNT)
    row = insert(PostingAccountsRow).values(bureau_id=work.bureau_id, id=new_id(), company_id=company_id, **wanted)
    work.session.execute(row.on_conflict_do_update(index_elements=["bureau_id", "company_id"], set_=wanted))
    waiting = select(SettlementVoucher.settlement_id).where(
        SettlementVoucher.company_id == company_id, SettlementVoucher.state == "proposed"
    )
    for settlement_id in work.session.execute(waiting).scalars().all():
        propose(work, settlement_id)
    audit.record(work, "posting_accounts.set", "company", company_id, company_id, **wanted)
    return PostingAccounts(**wanted)


def propose(work: UnitOfWork, settlement_id: uuid.UUID) -> tuple[VoucherLine, ...]:
    """What is left to be booked of the payout as it stands, kept as the proposal. Nothing left: nothing is kept. A booked one stays."""
    settlement = find_settlement(work, settlement_id)
    lines = _rest(work, settlement)
    if not lines:
        return ()
    kept = [[line.account, line.what, line.amount_ore, line.invoice] for line in lines]
    row = insert(SettlementVoucher).values(
        bureau_id=work.bureau_id, id=new_id(), company_id=settlement.company_id, settlement_id=settlement_id, state="proposed", lines=kept,
        proposed_at=work.now(),
    )  # fmt: skip
    waits = SettlementVoucher.state == "proposed"
    work.session.execute(row.on_conflict_do_update(index_elements=["bureau_id", "settlement_id"], set_={"lines": kept}, where=waits))
    work.session.expire_all()
    return lines


def is_booked(work: UnitOfWork, settlement_id: uuid.UUID) -> bool:
    """Has a person said that the whole payout is in the books?"""
    known = select(SettlementVoucher.id).where(SettlementVoucher.settlement_id == settlement_id, SettlementVoucher.state == "booked")
    return work.session.execute(known).first() is not None


def confirm(work: UnitOfWork, settlement_id: uuid.UUID, *, booked_on: date, number: str = "", note: str = "") -> None:
    """A person has booked what was proposed, or the whole payout by hand: it counts as being in the books from now on.

    `LookupError` when it does not exist for this scope, `VoucherError` for what cannot be.
    """
    settlement = find_settlement(work, settlement_id, lock=True)
    if settlement.state in ("posted", "booked") or is_booked(work, settlement_id):
        raise VoucherError("", BOOKED_ALREADY)
    if booked_on > work.today():
        raise VoucherError("booked_on", DAY_TO_COME)
    for field, text, most in (("voucher_number", number, NUMBER_MAX), ("note", note, NOTE_MAX)):
        if len(text.strip()) > most:
            raise VoucherError(field, TOO_LONG)
    kept = [[line.account, line.what, line.amount_ore, line.invoice] for line in _rest(work, settlement)]
    values = {
        "state": "booked", "lines": kept, "booked_on": booked_on, "booked_by": work.actor.name, "booked_at": work.now(),
        "voucher_number": number.strip() or None, "note": note.strip() or None,
    }  # fmt: skip
    row = insert(SettlementVoucher).values(
        bureau_id=work.bureau_id,
        id=new_id(),
        company_id=settlement.company_id,
        settlement_id=settlement_id,
        proposed_at=work.now(),
        **values,
    )
    work.session.execute(row.on_conflict_do_update(index_elements=["bureau_id", "settlement_id"], set_=values))
    work.session.expire_all()
    work.enqueue("agencies.advance_payouts", bureau_id=str(work.bureau_id), company_id=str(settlement.company_id))
    audit.record(
        work, "settlement.booked", "settlement", settlement_id, settlement.company_id, booked_on=booked_on, voucher_number=number.strip()
    )


def find_settlement(work: UnitOfWork, settlement_id: uuid.UUID, *, lock: bool = False) -> SettlementRow:
    query = select(SettlementRow).where(SettlementRow.id == settlement_id)
    found = work.session.execute(query.with_for_update() if lock else query).scalar_one_or_none()
    if found is None:
        raise LookupError("no such payout")
    return found


def lines_of(voucher: SettlementVoucher) -> list[VoucherLine]:
    """The lines as they were kept."""
    return [VoucherLine(*line) for line in voucher.lines]


def _rest(work: UnitOfWork, settlement: SettlementRow) -> tuple[VoucherLine, ...]:
    company = companies.find(work, settlement.company_id)
    rows = work.session.execute(
        select(SettlementLineRow, OpenItem.document_number, Posting.state)
        .outerjoin(Posting, Posting.id == SettlementLineRow.posting_id)
        .outerjoin(AgencyCase, AgencyCase.id == SettlementLineRow.agency_case_id)
        .outerjoin(OpenItem, OpenItem.id == AgencyCase.open_item_id)
        .where(SettlementLineRow.settlement_id == settlement.id)
        .order_by(SettlementLineRow.position)
    ).all()
    return voucher_of([_share(*row) for row in rows], accounts_of(work, company.id), deducts_vat=company.vat_liable)


def _share(line: SettlementLineRow, number: str | None, posting_state: str | None) -> Share:
    posted = line.in_ledger or posting_state in known_money.MAY_BE_THERE
    return Share(
        line.principal_ore, line.interest_ore, line.fees_ore, line.withheld_ore, line.withheld_vat_ore, line.external_case_id,
        number or line.external_case_id, unposted=not posted,
    )  # fmt: skip


def totals(lines: Sequence[VoucherLine]) -> tuple[int, int]:
    """Debit and credit in øre, both above zero: equal, or the voucher must not be shown."""
    return sum(one.amount_ore for one in lines if one.amount_ore > 0), -sum(one.amount_ore for one in lines if one.amount_ore < 0)
