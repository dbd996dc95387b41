"""Workers of the agency's and the ledger's acts as processes of their own, so that they can be killed in the middle of a call.

They talk to the simulators over HTTP and to the database as in production; only the leases are short, so that a dead one's work is taken
up within seconds.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from datetime import timedelta
from multiprocessing.process import BaseProcess
from typing import Any

from sqlalchemy import text

from app.agencies.doors import Agencies
from app.agencies.performers import agency_performers
from app.db.engine import app_engine
from app.db.unit_of_work import Database
from app.db.vault import Vault
from app.jobs.effects import Performers
from app.jobs.job import JOBS, run_now
from app.jobs.resources import Resources
from app.ledgers import postings, sync
from app.ledgers.doors import Ledgers
from app.net.errors import OutsideError
from app.values.clock import ShiftedClock, SystemClock
from support.agency_desk import NOT_OURS, OneAgency, SandboxLedgers, kravia
from support.drain import declare_jobs

CALL_SECONDS = 1
SWEEP_EVERY_SECONDS = 0.5
TAKE = text(
    "delete from outbox where id = (select id from outbox order by position limit 1 for update skip locked) returning job, arguments"
)
MAY_FAIL = (OutsideError,)
declare_jobs()  # once in the fork server, not in every worker


class Crew:
    """Workers, replaced as they are killed. `ahead`: how far their clock is ahead of the machine's."""

    def __init__(self, size: int, database_url: str, sandbox_url: str, vault_keys: str) -> None:
        # a fork server has everything imported, so that a new worker is at work within milliseconds
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["support.agency_crew"])
        self._where = (database_url, sandbox_url, vault_keys)
        self.ahead = timedelta(0)
        self.kills = 0
        self.members: list[BaseProcess] = [self._hire() for _ in range(size)]

    def kill_one(self, luck: random.Random) -> None:
        place = luck.randrange(len(self.members))
        assert self.members[place].is_alive(), "a worker died of itself"
        self.members[place].kill()
        self.members[place].join()
        self.kills += 1
        self.members[place] = self._hire()

    def move_clock(self, by: timedelta) -> None:
        """All go home and come back on a later day."""
        self.ahead += by
        self.dismiss()
        self.members = [self._hire() for _ in self.members]

    def dismiss(self) -> None:
        for member in self.members:
            member.kill()
            member.join()

    def _hire(self) -> BaseProcess:
        member = self._context.Process(target=work_until_killed, args=(*self._where, self.ahead), daemon=True)
        member.start()
        return member


def work_until_killed(database_url: str, sandbox_url: str, vault_keys: str, ahead: timedelta) -> None:
    """Take doorbells from the outbox and answer them; sweep when it is quiet. A doorbell dies with the worker: the sweep rings again."""
    resources = _resources(database_url, sandbox_url, vault_keys, ahead)
    swept = 0.0
    while True:
        if time.monotonic() - swept > SWEEP_EVERY_SECONDS:
            run_now(resources, "effects.sweep")
            swept = time.monotonic()
        with resources.database.engine.begin() as connection:
            rung = connection.execute(TAKE).one_or_none()
        if rung is None:
            time.sleep(0.02)
        elif rung.job not in NOT_OURS:
            _answer(resources, rung.job, rung.arguments)


def _answer(resources: Resources, name: str, arguments: dict[str, Any]) -> None:
    """A job that may fail as a worker lets it fail is rung again by the next sweep or poll."""
    try:
        run_now(resources, name, **arguments)
    except (*JOBS[name].throws, *MAY_FAIL):
        return


def _resources(database_url: str, sandbox_url: str, vault_keys: str, ahead: timedelta) -> Resources:
    clock = ShiftedClock(SystemClock(), lambda: ahead)
    resources = Resources(Database(app_engine(database_url, pool_size=3), clock), clock)
    ledgers, agencies, vault = SandboxLedgers(sandbox_url, clock), OneAgency(kravia(sandbox_url)), Vault(vault_keys)
    door = sync.Doorway(resources.begin, ledgers, vault)
    resources.provide(Ledgers, ledgers)
    resources.provide(Vault, vault)
    resources.provide(Agencies, agencies)
    performers = agency_performers(door, agencies, lambda _work, _claim: None)
    made = {**performers, postings.KIND: postings.PaymentPoster(door)}
    for performer in made.values():
        performer.call_seconds = CALL_SECONDS
    resources.provide(Performers, Performers(made))
    return resources
