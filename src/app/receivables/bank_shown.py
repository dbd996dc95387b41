"""Does the ledger show what the bank has shown? Pure, and rather too late than too early: what is not shown keeps a notice back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

#: the ledger may date a payment a little before the bank's day (the payer's day), or after it (a week-end, a late import)
DAYS_BEFORE, DAYS_AFTER = 3, 10


@dataclass(frozen=True, slots=True)
class Seen:
    """A payment at the bank. `rest_then_ore`: what the ledger showed open when it was seen, less what has been explained since."""

    paid_on: date
    amount_ore: int
    seen_at: datetime
    rest_then_ore: int
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Credit:
    """What the ledger itself names as having reduced the item."""

    on: date
    amount_ore: int
    kind: str
    seen_at: datetime


def shown_by_ledger(seen: Sequence[Seen], credits: Sequence[Credit], remaining_ore: int, *, closed: bool) -> list[Seen]:
    """The payments with `shown` as it is now, in their order.

    A payment is shown when the item is closed; when the ledger names one of its amount about its day, each counted for one payment only;
    or when the item owes that much less than it did, and the ledger names nothing else as the reason.
    """
    if closed:
        return [replace(one, shown=True) for one in seen]
    after, free = list(seen), [credit for credit in credits if credit.kind != "credit_note"]
    order = sorted(range(len(after)), key=lambda place: (not after[place].shown, after[place].paid_on, place))
    for place in order:
        named = next((credit for credit in free if _is_it(after[place], credit)), None)
        if named is None:
            continue
        free.remove(named)
        after[place] = replace(after[place], shown=True)
    for place in order:
        if not after[place].shown and _less_owed(after[place], credits, remaining_ore) >= after[place].amount_ore:
            _explain(after, place)
    return after


def _is_it(seen: Seen, credit: Credit) -> bool:
    return seen.amount_ore == credit.amount_ore and -DAYS_BEFORE <= (credit.on - seen.paid_on).days <= DAYS_AFTER


def _less_owed(seen: Seen, credits: Sequence[Credit], remaining_ore: int) -> int:
    """By how much less is owed than then, apart from what the ledger names."""
    named = sum(credit.amount_ore for credit in credits if credit.seen_at > seen.seen_at)
    return seen.rest_then_ore - remaining_ore - named


def _explain(after: list[Seen], place: int) -> None:
    """This one is shown; what it took off the debt explains none of the others."""
    amount = after[place].amount_ore
    for other, one in enumerate(after):
        if other == place:
            after[other] = replace(one, shown=True)
        elif not one.shown:
            after[other] = replace(one, rest_then_ore=one.rest_then_ore - amount)
