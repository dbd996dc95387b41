"""Declaring a job: name, queue, retries and time limit, all said out loud. Actors are made of these when a broker is chosen.

A job takes `Resources` and ids, re-reads everything, and is idempotent by state: ringing twice is harmless.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.jobs.queues import Queue
from app.jobs.resources import Resources


@dataclass(frozen=True, slots=True)
class Job:
    """A declared job. `retries` are tries after the first; `seconds` is the limit of one try."""

    name: str
    queue: Queue
    retries: int
    seconds: int
    throws: tuple[type[Exception], ...]
    run: Callable[..., Any]


JOBS: dict[str, Job] = {}


def job(
    name: str, *, queue: Queue, retries: int = 3, seconds: int = 300, throws: tuple[type[Exception], ...] = ()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare `room.verb_noun`. Names are the only way rooms ring each other, so a name can be declared once."""

    def declare(run: Callable[..., Any]) -> Callable[..., Any]:
        if name in JOBS and JOBS[name].run.__module__ != run.__module__:
            raise ValueError(f"the job {name} is declared twice")
        JOBS[name] = Job(name, queue, retries, seconds, throws, run)
        return run

    return declare


def run_now(resources: Resources, name: str, **ids: Any) -> Any:
    """Run a job here and now, as its actor would: what tests and the command line use."""
    return JOBS[name].run(resources, **ids)
