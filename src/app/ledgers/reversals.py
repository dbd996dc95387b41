"""Taking a payment of ours back in the ledger: a person asks with a reason, and it is done once. The invoice then stands open again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, update

from app.db.unit_of_work import Begin, UnitOfWork
from app.jobs import effects
from app.jobs.effects import Counterpart, Go, Intent, Later, NotThere, Sent, Stop
from app.jobs.models import Effect
from app.ledgers.errors import PeriodLockedError
from app.ledgers.models import Posting
from app.ledgers.ports import PaymentOrder, PostingReceipt
from app.ledgers.postings import KIND as PAYMENT_KIND
from app.ledgers.postings import REVERSAL_KIND as KIND
from app.ledgers.postings import TURN_AFTER, evidence_of, order_of, takes_turn
from app.ledgers.sync import Doorway, LinkedCompany, find_link, open_ledger
from app.receivables.models import OpenItem
from app.tenants import audit

#: only what is in the ledger can be taken back
THERE = ("posted", "unmatched")
Package = tuple[LinkedCompany, PaymentOrder, PostingReceipt]


class ReversalError(ValueError):
    """A reversal that cannot be asked for. `field` names what to change, the text says why."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def plan_reversal(work: UnitOfWork, company_id: uuid.UUID, posting_id: uuid.UUID, reason: str) -> Posting:
    """Ask for it. LookupError when the company has no such posting; asked for again it is the same reversal."""
    mine = select(Posting).where(Posting.id == posting_id, Posting.company_id == company_id)
    row = work.session.execute(mine.with_for_update()).scalar_one_or_none()
    if row is None:
        raise LookupError("no such posting")
    if row.reversal is not None:
        return row
    if not reason.strip():
        raise ReversalError("reason", "write why the payment is taken back")
    if row.state not in THERE:
        raise ReversalError("posting", "only a payment that is booked in the ledger can be taken back")
    payload = {"posting_id": str(row.id), "on": work.today().isoformat()}
    effects.plan(work, KIND, f"reversal:{row.id}", row.company_id, payload)
    row.reversal, row.reversal_reason, row.reversal_asked_by = "planned", reason.strip(), work.actor.name
    audit.record(work, "ledger.reversal_asked", "posting", row.id, company_id=row.company_id, reason=reason.strip())
    work.session.flush()
    return row


@dataclass(slots=True)
class PaymentReverser:
    """Performs a reversal. Asking again is safe (class K): an adapter finds the reversal that is there, or the ledger refuses a second."""

    door: Doorway
    counterpart: Counterpart = Counterpart.KEYED
    call_seconds: int = 45

    def refresh(self, begin: Begin, intent: Intent) -> None:
        """Nothing to re-read: the ledger itself is asked at the call."""

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later:
        row = work.session.execute(select(Posting).where(Posting.id == uuid.UUID(intent.payload["posting_id"]))).scalar_one()
        if row.state not in THERE or row.external_id is None:
            return Stop("the payment is not booked in the ledger")
        linked = find_link(work, intent.company_id)
        if not any(known.reverses for known in self.door.ledgers.known() if known.ledger == linked.ledger):
            return Stop("this ledger lets nobody take a payment back from outside: do it there")
        if not takes_turn(work, intent, linked):
            return Later("another posting for this company is under way", TURN_AFTER)
        item = work.session.execute(select(OpenItem).where(OpenItem.id == row.open_item_id)).scalar_one()
        act = work.session.execute(select(Effect).where(Effect.kind == PAYMENT_KIND, Effect.business_key == row.business_key)).scalar_one()
        return Go((linked, order_of(act.id, act.payload, item), PostingReceipt(row.external_id, row.paid_on)))

    def call(self, intent: Intent, package: Package) -> Sent:
        linked, order, receipt = package
        ledger = open_ledger(self.door, linked)
        on = date.fromisoformat(intent.payload["on"])
        try:
            back = ledger.reverse_payment(linked.external_id, order, receipt, on)
        except PeriodLockedError as fault:
            way_out = "Open the period there and have it done again, or reverse it by hand on a later day and say that it happened."
            raise PeriodLockedError(f"The books are closed on {on:%d.%m.%Y}. {way_out} ({fault})") from fault
        finally:
            ledger.close()
        return Sent(back.external_id, evidence_of(back))

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        """Never asked of class K."""
        return NotThere()

    def record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None:
        posting_id = uuid.UUID(intent.payload["posting_id"])
        values: dict[str, Any] = {"reversal": "done" if state == "sent" else state}
        if state == "sent":
            values["state"] = "reversed"
        done = update(Posting).where(Posting.id == posting_id).values(**values).returning(Posting.open_item_id)
        item_id = work.session.execute(done).scalar_one()
        if state == "sent":
            work.enqueue("ledgers.read_item", bureau_id=str(intent.bureau_id), open_item_id=str(item_id))
