"""One seed: two bureaus, a few acts of every class, workers that die and oversleep, and a world that pays, stops and forgets.

The acts are claimed, called, settled and swept by the product's own code on a real PostgreSQL. Only time and the world are ours.
"""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, delete, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from app.db.engine import APP_ROLE
from app.db.scope import SYSTEM, Actor, BureauScope, Scope
from app.db.unit_of_work import Database, UnitOfWork
from app.jobs import effects, outbox
from app.jobs.effects import Counterpart, Intent, Performers
from app.jobs.job import run_now
from app.jobs.models import Effect
from app.jobs.performing import perform
from app.jobs.resources import Resources
from app.tenants import bureaus
from app.tenants.models import AuditEntry, Bureau, Company
from simulation.mutants import SOUND, Make
from simulation.outside import Outside
from simulation.scheduler import Scheduler, Trace, VirtualClock
from support.manual import statements_under

KINDS = {Counterpart.KEYED: "agencies.case", Counterpart.LOOKED_UP: "ledgers.posting", Counterpart.NEITHER: "messaging.mail"}
TERMINAL = {"sent", "refused", "review", "cancelled"}
#: what a backup holds of an act
BACKED_UP = (
    "state", "reason", "fence", "attempts", "lease_until", "not_before", "peer_ref", "evidence", "called_at", "settled_at",
)  # fmt: skip
NOW = text("select set_config('simulated.now', :now, true)")
SWEEP_SECONDS = 60.0
ACTS_MAX = 5
#: everything must have come to an end this long after the last trouble
PATIENCE_SECONDS = 24 * 3600.0
#: a worker that could run and is passed over for so long goes first: a machine is slow, but not for ever
STARVED_SECONDS = 4.0


class SimulatedDatabase(Database):
    """The product's units of work, with a boundary on both sides and the database's own clock set to virtual time."""

    scheduler: Scheduler
    #: at which step each worker's last transaction began
    begun: dict[str, int]
    #: acts that ended, and those that will have if this transaction commits
    ended: set[str]
    ending: set[str]

    @contextmanager
    def begin(self, scope: Scope, actor: Actor = SYSTEM) -> Iterator[UnitOfWork]:
        self.scheduler.boundary("begin")
        self.ending.clear()
        with super().begin(scope, actor) as work:
            if self.scheduler.current is not None:
                self.begun[self.scheduler.current.name] = self.scheduler.steps
            work.session.execute(NOW, {"now": self.clock.now().isoformat()})
            yield work
            self.scheduler.may_crash("before the commit")
        self.ended |= self.ending
        self.scheduler.boundary("committed")


@dataclass(slots=True)
class Tenants:
    """Two bureaus with a company each, used by one history after the other as long as these end well."""

    companies: list[Company]


@dataclass(slots=True)
class Planned:
    """An act of this history: whose, which fact, and the name under which the trace knows it."""

    company: Company
    counterpart: Counterpart
    fact: str
    business_key: str
    ids: list[uuid.UUID] = field(default_factory=list)


class House:
    """Plays one seed to its end and says what went wrong."""

    def __init__(self, seed: int, run: int, engine: Engine, clock: VirtualClock, tenants: Tenants, make: Make = SOUND) -> None:
        self.scheduler = Scheduler(seed, clock, workers=3)
        self.chance: random.Random = self.scheduler.chance
        self.clock, self.run, self.make = clock, run, make
        self.outside = Outside(self.chance, trouble=self.chance.choice((0.3, 0.6, 0.9)))
        self.database = SimulatedDatabase(engine, clock)
        self.database.scheduler, self.database.begun = self.scheduler, {}
        self.database.ended, self.database.ending = set(), set()
        self.database.after_commit = self._relay
        self.companies = tenants.companies
        self.resources = Resources(self.database, clock)
        acts = {KINDS[counterpart]: make.act(self, counterpart) for counterpart in Counterpart}
        self.performers = Performers(acts)
        self.resources.provide(Performers, self.performers)
        self.bells: list[tuple[str, dict[str, Any]]] = []
        self.acts: list[Planned] = []
        self.asked: dict[str, int] = {}
        self.paid: dict[str, int] = {}
        self.stopped: dict[uuid.UUID, int] = {}
        self.violations: list[str] = []
        self.backup: dict[uuid.UUID, dict[str, Any]] | None = None
        self.forgotten: list[Planned] = []
        self.next_sweep = SWEEP_SECONDS

    # --- what the performers and the events say ---------------------------------------------------------------------------------

    @property
    def worker(self) -> str:
        return self.scheduler.current.name if self.scheduler.current else "world"

    @property
    def trace(self) -> Trace:
        return self.scheduler.trace

    def tell(self, what: str, about: str = "") -> int:
        """A line in the trace; returns its place in the order of everything."""
        self.trace.note(self.clock, self.worker, f"{what} {about}".rstrip())
        return self.scheduler.next_step()

    def saw(self, what: str) -> None:
        self.trace.seen.add(what)

    def wrong(self, what: str) -> None:
        self.tell("WRONG:", what)
        self.violations.append(what)

    def witness_call(self, intent: Intent, fact: str) -> None:
        """Right before the socket: may this call be made?"""
        if fact in self.paid and self.paid[fact] < self.asked[self.worker]:
            self.wrong(f"{fact} is called for although its payment could be seen before the pre-flight")
        stopped = self.stopped.get(intent.bureau_id)
        if stopped is not None and stopped < self.database.begun[self.worker]:
            self.wrong(f"{fact} is called for although its bureau had stopped all sending")
        owner = next(planned.company for planned in self.acts if planned.fact == fact)
        if (owner.bureau_id, owner.id) != (intent.bureau_id, intent.company_id):
            self.wrong(f"{fact} is called for in another tenant's name")

    # --- the history ------------------------------------------------------------------------------------------------------------

    def play(self, steps: int) -> None:
        """Trouble for so many steps, then calm until everything has come to rest, then the questions."""
        try:
            self._forget_restores()
            for _ in range(ACTS_MAX - 2):
                self._plan_new()
            for _ in range(steps):
                self._hear_late()
                self.chance.choices(self._events, self._weights)[0](self)
                self.scheduler.pass_time(self.chance.uniform(0, self.scheduler.odds.step_seconds))
            self._calm_down()
            self._ask()
        except SQLAlchemyError as fault:
            self.wrong(f"the database said no: {type(fault).__name__}")
        for broken in self.scheduler.broken:
            self.wrong(broken)

    def _forget_restores(self) -> None:
        """The bureaus have lived through other histories."""
        for company in self.companies:
            with self.database.begin(BureauScope(company.bureau_id)) as work:
                work.session.execute(update(Bureau).where(Bureau.id == company.bureau_id).values(restored_at=None))

    def _work(self) -> None:
        """Somebody who can go on does; else an idle worker takes a bell; else time jumps to whoever wakes first."""
        runnable = self.scheduler.runnable()
        starved = [worker for worker in runnable if self.clock.seconds - worker.wakes > STARVED_SECONDS]
        idle = self.scheduler.idle()
        if self.database.ended >= {planned.fact for planned in self.acts} and not self.bells and len(idle) == len(self.scheduler.workers):
            return
        if starved:
            self.scheduler.run_on(starved[0])
        elif self.clock.seconds >= self.next_sweep:
            self._sweep()
        elif self.bells and idle and (not runnable or self.chance.random() < 0.4):
            self._answer_bell()
        elif runnable:
            self.scheduler.run_on(self.chance.choice(runnable))
        else:
            self._jump()

    def _jump(self) -> None:
        wake = self.scheduler.next_wake()
        until = self.next_sweep if wake is None else min(wake, self.next_sweep)
        self.scheduler.pass_time(max(0.0, until - self.clock.seconds))

    def _sweep(self) -> None:
        """The clock process rings; a sweep is one transaction per bureau, and dies as a whole or not at all."""
        self.next_sweep = self.clock.seconds + SWEEP_SECONDS
        self.tell("sweeps")
        for company in self.companies:
            if any(planned.company is company and planned.fact not in self.database.ended for planned in self.acts):
                run_now(self.resources, "effects.sweep_bureau", bureau_id=str(company.bureau_id))

    def _answer_bell(self) -> None:
        job, ids = self.bells.pop(self.chance.randrange(len(self.bells)))
        assert job.startswith("effects.perform_")
        bureau_id, effect_id = uuid.UUID(ids["bureau_id"]), uuid.UUID(ids["effect_id"])
        self._perform(bureau_id, effect_id, self._name_of(effect_id))

    def _perform(self, bureau_id: uuid.UUID, effect_id: uuid.UUID, name: str) -> None:
        def task() -> str:
            return perform(
                self.database.begin, self.performers, bureau_id, effect_id,
                pause=self.make.pause or self.scheduler.pause, monotonic=self.make.monotonic or self.clock.monotonic,
            )  # fmt: skip

        self.scheduler.start(self.scheduler.idle()[0], task, name)

    def _name_of(self, effect_id: uuid.UUID) -> str:
        return next((planned.fact for planned in self.acts if effect_id in planned.ids), "?")

    def _relay(self) -> None:
        """The product's own relay to a broker that loses and doubles."""
        fresh: list[tuple[str, dict[str, Any]]] = []
        outbox.relay(self.database.engine, lambda job, ids: fresh.append((job, ids)))
        for bell in sorted(fresh, key=lambda bell: self._name_of(uuid.UUID(bell[1]["effect_id"]))):
            luck = 1.0 if self.outside.calm else self.chance.random()
            self.bells += [] if luck < 0.1 else [bell, bell] if luck < 0.25 else [bell]

    # --- what the world does ------------------------------------------------------------------------------------------------------

    def _plan(self) -> None:
        """A new fact is decided on; or an old one once more, by somebody who does not know."""
        if self.backup is None and len(self.acts) < ACTS_MAX - 1 and self.chance.random() < 0.4:
            self._plan_new()
        else:
            self._decide(self.chance.choice(self.acts))

    def _plan_new(self) -> None:
        able = [one for one in Counterpart if self.backup is None or one is not Counterpart.NEITHER]
        company, counterpart, number = self.chance.choice(self.companies), self.chance.choice(able), len(self.acts)
        mark = "AB"[self.companies.index(company)]
        self.acts.append(Planned(company, counterpart, f"{mark}{number}{counterpart.value}", f"{self.run}:{number}"))
        self._decide(self.acts[-1])

    def _decide(self, planned: Planned) -> None:
        with self.database.begin(BureauScope(planned.company.bureau_id)) as work:
            made = effects.plan(work, KINDS[planned.counterpart], planned.business_key, planned.company.id, {"fact": planned.fact})
            if made is not None and made not in planned.ids:
                planned.ids.append(made)
        self.tell("planned" if made else "planned before", planned.fact)
        self.saw("planned" if made else "planned before")

    def _pay(self) -> None:
        fact = self.chance.choice(self.acts).fact
        self.outside.ledger.paid.add(fact)
        self.paid.setdefault(fact, self.tell("paid", fact))
        self.saw("paid")

    def _call_back(self) -> None:
        """Somebody calls an act back. What has begun goes on."""
        planned = self.chance.choice(self.acts)
        kind = KINDS[planned.counterpart]
        with self.database.begin(BureauScope(planned.company.bureau_id)) as work:
            done = effects.cancel(work, kind, planned.business_key, "called back")
            if done:
                row = work.session.execute(select(Effect).where(Effect.id == planned.ids[0])).scalar_one()
                self.performers[kind].record(work, effects.intent_of(row), "cancelled", None, "called back")
        self.tell("called back" if done else "too late to call back", planned.fact)
        self.saw("called back" if done else "too late to call back")

    def _stop_or_allow(self) -> None:
        company = self.chance.choice(self.companies)
        with self.database.begin(BureauScope(company.bureau_id)) as work:
            if company.bureau_id in self.stopped:
                bureaus.allow_sending(work)
            else:
                bureaus.stop_sending(work, "stopped by hand")
        if self.stopped.pop(company.bureau_id, None) is None:
            self.stopped[company.bureau_id] = self.tell("stopped", "AB"[self.companies.index(company)])
        self.saw("stopped")

    def _lose_bells(self) -> None:
        self.bells.clear()
        self.tell("the broker forgets everything")
        self.saw("broker flushed")

    def _stray_bell(self) -> None:
        """A bell that names one bureau's act under another bureau."""
        if self.scheduler.idle():
            planned = self.chance.choice(self.acts)
            other = next(company for company in self.companies if company.bureau_id != planned.company.bureau_id)
            self.saw("stray bell")
            self._perform(other.bureau_id, planned.ids[0], f"{planned.fact} for the wrong bureau")

    def _back_up_or_restore(self) -> None:
        """The table as it was is put back, and then what the operations manual says is done, word for word."""
        if self.backup is None:
            if len(self.acts) >= 2:
                self.backup = {row.id: {name: getattr(row, name) for name in BACKED_UP} for _, row in self._rows()}
                self.tell("backed up")
                if len(self.acts) < ACTS_MAX:
                    self._plan_new()
            return
        if "restored" in self.trace.seen:
            return
        for worker in self.scheduler.workers:
            self.scheduler.kill(worker)
        for company in self.companies:
            with self.database.begin(BureauScope(company.bureau_id)) as work:
                for row in self._rows_of(work, company):
                    for name, value in self.backup.get(row.id, {}).items():
                        setattr(row, name, value)
                work.session.flush()
                self._forget(work, company)
                for statement in statements_under("Restore: begin with sending stopped")[:2]:
                    work.session.execute(text(statement))
            self.stopped.setdefault(company.bureau_id, self.tell("stopped for the restore"))
        self.bells.clear()
        self.database.ended.clear()
        self.tell("restored")
        self.saw("restored")

    def _forget(self, work: UnitOfWork, company: Company) -> None:
        """What was decided after the backup is no longer there. Somebody will decide it again."""
        kept = select(Effect.business_key).where(Effect.id.in_(self.backup or {}))
        known = set(work.session.execute(kept).scalars())
        gone = [planned for planned in self.acts if planned.company is company and planned.business_key not in known]
        work.session.execute(text("set local role none"))
        work.session.execute(delete(Effect).where(Effect.business_key.in_([planned.business_key for planned in gone])))
        work.session.execute(text(f"set local role {APP_ROLE}"))
        for planned in gone:
            self.tell("forgotten", planned.fact)
            self.saw(f"{planned.counterpart.value}:forgotten")
            if self.outside.peers[planned.counterpart].done[planned.fact]:
                self.saw(f"{planned.counterpart.value}:forgotten though done")
            self.forgotten.append(planned)

    def _hear_late(self) -> None:
        for peer in self.outside.peers.values():
            for fact in peer.hear_late(self.clock.seconds):
                self.tell("arrives late", fact)

    _events: tuple[Callable[[House], None], ...] = (
        _work, _plan, _pay, _call_back, _stop_or_allow, _lose_bells, _stray_bell, _back_up_or_restore,
    )  # fmt: skip
    _weights = (100, 2, 0.5, 0.2, 0.5, 0.5, 0.5, 0.8)

    # --- the end ------------------------------------------------------------------------------------------------------------------

    def _calm_down(self) -> None:
        self.outside.calm = True
        for planned in self.forgotten:
            self._decide(planned)
        self.scheduler.odds.crash = self.scheduler.odds.sleep = 0.0
        for company in self.companies:
            if company.bureau_id in self.stopped:
                with self.database.begin(BureauScope(company.bureau_id)) as work:
                    bureaus.allow_sending(work)
        self.stopped.clear()
        end, pause = self.clock.seconds + PATIENCE_SECONDS, SWEEP_SECONDS
        while self.clock.seconds < end:
            if any(worker.busy for worker in self.scheduler.workers) or self.bells:
                self._work()
            elif all(state in TERMINAL for state in self._states().values()):
                return
            else:
                # a tick that is missed costs time only
                self.scheduler.pass_time(pause)
                pause = min(2 * pause, 3600.0)
                self._sweep()
            self._hear_late()
            self.scheduler.pass_time(0.2)

    def _states(self) -> dict[str, str]:
        return {row.payload["fact"]: row.state for _, row in self._rows()}

    def _rows(self) -> list[tuple[Planned, Effect]]:
        found: list[tuple[Planned, Effect]] = []
        for company in self.companies:
            with self.database.begin(BureauScope(company.bureau_id)) as work:
                rows = self._rows_of(work, company)
            found += [(planned, row) for planned in self.acts for row in rows if row.business_key == planned.business_key]
        return found

    def _rows_of(self, work: UnitOfWork, company: Company) -> list[Effect]:
        keys = [planned.business_key for planned in self.acts if planned.company is company]
        return list(work.session.execute(select(Effect).where(Effect.business_key.in_(keys)).order_by(Effect.business_key)).scalars())

    def _ask(self) -> None:
        """What must hold of every history."""
        rows, told = self._rows(), self._trail()
        if {planned.fact for planned, _ in rows} != {planned.fact for planned in self.acts}:
            self.wrong("an act is gone")
        for planned, row in rows:
            fact, times = planned.fact, self.outside.peers[planned.counterpart].done[planned.fact]
            self.tell(f"ended {row.state}, done {times} times", fact)
            self.saw(f"{planned.counterpart.value}:ended {row.state}")
            if times > 1:
                self.wrong(f"{fact} was done {times} times")
            if row.state not in TERMINAL:
                self.wrong(f"{fact} is still {row.state} after a day of calm")
            if row.state == "sent" and times == 0:
                self.wrong(f"{fact} is called sent, but the counterpart has never seen it")
            if row.state in {"refused", "cancelled"} and times:
                self.wrong(f"{fact} is called {row.state}, but the counterpart has done it")
            self._ask_for_evidence(planned, row, told[row.id])

    def _trail(self) -> dict[uuid.UUID, list[str]]:
        """What was written about each act in the transactions that settled it, in their order."""
        trail: dict[uuid.UUID, list[str]] = defaultdict(list)
        for company in self.companies:
            ids = [one for planned in self.acts if planned.company is company for one in planned.ids]
            entries = select(AuditEntry.subject_id, AuditEntry.action).where(AuditEntry.subject_id.in_(ids))
            with self.database.begin(BureauScope(company.bureau_id)) as work:
                for effect_id, action in work.session.execute(entries.order_by(AuditEntry.at, AuditEntry.id)).all():
                    trail[effect_id].append(action)
        return trail

    def _ask_for_evidence(self, planned: Planned, row: Effect, told: list[str]) -> None:
        if row.state in TERMINAL and (not told or told[-1] != f"simulated.{row.state}"):
            self.wrong(f"{planned.fact} is {row.state}, but the trail says {told}")
        if row.state in TERMINAL and (row.settled_at is None or row.lease_until is not None):
            self.wrong(f"{planned.fact} is {row.state} without a time, or with a lease")
        if row.state == "sent" and not row.peer_ref:
            self.wrong(f"{planned.fact} is sent, and nothing proves it")
        if row.state in {"review", "refused", "cancelled"} and not row.reason:
            self.wrong(f"{planned.fact} is {row.state}, and nobody says why")
