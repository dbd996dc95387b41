"""Money the bank has shown and the ledger may not show yet: tied to open items, and let go of when the ledger has it.

Cautious by design: while a payment may concern an invoice, nothing is sent about it. Nothing here is posted anywhere, and nothing changes
what an item is shown to owe.
"""

from __future__ import annotations

import re
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.db.unit_of_work import UnitOfWork
from app.receivables.bank_shown import Credit, Seen, shown_by_ledger
from app.receivables.file_models import BankPayment
from app.receivables.models import OpenItem, Payment
from app.values.ids import new_id

#: the ledger is given this long to show what the bank has shown; then a person is asked
BOOKED_WITHIN = timedelta(days=7)
PENDING = BankPayment.shown_at.is_(None) & BankPayment.put_aside_at.is_(None)
_NUMBERS = re.compile(r"[0-9]{4,25}")
_PAGE_ROWS = 1000


@dataclass(frozen=True, slots=True)
class BankPaymentFacts:
    """One incoming payment as the bank tells of it. Øre, NOK. `key`: see `BankPayment`."""

    key: str
    account: str
    paid_on: date
    amount_ore: int
    kid: str | None = None
    text: str | None = None
    payer: str | None = None


class Recorded(NamedTuple):
    new: int
    known: int


class Unbooked(NamedTuple):
    """What the bank has shown for one item and the ledger has not."""

    amount_ore: int
    paid_on: date


class Marks(NamedTuple):
    """By what a payment can be tied to an item."""

    kid: str | None
    text: str | None
    amount_ore: int

    @property
    def numbers(self) -> list[str]:
        """Numbers in the payer's own words that may be an invoice's."""
        return _NUMBERS.findall(self.text or "")[:20]


class Found(NamedTuple):
    """`item`: the one it is for; None with several `candidates`, or none."""

    item: OpenItem | None
    how: str
    candidates: tuple[OpenItem, ...]


def kid_key(kid: str | None) -> str | None:
    """A KID as it compares: spreadsheets lose leading zeros."""
    return (kid or "").strip().lstrip("0") or None


def record(work: UnitOfWork, company_id: uuid.UUID, source: str, file_id: uuid.UUID, facts: Sequence[BankPaymentFacts]) -> Recorded:
    """Remember payments, each once, whichever files tell of it; then tie them to items and compare with the ledger."""
    wanted = _not_in_another_file(work, company_id, source, facts)
    new = 0
    for start in range(0, len(wanted), _PAGE_ROWS):
        rows = [
            {
                "bureau_id": work.bureau_id, "id": new_id(), "company_id": company_id, "file_id": file_id, "source": source, "key": f.key,
                "account": f.account, "paid_on": f.paid_on, "amount_ore": f.amount_ore, "kid": f.kid, "kid_key": kid_key(f.kid),
                "text_": f.text, "payer": f.payer, "seen_at": work.now(),
            }
            for f in wanted[start : start + _PAGE_ROWS]
        ]  # fmt: skip
        made = work.session.execute(insert(BankPayment).values(rows).on_conflict_do_nothing().returning(BankPayment.id))
        new += len(made.all())
    reconcile(work, company_id)
    return Recorded(new, len(facts) - new)


def reconcile(work: UnitOfWork, company_id: uuid.UUID) -> None:
    """Tie what is loose to items, and let go of what the ledger shows by now. After every reading of the book or a bank's file."""
    _tie(work, company_id)
    _let_go(work, company_id)


def unbooked(work: UnitOfWork, items: Mapping[uuid.UUID, tuple[uuid.UUID, str | None]]) -> dict[uuid.UUID, Unbooked]:
    """By open item, what the bank has shown and the ledger has not. `items`: company and KID of each.

    A payment tied to nothing counts for every item that has its KID: one of them is paid.
    """
    companies = {company_id for company_id, _ in items.values()}
    rows = work.session.execute(
        select(
            BankPayment.company_id, BankPayment.open_item_id, BankPayment.kid_key, BankPayment.amount_ore, BankPayment.paid_on
        ).where(BankPayment.company_id.in_(companies), PENDING)
    ).all()  # fmt: skip
    tied: dict[uuid.UUID, list[Unbooked]] = defaultdict(list)
    loose: dict[tuple[uuid.UUID, str], list[Unbooked]] = defaultdict(list)
    for company_id, item_id, key, amount, paid_on in rows:
        if item_id is not None:
            tied[item_id].append(Unbooked(amount, paid_on))
        elif key is not None:
            loose[company_id, key].append(Unbooked(amount, paid_on))
    found = {}
    for item_id, (company_id, kid) in items.items():
        money = [*tied.get(item_id, ()), *loose.get((company_id, kid_key(kid) or ""), ())]
        if money:
            found[item_id] = Unbooked(sum(one.amount_ore for one in money), max(one.paid_on for one in money))
    return found


def find_items(work: UnitOfWork, company_id: uuid.UUID, payments: Sequence[Marks]) -> list[Found]:
    """For each payment the item it is for: by KID; else by an invoice number in the payer's words, with exactly its amount."""
    by_kid = _items_by_kid(work, company_id, {key for one in payments if (key := kid_key(one.kid))})
    by_number = _items_by_number(work, company_id, {number for one in payments for number in one.numbers})
    answers = []
    for one in payments:
        candidates, how = by_kid.get(kid_key(one.kid) or "", []), "kid"
        if not candidates:
            told = {item.id: item for number in one.numbers for item in by_number.get(number, ())}
            candidates, how = [item for item in told.values() if item.remaining_ore == one.amount_ore], "number"
        answers.append(Found(_the_one(candidates, one.amount_ore), how, tuple(candidates)))
    return answers


def overdue_at(now: datetime) -> ColumnElement[bool]:
    """A person's matter: tied to nothing, or not in the ledger for a week."""
    return BankPayment.open_item_id.is_(None) | (BankPayment.seen_at < now - BOOKED_WITHIN)


def tie(work: UnitOfWork, payment_id: uuid.UUID, item_id: uuid.UUID) -> BankPayment:
    """A person says which open item of the company a payment is for. LookupError when there is no such payment or item."""
    payment = _pending(work, payment_id)
    item = work.session.execute(
        select(OpenItem).where(OpenItem.id == item_id, OpenItem.company_id == payment.company_id)
    ).scalar_one_or_none()
    if item is None:
        raise LookupError("no such open item")
    payment.open_item_id, payment.matched_by, payment.rest_then_ore = item.id, "person", item.remaining_ore
    work.session.flush()
    _stir(work, [item.id])
    _let_go(work, payment.company_id)
    return payment


def put_aside(work: UnitOfWork, payment_id: uuid.UUID, reason: str) -> BankPayment:
    """A person says that a payment keeps nothing back: it is in the ledger, or it is for something else."""
    payment = _pending(work, payment_id)
    payment.put_aside_by, payment.put_aside_at, payment.put_aside_reason = work.actor.name, work.now(), reason
    work.session.flush()
    _stir(work, _concerned(work, payment))
    return payment


def _pending(work: UnitOfWork, payment_id: uuid.UUID) -> BankPayment:
    row = work.session.execute(select(BankPayment).where(BankPayment.id == payment_id, PENDING).with_for_update()).scalar_one_or_none()
    if row is None:
        raise LookupError("no such payment")
    return row


def _concerned(work: UnitOfWork, payment: BankPayment) -> list[uuid.UUID]:
    if payment.open_item_id is not None:
        return [payment.open_item_id]
    if payment.kid_key is None:
        return []
    same = select(OpenItem.id).where(OpenItem.company_id == payment.company_id, _item_key() == payment.kid_key)
    return list(work.session.execute(same).scalars())


def _not_in_another_file(work: UnitOfWork, company_id: uuid.UUID, source: str, facts: Sequence[BankPaymentFacts]) -> list[BankPaymentFacts]:
    """Without those that a file of the other kind has told of: as many as it told of, by account, KID, day and amount."""
    days = [f.paid_on for f in facts]
    if not days:
        return []
    others = select(BankPayment.account, BankPayment.kid_key, BankPayment.paid_on, BankPayment.amount_ore).where(
        BankPayment.company_id == company_id, BankPayment.source != source, BankPayment.kid_key.is_not(None),
        BankPayment.paid_on.between(min(days), max(days)),
    )  # fmt: skip
    told = Counter(tuple(row) for row in work.session.execute(others).all())
    wanted = []
    for fact in facts:
        mark = (fact.account, kid_key(fact.kid), fact.paid_on, fact.amount_ore)
        if told[mark] > 0:
            told[mark] -= 1
        else:
            wanted.append(fact)
    return wanted


def _tie(work: UnitOfWork, company_id: uuid.UUID) -> None:
    loose = list(
        work.session.execute(
            select(BankPayment).where(BankPayment.company_id == company_id, BankPayment.open_item_id.is_(None), PENDING)
        ).scalars()
    )
    if not loose:
        return
    stirred: set[uuid.UUID] = set()
    for row, found in zip(loose, find_items(work, company_id, [Marks(row.kid, row.text_, row.amount_ore) for row in loose]), strict=True):
        stirred.update(item.id for item in found.candidates)
        if found.item is not None:
            row.open_item_id, row.matched_by, row.rest_then_ore = found.item.id, found.how, found.item.remaining_ore
    work.session.flush()
    _stir(work, stirred)


def _the_one(candidates: Sequence[OpenItem], amount_ore: int) -> OpenItem | None:
    """The only item it can be for, or the only open one of exactly this amount."""
    waiting = [item for item in candidates if item.state in {"open", "unexplained"}]
    if len(candidates) == 1 or len(waiting) == 1:
        return (waiting or list(candidates))[0]
    exact = [item for item in waiting if item.remaining_ore == amount_ore]
    return exact[0] if len(exact) == 1 else None


def _items_by_kid(work: UnitOfWork, company_id: uuid.UUID, keys: Collection[str]) -> dict[str, list[OpenItem]]:
    found: dict[str, list[OpenItem]] = defaultdict(list)
    if keys:
        rows = select(OpenItem).where(OpenItem.company_id == company_id, _item_key().in_(keys), OpenItem.original_ore > 0)
        for item in work.session.execute(rows.order_by(OpenItem.id)).scalars():
            found[kid_key(item.kid) or ""].append(item)
    return found


def _items_by_number(work: UnitOfWork, company_id: uuid.UUID, numbers: Collection[str]) -> dict[str, list[OpenItem]]:
    found: dict[str, list[OpenItem]] = defaultdict(list)
    if numbers:
        named = or_(OpenItem.document_number.in_(numbers), _item_key().in_({number.lstrip("0") for number in numbers}))
        rows = select(OpenItem).where(
            OpenItem.company_id == company_id, named, OpenItem.state.in_(["open", "unexplained"]), OpenItem.remaining_ore > 0
        )
        for item in work.session.execute(rows.order_by(OpenItem.id)).scalars():
            for mark in {item.document_number, item.kid} - {None}:
                found[str(mark)].append(item)
    return found


def _item_key() -> ColumnElement[str]:
    return func.ltrim(OpenItem.kid, "0")


def _let_go(work: UnitOfWork, company_id: uuid.UUID) -> None:
    pending = set(
        work.session.execute(
            select(BankPayment.open_item_id).where(BankPayment.company_id == company_id, BankPayment.open_item_id.is_not(None), PENDING)
        ).scalars()
    )
    if not pending:
        return
    items = {item.id: item for item in work.session.execute(select(OpenItem).where(OpenItem.id.in_(pending))).scalars()}
    credits: dict[uuid.UUID, list[Credit]] = defaultdict(list)
    for row in work.session.execute(
        select(Payment).where(Payment.open_item_id.in_(pending), Payment.source == "ledger").order_by(Payment.paid_on, Payment.id)
    ).scalars():
        credits[row.open_item_id].append(Credit(row.paid_on, row.amount_ore, row.kind, row.seen_at))
    rows: dict[uuid.UUID, list[BankPayment]] = defaultdict(list)
    told = select(BankPayment).where(BankPayment.open_item_id.in_(pending), BankPayment.put_aside_at.is_(None))
    for payment in work.session.execute(told.order_by(BankPayment.paid_on, BankPayment.id)).scalars():
        if payment.open_item_id is not None:
            rows[payment.open_item_id].append(payment)
    shown: set[uuid.UUID] = set()
    for item_id, payments in rows.items():
        item = items[item_id]
        seen = [Seen(one.paid_on, one.amount_ore, one.seen_at, one.rest_then_ore or 0, one.shown_at is not None) for one in payments]
        after = shown_by_ledger(seen, credits[item_id], item.remaining_ore, closed=item.state in {"paid", "credited"})
        for payment, now in zip(payments, after, strict=True):
            payment.rest_then_ore = now.rest_then_ore
            if now.shown and payment.shown_at is None:
                payment.shown_at = work.now()
                shown.add(item_id)
    work.session.flush()
    _stir(work, shown)


def _stir(work: UnitOfWork, item_ids: Collection[uuid.UUID]) -> None:
    """What is decided on these items may be another thing now."""
    if item_ids:
        work.session.execute(update(OpenItem).where(OpenItem.id.in_(item_ids)).values(changed_at=work.now()))
