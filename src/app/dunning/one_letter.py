"""One letter about several invoices of one debtor: who goes into it, who carries it, what it costs and by when it is to be paid. Pure.

Claims of one debtor against one company are to be collected together (the rule of necessity, inkassoloven 1988 § 17 first paragraph), and a
letter is charged for once, however many invoices stand in it (inkassoforskriften § 1-2).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from app.dunning.steps import SendNotice

#: what tells claims apart: it can be ordered, so that the letter is the same whoever makes it
Key = TypeVar("Key", bound=Any)

#: more invoices than that, and the rest goes in a letter of its own, without a fee
INVOICES_MAX = 40


@dataclass(frozen=True, slots=True)
class Part(Generic[Key]):
    """One claim's notice that is to be said now. `due_on` and `key` put the parts in order; `roads`: where a letter about it may go, and in
    which language."""

    key: Key
    due_on: date
    step: SendNotice
    roads: Hashable = None

    def goes_with(self, other: Part[Key]) -> bool:
        """The same kind of notice in the same tone, by the same ways to the same places, with or without interest."""
        return self._shape() == other._shape()

    def _shape(self) -> tuple[Hashable, ...]:
        step = self.step
        return (step.kind, step.tone, step.channels, step.interest, self.roads)


@dataclass(frozen=True, slots=True)
class OneLetter(Generic[Key]):
    """The letter. The first part carries it: the deliveries and the fee are its. `payment_deadline` is the latest of all, so that each
    invoice has at least the days its own notice would have given it."""

    parts: tuple[Part[Key], ...]
    fee_ore: int
    payment_deadline: date

    @property
    def fees(self) -> dict[Key, int]:
        """The fee by the claim it stands on, in øre."""
        return {self.parts[0].key: self.fee_ore} if self.fee_ore else {}


def gather(asked: Part[Key], others: Sequence[Part[Key]], *, charged_today: bool = False) -> OneLetter[Key]:
    """The letter that `asked` goes into, with those of `others` that go with it, the oldest invoices first.

    The fee is the one that the carrying claim may bear by itself: the oldest of those that may bear any. `charged_today`: the debtor has
    had a letter of this kind with a fee today, with which this one could have gone; then there is none.
    """
    with_it = sorted((one for one in others if one.key != asked.key and one.goes_with(asked)), key=_age)
    parts = sorted((asked, *with_it[: INVOICES_MAX - 1]), key=lambda one: (one.step.fee_ore == 0, *_age(one)))
    fee_ore = 0 if charged_today else parts[0].step.fee_ore
    return OneLetter(tuple(parts), fee_ore, max(one.step.payment_deadline for one in parts))


def _age(part: Part[Any]) -> tuple[date, Any]:
    return (part.due_on, part.key)
