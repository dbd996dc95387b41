"""How a debtor has paid this company before. A debtor row belongs to one company, so nothing of another's is ever looked at.

kredittopplysningsloven § 3: collecting and handing on payment behaviour across creditors is credit information business; knowing how
one's own customers have paid oneself is not (nor may an accountant use one company's facts for another, regnskapsførerloven § 4-2).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import ARRAY, Date, Float, Uuid, any_, cast, func, literal, select

from app.db.unit_of_work import UnitOfWork
from app.receivables.models import OpenItem, Payment

#: only so many of the last paid invoices count: people and firms change
LAST_PAID = 12
#: how far back payments count, how many a debtor must have made, how late still is on time, and how many of ten must be
LOOK_BACK = timedelta(days=730)
PAYMENTS_MIN = 3
DAYS_LATE = 3
ON_TIME_OF_TEN = 8


def days_late(work: UnitOfWork, debtor_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Median days from due date to the last payment over each debtor's last paid invoices, negative when paid early. One query."""
    paid = (
        select(OpenItem.id, OpenItem.debtor_id, OpenItem.due_on, func.max(Payment.paid_on).label("paid_on"))
        .join(Payment, (Payment.bureau_id == OpenItem.bureau_id) & (Payment.open_item_id == OpenItem.id))
        .where(OpenItem.debtor_id.in_(list(debtor_ids)), OpenItem.state == "paid", OpenItem.due_on.is_not(None), Payment.kind == "payment")
        .group_by(OpenItem.id, OpenItem.debtor_id, OpenItem.due_on)
        .subquery()
    )
    place = func.row_number().over(partition_by=paid.c.debtor_id, order_by=(paid.c.paid_on.desc(), paid.c.id.desc()))
    ranked = select(paid.c.debtor_id, (paid.c.paid_on - paid.c.due_on).label("late"), place.label("place")).subquery()
    median = func.percentile_cont(0.5).within_group(cast(ranked.c.late, Float))
    rows = select(ranked.c.debtor_id, median).where(ranked.c.place <= LAST_PAID).group_by(ranked.c.debtor_id)
    return {debtor_id: round(late) for debtor_id, late in work.session.execute(rows).all()}


def good_ones(work: UnitOfWork, debtor_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of them who mostly pay on time. By what was paid and when, whatever the ledger says of the invoices now: a faulty one shows
    paid invoices as open."""
    if not debtor_ids:
        return set()
    paid = (
        select(OpenItem.debtor_id, OpenItem.due_on, func.max(Payment.paid_on).label("paid_on"))
        .join(Payment, Payment.open_item_id == OpenItem.id)
        .where(
            OpenItem.debtor_id == any_(literal(list(debtor_ids), ARRAY(Uuid))), OpenItem.kind == "invoice",
            OpenItem.due_on >= work.today() - LOOK_BACK,
            Payment.source == "ledger", Payment.kind == "payment",
        )
        .group_by(OpenItem.bureau_id, OpenItem.id)
        .subquery()
    )  # fmt: skip
    on_time = func.count().filter(paid.c.paid_on <= cast(paid.c.due_on + DAYS_LATE, Date))
    good = (
        select(paid.c.debtor_id)
        .group_by(paid.c.debtor_id)
        .having(func.count() >= PAYMENTS_MIN, on_time * 10 >= func.count() * ON_TIME_OF_TEN)
    )
    return set(work.session.execute(good).scalars())
