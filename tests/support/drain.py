"""Run what the outbox holds, and what that rings in turn, until it is empty: the worker without a broker."""

from __future__ import annotations

import importlib
from collections import Counter
from functools import cache
from typing import Any

from sqlalchemy import Engine, text

from app.db.migrate import ROOT
from app.jobs.job import JOBS, run_now
from app.jobs.resources import Resources

TAKE_ONE = text("delete from outbox where position = (select min(position) from outbox) returning job, arguments")


def drain(resources: Resources, *, most: int = 2_000, leaving: frozenset[str] = frozenset()) -> Counter[str]:
    """Run every waiting job in the order they were rung; returns how often each ran. Jobs named in `leaving` are dropped unrun.

    An error that the job declares as expected ends that job, as in a worker; any other fails the test.
    """
    declare_jobs()
    ran: Counter[str] = Counter()
    while (message := _take(resources.database.engine)) is not None:
        name, arguments = message
        if name in leaving:
            continue
        ran[name] += 1
        if ran.total() > most:
            raise AssertionError(f"the jobs keep ringing each other: {ran.most_common(5)}")
        try:
            run_now(resources, name, **arguments)
        except JOBS[name].throws:
            continue
    return ran


@cache
def declare_jobs() -> None:
    """Import every room's jobs, as the worker does."""
    for path in sorted((ROOT / "src" / "app").rglob("jobs.py")):
        importlib.import_module(".".join(path.relative_to(ROOT / "src").with_suffix("").parts))


def _take(engine: Engine) -> tuple[str, dict[str, Any]] | None:
    with engine.begin() as connection:
        row = connection.execute(TAKE_ONE).one_or_none()
    return None if row is None else (row.job, row.arguments)
