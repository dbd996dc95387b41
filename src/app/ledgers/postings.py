"""Telling the ledger about money it has not seen: one payment on one invoice, once per business fact."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, update

from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.jobs import effects
from app.jobs.effects import Counterpart, Go, Intent, Later, NotThere, Sent, Stop
from app.jobs.models import Effect
from app.ledgers.live import read_live
from app.ledgers.models import CompanyLink, Posting
from app.ledgers.ports import PaymentOrder
from app.ledgers.sync import Doorway, LinkedCompany, find_link, open_ledger
from app.receivables.models import OpenItem
from app.values.ids import new_id

KIND = "ledgers.post_payment"
TURN = {"turn": True}
STATES = {
    "sent": "posted", "refused": "refused", "unknown": "unknown", "review": "review", "cancelled": "cancelled", "planned": "planned",
}  # fmt: skip


def plan_payment(
    work: UnitOfWork, item: OpenItem, amount_ore: int, paid_on: date, text: str, *, reason: str, business_key: str
) -> uuid.UUID | None:
    """Decide to post a payment on an invoice. The same business fact again is the same posting: returns None."""
    if amount_ore <= 0:
        raise ValueError("a payment is a positive number of øre")
    posting_id = new_id()
    payload = {
        "open_item_id": str(item.id), "amount_ore": amount_ore, "paid_on": paid_on.isoformat(), "text": text, "currency": item.currency,
    }  # fmt: skip
    if effects.plan(work, KIND, business_key, item.company_id, payload) is None:
        return None
    work.session.add(
        Posting(
            bureau_id=work.bureau_id, id=posting_id, company_id=item.company_id, open_item_id=item.id, reason=reason,
            business_key=business_key, amount_ore=amount_ore, currency=item.currency, paid_on=paid_on, text_=text, planned_at=work.now(),
        )
    )  # fmt: skip
    work.session.flush()
    return posting_id


@dataclass(slots=True)
class PaymentPoster:
    """Performs a posting. Ledgers have no idempotency key, but can be looked at afterwards (class L); one write at a time per company."""

    door: Doorway
    counterpart: Counterpart = Counterpart.LOOKED_UP
    call_seconds: int = 45

    def refresh(self, begin: Begin, intent: Intent) -> None:
        read_live(self.door, intent.bureau_id, uuid.UUID(intent.payload["open_item_id"]))

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later:
        item = work.session.execute(select(OpenItem).where(OpenItem.id == uuid.UUID(intent.payload["open_item_id"]))).scalar_one()
        if item.remaining_ore < intent.payload["amount_ore"]:
            return Stop("the ledger already shows less than this payment as open: it was posted another way")
        linked = find_link(work, intent.company_id)
        if not self._takes_turn(work, intent, linked):
            return Later("another posting for this company is under way", timedelta(seconds=5))
        return Go((linked, self._order(intent, item)))

    def call(self, intent: Intent, package: tuple[LinkedCompany, PaymentOrder]) -> Sent:
        linked, order = package
        ledger = open_ledger(self.door, linked)
        try:
            receipt = ledger.register_payment(linked.external_id, order)
        finally:
            ledger.close()
        return Sent(receipt.external_id, {"posted_on": receipt.posted_on.isoformat(), "messages": list(receipt.messages)})

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        with begin(BureauScope(intent.bureau_id)) as work:
            item = work.session.execute(select(OpenItem).where(OpenItem.id == uuid.UUID(intent.payload["open_item_id"]))).scalar_one()
            linked, order = find_link(work, intent.company_id), self._order(intent, item)
        ledger = open_ledger(self.door, linked)
        try:
            receipt = ledger.find_payment(linked.external_id, order)
        finally:
            ledger.close()
        return NotThere() if receipt is None else Sent(receipt.external_id, {"posted_on": receipt.posted_on.isoformat()})

    def record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None:
        values: dict[str, Any] = {"state": STATES[state], "problem": None if state == "sent" else reason}
        if sent is not None:
            values |= {"external_id": sent.peer_ref or None, "posted_at": work.now()}
        work.session.execute(update(Posting).where(Posting.business_key == intent.business_key).values(**values))
        if state == "sent":
            work.enqueue("ledgers.read_item", bureau_id=str(intent.bureau_id), open_item_id=intent.payload["open_item_id"])

    def _takes_turn(self, work: UnitOfWork, intent: Intent, linked: LinkedCompany) -> bool:
        """One write in flight per company: turns are given out one at a time, and last until the act has an end or is put back."""
        work.session.execute(select(CompanyLink.id).where(CompanyLink.id == linked.link_id).with_for_update())
        others = work.session.execute(
            select(Effect.id).where(
                Effect.kind == KIND, Effect.company_id == intent.company_id, Effect.id != intent.id,
                (Effect.state == "unknown") | ((Effect.state == "sending") & Effect.evidence.contains(TURN)),
            )
        ).first()  # fmt: skip
        turn = TURN if others is None else None
        work.session.execute(update(Effect).where(Effect.id == intent.id).values(evidence=turn))
        return others is None

    def _order(self, intent: Intent, item: OpenItem) -> PaymentOrder:
        return PaymentOrder(
            our_key=str(intent.id),
            invoice_id=item.invoice_external_id or item.external_id,
            paid_on=date.fromisoformat(intent.payload["paid_on"]),
            amount_ore=intent.payload["amount_ore"],
            currency=intent.payload["currency"],
            text=intent.payload["text"],
        )
