"""Credits that do not name one document: what they most likely paid, as a proposal. Pure, and linear after sorting.

Amounts of documents known by reference are only touched by a nameless credit that equals one exactly; otherwise they keep the ledger's own
figure and the credit is listed beside them.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from datetime import date

from app.ledgers.ports import ItemKind, LedgerPayment
from app.ledgers.saft.documents import Document, Gathered, Identity, by_age
from app.ledgers.saft.records import Doubt


def settle(gathered: Gathered, opening: Document | None) -> None:
    """Set off credits in place. What finds nothing keeps its negative remainder; every sum stays what it was.

    The opening balance comes last: it can never be dunned by itself, so it is the cautious place for whatever stays unpaid.
    """
    for shared in gathered.shared:
        for document in shared.documents:
            document.doubt(Doubt.SHARED_REFERENCE)
        _settle_equal(shared.credits, shared.documents, Doubt.SHARED_REFERENCE, only_earlier=False)
        _settle_oldest(shared.credits, shared.documents, Doubt.SHARED_REFERENCE, only_earlier=False)
    for credit in gathered.loose:
        if credit.identity is not Identity.VOUCHER and credit.kind is ItemKind.PAYMENT:
            _settle_opening(credit, opening, Doubt.OPENING_SET_OFF, whole=True)
    nameless = [credit for credit in gathered.loose if credit.identity is Identity.VOUCHER]
    _settle_equal(nameless, gathered.documents, Doubt.PAID_BY_AMOUNT, only_earlier=True)
    for credit in nameless:
        if opening and credit.remaining_ore == -opening.remaining_ore:
            _settle_opening(credit, opening, Doubt.OPENING_SET_OFF, whole=True)
    vouchers = [document for document in gathered.documents if document.identity is Identity.VOUCHER]
    _settle_oldest(nameless, vouchers, Doubt.PAID_BY_AMOUNT, only_earlier=True)
    for credit in nameless:
        _settle_opening(credit, opening, Doubt.OPENING_SET_OFF, whole=False)


def _settle_equal(credits: Sequence[Document], documents: Sequence[Document], doubt: Doubt, *, only_earlier: bool) -> None:
    """A credit pays the oldest open document of exactly its amount. Others of that amount which could have been meant are doubted."""
    waiting = deque(document for document in by_age(documents) if document.remaining_ore > 0)
    open_by_amount: dict[int, deque[Document]] = defaultdict(deque)
    taken_on: dict[int, date] = {}
    for credit in by_age(credits):
        while waiting and (not only_earlier or waiting[0].issued_on <= credit.issued_on):
            document = waiting.popleft()
            open_by_amount[document.remaining_ore].append(document)
        amount = -credit.remaining_ore
        if amount > 0 and open_by_amount.get(amount):
            _move(credit, open_by_amount[amount].popleft(), amount, doubt)
            taken_on[amount] = credit.issued_on
    for amount, day in taken_on.items():
        for document in open_by_amount[amount]:
            if not only_earlier or document.issued_on <= day:
                document.doubt(Doubt.EQUAL_AMOUNT_PAID)


def _settle_oldest(credits: Sequence[Document], documents: Sequence[Document], doubt: Doubt, *, only_earlier: bool) -> None:
    """Credits in their order pay documents in theirs, as far as they reach."""
    waiting = deque(document for document in by_age(documents) if document.remaining_ore > 0)
    for credit in by_age(credits):
        while credit.remaining_ore < 0 and waiting and (not only_earlier or waiting[0].issued_on <= credit.issued_on):
            document = waiting[0]
            _move(credit, document, min(-credit.remaining_ore, document.remaining_ore), doubt)
            if document.remaining_ore == 0:
                waiting.popleft()


def _settle_opening(credit: Document, opening: Document | None, doubt: Doubt, *, whole: bool) -> None:
    if opening is None or opening.remaining_ore <= 0 or credit.remaining_ore >= 0:
        return
    if whole and opening.remaining_ore < -credit.remaining_ore:
        return
    _move(credit, opening, min(-credit.remaining_ore, opening.remaining_ore), doubt)


def _move(credit: Document, document: Document, amount_ore: int, doubt: Doubt) -> None:
    document.set_off(LedgerPayment(credit.key, credit.issued_on, amount_ore, credit.kind))
    document.doubt(doubt)
    document.foreign = None
    credit.remaining_ore += amount_ore
    credit.foreign = None
