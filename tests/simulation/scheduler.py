"""One thread, one seed, one order: workers are greenlets that hand over at every boundary, and chance decides who goes on, dies or sleeps.

A boundary is where another process may act in between: before and after each transaction, before and after each word with the outside.
Time is virtual: it moves when somebody takes a step, and jumps when everybody sleeps. The same seed is the same history, to the letter.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from greenlet import greenlet

from app.values.calendar import oslo_date


class CrashError(BaseException):
    """The process is gone: nothing of it runs any more, and what it had not committed is lost."""


class VirtualClock:
    """Time as the scheduler wants it: `now` for the product's rows, `monotonic` for a worker's own sense of how long it took."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self.seconds = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.seconds)

    def today(self) -> Any:
        return oslo_date(self.now())

    def monotonic(self) -> float:
        return self.seconds


@dataclass(slots=True)
class Trace:
    """What happened, line by line. Ids stay out: they differ from run to run."""

    lines: list[str] = field(default_factory=list)
    #: kinds of things that happened at least once
    seen: set[str] = field(default_factory=set)

    def note(self, clock: VirtualClock, who: str, what: str) -> None:
        self.lines.append(f"{clock.seconds:.3f} {who} {what}")

    @property
    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()


@dataclass(slots=True)
class Worker:
    """A process: idle, or somewhere between two boundaries of its task."""

    name: str
    task: greenlet | None = None
    about: str = ""
    at: str = ""
    wakes: float = 0.0
    #: sleeps until somebody else is in the middle of the same thing
    ambush: bool = False

    @property
    def busy(self) -> bool:
        return self.task is not None and not self.task.dead


@dataclass(slots=True)
class Odds:
    """How hard life is. `crash` and `sleep` per boundary; most sleeps outlast leases, and some of them end at the worst moment."""

    crash: float = 0.0
    sleep: float = 0.0
    sleep_seconds: tuple[float, float] = (60.0, 500.0)
    ambush: float = 0.6
    step_seconds: float = 0.4

    @staticmethod
    def of(chance: random.Random) -> Odds:
        """Another life in every history: where workers die all the time nobody lives to see what a bad line does."""
        return Odds(crash=chance.choice((0.0, 0.01, 0.03)), sleep=chance.choice((0.02, 0.08, 0.16)))


#: between its last look at the lease and the socket a process may not be stopped for long: no lease can cover that window, and a
#: counterpart that can only be looked up is not safe from it
ON_THE_DOORSTEP = "wire"
#: nothing lies between these boundaries and the one before: sleeping at both would be the same
NOTHING_BETWEEN = {"begin", "start", "asleep"}
OUT_THERE = {ON_THE_DOORSTEP, "waiting"}


class Scheduler:
    """Lets exactly one worker run at a time, from one boundary to the next."""

    def __init__(self, seed: int, clock: VirtualClock, workers: int) -> None:
        self.chance = random.Random(seed)
        self.clock = clock
        self.trace = Trace()
        self.odds = Odds.of(self.chance)
        self.workers = [Worker(f"w{number}") for number in range(workers)]
        self.current: Worker | None = None
        #: what the product's code let through: a job would be tried again, but none of this is expected
        self.broken: list[str] = []
        #: the order of everything that happens
        self.steps = 0
        self._home = greenlet.getcurrent()

    # --- what runs inside a worker says ---------------------------------------------------------------------------------------

    def boundary(self, label: str, seconds: float = 0.0) -> None:
        """Others may act now; with `seconds`, this worker goes on no earlier than then. Outside a worker it is nothing."""
        worker = self.current
        if worker is None:
            return
        worker.at, worker.wakes = label, self.clock.seconds + seconds
        self._home.switch()

    def may_crash(self, label: str) -> None:
        """A moment at which the process can die, but nobody else can act."""
        if self.current is not None and self.chance.random() < self.odds.crash / 2:
            self.trace.seen.add(f"crash:{label}")
            self.trace.note(self.clock, self.current.name, f"dies {label}")
            raise CrashError(label)

    def pause(self, seconds: float) -> None:
        """What `time.sleep` is to a worker."""
        self.boundary("pause", seconds)

    # --- what the world outside the workers does ------------------------------------------------------------------------------

    def start(self, worker: Worker, task: Callable[[], str], what: str) -> None:
        """Give an idle worker something to do; it runs at its next turn."""

        def run() -> None:
            try:
                answer = task()
            except CrashError:
                return
            except Exception as fault:
                self.broken.append(f"{what} raised {type(fault).__name__}")
                return
            self.trace.note(self.clock, worker.name, f"ends {what}: {answer}")
            self.trace.seen.add(f"answer:{answer}")

        worker.task, worker.about, worker.ambush = greenlet(run, parent=self._home), what, False
        worker.at, worker.wakes = "start", self.clock.seconds
        self.trace.note(self.clock, worker.name, f"starts {what}")

    def idle(self) -> list[Worker]:
        return [worker for worker in self.workers if not worker.busy]

    def runnable(self) -> list[Worker]:
        for worker in self.workers:
            if worker.ambush and any(other.about == worker.about and other.at in OUT_THERE for other in self.workers if other.busy):
                self.trace.seen.add("ambush")
                worker.ambush, worker.wakes = False, min(worker.wakes, self.clock.seconds)
        return [worker for worker in self.workers if worker.busy and worker.wakes <= self.clock.seconds]

    def next_wake(self) -> float | None:
        return min((worker.wakes for worker in self.workers if worker.busy), default=None)

    def run_on(self, worker: Worker) -> None:
        """One step of a worker: usually up to its next boundary, sometimes its end, sometimes a long sleep."""
        fate = self.chance.random()
        if fate < self.odds.crash:
            self.kill(worker)
            return
        if fate < self.odds.crash + self.odds.sleep and worker.at not in {ON_THE_DOORSTEP, *NOTHING_BETWEEN}:
            self.trace.seen.add(f"sleep:{worker.at}")
            self.trace.note(self.clock, worker.name, f"sleeps at {worker.at}")
            worker.at, worker.wakes = "asleep", self.clock.seconds + self.chance.uniform(*self.odds.sleep_seconds)
            worker.ambush = self.chance.random() < self.odds.ambush
            return
        worker.ambush = False
        self._switch(worker)
        self.trace.note(self.clock, worker.name, f"at {worker.at}" if worker.busy else "is idle")

    def kill(self, worker: Worker) -> None:
        """`kill -9` at the boundary where the worker stands."""
        if not worker.busy or worker.task is None:
            return
        self.trace.seen.add(f"crash:{worker.at}")
        self.trace.note(self.clock, worker.name, f"dies at {worker.at}")
        if worker.task:
            self._switch(worker, CrashError(worker.at))
        worker.task = None

    def next_step(self) -> int:
        self.steps += 1
        return self.steps

    def pass_time(self, seconds: float) -> None:
        self.clock.seconds = round(self.clock.seconds + seconds, 3)

    def _switch(self, worker: Worker, death: CrashError | None = None) -> None:
        assert worker.task is not None
        self.current = worker
        try:
            if death is None:
                worker.task.switch()
            else:
                worker.task.throw(death)
        finally:
            self.current = None
