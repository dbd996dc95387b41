"""Does a day's run of outward steps look like the days before it? Pure: figures and the weeks before in, what is out of bounds out.

A fault in a ledger or its API can make a whole book look unpaid overnight. Such a run differs from the company's or the bureau's own norm:
in number, in kroner, in how many good payers it reaches, or in one debtor that many companies are after at once. It is held for a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from statistics import median

#: how far back the norm looks
WEEKS = 8


class Measure(StrEnum):
    """What is compared."""

    COUNT = "count"
    AMOUNT = "amount"
    GOOD_PAYERS = "good_payers"
    SPREAD = "spread"


@dataclass(frozen=True, slots=True)
class Figures:
    """A run: steps, their kroner, how many go to debtors who mostly pay on time, and in how many companies one debtor is met."""

    count: int = 0
    ore: int = 0
    good_count: int = 0
    spread: int = 0

    def __add__(self, other: Figures) -> Figures:
        spread = max(self.spread, other.spread)
        return Figures(self.count + other.count, self.ore + other.ore, self.good_count + other.good_count, spread)

    @property
    def good_percent(self) -> int:
        return 0 if self.count == 0 else self.good_count * 100 // self.count


@dataclass(frozen=True, slots=True)
class WeekBefore:
    """One of the weeks before: its largest day, and its sums."""

    peak_count: int
    peak_ore: int
    count: int
    good_count: int
    spread: int


@dataclass(frozen=True, slots=True)
class BlastLimits:
    """How far a run may differ. A bureau may set its own.

    The absolute bounds hold while fewer than `weeks_min` weeks are known; then a day may be `factor` times the usual week's largest day,
    though never less than the floors. `good_percent` of a run may go to good payers, or `good_above` more than usual, from
    `good_count_min` steps on. One debtor may be met in `spread` companies on one day, or in `factor` times as many as before.
    """

    company_count: int = 50
    company_kroner: int = 1_000_000
    bureau_count: int = 1_000
    bureau_kroner: int = 20_000_000
    weeks_min: int = 4
    factor: int = 3
    floor_count: int = 20
    floor_kroner: int = 250_000
    good_percent: int = 50
    good_above: int = 30
    good_count_min: int = 10
    spread: int = 5

    def __post_init__(self) -> None:
        for one in fields(self):
            if not 1 <= getattr(self, one.name) <= 1_000_000_000:
                raise ValueError(one.name)

    @staticmethod
    def from_json(stored: Mapping[str, object]) -> BlastLimits:
        """What is not mentioned is standard; what is not known any more is left out."""
        known = {one.name for one in fields(BlastLimits)}
        return BlastLimits(**{name: value for name, value in stored.items() if name in known and isinstance(value, int)})


@dataclass(frozen=True, slots=True)
class Excess:
    """A figure out of bounds: what it is, what is allowed, and what is usual (None: too few weeks are known)."""

    measure: Measure
    value: int
    limit: int
    usual: int | None

    def as_json(self) -> dict[str, object]:
        return {"measure": self.measure.value, "value": self.value, "limit": self.limit, "usual": self.usual}

    @staticmethod
    def from_json(stored: Mapping[str, object]) -> Excess:
        usual = stored["usual"]
        return Excess(
            Measure(str(stored["measure"])),
            int(str(stored["value"])),
            int(str(stored["limit"])),
            None if usual is None else int(str(usual)),
        )


def judge(run: Figures, weeks: Sequence[WeekBefore], limits: BlastLimits, *, bureau: bool) -> tuple[Excess, ...]:
    """What is out of bounds, or nothing. `bureau`: the run is that of all its companies together."""
    known = [week for week in weeks if week.count > 0]
    usual = known if len(known) >= limits.weeks_min else []
    found = (
        _above(Measure.COUNT, run.count, [w.peak_count for w in usual], limits.bureau_count if bureau else limits.company_count,
               limits.floor_count, limits.factor),
        _above(Measure.AMOUNT, run.ore, [w.peak_ore for w in usual], (limits.bureau_kroner if bureau else limits.company_kroner) * 100,
               limits.floor_kroner * 100, limits.factor),
        _good_payers(run, usual, limits),
        _spread(run, usual, limits) if bureau else None,
    )  # fmt: skip
    return tuple(one for one in found if one is not None)


def _above(measure: Measure, value: int, peaks: Sequence[int], absolute: int, floor: int, factor: int) -> Excess | None:
    """The median of the weeks' largest days: one week gone wrong does not become the norm."""
    usual = round(median(peaks)) if peaks else None
    limit = absolute if usual is None else max(floor, usual * factor)
    return Excess(measure, value, limit, usual) if value > limit else None


def _good_payers(run: Figures, usual: Sequence[WeekBefore], limits: BlastLimits) -> Excess | None:
    if run.count < limits.good_count_min:
        return None
    share = sum(w.good_count for w in usual) * 100 // sum(w.count for w in usual) if usual else None
    limit = limits.good_percent if share is None else max(limits.good_percent, min(95, share + limits.good_above))
    return Excess(Measure.GOOD_PAYERS, run.good_percent, limit, share) if run.good_percent > limit else None


def _spread(run: Figures, usual: Sequence[WeekBefore], limits: BlastLimits) -> Excess | None:
    most = max((w.spread for w in usual), default=None)
    limit = max(limits.spread, (most or 0) * limits.factor)
    return Excess(Measure.SPREAD, run.spread, limit, most) if run.spread > limit else None
