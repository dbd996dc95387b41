"""So many days of the simulated world, and what came of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from app.dunning.one_letter import gather
from app.dunning.policy import Policy, Rules
from app.simulation.house import Engine, House, Together, real_engine, rules_of_law
from app.simulation.world import World

#: a day from which four hundred days lie within what is known of rates, and cross a change of each of them, Christmas, Easter and May
FIRST_DAY = date(2025, 9, 1)
COUNTED = ("notices", "handovers", "payments", "disputes", "postings")
ALSO = (
    "reminder", "collection_warning", "payment_demand", "due_notice", "by_ledger", "fees_ore", "decisions", "listed",
    "called_off", "shared_letters", "approvals", "holds", "promises", "bankruptcies",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened, how often, and what was unlawful. The digest is of everything that happened, in its order."""

    seed: int
    days: int
    companies: int
    invoices: int
    counts: dict[str, int]
    wrong: tuple[str, ...]
    digest: str

    def as_json(self) -> dict[str, object]:
        return {
            "seed": self.seed, "days": self.days, "companies": self.companies, "from": FIRST_DAY.isoformat(),
            "violations": len(self.wrong), **{name: self.counts[name] for name in COUNTED}, "invoices": self.invoices,
            "also": {name: self.counts[name] for name in ALSO}, "violation_list": list(self.wrong), "digest": self.digest,
        }  # fmt: skip


def simulate(
    days: int,
    companies: int,
    seed: int,
    *,
    engine: Engine = real_engine,
    rules_of: Callable[[Policy, date], Rules] = rules_of_law,
    together: Together = gather,
    after_day: Callable[[], object] = lambda: None,
) -> Outcome:
    """Play it. `engine`, `rules_of` and `together` are the real ones unless somebody wants to see a fault found."""
    house = House(World.of(seed, companies), engine, rules_of, together)
    for number in range(days):
        house.live(FIRST_DAY + timedelta(days=number))
        after_day()
    counts = {name: house.counts[name] for name in (*COUNTED, *ALSO)}
    wrong = tuple(house.witness.wrong)
    return Outcome(seed, days, companies, len(house.world.invoices), counts, wrong, _digest(house, counts))


def _digest(house: House, counts: dict[str, int]) -> str:
    return house.digest_with(json.dumps([counts, house.witness.wrong], sort_keys=True))
