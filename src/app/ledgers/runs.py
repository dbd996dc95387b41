"""One reading of a company's whole book as a row: begun by one at a time, followed page by page, and taken up where it was cut off.

A run lives as long as its place at the ledger is held (`turns`). One that lives no longer was killed: another takes it up, and where the
ledger can be read from the middle it goes on after the last page that was written.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from app.db.unit_of_work import UnitOfWork
from app.ledgers.balance import Listed
from app.ledgers.models import CompanyLink, LedgerTurn, SyncRun
from app.ledgers.turns import KEPT_FOR
from app.net.errors import TryLaterError
from app.values.ids import new_id

#: what was read longer ago is read again from its beginning
RESUMED_WITHIN = timedelta(hours=2)
#: a place that was gone on from so often, and never passed, is not gone on from again
RESUMED_MOST = 3
KILLED = "stopped on the way; taken up by a later run"


class RunTakenOverError(TryLaterError):
    """This run said nothing for so long that a later one has begun in its place."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reading began with, and how far its list has come.

    `snapshot_at`: everything written is as of then. `cursor`: where its list of changes stood. `held_ore`: what the account showed.
    `place`: after which the list goes on; `tries`: how often it has been gone on with from there. `listed` is the sum so far.
    """

    snapshot_at: datetime
    as_of: date
    cursor: str | None
    held_ore: int | None
    listed: Listed
    place: str | None = None
    tries: int = 0

    def at(self, place: str) -> Reading:
        return replace(self, place=place, tries=0)

    def as_json(self) -> dict[str, Any]:
        return {
            "snapshot_at": self.snapshot_at.isoformat(), "as_of": self.as_of.isoformat(), "cursor": self.cursor, "held_ore": self.held_ore,
            "listed_ore": self.listed.ore, "listed_known": self.listed.known, "place": self.place, "tries": self.tries,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that has begun; `reading` is what an earlier one had come to."""

    id: uuid.UUID
    reading: Reading | None


def begin(work: UnitOfWork, company_id: uuid.UUID, source: str, holder: uuid.UUID) -> Begun | None:
    """None: another run is at it."""
    work.session.execute(select(CompanyLink.id).where(CompanyLink.company_id == company_id).with_for_update())
    if is_running(work, company_id):
        return None
    give_up_killed(work, company_id)
    reading = _left_by_the_last(work, company_id, source)
    run_id = new_id()
    work.session.add(
        SyncRun(
            bureau_id=work.bureau_id, id=run_id, company_id=company_id, state="running", step="customers", source=source,
            started_at=work.now(), holder=holder, resume=None if reading is None else replace(reading, tries=reading.tries + 1).as_json(),
        )
    )  # fmt: skip
    return Begun(run_id, reading)


def is_running(work: UnitOfWork, company_id: uuid.UUID) -> bool:
    """Somebody reads the whole book now."""
    running = select(SyncRun.id).where(SyncRun.company_id == company_id, SyncRun.state == "running", lives(work.now()))
    return work.session.execute(running.limit(1)).first() is not None


def lives(now: datetime) -> ColumnElement[bool]:
    """Of a run that has not ended: its place is still held. One without a place is believed for as long as a place would be kept."""
    held = select(LedgerTurn.holder).where(LedgerTurn.holder == SyncRun.holder, LedgerTurn.until > now)
    return or_(held.exists(), and_(SyncRun.holder.is_(None), SyncRun.started_at > now - KEPT_FOR))


def give_up_killed(work: UnitOfWork, company_id: uuid.UUID | None = None) -> list[uuid.UUID]:
    """Runs that were killed have failed; what they had come to is kept for the next. Returns the companies."""
    dead = update(SyncRun).where(SyncRun.state == "running", ~lives(work.now()))
    if company_id is not None:
        dead = dead.where(SyncRun.company_id == company_id)
    ended = dead.values(state="failed", problem=KILLED, finished_at=work.now()).returning(SyncRun.company_id)
    return list(work.session.execute(ended.execution_options(synchronize_session=False)).scalars())


def take_up_killed(work: UnitOfWork) -> int:
    """Ring for every company whose reading was killed. Returns how many."""
    companies = set(give_up_killed(work))
    work.enqueue_many("ledgers.sync_company", [{"bureau_id": str(work.bureau_id), "company_id": str(one)} for one in sorted(companies)])
    return len(companies)


def progress(work: UnitOfWork, run_id: uuid.UUID, step: str, reading: Reading | None = None, **more: int) -> None:
    """Note how far we are. A run that was given up must not write beside the one that took its place."""
    values: dict[str, Any] = {name: getattr(SyncRun, name) + count for name, count in more.items()}
    if reading is not None:
        values["resume"] = reading.as_json()
    ours = update(SyncRun).where(SyncRun.id == run_id, SyncRun.state == "running").values(step=step, **values).returning(SyncRun.id)
    if work.session.execute(ours).scalar_one_or_none() is None:
        raise RunTakenOverError("another run has taken over")


def end(work: UnitOfWork, run_id: uuid.UUID, problem: str | None, *, may_resume: bool = False) -> None:
    """`problem` None: it is done. `may_resume`: the next one may go on where this one stopped."""
    values: dict[str, Any] = {"state": "done" if problem is None else "failed", "problem": problem, "finished_at": work.now()}
    if not may_resume:
        values["resume"] = None
    work.session.execute(update(SyncRun).where(SyncRun.id == run_id, SyncRun.state == "running").values(values))


def _left_by_the_last(work: UnitOfWork, company_id: uuid.UUID, source: str) -> Reading | None:
    """What the newest run has left, if it did not come to its end, read of this day, and not too often or too long ago."""
    newest = select(SyncRun).where(SyncRun.company_id == company_id).order_by(SyncRun.started_at.desc(), SyncRun.id.desc()).limit(1)
    last = work.session.execute(newest).scalar_one_or_none()
    if last is None or last.resume is None or last.state != "failed" or last.source != source:
        return None
    left = last.resume
    reading = Reading(
        datetime.fromisoformat(left["snapshot_at"]), date.fromisoformat(left["as_of"]), left["cursor"], left["held_ore"],
        Listed(left["listed_ore"], left["listed_known"]), left["place"], left["tries"],
    )  # fmt: skip
    fresh = reading.as_of == work.today() and reading.snapshot_at > work.now() - RESUMED_WITHIN
    return reading if fresh and reading.tries < RESUMED_MOST else None
