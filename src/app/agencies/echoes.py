"""Which payments in the ledger are only the echo of money we know of already: our own postings and the agency's payouts. Pure.

An echo reported back as a direct payment would lower the agency's claim a second time. A real payment taken for an echo would leave the
debtor pursued for money he has paid. So each piece of known money explains one payment and no more, and the surest match goes first.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Why(StrEnum):
    """How we know."""

    OWN_POSTING = "own_posting"
    SETTLEMENT = "settlement"
    PAYOUT_MARK = "payout_mark"


@dataclass(frozen=True, slots=True)
class LedgerMoney:
    """A payment the ledger shows on the invoice. Øre; the local date it was paid."""

    id: uuid.UUID
    external_id: str
    paid_on: date
    amount_ore: int
    text: str | None = None


@dataclass(frozen=True, slots=True)
class KnownMoney:
    """Money whose way into the ledger we know. A payout line and the posting made of it are one and the same money.

    `posted_id` and `posted_on` are our posting's, where there is one; `amounts_ore` what it may look like in the ledger; the two dates
    (both inclusive) when the agency's own payout of it may have been booked, None when only our posting can explain it.
    """

    id: uuid.UUID
    posted_id: str | None
    posted_on: date | None
    amounts_ore: frozenset[int]
    from_on: date | None = None
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class Echo:
    why: Why
    known_id: uuid.UUID | None


Fits = Callable[[LedgerMoney, KnownMoney], bool]


def explain(payments: Iterable[LedgerMoney], known: Sequence[KnownMoney], marks: Sequence[str]) -> dict[uuid.UUID, Echo]:
    """The payments that are echoes, by id. Whatever is not in the answer came from the debtor, as far as anybody can tell."""
    waiting = sorted(payments, key=lambda money: (not is_marked(money, marks), money.paid_on, money.external_id))
    free = list(known)
    found: dict[uuid.UUID, Echo] = {}
    passes: tuple[tuple[Fits, Why], ...] = ((_same_id, Why.OWN_POSTING), (_same_day, Why.OWN_POSTING), (_paid_out, Why.SETTLEMENT))
    for fits, why in passes:
        for money in waiting:
            match = next((one for one in free if money.id not in found and fits(money, one)), None)
            if match is not None:
                free.remove(match)
                found[money.id] = Echo(why, match.id)
    for money in waiting:
        if money.id not in found and is_marked(money, marks):
            found[money.id] = Echo(Why.PAYOUT_MARK, None)
    return found


def is_marked(money: LedgerMoney, marks: Sequence[str]) -> bool:
    """Does its text carry one of the agency's payout marks?"""
    return any(mark.casefold() in (money.text or "").casefold() for mark in marks)


def _same_id(money: LedgerMoney, known: KnownMoney) -> bool:
    return known.posted_id is not None and money.external_id == known.posted_id


def _same_day(money: LedgerMoney, known: KnownMoney) -> bool:
    return known.posted_on == money.paid_on and money.amount_ore in known.amounts_ore


def _paid_out(money: LedgerMoney, known: KnownMoney) -> bool:
    if known.from_on is None or known.until_on is None:
        return False
    return money.amount_ore in known.amounts_ore and known.from_on <= money.paid_on <= known.until_on
