"""Rooms ring each other by name only; a name that nobody answers to would be found by a customer."""

from __future__ import annotations

import ast

from app.jobs.job import JOBS
from app.schedule import DAY, TICKS
from support import source
from support.drain import declare_jobs
from support.source import APP

RING = ("enqueue", "for_each_bureau", "run_now")
RETRIES_MAX = 10


def rung() -> dict[str, str]:
    """Every job name written out where a bell is rung."""
    found: dict[str, str] = {}
    for path in source.files(APP):
        for name, call in source.calls(path):
            if name.rsplit(".", 1)[-1] in RING:
                found |= {
                    argument.value: f"{source.shown(path)}:{call.lineno}"
                    for argument in call.args
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                }
    return found


def test_every_bell_that_is_rung_is_answered() -> None:
    declare_jobs()
    names = rung()
    assert len(names) > 5, "the search finds nothing any more: has the way of ringing changed?"
    assert {name: where for name, where in names.items() if name not in JOBS} == {}


def test_every_tick_is_answered() -> None:
    declare_jobs()
    ticked = {tick.job for tick in TICKS} | {name for stage in DAY for name in stage}
    assert ticked - set(JOBS) == set()


def test_every_kind_of_act_has_a_queue_to_be_performed_on() -> None:
    declare_jobs()
    kinds = {
        node.value.split(".", 1)[0]
        for path in source.files(APP)
        for name, call in source.calls(path)
        if name in {"effects.plan", "plan"} and len(call.args) > 1
        for node in [call.args[1]]
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {room for room in kinds if f"effects.perform_{room}" not in JOBS} == set()


def test_every_declared_job_is_rung_by_somebody() -> None:
    declare_jobs()
    written = "\n".join(path.read_text(encoding="utf-8") for path in source.files(APP))
    forgotten = {name for name in JOBS if not name.startswith(("effects.perform_", "test.")) and written.count(f'"{name}"') < 2}
    assert forgotten == set(), "a job that nobody rings is dead code, or a bell somebody forgot to ring"


def test_every_job_says_how_often_and_how_long_it_may_try() -> None:
    declare_jobs()
    for job in JOBS.values():
        assert 0 <= job.retries <= RETRIES_MAX, f"{job.name}: what is due is swept again anyway"
        assert 0 < job.seconds <= 3600, job.name
        room = job.name.split(".", 1)[0]
        assert room == "test" or (APP / room).is_dir() or room == "effects", f"{job.name} is named after its room"
