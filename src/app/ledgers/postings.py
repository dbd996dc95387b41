"""Telling the ledger about money it has not seen: one payment on one invoice, once per business fact."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, update

from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.jobs import effects
from app.jobs.effects import Counterpart, Go, Intent, Later, NotThere, Sent, Stop
from app.jobs.models import Effect
from app.ledgers.errors import PeriodLockedError
from app.ledgers.live import read_live
from app.ledgers.models import CompanyLink, Posting
from app.ledgers.ports import PaymentOrder, PostingReceipt, PostingState
from app.ledgers.sync import Doorway, LinkedCompany, find_link, open_ledger
from app.net.errors import RefusedError
from app.receivables.models import OpenItem
from app.values.ids import new_id

KIND = "ledgers.post_payment"
REVERSAL_KIND = "ledgers.reverse_payment"
TURN = {"turn": True}
TURN_AFTER = timedelta(seconds=5)
HOME_CURRENCY = "NOK"
STATES = {
    "sent": "posted", "refused": "refused", "unknown": "unknown", "review": "review", "cancelled": "cancelled", "planned": "planned",
}  # fmt: skip


#: what a receipt means for the posting
REACHED = {PostingState.ACCEPTED: "accepted", PostingState.POSTED: "unmatched", PostingState.MATCHED: "posted"}


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
        if not takes_turn(work, intent, linked):
            return Later("another posting for this company is under way", TURN_AFTER)
        if intent.payload["currency"] != HOME_CURRENCY and not self._pays_foreign(linked):
            return Stop("this ledger takes no payment in another currency from us: register it there")
        return Go((linked, order_of(intent.id, intent.payload, item)))

    def call(self, intent: Intent, package: tuple[LinkedCompany, PaymentOrder]) -> Sent:
        linked, order = package
        ledger = open_ledger(self.door, linked)
        try:
            receipt = ledger.register_payment(linked.external_id, order)
        except PeriodLockedError as fault:
            on = order.paid_on.strftime("%d.%m.%Y")
            way_out = "Open the period there and have it done again, or book the payment by hand on a later day and say that it happened."
            raise PeriodLockedError(f"The books are closed on {on}. {way_out} ({fault})") from fault
        finally:
            ledger.close()
        if receipt.state is PostingState.REJECTED:
            raise RefusedError(words_of(receipt))
        return Sent(receipt.external_id, evidence_of(receipt))

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        with begin(BureauScope(intent.bureau_id)) as work:
            item = work.session.execute(select(OpenItem).where(OpenItem.id == uuid.UUID(intent.payload["open_item_id"]))).scalar_one()
            linked, order = find_link(work, intent.company_id), order_of(intent.id, intent.payload, item)
        ledger = open_ledger(self.door, linked)
        try:
            receipt = ledger.find_payment(linked.external_id, order)
        finally:
            ledger.close()
        if receipt is None or receipt.state is PostingState.REJECTED:
            return NotThere()
        return Sent(receipt.external_id, evidence_of(receipt))

    def record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None:
        values: dict[str, Any] = {"state": STATES[state], "problem": None if state == "sent" else reason}
        if sent is not None:
            reached = REACHED[PostingState(sent.evidence.get("state", PostingState.MATCHED))]
            values |= {"external_id": sent.peer_ref or None, "posted_at": work.now(), "state": reached}
        work.session.execute(update(Posting).where(Posting.business_key == intent.business_key).values(**values))
        if state == "sent":
            work.enqueue("ledgers.read_item", bureau_id=str(intent.bureau_id), open_item_id=intent.payload["open_item_id"])

    def _pays_foreign(self, linked: LinkedCompany) -> bool:
        return any(known.pays_foreign for known in self.door.ledgers.known() if known.ledger == linked.ledger)


def takes_turn(work: UnitOfWork, intent: Intent, linked: LinkedCompany) -> bool:
    """One write in flight per company: turns are given out one at a time, and last until the act has an end or is put back."""
    work.session.execute(select(CompanyLink.id).where(CompanyLink.id == linked.link_id).with_for_update())
    others = work.session.execute(
        select(Effect.id).where(
            Effect.kind.in_([KIND, REVERSAL_KIND]), Effect.company_id == intent.company_id, Effect.id != intent.id,
            (Effect.state == "unknown") | ((Effect.state == "sending") & Effect.evidence.contains(TURN)),
        )
    ).first()  # fmt: skip
    turn = TURN if others is None else None
    work.session.execute(update(Effect).where(Effect.id == intent.id).values(evidence=turn))
    return others is None


def order_of(act_id: uuid.UUID, payload: Mapping[str, Any], item: OpenItem) -> PaymentOrder:
    """The order as it was planned; the act's id is our key."""
    return PaymentOrder(
        our_key=str(act_id),
        invoice_id=item.invoice_external_id or item.external_id,
        paid_on=date.fromisoformat(payload["paid_on"]),
        amount_ore=payload["amount_ore"],
        currency=payload["currency"],
        text=payload["text"],
    )


def evidence_of(receipt: PostingReceipt) -> dict[str, Any]:
    return {"posted_on": receipt.posted_on.isoformat(), "messages": list(receipt.messages), "state": receipt.state.value}


def words_of(receipt: PostingReceipt) -> str:
    """Why the ledger threw it out, in its own words."""
    return " ".join(receipt.messages) or "the ledger's queue threw the payment out and does not say why"
