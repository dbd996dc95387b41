"""One request or job = one transaction = one tenant scope. The only file that commits: leaving normally commits, raising rolls back.

Also the only caller of `set_config`: the tenant settings are transaction-local, so nothing leaks through the pool.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session, SessionTransaction, sessionmaker

from app.db.scope import SYSTEM, Actor, BureauScope, CompanyScope, PlatformScope, Scope
from app.values.clock import Clock
from app.values.ids import new_id


@dataclass(slots=True)
class UnitOfWork:
    """What a handler or a job works with: a session already narrowed to its tenant, the time, and who is acting."""

    session: Session
    scope: Scope
    actor: Actor
    clock: Clock
    enqueued: int = field(default=0)

    def now(self) -> datetime:
        """The instant, UTC (the demo clock while the sandbox is on)."""
        return self.clock.now()

    def today(self) -> date:
        """Oslo's date."""
        return self.clock.today()

    def enqueue(self, job: str, **ids: str | int | None) -> None:
        """Ring a job's doorbell when, and only when, this transaction commits. Ids only, never objects."""
        self.session.execute(
            text("insert into outbox (id, job, arguments, queued_at) values (:id, :job, cast(:arguments as jsonb), clock_timestamp())"),
            {"id": new_id(), "job": job, "arguments": json.dumps(ids)},
        )
        self.enqueued += 1

    def enqueue_many(self, job: str, each: Sequence[Mapping[str, str | int | None]]) -> None:
        """As `enqueue`, once for each set of ids, in one statement."""
        if not each:
            return
        self.session.execute(
            text(
                "insert into outbox (id, job, arguments, queued_at) select given.id, :job, given.arguments, clock_timestamp()"
                " from unnest(cast(:ids as uuid[]), cast(:arguments as jsonb[])) as given(id, arguments)"
            ),
            {"ids": [new_id() for _ in each], "job": job, "arguments": [json.dumps(ids) for ids in each]},
        )
        self.enqueued += len(each)

    @property
    def bureau_id(self) -> uuid.UUID:
        if isinstance(self.scope, PlatformScope):
            raise LookupError("this work needs a tenant, and has none")
        return self.scope.bureau_id


Begin = Callable[..., AbstractContextManager[UnitOfWork]]


class Database:
    """Hands out units of work. `after_commit` is called when one has committed and left messages in the outbox."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock
        self.after_commit: Callable[[], None] = _nothing
        self._sessions = sessionmaker(engine, expire_on_commit=False, autoflush=True)

    def __deepcopy__(self, _memo: object) -> Database:
        """The web framework copies what its routers hold; a database is one and the same for all."""
        return self

    @contextmanager
    def begin(self, scope: Scope, actor: Actor = SYSTEM) -> Iterator[UnitOfWork]:
        session = self._sessions()
        event.listen(session, "after_begin", _narrow_to(scope))
        work = UnitOfWork(session, scope, actor, self.clock)
        try:
            yield work
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()
        if work.enqueued:
            self.after_commit()


def _narrow_to(scope: Scope) -> Callable[[Session, SessionTransaction, Connection], None]:
    bureau = "" if not isinstance(scope, BureauScope | CompanyScope) else str(scope.bureau_id)
    company = str(scope.company_id) if isinstance(scope, CompanyScope) else ""

    def narrow(_session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
        connection.execute(
            text("select set_config('app.bureau_id', :bureau, true), set_config('app.company_id', :company, true)"),
            {"bureau": bureau, "company": company},
        )

    return narrow


def _nothing() -> None:
    return None
