"""How the ledgers are doing, and what stands in the way of following a company up: for the pages of connections and fetches."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select

from app.db.unit_of_work import UnitOfWork
from app.ledgers import endings, queries
from app.ledgers.endings import Ending
from app.ledgers.models import CompanyLink, Connection, SyncRun
from app.ledgers.queries import ConnectionLine, LinkLine
from app.tenants.models import Company
from app.values.calendar import oslo_date
from app.values.sort_key import sort_key

#: the nightly fetch has been missed once
STALE_AFTER = timedelta(hours=26)
RUNS_SHOWN = 20
#: what discovery writes on a company that has not let us in
NO_API_ACCESS = "the company has not switched on API access"


class Light(StrEnum):
    """As the page's light shows it."""

    OK = "ok"
    RUNNING = "running"
    STALE = "stale"
    ENDING = "ending"
    FAILED = "failed"
    NEVER = "never"


class Obstacle(StrEnum):
    """Why a company behind a key cannot be ticked, or is not read as it should be."""

    NO_ORGANISATION_NUMBER = "no_organisation_number"
    NO_API_ACCESS = "no_api_access"
    SERVED_ELSEWHERE = "served_elsewhere"
    LOST = "lost"
    FETCH_FAILED = "fetch_failed"


@dataclass(frozen=True, slots=True)
class ConnectionHealth:
    """A connection with its light and the newest fetch of any of its companies."""

    line: ConnectionLine
    light: Light
    synced_at: datetime | None
    ending: Ending | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A company behind a key. `proposed`: the bureau follows it up already, through a connection that no longer works, or none."""

    link: LinkLine
    obstacle: Obstacle | None
    choosable: bool
    proposed: bool
    running: bool


@dataclass(frozen=True, slots=True)
class SyncOverview:
    """A company's fetches, newest first. `link` is None when it is not connected; `ledger` names the ledger it is connected to."""

    company: Company
    link: CompanyLink | None
    ledger: str | None
    runs: tuple[SyncRun, ...]


def connection_health(work: UnitOfWork) -> list[ConnectionHealth]:
    """Every connection, live ones first. Two queries."""
    found = work.session.execute(
        select(CompanyLink.connection_id, func.max(CompanyLink.synced_at)).group_by(CompanyLink.connection_id)
    ).all()
    newest: dict[uuid.UUID, datetime | None] = {connection_id: synced_at for connection_id, synced_at in found if synced_at is not None}
    return [
        ConnectionHealth(line, _light(line, newest.get(line.id), work.now()), newest.get(line.id), _ending(line, work.today()))
        for line in queries.connections(work)
    ]


def find_health(work: UnitOfWork, connection_id: uuid.UUID) -> ConnectionHealth:
    """LookupError when there is no such connection in this scope."""
    for one in connection_health(work):
        if one.line.id == connection_id:
            return one
    raise LookupError("no such connection")


def candidates(work: UnitOfWork, connection_id: uuid.UUID) -> list[Candidate]:
    """The companies behind a key, in Norwegian order, with what may be done about each. LookupError for no such connection here."""
    links = sorted(queries.links(work, connection_id), key=lambda link: (sort_key(link.name), link.external_id))
    numbers = [link.organisation_number for link in links if link.organisation_number]
    served = work.session.execute(
        select(Company.organisation_number, Connection.state, endings.nearness(work.today()).label("ending"))
        .outerjoin(CompanyLink, CompanyLink.company_id == Company.id)
        .outerjoin(Connection, Connection.id == CompanyLink.connection_id)
        .where(Company.organisation_number.in_(numbers))
    )
    # one that ends may be taken over from, like one that has ended
    known: dict[str, str | None] = {row.organisation_number: row.ending or row.state for row in served}
    runs = queries.latest_runs(work, [link.company_id for link in links if link.company_id is not None])
    return [_candidate(link, known, runs.get(link.company_id) if link.company_id else None) for link in links]


def sync_overview(work: UnitOfWork, company_id: uuid.UUID) -> SyncOverview:
    """LookupError when the company does not exist for this scope."""
    company = work.session.execute(select(Company).where(Company.id == company_id)).scalar_one_or_none()
    if company is None:
        raise LookupError("no such company")
    linked = work.session.execute(
        select(CompanyLink, Connection.ledger)
        .join(Connection, Connection.id == CompanyLink.connection_id)
        .where(CompanyLink.company_id == company_id, Connection.state != "revoked")
    ).one_or_none()
    runs = work.session.execute(
        select(SyncRun).where(SyncRun.company_id == company_id).order_by(SyncRun.started_at.desc(), SyncRun.id.desc()).limit(RUNS_SHOWN)
    ).scalars()
    link, ledger = (None, None) if linked is None else linked
    return SyncOverview(company, link, ledger, tuple(runs))


def _light(line: ConnectionLine, synced_at: datetime | None, now: datetime) -> Light:
    if line.state == "revoked":
        return Light.NEVER
    if line.state != "working":
        return Light.FAILED
    stale = line.ticked > 0 and synced_at is not None and synced_at < now - STALE_AFTER
    if not stale and _ending(line, oslo_date(now)) is not None:
        return Light.ENDING
    return Light.STALE if stale else Light.OK


def _ending(line: ConnectionLine, today: date) -> Ending | None:
    """Of no interest where nobody is read through it any more."""
    return None if line.state == "revoked" or not line.ticked else endings.ending_of(line.last_day, today)


def _candidate(link: LinkLine, known: dict[str, str | None], run: SyncRun | None) -> Candidate:
    number = link.organisation_number
    served = link.company_id is not None
    elsewhere = not served and number is not None and known.get(number) == "working"
    obstacle = None
    if link.lost_at is not None:
        obstacle = Obstacle.LOST
    elif number is None:
        obstacle = Obstacle.NO_ORGANISATION_NUMBER
    elif link.problem == NO_API_ACCESS:
        obstacle = Obstacle.NO_API_ACCESS
    elif elsewhere:
        obstacle = Obstacle.SERVED_ELSEWHERE
    elif link.problem is not None:
        obstacle = Obstacle.FETCH_FAILED
    choosable = not served and obstacle in (None, Obstacle.FETCH_FAILED)
    return Candidate(link, obstacle, choosable, choosable and number in known, run is not None and run.state == "running")
