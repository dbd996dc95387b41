"""Jobs of the messaging room: following what was sent, and reading what comes in."""

from __future__ import annotations

import uuid
from functools import partial

from sqlalchemy import select

from app.db.scope import BureauScope
from app.jobs.job import job
from app.jobs.jobs import for_each_bureau
from app.jobs.queues import Queue
from app.jobs.resources import Resources
from app.messaging import inbox, receipts, senders
from app.messaging.inbox import Fate
from app.messaging.models import MailSenderRow
from app.messaging.ports import Inbox, Printer, Resolver
from app.messaging.senders import MailHouse


@job("messaging.follow_letters", queue=Queue.MESSAGES, retries=0, seconds=600)
def follow_letters(resources: Resources) -> int:
    """One account at the print house for all bureaus. A house that does not answer is asked at the next tick."""
    return resources.of(Printer).receipts(partial(receipts.take_letter, resources.begin))  # type: ignore[type-abstract]


@job("messaging.read_inbox", queue=Queue.MESSAGES, retries=0, seconds=600)
def read_inbox(resources: Resources) -> int:
    """One mailbox for all bureaus: each mail says by its address whose it is. A mailbox that does not answer is read at the next tick."""
    box: Inbox = resources.of(Inbox)  # type: ignore[type-abstract]
    number = box.read(lambda mail: inbox.take(resources.begin, mail) is not Fate.NOBODYS)
    inbox.note_reading(resources.begin)
    return number


@job("messaging.check_senders", queue=Queue.MESSAGES, retries=0, seconds=60)
def check_senders(resources: Resources) -> None:
    for_each_bureau(resources, "messaging.check_bureau_senders")


@job("messaging.check_bureau_senders", queue=Queue.MESSAGES, retries=1, seconds=120)
def check_bureau_senders(resources: Resources, bureau_id: str) -> None:
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        for row in work.session.execute(select(MailSenderRow).where(MailSenderRow.domain.is_not(None))).scalars():
            senders.ask_for_check(work, row)


@job("messaging.check_sender", queue=Queue.MESSAGES, retries=3, seconds=120)
def check_sender(resources: Resources, bureau_id: str, company_id: str) -> str:
    """Read a company's domain. Without an answer from the DNS it is tried again, and what was known stands."""
    resolver: Resolver = resources.of(Resolver)  # type: ignore[type-abstract]
    house = resources.of(MailHouse)
    return senders.check(resources.begin, resolver, uuid.UUID(bureau_id), uuid.UUID(company_id), house.domain)
