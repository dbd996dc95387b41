"""Jobs of the credit room: answering checks, and looking debtors up in the register."""

from __future__ import annotations

import uuid

from app.credit import checks, standing
from app.credit.ports import CreditRegister
from app.db.scope import BureauScope
from app.jobs.job import job
from app.jobs.jobs import for_each_bureau
from app.jobs.queues import Queue
from app.jobs.resources import Resources


@job("credit.run_check", queue=Queue.CREDIT, retries=2, seconds=120)
def run_check(resources: Resources, bureau_id: str, check_id: str) -> None:
    checks.run_check(resources.begin, _register(resources), uuid.UUID(bureau_id), uuid.UUID(check_id))


@job("credit.check_new_debtors", queue=Queue.CREDIT, retries=3, seconds=600)
def check_new_debtors(resources: Resources, bureau_id: str, company_id: str) -> None:
    more = standing.check_new(resources.begin, _register(resources), uuid.UUID(bureau_id), uuid.UUID(company_id))
    _ring_again(resources, more, "credit.check_new_debtors", bureau_id, company_id)


@job("credit.watch_all", queue=Queue.CREDIT, retries=0, seconds=60)
def watch_all(resources: Resources) -> None:
    for_each_bureau(resources, "credit.watch_bureau")


@job("credit.watch_bureau", queue=Queue.CREDIT, retries=1, seconds=120)
def watch_bureau(resources: Resources, bureau_id: str) -> None:
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        for company_id in standing.to_watch(work):
            for name in ("credit.check_new_debtors", "credit.watch_company"):
                work.enqueue(name, bureau_id=bureau_id, company_id=str(company_id))


@job("credit.watch_company", queue=Queue.CREDIT, retries=3, seconds=600)
def watch_company(resources: Resources, bureau_id: str, company_id: str) -> None:
    more = standing.check_again(resources.begin, _register(resources), uuid.UUID(bureau_id), uuid.UUID(company_id))
    _ring_again(resources, more, "credit.watch_company", bureau_id, company_id)


def _ring_again(resources: Resources, more: bool, name: str, bureau_id: str, company_id: str) -> None:
    if more:
        with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
            work.enqueue(name, bureau_id=bureau_id, company_id=company_id)


def _register(resources: Resources) -> CreditRegister:
    return resources.of(CreditRegister)  # type: ignore[type-abstract]
