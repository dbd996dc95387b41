"""How a customer has paid one company, from that company's own ledger. Never across companies: what a bureau learns in one client's book is
that client's alone (regnskapsførerloven § 4-2), and sharing it would be disclosing credit information (kredittopplysningsloven § 3)."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import func, select, text

from app.credit.advice import History
from app.db.unit_of_work import UnitOfWork
from app.receivables.models import Debtor, OpenItem, Payment

#: objections belong to the room above; their facts are read here by name only, because a disputed invoice says nothing of a debtor's means
DISPUTED = text(
    "select c.open_item_id from claims c join disputes d on d.bureau_id = c.bureau_id and d.claim_id = c.id"
    " where c.company_id = :company_id and (d.decided_at is null or d.decision = 'upheld')"
)


def history_of(work: UnitOfWork, company_id: uuid.UUID, organisation_number: str, debtor_id: uuid.UUID | None, today: date) -> History:
    """What this company knows: by the debtor, and by every card it keeps under the same number. NOK only."""
    who = (Debtor.organisation_number == organisation_number) | (Debtor.id == debtor_id)
    disputed = set(work.session.execute(DISPUTED, {"company_id": company_id}).scalars())
    rows = work.session.execute(
        select(OpenItem.id, OpenItem.state, OpenItem.due_on, OpenItem.remaining_ore, func.max(Payment.paid_on))
        .join(Debtor, Debtor.id == OpenItem.debtor_id)
        .outerjoin(Payment, (Payment.open_item_id == OpenItem.id) & (Payment.source == "ledger") & (Payment.kind == "payment"))
        .where(OpenItem.company_id == company_id, who, OpenItem.kind == "invoice", OpenItem.currency == "NOK")
        .group_by(OpenItem.bureau_id, OpenItem.id)
    ).all()
    delays: list[int] = []
    open_ore = overdue_ore = overdue_count = oldest = 0
    for item_id, state, due_on, remaining, paid_on in rows:
        if item_id in disputed:
            continue
        if state == "paid" and due_on is not None and paid_on is not None:
            delays.append((paid_on - due_on).days)
        elif state == "open" and remaining > 0:
            open_ore += remaining
            if due_on is not None and due_on < today:
                overdue_ore += remaining
                overdue_count += 1
                oldest = max(oldest, (today - due_on).days)
    average = round(sum(delays) / len(delays)) if delays else None
    return History(today, len(delays), average, open_ore, overdue_ore, overdue_count, oldest)
