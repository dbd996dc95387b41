"""Jobs of the dunning room: thin entrances to what is decided and done elsewhere here."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping

from sqlalchemy import select

from app.db.scope import BureauScope
from app.dunning import chasing, claims, held_runs, issuing, nightly, notices, replies, routines, weekly_lists
from app.dunning.chasing import ApprovalLinks
from app.dunning.law import Law
from app.dunning.law_book import LawBook
from app.dunning.models import Claim
from app.dunning.weekly_lists import ListLinks
from app.jobs.job import job
from app.jobs.jobs import for_each_bureau
from app.jobs.queues import Queue
from app.jobs.resources import Resources
from app.ledgers.jobs import doorway
from app.messaging.models import Delivery
from app.net.errors import OutsideError

log = logging.getLogger(__name__)


@job("dunning.evaluate_all", queue=Queue.DECISIONS, retries=0, seconds=60)
def evaluate_all(resources: Resources) -> None:
    for_each_bureau(resources, "dunning.evaluate_bureau")


@job("dunning.evaluate_bureau", queue=Queue.DECISIONS, retries=2, seconds=1800)
def evaluate_bureau(resources: Resources, bureau_id: str) -> None:
    """Everything that is due in a bureau, in pages of one transaction each: most bureaus are one page, and one transaction in all."""
    scope, law_book = BureauScope(uuid.UUID(bureau_id)), resources.of(LawBook)
    with resources.begin(scope) as work:
        began, (*pages, last) = work.now(), [*nightly.pages(claims.due_by_company(work, None))] or [[]]
        if not pages:
            nightly.evaluate(work, last, law_book.read(work))
            claims.all_decided(work, began)
            return
    for page in pages:
        with resources.begin(scope) as work:
            nightly.evaluate(work, page, law_book.read(work))
    with resources.begin(scope) as work:
        nightly.evaluate(work, last, law_book.read(work))
        claims.all_decided(work, began)


@job("dunning.evaluate_company", queue=Queue.DECISIONS, retries=2, seconds=900)
def evaluate_company(resources: Resources, bureau_id: str, company_id: str, everything: int = 0) -> None:
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        claims.open_claims(work, uuid.UUID(company_id))
        due = claims.due_by_company(work, uuid.UUID(company_id), everything=bool(everything))
    _by_page(resources, bureau_id, due)


@job("dunning.evaluate_item", queue=Queue.DECISIONS, retries=2, seconds=120)
def evaluate_item(resources: Resources, bureau_id: str, open_item_id: str) -> None:
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        found = work.session.execute(select(Claim.id).where(Claim.open_item_id == uuid.UUID(open_item_id))).scalars().all()
        claims.evaluate(work, list(found), resources.of(LawBook).read(work))


@job("dunning.evaluate_claim", queue=Queue.DECISIONS, retries=2, seconds=120)
def evaluate_claim(resources: Resources, bureau_id: str, claim_id: str) -> None:
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        claims.evaluate(work, [uuid.UUID(claim_id)], resources.of(LawBook).read(work))


@job("dunning.issue_notice", queue=Queue.MESSAGES, retries=2, seconds=300)
def issue_notice(resources: Resources, bureau_id: str, notice_id: str) -> str:
    """A ledger that cannot be asked now keeps the notice planned: the sweep rings again."""
    try:
        return issuing.issue(doorway(resources), _law(resources), uuid.UUID(bureau_id), uuid.UUID(notice_id))
    except OutsideError as fault:
        with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
            issuing.put_off(work, uuid.UUID(notice_id), str(fault))
        return "planned"


@job("dunning.delivery_failed", queue=Queue.DECISIONS, retries=3, seconds=120)
def delivery_failed(resources: Resources, bureau_id: str, delivery_id: str) -> None:
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        found = work.session.execute(
            select(Delivery.purpose_id).where(Delivery.id == uuid.UUID(delivery_id), Delivery.purpose == "notice")
        ).scalar_one_or_none()
        if found is not None:
            notices.follow(work, found)


@job("dunning.match_reply", queue=Queue.DECISIONS, retries=3, seconds=120)
def match_reply(resources: Resources, bureau_id: str, reply_id: str) -> str:
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        return replies.match(work, uuid.UUID(reply_id))


@job("dunning.sweep", queue=Queue.DECISIONS, retries=0, seconds=60)
def sweep(resources: Resources) -> None:
    for_each_bureau(resources, "dunning.sweep_bureau")


@job("dunning.sweep_bureau", queue=Queue.DECISIONS, retries=0, seconds=300)
def sweep_bureau(resources: Resources, bureau_id: str) -> None:
    """Ring again for planned notices."""
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        for notice_id in notices.planned(work):
            work.enqueue("dunning.issue_notice", bureau_id=bureau_id, notice_id=str(notice_id))


@job("dunning.make_lists", queue=Queue.DECISIONS, retries=0, seconds=60)
def make_lists(resources: Resources) -> None:
    for_each_bureau(resources, "dunning.make_bureau_lists")


@job("dunning.make_bureau_lists", queue=Queue.DECISIONS, retries=0, seconds=120)
def make_bureau_lists(resources: Resources, bureau_id: str) -> None:
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        for company_id in weekly_lists.companies_due(work):
            work.enqueue("dunning.make_list", bureau_id=bureau_id, company_id=str(company_id))


@job("dunning.make_list", queue=Queue.LEDGERS, retries=1, seconds=1800)
def make_list(resources: Resources, bureau_id: str, company_id: str) -> None:
    """No list from a book that cannot be read now: the next tick tries again, and the company's light shows the trouble meanwhile."""
    try:
        weekly_lists.make(doorway(resources), _law(resources), resources.of(ListLinks), uuid.UUID(bureau_id), uuid.UUID(company_id))
    except OutsideError as fault:
        log.warning("no weekly list for %s now: %s", company_id, fault)


@job("dunning.close_lists", queue=Queue.DECISIONS, retries=0, seconds=60)
def close_lists(resources: Resources) -> None:
    for_each_bureau(resources, "dunning.close_bureau_lists")


@job("dunning.close_bureau_lists", queue=Queue.DECISIONS, retries=0, seconds=120)
def close_bureau_lists(resources: Resources, bureau_id: str) -> None:
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        for list_id in weekly_lists.lists_due(work):
            work.enqueue("dunning.close_list", bureau_id=bureau_id, list_id=str(list_id))


@job("dunning.close_list", queue=Queue.LEDGERS, retries=1, seconds=1800)
def close_list(resources: Resources, bureau_id: str, list_id: str) -> None:
    """A list is closed on a book that has just been read, or later."""
    try:
        weekly_lists.close(doorway(resources), _law(resources), uuid.UUID(bureau_id), uuid.UUID(list_id))
    except OutsideError as fault:
        log.warning("the weekly list %s stays open: %s", list_id, fault)


@job("dunning.chase_approvals", queue=Queue.DECISIONS, retries=0, seconds=60)
def chase_approvals(resources: Resources) -> None:
    for_each_bureau(resources, "dunning.chase_bureau_approvals")


@job("dunning.chase_bureau_approvals", queue=Queue.DECISIONS, retries=2, seconds=300)
def chase_bureau_approvals(resources: Resources, bureau_id: str) -> None:
    """Open questions find whoever is there today, and he is told."""
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        chasing.chase(work, resources.of(ApprovalLinks))


@job("dunning.keep_routines", queue=Queue.DECISIONS, retries=0, seconds=60)
def keep_routines(resources: Resources) -> None:
    for_each_bureau(resources, "dunning.keep_bureau_routines")


@job("dunning.keep_bureau_routines", queue=Queue.DECISIONS, retries=2, seconds=300)
def keep_bureau_routines(resources: Resources, bureau_id: str) -> None:
    """A new version of each written routine whose settings have changed."""
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        routines.keep(work, resources.of(LawBook).read(work))


@job("dunning.tidy_bureau", queue=Queue.DEFAULT, retries=1, seconds=120)
def tidy_bureau(resources: Resources, bureau_id: str) -> None:
    """Part of the tenants' nightly housekeeping, which rings it."""
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        held_runs.forget_old(work)


def _law(resources: Resources) -> Law:
    return resources.of(LawBook).at_hand(resources.begin)


def _by_page(resources: Resources, bureau_id: str, due: Mapping[uuid.UUID, list[uuid.UUID]]) -> None:
    for page in nightly.pages(due):
        with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
            nightly.evaluate(work, page, resources.of(LawBook).read(work))
