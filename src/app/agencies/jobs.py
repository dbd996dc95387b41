"""Jobs of the agency room: following cases and payouts, reporting direct payments, bringing what is missing."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from app.agencies import attaching, cases, direct_payments, hooks, reconciling, settlements
from app.agencies.doors import Agencies
from app.agencies.models import AgencyCase
from app.db.scope import BureauScope
from app.jobs.job import job
from app.jobs.jobs import for_each_bureau
from app.jobs.queues import Queue
from app.jobs.resources import Resources
from app.net.errors import BrokenError, OutsideError, RefusedError


@job("agencies.poll_all", queue=Queue.AGENCIES, retries=0, seconds=60)
def poll_all(resources: Resources) -> None:
    for_each_bureau(resources, "agencies.poll_bureau")


@job("agencies.poll_bureau", queue=Queue.AGENCIES, retries=1, seconds=120)
def poll_bureau(resources: Resources, bureau_id: str) -> None:
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        for agreement_id in cases.to_follow(work):
            work.enqueue("agencies.poll_agreement", bureau_id=bureau_id, agreement_id=str(agreement_id))


@job("agencies.poll_agreement", queue=Queue.AGENCIES, retries=2, seconds=600, throws=(RefusedError, BrokenError))
def poll_agreement(resources: Resources, bureau_id: str, agreement_id: str) -> None:
    """Cases first, then payouts: a line of a payout may belong to a case whose number the changes tell."""
    bureau, agreement, agencies = uuid.UUID(bureau_id), uuid.UUID(agreement_id), _agencies(resources)
    cases.follow(resources.begin, agencies, bureau, agreement)
    try:
        settlements.fetch(resources.begin, agencies, bureau, agreement)
    except OutsideError as fault:
        with resources.begin(BureauScope(bureau)) as work:
            cases.note_problem(work, agreement, str(fault))
        raise


@job("agencies.watch_all", queue=Queue.AGENCIES, retries=0, seconds=60)
def watch_all(resources: Resources) -> None:
    for_each_bureau(resources, "agencies.watch_bureau")


@job("agencies.watch_bureau", queue=Queue.AGENCIES, retries=1, seconds=120)
def watch_bureau(resources: Resources, bureau_id: str) -> None:
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        for company_id in work.session.execute(select(AgencyCase.company_id).where(AgencyCase.state.in_(cases.LIVE)).distinct()).scalars():
            work.enqueue("agencies.watch_payments", bureau_id=bureau_id, company_id=str(company_id))


@job("agencies.watch_payments", queue=Queue.AGENCIES, retries=2, seconds=300, throws=(RefusedError, BrokenError))
def watch_payments(resources: Resources, bureau_id: str, company_id: str) -> None:
    direct_payments.watch(resources.begin, _agencies(resources), uuid.UUID(bureau_id), uuid.UUID(company_id))


@job("agencies.reconcile_all", queue=Queue.AGENCIES, retries=0, seconds=60)
def reconcile_all(resources: Resources) -> None:
    for_each_bureau(resources, "agencies.reconcile_bureau")


@job("agencies.reconcile_bureau", queue=Queue.AGENCIES, retries=1, seconds=120)
def reconcile_bureau(resources: Resources, bureau_id: str) -> None:
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        for agreement_id in cases.to_follow(work):
            work.enqueue("agencies.reconcile", bureau_id=bureau_id, agreement_id=str(agreement_id))


@job("agencies.reconcile", queue=Queue.AGENCIES, retries=1, seconds=600)
def reconcile(resources: Resources, bureau_id: str, agreement_id: str) -> None:
    reconciling.reconcile(resources.begin, _agencies(resources), uuid.UUID(bureau_id), uuid.UUID(agreement_id))


@job("agencies.advance_payouts", queue=Queue.AGENCIES, retries=2, seconds=120)
def advance_payouts(resources: Resources, bureau_id: str, company_id: str) -> None:
    """A person has booked one: take the company's payouts as far as they go now."""
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        settlements.advance(work, _agencies(resources), uuid.UUID(company_id))


@job("agencies.attach_missing", queue=Queue.AGENCIES, retries=3, seconds=300, throws=(RefusedError,))
def attach_missing(resources: Resources, bureau_id: str, case_id: str) -> None:
    attaching.attach_missing(resources.begin, _agencies(resources), uuid.UUID(bureau_id), uuid.UUID(case_id))


@job("agencies.ring_all", queue=Queue.AGENCIES, retries=0, seconds=60)
def ring_all(resources: Resources) -> None:
    for_each_bureau(resources, "agencies.ring_bureau")


@job("agencies.ring_bureau", queue=Queue.AGENCIES, retries=0, seconds=60)
def ring_bureau(resources: Resources, bureau_id: str) -> None:
    """What agencies told of while the agreement rested."""
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        hooks.ring(work)


@job("agencies.keep_hooks", queue=Queue.AGENCIES, retries=0, seconds=60)
def keep_hooks(resources: Resources) -> None:
    for_each_bureau(resources, "agencies.keep_bureau_hooks")


@job("agencies.keep_bureau_hooks", queue=Queue.AGENCIES, retries=0, seconds=60)
def keep_bureau_hooks(resources: Resources, bureau_id: str) -> None:
    """Agencies that are to tell by themselves: each agreement's address is looked at once a day, and a new one's is made."""
    agencies = _agencies(resources)
    telling = [known.agency for known in agencies.known() if agencies.hooks(known.agency) is not None]
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        ids = [{"bureau_id": bureau_id, "agreement_id": str(one)} for one in hooks.due(work, telling)]
        work.enqueue_many("agencies.keep_hook", ids)


@job("agencies.keep_hook", queue=Queue.AGENCIES, retries=1, seconds=120)
def keep_hook(resources: Resources, bureau_id: str, agreement_id: str) -> str:
    return hooks.keep(resources.of(hooks.AgencyDoorway), uuid.UUID(bureau_id), uuid.UUID(agreement_id))


def _agencies(resources: Resources) -> Agencies:
    return resources.of(Agencies)  # type: ignore[type-abstract]
