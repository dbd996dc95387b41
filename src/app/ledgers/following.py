"""Following a posting to its end: what a ledger has only taken in, or has booked without tying it to the invoice, is asked about again.

A queue that throws a payment out makes the act one that was refused: a person reads the ledger's words, and has it done again or not.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import and_, func, or_, select, update

from app.db.scope import BureauScope
from app.db.unit_of_work import UnitOfWork
from app.jobs.models import Effect
from app.ledgers.models import Posting
from app.ledgers.ports import PostingReceipt, PostingState
from app.ledgers.postings import KIND, REACHED, order_of, words_of
from app.ledgers.sync import Doorway, NoLedgerError, find_link, open_ledger
from app.receivables.models import OpenItem, Payment

#: a queue is asked often, a booked payment now and then: somebody ties it by hand
ACCEPTED_EVERY = timedelta(minutes=10)
UNMATCHED_EVERY = timedelta(hours=6)
#: what nobody has tied by then is left as it is
FOLLOWED_FOR = timedelta(days=30)
UNDER_WAY = {"accepted": PostingState.ACCEPTED, "unmatched": PostingState.POSTED}


def due(work: UnitOfWork) -> list[uuid.UUID]:
    """Postings to ask about now, the longest waiting first. One query."""
    now, asked = work.now(), func.coalesce(Posting.asked_at, Posting.posted_at)
    accepted = and_(Posting.state == "accepted", asked <= now - ACCEPTED_EVERY)
    unmatched = and_(Posting.state == "unmatched", asked <= now - UNMATCHED_EVERY, Posting.posted_at > now - FOLLOWED_FOR)
    return list(work.session.execute(select(Posting.id).where(or_(accepted, unmatched)).order_by(asked).limit(500)).scalars())


def ask(door: Doorway, bureau_id: uuid.UUID, posting_id: uuid.UUID) -> str:
    """Ask the ledger how far it has come, and write that down. Returns the posting's state. Harmless twice."""
    scope = BureauScope(bureau_id)
    with door.begin(scope) as work:
        posting = work.session.execute(select(Posting).where(Posting.id == posting_id)).scalar_one()
        if posting.state not in UNDER_WAY or posting.external_id is None:
            return posting.state
        posting.asked_at = work.now()
        before, state, item_id = UNDER_WAY[posting.state], posting.state, posting.open_item_id
        act = work.session.execute(select(Effect).where(Effect.kind == KIND, Effect.business_key == posting.business_key)).scalar_one()
        item = work.session.execute(select(OpenItem).where(OpenItem.id == item_id)).scalar_one()
        order, receipt = order_of(act.id, act.payload, item), PostingReceipt(posting.external_id, posting.paid_on, state=before)
        try:
            linked = find_link(work, posting.company_id)
        except NoLedgerError:
            return state
    ledger = open_ledger(door, linked)
    try:
        told = ledger.posting_status(linked.external_id, order, receipt)
    finally:
        ledger.close()
    with door.begin(scope) as work:
        return _remember(work, posting_id, state, told)


def _is_shown(work: UnitOfWork, row: Posting) -> bool:
    """The ledger shows a payment of that amount on that day on the invoice: it is tied, whatever the receipt says."""
    shown = select(Payment.id).where(Payment.open_item_id == row.open_item_id, Payment.source == "ledger", Payment.paid_on == row.paid_on)
    return work.session.execute(shown.where(Payment.amount_ore == row.amount_ore).limit(1)).first() is not None


def _remember(work: UnitOfWork, posting_id: uuid.UUID, before: str, told: PostingReceipt) -> str:
    """Unless somebody else has written down something newer meanwhile."""
    row = work.session.execute(select(Posting).where(Posting.id == posting_id).with_for_update()).scalar_one()
    if row.state != before:
        return row.state
    if told.state is PostingState.POSTED and _is_shown(work, row):
        told = replace(told, state=PostingState.MATCHED)
    if told.state is PostingState.REJECTED:
        row.state, row.problem = "refused", words_of(told)
        work.session.execute(
            update(Effect)
            .where(Effect.kind == KIND, Effect.business_key == row.business_key, Effect.state == "sent")
            .values(state="refused", reason=row.problem, settled_at=work.now())
        )
    elif REACHED[told.state] != before and not (before == "unmatched" and told.state is PostingState.ACCEPTED):
        row.state, row.external_id = REACHED[told.state], told.external_id
        work.enqueue("ledgers.read_item", bureau_id=str(work.bureau_id), open_item_id=str(row.open_item_id))
    work.session.flush()
    return row.state
