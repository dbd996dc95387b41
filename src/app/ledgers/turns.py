"""Taking turns: no more fetches at once than the vendor allows a credential, and no vendor takes all the workers.

A place is a row, so that a worker waits for nobody: who finds none leaves at once and is called when one is free. A place is leased for
minutes and kept by whoever shows that he lives, at each page written and each call made: one whose holder died is soon free.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import delete, text, update

from app.db.scope import PlatformScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.ledgers.capabilities import Capabilities
from app.ledgers.models import LedgerTurn
from app.values.ids import new_id

#: how long a place is kept without a sign of life: longer than any one call to a ledger, with its waiting, can take
KEPT_FOR = timedelta(minutes=3)
#: calls give no more than one sign in so many seconds
SIGN_SECONDS = 30.0
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


@dataclass(slots=True)
class Turn:
    """Places held, once they have been taken."""

    begin: Begin
    holder: uuid.UUID = field(default_factory=new_id)
    monotonic: Callable[[], float] = time.monotonic
    is_held: bool = False
    renewed: float = 0.0

    def sign(self) -> None:
        """A call is about to be made."""
        if self.is_held and self.monotonic() - self.renewed >= SIGN_SECONDS:
            self.renew()

    def renew(self) -> None:
        """Still at it."""
        self.renewed = self.monotonic()
        with self.begin(PlatformScope()) as work:
            work.session.execute(update(LedgerTurn).where(LedgerTurn.holder == self.holder).values(until=work.now() + KEPT_FOR))


@contextmanager
def taken(begin: Begin, capabilities: Capabilities, connection_id: uuid.UUID, turn: Turn | None = None) -> Iterator[Turn]:
    """A place at the credential and one at the vendor, given back at the end. `TakenError` when there is none."""
    turn = turn or Turn(begin)
    holder = turn.holder
    with begin(PlatformScope()) as work:
        for scope, places in ((f"connection:{connection_id}", capabilities.max_concurrency), (f"vendor:{capabilities.ledger}", VENDOR_MAX)):
            if not _sit(work, scope, places, holder):
                raise TakenError(scope)
    turn.is_held, turn.renewed = True, turn.monotonic()
    try:
        yield turn
    finally:
        turn.is_held = False
        with begin(PlatformScope()) as work:
            work.session.execute(delete(LedgerTurn).where(LedgerTurn.holder == holder))


def _sit(work: UnitOfWork, scope: str, places: int, holder: uuid.UUID) -> bool:
    """Somebody may have been quicker at the place that looked free: another is tried."""
    now = work.now()
    asked = {"scope": scope, "places": places, "holder": holder, "until": now + KEPT_FOR, "now": now}
    return any(work.session.execute(_SIT, asked).first() is not None for _ in range(places))
