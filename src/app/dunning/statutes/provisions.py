"""The provisions of lov 2026-05-22 nr. 19 that change what we do, and the day each takes effect. Pure.

"Loven gjelder fra den tiden Kongen bestemmer. De enkelte bestemmelsene kan settes i kraft til forskjellig tid" (§ 55): so each provision
may have a day of its own, before or after the act as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Provision(StrEnum):
    """What is new, by its section: adaptation to vulnerable debtors (§ 14), no costs on an objection that is not obviously groundless
    (§ 18), the creditor's own letters charged by regulation only (§ 19), the collection warning is the agency's, and with it the payment
    demand that follows it (§§ 20, 21), claims on one debtor collected together (§ 22)."""

    VULNERABLE_DEBTORS = "14"
    COSTS_ON_OBJECTION = "18"
    CREDITOR_LETTERS = "19"
    AGENCY_WARNS = "20"
    COORDINATION = "22"


WHOLE_ACT = "act"


@dataclass(frozen=True, slots=True)
class InForce:
    """When lov 2026-05-22 nr. 19 takes effect: as a whole (None: nobody has set a day), and single provisions on their own days."""

    whole: date | None = None
    single: tuple[tuple[Provision, date], ...] = ()

    @staticmethod
    def of(known: InForce | date | None) -> InForce:
        return known if isinstance(known, InForce) else InForce(known)

    def day_of(self, provision: Provision) -> date | None:
        return dict(self.single).get(provision, self.whole)

    def on(self, day: date) -> frozenset[Provision]:
        """The provisions in force on that day."""
        return frozenset(one for one in Provision if (begins := self.day_of(one)) is not None and begins <= day)

    def with_dates(self, dates: Mapping[str, date | None]) -> InForce:
        """The same, with later knowledge: by section or `act`. None takes a day away again: the act has none, its provision follows it."""
        single = {**dict(self.single), **{one: dates[one.value] for one in Provision if one.value in dates}}
        kept = tuple((one, day) for one, day in sorted(single.items()) if day is not None)
        return InForce(dates.get(WHOLE_ACT, self.whole), kept)


NOT_IN_FORCE = InForce()


def sections(provisions: Iterable[Provision]) -> list[str]:
    return sorted(one.value for one in provisions)
