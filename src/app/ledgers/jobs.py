"""Jobs of the ledger room."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import select

from app.db.scope import SYSTEM, BureauScope
from app.db.unit_of_work import UnitOfWork
from app.db.vault import Vault
from app.jobs.job import job
from app.jobs.jobs import for_each_bureau
from app.jobs.queues import Queue
from app.jobs.resources import Resources
from app.ledgers import changes, connections, following, hooks, live, runs, sync, turns
from app.ledgers.capabilities import Since
from app.ledgers.doors import Ledgers
from app.ledgers.models import CompanyLink, Connection
from app.net.errors import OutsideError, RefusedError, TryLaterError
from app.values.calendar import OSLO

DAYTIME = range(6, 21)


def doorway(resources: Resources) -> sync.Doorway:
    return sync.Doorway(resources.begin, resources.of(Ledgers), resources.of(Vault))  # type: ignore[type-abstract]


@job("ledgers.sync_all", queue=Queue.LEDGERS, retries=0, seconds=60)
def sync_all(resources: Resources) -> None:
    for_each_bureau(resources, "ledgers.sync_bureau")


@job("ledgers.sync_bureau", queue=Queue.LEDGERS, retries=1, seconds=120)
def sync_bureau(resources: Resources, bureau_id: str) -> None:
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        linked = select(CompanyLink.company_id).join(Connection, Connection.id == CompanyLink.connection_id)
        chosen = work.session.execute(linked.where(CompanyLink.company_id.is_not(None), Connection.state != "revoked")).scalars()
        _ring_each(work, "ledgers.sync_company", chosen)


@job("ledgers.sync_company", queue=Queue.LEDGERS, retries=2, seconds=1800, throws=(sync.NoLedgerError,))
def sync_company(resources: Resources, bureau_id: str, company_id: str) -> None:
    """One that finds no place is rung again when there is one; this worker does something else meanwhile."""
    if sync.sync_company(doorway(resources), uuid.UUID(bureau_id), uuid.UUID(company_id)) == "later":
        raise TryLaterError("the ledger could not be read right now")


@job("ledgers.follow_all", queue=Queue.LEDGERS, retries=0, seconds=60)
def follow_all(resources: Resources) -> None:
    """By day only: at night the whole books are read."""
    if resources.clock.now().astimezone(OSLO).hour in DAYTIME:
        for_each_bureau(resources, "ledgers.follow_bureau")


@job("ledgers.follow_bureau", queue=Queue.LEDGERS, retries=0, seconds=60)
def follow_bureau(resources: Resources, bureau_id: str) -> None:
    """Ring for what is due: changes where the ledger tells of them, and whole books whose doorbell was lost."""
    known = resources.of(Ledgers).known()  # type: ignore[type-abstract]
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        telling = [one.ledger for one in known if one.changes is not Since.NONE]
        _ring_each(work, "ledgers.read_changes", changes.due_for_changes(work, telling))
        _ring_each(work, "ledgers.sync_company", changes.missed(work))


@job("ledgers.read_changes", queue=Queue.LEDGERS, retries=0, seconds=600, throws=(sync.NoLedgerError,))
def read_changes(resources: Resources, bureau_id: str, company_id: str) -> str:
    """Not tried again by itself: the next round comes in a quarter of an hour."""
    return changes.read_changes(doorway(resources), uuid.UUID(bureau_id), uuid.UUID(company_id))


@job("ledgers.call_all", queue=Queue.DEFAULT, retries=0, seconds=60)
def call_all(resources: Resources) -> None:
    for_each_bureau(resources, "ledgers.call_bureau")


@job("ledgers.call_bureau", queue=Queue.DEFAULT, retries=0, seconds=60)
def call_bureau(resources: Resources, bureau_id: str) -> None:
    """Companies that found no place (whoever held it may have died, or be another bureau's), those whose reading was killed, and those last
    heard of while they rested."""
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        hooks.ring(work)
        runs.take_up_killed(work)
        sync.call_waiting(work, turns.VENDOR_MAX)


@job("ledgers.keep_hooks", queue=Queue.LEDGERS, retries=0, seconds=60)
def keep_hooks(resources: Resources) -> None:
    for_each_bureau(resources, "ledgers.keep_bureau_hooks")


@job("ledgers.keep_bureau_hooks", queue=Queue.LEDGERS, retries=0, seconds=60)
def keep_bureau_hooks(resources: Resources, bureau_id: str) -> None:
    """Ledgers that are to tell by themselves: each company's is looked at once a day, and a new one's is made."""
    known = resources.of(Ledgers).known()  # type: ignore[type-abstract]
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        links = hooks.due(work, [one.ledger for one in known if one.webhooks])
        work.enqueue_many("ledgers.keep_hook", [{"bureau_id": bureau_id, "link_id": str(link_id)} for link_id in links])


@job("ledgers.keep_hook", queue=Queue.LEDGERS, retries=1, seconds=120)
def keep_hook(resources: Resources, bureau_id: str, link_id: str) -> str:
    return hooks.keep(doorway(resources), resources.of(hooks.HookAddress), uuid.UUID(bureau_id), uuid.UUID(link_id))


@job("ledgers.follow_postings", queue=Queue.LEDGERS, retries=0, seconds=60)
def follow_postings(resources: Resources) -> None:
    for_each_bureau(resources, "ledgers.follow_bureau_postings")


@job("ledgers.follow_bureau_postings", queue=Queue.LEDGERS, retries=0, seconds=60)
def follow_bureau_postings(resources: Resources, bureau_id: str) -> None:
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        work.enqueue_many("ledgers.ask_posting", [{"bureau_id": bureau_id, "posting_id": str(one)} for one in following.due(work)])


@job("ledgers.ask_posting", queue=Queue.LEDGERS, retries=1, seconds=120, throws=(RefusedError,))
def ask_posting(resources: Resources, bureau_id: str, posting_id: str) -> str:
    return following.ask(doorway(resources), uuid.UUID(bureau_id), uuid.UUID(posting_id))


@job("ledgers.read_item", queue=Queue.LEDGERS, retries=3, seconds=120, throws=(RefusedError,))
def read_item(resources: Resources, bureau_id: str, open_item_id: str) -> None:
    live.read_live(doorway(resources), uuid.UUID(bureau_id), uuid.UUID(open_item_id))
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        work.enqueue("dunning.evaluate_item", bureau_id=bureau_id, open_item_id=open_item_id)


@job("ledgers.rediscover_all", queue=Queue.LEDGERS, retries=0, seconds=60)
def rediscover_all(resources: Resources) -> None:
    for_each_bureau(resources, "ledgers.rediscover_bureau")


@job("ledgers.rediscover_bureau", queue=Queue.LEDGERS, retries=1, seconds=600)
def rediscover_bureau(resources: Resources, bureau_id: str) -> None:
    """New client companies appear once the bureau has ticked them for its key at the ledger."""
    door = connections.Door(resources.begin, resources.of(Ledgers), resources.of(Vault))  # type: ignore[type-abstract]
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        waiting = list(work.session.execute(select(Connection.id).where(Connection.state.in_(["working", "failing"]))).scalars())
    for connection_id in waiting:
        try:
            connections.discover(door, uuid.UUID(bureau_id), connection_id)
        except (OutsideError, connections.ConnectError):
            continue


@job("ledgers.disconnect", queue=Queue.LEDGERS, retries=3, seconds=120, throws=(LookupError,))
def disconnect(resources: Resources, bureau_id: str, connection_id: str) -> None:
    """The last company behind the credential has left: it is given back."""
    door = connections.Door(resources.begin, resources.of(Ledgers), resources.of(Vault))  # type: ignore[type-abstract]
    connections.disconnect(door, uuid.UUID(bureau_id), SYSTEM, uuid.UUID(connection_id))


def _ring_each(work: UnitOfWork, name: str, companies: Iterable[uuid.UUID | None]) -> None:
    work.enqueue_many(name, [{"bureau_id": str(work.bureau_id), "company_id": str(company_id)} for company_id in companies])
