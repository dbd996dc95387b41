"""Which part of what came in belongs to which invoice, worked out from the lines of one link. Pure.

Where a link ties several invoices together the ledger does not say how the money is split between them: what names an invoice goes to it,
the rest to the oldest first, and a person looks before anything is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from app.ledgers.adapters.twentyfoursevenoffice.rows import CREDIT_NOTE, HOME_CURRENCY, INVOICE, NOTICES, SETTLING, Line
from app.ledgers.ports import Confidence, ItemKind, ItemState, LedgerItem, LedgerNotice, LedgerPayment, LiveItem, SupplierItem

FOREIGN = "The invoice is in another currency, and 24SevenOffice does not say which currency the amount is in: compare it there."
SHARED = "Several invoices are tied together in 24SevenOffice, which does not say what was paid on which: compare them there."
NO_DUE_DATE = "The invoice has no due date in 24SevenOffice."
NOT_AN_INVOICE = "It is not an invoice in 24SevenOffice."
NAMED = "Money or credit that names this invoice stands untied on the customer's account in 24SevenOffice."


@dataclass(slots=True)
class Share:
    """One line that is owed, and what has come off it: (line, øre) each."""

    line: Line
    taken: list[tuple[Line, int]] = field(default_factory=list)
    shared: bool = False

    @property
    def remaining_ore(self) -> int:
        return self.line.amount_ore - sum(part for _, part in self.taken)


@dataclass(slots=True)
class Credit:
    """One line that takes something off, and what nothing has used up of it, in øre."""

    line: Line
    left_ore: int


@dataclass(slots=True)
class Split:
    """A link taken apart: what is owed, and what stands to the customer's credit."""

    owed: list[Share]
    credits: list[Credit]


def split(lines: Iterable[Line]) -> Split:
    """All lines of one link, or one that is in none. Øre are only set off within a currency."""
    ordered = sorted(lines, key=lambda line: (line.due_on or line.on, line.on, line.id))
    credits = [Credit(line, -line.amount_ore) for line in ordered if line.amount_ore < 0]
    owed = [Share(line) for line in ordered if line.amount_ore > 0 and line.kind not in SETTLING]
    taken_back = [Share(line) for line in ordered if line.amount_ore > 0 and line.kind in SETTLING]
    for share in taken_back:
        # a payment that bounced comes off the payments, one of the same amount first
        for credit in sorted(credits, key=lambda one: (one.line.kind != share.line.kind, one.left_ore != share.line.amount_ore)):
            _set_off(share, credit)
    # money before credit notes, so that what is left over stands on the credit note
    credits.sort(key=lambda one: (one.line.kind == CREDIT_NOTE, one.line.on, one.line.id))
    for credit in credits:
        named = [share for share in owed if _names(credit.line, share.line)]
        if len(named) == 1:
            _set_off(named[0], credit)
    guessed = sum(1 for share in owed if share.remaining_ore) > 1 and any(credit.left_ore for credit in credits)
    for share in owed:
        share.shared = guessed
        for credit in credits:
            _set_off(share, credit)
    return Split([*owed, *taken_back], credits)


def items_of(groups: Sequence[Sequence[Line]], as_of: date) -> list[LedgerItem]:
    """What is open in all the links, loose lines among them."""
    return [item for item in standing(groups, as_of) if item.remaining_ore]


def standing(groups: Sequence[Sequence[Line]], as_of: date) -> list[LedgerItem]:
    """Every line that is owed or takes something off, with what remains of it, be it nothing. What is dated later is not owed yet, and what
    stands on nobody's account cannot be asked for."""
    splits = [split(group) for group in groups]
    credits = [credit for one in splits for credit in one.credits]
    loose = {(one.line.customer, name) for one in credits if one.left_ore for name in (one.line.number, one.line.kid) if name}
    notices = [line for group in groups for line in group if line.kind in NOTICES]
    owed = [share for one in splits for share in one.owed if share.line.on <= as_of]
    return [
        *(item_of(share, loose, notices) for share in owed if share.line.customer),
        *(credit_of(one) for one in credits if one.line.customer),
    ]


def item_of(share: Share, loose: set[tuple[str | None, str]], notices: Iterable[Line] = ()) -> LedgerItem:
    line = share.line
    invoice = line.kind == INVOICE
    doubts = tuple(
        words
        for words, holds in (
            (FOREIGN, line.currency != HOME_CURRENCY),
            (NOT_AN_INVOICE, not invoice),
            (NO_DUE_DATE, line.due_on is None),
            (SHARED, share.shared),
            (NAMED, any((line.customer, name) in loose for name in (line.number, line.kid) if name)),
        )
        if holds
    )
    return LedgerItem(
        line.external_id, line.customer or "", ItemKind.INVOICE if invoice else ItemKind.OTHER, line.number, line.kid, line.on,
        line.due_on, line.amount_ore, share.remaining_ore, currency=line.currency, doubts=doubts,
        confidence=Confidence.LOW if doubts else Confidence.HIGH, payments=payments_of(share),
        own_notices=notices_of(line, notices), account=str(line.account), version=line.changed or None,
    )  # fmt: skip


def credit_of(credit: Credit) -> LedgerItem:
    """Money or credit, or the part of it, that is tied to nothing which is owed."""
    line = credit.line
    return LedgerItem(
        line.external_id, line.customer or "", line.settles, line.number, line.kid, line.on, None, line.amount_ore, -credit.left_ore,
        currency=line.currency, account=str(line.account), version=line.changed or None,
    )  # fmt: skip


def live_of(line: Line, group: Sequence[Line]) -> LiveItem:
    """One line as it stands in its link. Paid or credited only where lines that are money or credit notes say so."""
    done = split(group)
    share = next((one for one in done.owed if one.line.id == line.id), None)
    if share is None:
        left = next((one.left_ore for one in done.credits if one.line.id == line.id), 0)
        return LiveItem(ItemState.OPEN if left else ItemState.CREDITED, -left, None, version=line.changed or None)
    payments = payments_of(share)
    money, credit = (sum(p.amount_ore for p in payments if p.kind is kind) for kind in (ItemKind.PAYMENT, ItemKind.CREDIT_NOTE))
    state = ItemState.OPEN if share.remaining_ore > 0 else ItemState.PAID if money else ItemState.CREDITED
    if share.remaining_ore <= 0 and money + credit < line.amount_ore:
        # some of it was written off or set against something else: the ledger does not call that paid
        state = ItemState.GONE
    return LiveItem(state, share.remaining_ore, line.due_on, payments, line.changed or None, notices_of(line, group))


def payments_of(share: Share) -> tuple[LedgerPayment, ...]:
    found = [LedgerPayment(line.external_id, line.on, part, line.settles, line.comment or None) for line, part in share.taken if part]
    return tuple(sorted(found, key=lambda payment: (payment.paid_on, payment.external_id)))


def notices_of(line: Line, others: Iterable[Line]) -> tuple[LedgerNotice, ...]:
    """Reminders the ledger has booked for this invoice, told by the number they carry or the link they are in; one without a fee is booked
    with nothing."""
    mine = [
        one
        for one in others
        if one.kind in NOTICES
        and one.id != line.id
        and one.customer == line.customer
        and ((line.link and one.link == line.link) or (line.number is not None and one.number == line.number))
    ]
    return tuple(LedgerNotice(one.on, fee_ore=one.amount_ore or None) for one in sorted(mine, key=lambda one: (one.on, one.id)))


def supplier_items(groups: Iterable[Sequence[Line]], names: dict[str, str]) -> list[SupplierItem]:
    """What is owed in each link, turned about: credit is what the company owes. A supplier's credit stands below zero."""
    found: list[SupplierItem] = []
    for group in groups:
        owed = -sum(line.amount_ore for line in group)
        first = min(group, key=lambda line: (line.amount_ore > 0, line.due_on or line.on, line.id))
        if owed:
            supplier = names.get(first.customer or "", first.customer or "")
            found.append(SupplierItem(first.external_id, supplier, first.number, first.due_on, owed, first.currency))
    return found


def _set_off(share: Share, credit: Credit) -> None:
    part = min(share.remaining_ore, credit.left_ore) if share.line.currency == credit.line.currency else 0
    if part > 0:
        share.taken.append((credit.line, part))
        credit.left_ore -= part


def _names(credit: Line, owed: Line) -> bool:
    return (credit.number is not None and credit.number == owed.number) or (credit.kid is not None and credit.kid == owed.kid)
