"""What waiting for a person costs: days between question and answer, and the late interest of the principal meanwhile. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.dunning.charges import late_interest
from app.dunning.statutes.rates import Rates


@dataclass(frozen=True, slots=True)
class Waited:
    """One step that waited for somebody, from the day it was asked about to the day of the answer (or today). Øre.

    `about` tells steps apart: where two people were asked about the same step, it waited once.
    """

    about: str
    principal_ore: int
    asked_on: date
    ended_on: date
    still_open: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """Days and øre lost to waiting. A question answered on the day it was asked costs nothing.

    `incomplete`: the late interest rate of some of the days is not confirmed, so that the øre are too few.
    """

    questions: int
    still_open: int
    days: int
    ore: int
    incomplete: bool

    @property
    def average_days(self) -> float:
        return self.days / self.questions if self.questions else 0.0


def cost_of(one: Waited, rates: Rates) -> tuple[int, bool]:
    """Principal x days x the late interest rate (forsinkelsesrenteloven § 3), half-year by half-year; and whether a rate is missing."""
    found = late_interest(one.principal_ore, one.asked_on, one.ended_on, (), rates)
    return found.total_ore, found.missing_from is not None


def lost_to(waits: Iterable[Waited], rates: Rates) -> Lost:
    """The sum, each step once: from the first question about it to the last answer."""
    steps: dict[str, Waited] = {}
    for one in waits:
        known = steps.get(one.about)
        steps[one.about] = (
            one
            if known is None
            else Waited(
                one.about, max(one.principal_ore, known.principal_ore), min(one.asked_on, known.asked_on),
                max(one.ended_on, known.ended_on), one.still_open or known.still_open,
            )
        )  # fmt: skip
    costs = [cost_of(one, rates) for one in steps.values()]
    return Lost(
        questions=len(steps), still_open=sum(one.still_open for one in steps.values()),
        days=sum((one.ended_on - one.asked_on).days for one in steps.values()), ore=sum(ore for ore, _ in costs),
        incomplete=any(missing for _, missing in costs),
    )  # fmt: skip
