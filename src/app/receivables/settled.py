"""What is settled of an item where the ledger tells the sum and not the payments: each growth becomes a payment on the day it was seen."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import func, select

from app.db.unit_of_work import UnitOfWork
from app.receivables import book
from app.receivables.models import OpenItem, Payment

PREFIX = "settled-"
WORDS = "Settled in the ledger, which does not tell the day"


def mirror_settled(work: UnitOfWork, company_id: uuid.UUID, settled: Mapping[str, int], since: datetime | None = None) -> int:
    """Remember what has been settled beyond what we knew; less than before (a payment that bounced) is a negative one. Returns how many.

    `settled`: item by the ledger's id to all that is settled of it, beside payments that are told. An item first seen at or after `since`
    was settled before our time: its money counts from the day of the invoice, so that no interest is ever taken for it.
    """
    if not settled:
        return 0
    told = (
        select(Payment.open_item_id, func.sum(Payment.amount_ore).label("ore"), func.count().label("times"))
        .where(Payment.company_id == company_id, Payment.external_id.startswith(PREFIX))
        .group_by(Payment.open_item_id)
        .subquery()
    )
    known = (
        select(OpenItem, func.coalesce(told.c.ore, 0), func.coalesce(told.c.times, 0))
        .outerjoin(told, told.c.open_item_id == OpenItem.id)
        .where(OpenItem.company_id == company_id, OpenItem.external_id.in_(settled))
    )
    grown: dict[uuid.UUID, list[book.PaymentFacts]] = {}
    for item, before, count in work.session.execute(known).all():
        if more := settled[item.external_id] - int(before):
            on = _day(item, work.today(), new=since is not None and item.first_seen_at >= since)
            grown[item.id] = [book.PaymentFacts(f"{PREFIX}{count + 1}", "ledger", "payment", on, more, WORDS)]
    return book.mirror_payments_of(work, company_id, grown)


def _day(item: OpenItem, today: date, *, new: bool) -> date:
    before = [day for day in (item.issued_on, item.due_on) if day is not None]
    return min(before) if new and before else today
