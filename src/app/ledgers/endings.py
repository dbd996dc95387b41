"""When what opens a ledger stops working, as far as somebody knows: the vendor tells it, or the bureau has noted a key's last day.

What nobody knows the end of has none here: nothing is guessed, and nothing is shown. Days are Norwegian ones.
"""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Date, case, cast, func, select

from app.db.unit_of_work import UnitOfWork
from app.ledgers.models import Connection
from app.tenants import audit

#: so many days before the last one it is told, and told again
WARNED_BEFORE = timedelta(days=14)
AGAIN_BEFORE = timedelta(days=3)


class Ending(StrEnum):
    """How near the end is. `ENDED`: the day noted is past, and it may work all the same."""

    ENDING = "ending"
    SOON = "ending_soon"
    ENDED = "ended"


class EndingError(ValueError):
    """A day that cannot be noted. The text is an English message id."""


def last_day() -> ColumnElement[date]:
    """The last day on which a connection works by what is known; the earlier one where two are. Null: nobody knows an end."""
    return func.least(Connection.ends_on, cast(func.timezone("Europe/Oslo", Connection.ends_at), Date))


def nearness(today: date) -> ColumnElement[str]:
    """An `Ending` for SQL; null while the end is far, or not known."""
    last = last_day()
    return case(
        (last < today, Ending.ENDED.value), (last <= today + AGAIN_BEFORE, Ending.SOON.value),
        (last <= today + WARNED_BEFORE, Ending.ENDING.value),
    )  # fmt: skip


def ending_of(last: date | None, today: date) -> Ending | None:
    """The same for a day that has been read."""
    if last is None or last > today + WARNED_BEFORE:
        return None
    if last < today:
        return Ending.ENDED
    return Ending.SOON if last <= today + AGAIN_BEFORE else Ending.ENDING


def note(work: UnitOfWork, connection_id: uuid.UUID, last: date | None) -> None:
    """The bureau's own word on a key's last day; None: it has none, or nobody knows it. LookupError for no such live connection."""
    query = select(Connection).where(Connection.id == connection_id, Connection.state != "revoked").with_for_update()
    row = work.session.execute(query).scalar_one_or_none()
    if row is None:
        raise LookupError("no such connection")
    check(last, work.today())
    row.ends_on = last
    audit.record(work, "ledger.end_noted", "connection", connection_id, ends_on=last)


def check(last: date | None, today: date) -> None:
    if last is not None and last < today:
        raise EndingError("The last day is past. Write the day the new key ends, or leave the field empty.")
