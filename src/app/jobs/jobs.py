"""Jobs of the job room itself: performing an act, and sweeping what was left lying."""

from __future__ import annotations

import uuid

from sqlalchemy import text

from app.db.scope import BureauScope, PlatformScope
from app.jobs import performing, sweeper
from app.jobs.effects import Performers
from app.jobs.job import job
from app.jobs.queues import Queue
from app.jobs.resources import Resources


def perform(resources: Resources, bureau_id: str, effect_id: str) -> str:
    return performing.perform(resources.begin, resources.of(Performers), uuid.UUID(bureau_id), uuid.UUID(effect_id))


for _room, _queue in {
    "messaging": Queue.MESSAGES,
    "ledgers": Queue.LEDGERS,
    "agencies": Queue.AGENCIES,
    "credit": Queue.CREDIT,
    "dunning": Queue.MESSAGES,
}.items():
    job(f"effects.perform_{_room}", queue=_queue, retries=2, seconds=900)(perform)


@job("effects.sweep", queue=Queue.DEFAULT, retries=0, seconds=120)
def sweep(resources: Resources) -> None:
    """A tick fans out: one job per bureau, each under its own row-level security."""
    for_each_bureau(resources, "effects.sweep_bureau")


@job("effects.sweep_bureau", queue=Queue.DEFAULT, retries=0, seconds=120)
def sweep_bureau(resources: Resources, bureau_id: str) -> None:
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        sweeper.expire_leases(work, resources.of(Performers))
        sweeper.ring_waiting(work)


def for_each_bureau(resources: Resources, name: str) -> None:
    """Ring `name` once per bureau."""
    with resources.begin(PlatformScope()) as work:
        for bureau_id in work.session.execute(text("select id from bureaus where closed_at is null order by id")).scalars().all():
            work.enqueue(name, bureau_id=str(bureau_id))
