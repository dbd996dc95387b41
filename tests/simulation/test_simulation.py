"""Outward acts under every order of events that a seed can think of, on a real PostgreSQL, with every safeguard shown to be needed.

What is played: `house`. More than the suite has time for: `PYTHONPATH=tests:src python -m simulation --seeds 5000`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from app.jobs.effects import Counterpart
from simulation.mutants import MUTANTS, Make
from simulation.outside import BAD_OF
from simulation.stage import Stage, stage

SEEDS = int(os.environ.get("SIMULATION_SEEDS", "90"))  # noqa: TID251 - a test run is set up this way
#: within so many histories a missing safeguard must show
FOUND_WITHIN = 50
#: what must have happened somewhere in these histories, or they show nothing
SOMETIMES = {
    *(f"{kind.value}:{mood}" for kind in Counterpart for mood in ("well", *BAD_OF[kind])),
    *(f"{kind.value}:ended {state}" for kind in Counterpart for state in ("sent", "refused", "cancelled")),
    "K:ended review", "N:ended review",
    *(f"crash:{label}" for label in ("begin", "committed", "ledger", "wire", "waiting", "before the commit")),
    *(f"sleep:{label}" for label in ("committed", "ledger", "ledger answered", "waiting")),
    *(f"answer:{state}" for state in ("sent", "refused", "unknown", "planned", "review", "cancelled", "taken", "sending", "gone")),
    "look-up:found", "look-up:not there", "look-up:down", "ledger:down", "ambush", "restored", "stopped", "paid", "planned before",
    "K:forgotten though done", "L:forgotten though done", "called back", "too late to call back", "broker flushed", "stray bell",
}  # fmt: skip


@pytest.fixture(scope="module")
def theatre(server_url: str) -> Iterator[Stage]:
    with stage(server_url, f"reskontro_simulation_{os.getpid()}") as here:
        yield here


def test_no_history_does_anything_twice_loses_anything_or_acts_for_nobody(theatre: Stage) -> None:
    wrong: dict[int, tuple[str, ...]] = {}
    seen: set[str] = set()
    for seed in range(SEEDS):
        outcome = theatre.play(seed)
        seen |= outcome.seen
        if outcome.violations:
            wrong[seed] = outcome.violations
    assert wrong == {}, "play one of these seeds with `python -m simulation --seed`, and read its history"
    assert SOMETIMES - seen == set(), "a history in which this never happens shows nothing about it"


def test_the_same_seed_is_the_same_history_to_the_letter(theatre: Stage) -> None:
    first, again, other = theatre.play(4), theatre.play(4), theatre.play(5)
    assert first.lines == again.lines
    assert first.digest == again.digest != other.digest


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "-"))
def test_a_missing_safeguard_shows_within_fifty_seeds(theatre: Stage, mutant: Make) -> None:
    with theatre.set_up_as(mutant):
        for seed in range(FOUND_WITHIN):
            if theatre.play(seed, mutant).violations:
                return
    raise AssertionError(f"with {mutant.name!r} nothing went wrong in {FOUND_WITHIN} histories: they are too tame")
