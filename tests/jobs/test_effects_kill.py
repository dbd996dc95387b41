"""The ledger of outward acts under kill -9: real processes, real commits, a counterpart that loses questions and answers."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess

import pytest
from sqlalchemy import text

from app.db.unit_of_work import Database
from app.jobs import effects
from app.jobs.effects import Counterpart
from app.tenants.models import Company
from app.values.clock import SystemClock
from support import make
from support.killable import KINDS, MOODS, Peer, running_peer, work_until_killed

WORKERS = 3
FACTS = 48
FACTS_A_ROUND = 2
CALLS_SECONDS = 6.0
DRAIN_SECONDS = 60.0
CALLS_MIN = 15


@pytest.fixture
def peer() -> Iterator[Peer]:
    with running_peer() as peer:
        yield peer


class Crew:
    """Workers, replaced as they are killed."""

    def __init__(self, database_url: str, peer: Peer) -> None:
        # a fork server has everything imported, so that a new worker is at work within milliseconds
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["support.killable"])
        self._target = (database_url, peer.url)
        self.kills = 0
        self.members: list[BaseProcess] = [self._hire() for _ in range(WORKERS)]

    def kill_one(self, asker: int) -> None:
        """Mostly the one that waits for an answer, where it hurts; now and then any."""
        waiting = [place for place, member in enumerate(self.members) if member.pid == asker]
        place = waiting[0] if waiting and random.random() < 0.7 else random.randrange(WORKERS)
        assert self.members[place].is_alive(), "a worker died of itself"
        self.members[place].kill()
        self.members[place].join()
        self.kills += 1
        self.members[place] = self._hire()

    def dismiss(self) -> None:
        for member in self.members:
            member.kill()
            member.join()

    def _hire(self) -> BaseProcess:
        member = self._context.Process(target=work_until_killed, args=self._target, daemon=True)
        member.start()
        return member


def test_under_kill_9_nothing_is_done_twice_and_nothing_is_lost(clean: None, database: Database, database_url: str, peer: Peer) -> None:
    timely = Database(database.engine, SystemClock())
    company = make.company(timely, make.bureau(timely))
    crew = Crew(database_url, peer)
    try:
        _cause_chaos(timely, company, crew, peer)
        called, peer.moody = peer.moods.total(), False
        _wait_until_settled(timely, company)
    finally:
        crew.dismiss()
    states = _states(timely, company)
    planned = {fact for facts in _facts().values() for fact in facts}
    told = f"{crew.kills} kills, moods {dict(peer.moods)}, states {states}"
    assert called >= CALLS_MIN, f"the crew was killed before it did anything; {told}"
    assert set(peer.moods) == set(MOODS), told
    assert {fact for fact, times in peer.accepted.items() if times > 1} == set(), f"done twice; {told}"
    assert set(states) == planned, f"lost; {told}"
    for counterpart in (Counterpart.KEYED, Counterpart.LOOKED_UP):
        for fact in _facts()[counterpart]:
            assert states[fact] == "sent", f"{fact}: {told}"
            assert peer.accepted[fact] == 1, f"{fact} is called sent, but the counterpart has never seen it; {told}"
    for fact in _facts()[Counterpart.NEITHER]:
        assert states[fact] in {"sent", "review"}, f"{fact}: {told}"
        assert states[fact] == "review" or peer.accepted[fact] == 1, f"{fact} is called sent, but was not; {told}"


def _facts() -> dict[Counterpart, list[str]]:
    each = FACTS // len(KINDS)
    return {counterpart: [f"{counterpart.value}-{number}" for number in range(each)] for counterpart in KINDS}


def _cause_chaos(database: Database, company: Company, crew: Crew, peer: Peer) -> None:
    """Plan every fact, some of them several times, while workers are killed."""
    facts = [(counterpart, fact) for counterpart, mine in _facts().items() for fact in mine]
    random.shuffle(facts)
    for first in range(0, len(facts), FACTS_A_ROUND):
        due = first + FACTS_A_ROUND
        for counterpart, fact in [*facts[first:due], *random.sample(facts[:due], 2)]:
            with database.begin(make.scope(company)) as work:
                effects.plan(work, KINDS[counterpart], fact, company.id, {"fact": fact})
        _wait_for_calls(peer, random.randint(1, 3))
        time.sleep(random.uniform(0, 0.05))
        crew.kill_one(peer.asker)


def _wait_for_calls(peer: Peer, more: int) -> None:
    """Until the crew is in the middle of something, however slow the machine."""
    enough, deadline = peer.moods.total() + more, time.monotonic() + CALLS_SECONDS
    while peer.moods.total() < enough and time.monotonic() < deadline:
        time.sleep(0.005)


def _wait_until_settled(database: Database, company: Company) -> None:
    deadline = time.monotonic() + DRAIN_SECONDS
    while time.monotonic() < deadline:
        left = set(_states(database, company).values()) & {"planned", "sending", "unknown"}
        if not left:
            return
        time.sleep(0.3)
    raise AssertionError(f"not settled within {DRAIN_SECONDS} seconds: {_states(database, company)}")


def _states(database: Database, company: Company) -> dict[str, str]:
    with database.begin(make.scope(company)) as work:
        return {row.business_key: row.state for row in work.session.execute(text("select business_key, state from effects"))}
