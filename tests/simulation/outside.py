"""The world outside the house, in memory: counterparts of class K, L and N, the line to them, and the ledger that knows who has paid."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from app.jobs.effects import SETTLE_AFTER_SECONDS, Counterpart

CALL_SECONDS = 10
#: what the line and the counterpart may do to one call
BAD = ("drop_before", "drop_after", "busy", "late", "slow", "refused")
#: only a counterpart that honours our key can be handed one question twice by the line
BAD_OF = {Counterpart.KEYED: (*BAD, "doubled"), Counterpart.LOOKED_UP: BAD, Counterpart.NEITHER: BAD}


@dataclass(slots=True)
class Arrival:
    """A question on its way that arrives when nobody waits for the answer any more."""

    at: float
    fact: str
    key: str


@dataclass(slots=True)
class Peer:
    """One counterpart: what it accepted, how often each fact was done, and whose it was."""

    kind: Counterpart
    done: Counter[str] = field(default_factory=Counter)
    keys: dict[str, str] = field(default_factory=dict)
    on_the_way: list[Arrival] = field(default_factory=list)

    def accept(self, fact: str, key: str) -> str:
        """Do it. A known key is answered as before; without one, asking twice is doing it twice."""
        if self.kind is Counterpart.KEYED:
            if key in self.keys:
                return self.keys[key]
            self.keys[key] = f"case-{fact}"
        self.done[fact] += 1
        return f"case-{fact}"

    def find(self, fact: str) -> str | None:
        return f"case-{fact}" if self.done[fact] else None

    def hear_late(self, now: float) -> list[str]:
        """What was under way arrives."""
        due = [arrival for arrival in self.on_the_way if arrival.at <= now]
        self.on_the_way = [arrival for arrival in self.on_the_way if arrival.at > now]
        for arrival in due:
            self.accept(arrival.fact, arrival.key)
        return [arrival.fact for arrival in due]


@dataclass(slots=True)
class Ledger:
    """Which facts are paid."""

    paid: set[str] = field(default_factory=set)

    def is_paid(self, fact: str) -> bool:
        return fact in self.paid


@dataclass(slots=True)
class Outside:
    """Everything that is not ours. `calm`: nothing goes wrong any more."""

    chance: random.Random
    peers: dict[Counterpart, Peer] = field(default_factory=lambda: {kind: Peer(kind) for kind in Counterpart})
    ledger: Ledger = field(default_factory=Ledger)
    #: the part of all calls that do not go well
    trouble: float = 0.5
    calm: bool = False

    def mood(self, kind: Counterpart) -> str:
        if self.calm or self.chance.random() > self.trouble:
            return "well"
        return self.chance.choice(BAD_OF[kind])

    def late_by(self) -> float:
        """How long after we gave up waiting a question still arrives: within the time that a look-up waits for it."""
        return self.chance.uniform(SETTLE_AFTER_SECONDS / 2, SETTLE_AFTER_SECONDS - 0.2)

    def line_is_down(self) -> bool:
        return not self.calm and self.chance.random() < 0.05
