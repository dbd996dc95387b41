"""Taking turns: no more fetches at once than the vendor allows a credential, and no vendor takes all the workers.

A place is a row, so that a worker waits for nobody: who finds none leaves at once and is called when one is free. Places run out by
themselves when their holder dies.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, text, update

from app.db.scope import PlatformScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.ledgers.capabilities import Capabilities
from app.ledgers.models import LedgerTurn
from app.values.ids import new_id

#: how long a place is kept without a sign of life
KEPT_FOR = timedelta(minutes=20)
#: of all fetches at once, so many may be one vendor's: half of a worker's threads as it comes, so that others get through beside it
VENDOR_MAX = 4

_SIT = text(
    "insert into ledger_turns (scope, place, holder, until)"
    " select cast(:scope as text), seat, :holder, :until from generate_series(1, :places) seat"
    " where not exists (select 1 from ledger_turns t where t.scope = cast(:scope as text) and t.place = seat and t.until > :now)"
    " order by seat limit 1"
    " on conflict (scope, place) do update set holder = excluded.holder, until = excluded.until where ledger_turns.until <= :now"
    " returning place"
)


class TakenError(Exception):
    """All places are taken."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Places held."""

    begin: Begin
    holder: uuid.UUID

    def renew(self) -> None:
        """Still at it."""
        with self.begin(PlatformScope()) as work:
            work.session.execute(update(LedgerTurn).where(LedgerTurn.holder == self.holder).values(until=work.now() + KEPT_FOR))


@contextmanager
def taken(begin: Begin, capabilities: Capabilities, connection_id: uuid.UUID) -> Iterator[Turn]:
    """A place at the credential and one at the vendor, given back at the end. `TakenError` when there is none."""
    holder = new_id()
    with begin(PlatformScope()) as work:
        for scope, places in ((f"connection:{connection_id}", capabilities.max_concurrency), (f"vendor:{capabilities.ledger}", VENDOR_MAX)):
            if not _sit(work, scope, places, holder):
                raise TakenError(scope)
    try:
        yield Turn(begin, holder)
    finally:
        with begin(PlatformScope()) as work:
            work.session.execute(delete(LedgerTurn).where(LedgerTurn.holder == holder))


def _sit(work: UnitOfWork, scope: str, places: int, holder: uuid.UUID) -> bool:
    """Somebody may have been quicker at the place that looked free: another is tried."""
    now = work.now()
    asked = {"scope": scope, "places": places, "holder": holder, "until": now + KEPT_FOR, "now": now}
    return any(work.session.execute(_SIT, asked).first() is not None for _ in range(places))
