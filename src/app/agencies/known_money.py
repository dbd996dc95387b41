"""What the echo filter is told about one case: the payments the ledger has shown since the handover, and the money we know of already."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from app.agencies import packages
from app.agencies.echoes import Echo, KnownMoney, LedgerMoney, explain
from app.agencies.models import AgencyCase, DirectPaymentRow, SettlementLineRow, SettlementRow
from app.db.unit_of_work import UnitOfWork
from app.ledgers.models import Posting
from app.receivables.models import Payment

#: a payout may be booked in the creditor's ledger this long after the agency's day of settlement: a week-end, a holiday, a slow bank
BOOKED_WITHIN = timedelta(days=7)
#: postings that are, or may be, in the ledger
MAY_BE_THERE = ("posted", "unmatched", "accepted", "planned", "unknown", "review")


def since_handover(work: UnitOfWork, case: AgencyCase, *, but_also: uuid.UUID | None = None) -> list[Payment]:
    """Payments and credit notes the ledger showed after the facts of the handover, unreported ones and `but_also`."""
    stamped = packages.facts_at(case)
    if stamped is None:
        return []
    reported = select(DirectPaymentRow.payment_id).where(DirectPaymentRow.company_id == case.company_id)
    if but_also is not None:
        reported = reported.where(DirectPaymentRow.payment_id != but_also)
    return list(
        work.session.execute(
            select(Payment)
            .where(
                Payment.open_item_id == case.open_item_id, Payment.source == "ledger", Payment.kind.in_(["payment", "credit_note"]),
                Payment.amount_ore > 0, Payment.seen_at > stamped, Payment.id.not_in(reported),
            )
            .order_by(Payment.paid_on, Payment.id)
        ).scalars()
    )  # fmt: skip


def echoes(work: UnitOfWork, case: AgencyCase, payments: Sequence[Payment], marks: Sequence[str]) -> dict[uuid.UUID, Echo]:
    """Which of these payments we know of already. A credit note is no money and nobody's echo."""
    money = [
        LedgerMoney(payment.id, payment.external_id, payment.paid_on, payment.amount_ore, payment.text_)
        for payment in payments
        if payment.kind == "payment"
    ]
    return explain(money, [*_payouts(work, case), *_own_postings(work, case)], marks)


def _payouts(work: UnitOfWork, case: AgencyCase) -> list[KnownMoney]:
    """Every payout line of any case of this invoice, with the posting that was made of it."""
    rows = work.session.execute(
        select(SettlementLineRow, SettlementRow.settled_on, Posting)
        .join(SettlementRow, SettlementRow.id == SettlementLineRow.settlement_id)
        .join(AgencyCase, AgencyCase.id == SettlementLineRow.agency_case_id)
        .outerjoin(Posting, (Posting.id == SettlementLineRow.posting_id) & Posting.state.in_(MAY_BE_THERE))
        .where(AgencyCase.open_item_id == case.open_item_id)
        .order_by(SettlementLineRow.id)
    ).all()
    return [
        KnownMoney(
            id=line.id,
            posted_id=None if posting is None else posting.external_id,
            posted_on=None if posting is None else posting.paid_on,
            amounts_ore=frozenset({line.principal_ore, line.principal_ore + line.interest_ore + line.fees_ore}),
            from_on=line.paid_on,
            until_on=settled_on + BOOKED_WITHIN,
        )
        for line, settled_on, posting in rows
    ]


def _own_postings(work: UnitOfWork, case: AgencyCase) -> list[KnownMoney]:
    linked = select(SettlementLineRow.posting_id).where(SettlementLineRow.posting_id.is_not(None))
    rows = work.session.execute(
        select(Posting).where(
            Posting.open_item_id == case.open_item_id, Posting.state.in_(MAY_BE_THERE), Posting.id.not_in(linked)
        ).order_by(Posting.id)
    ).scalars()  # fmt: skip
    return [KnownMoney(one.id, one.external_id, one.paid_on, frozenset({one.amount_ore})) for one in rows]
