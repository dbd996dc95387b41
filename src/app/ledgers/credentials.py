"""Where a connection's secrets live: sealed in its row, renewed by one worker at a time.

Renewal is the one place that talks to the outside with a transaction open: the row lock *is* the single flight (two workers refreshing one
rotating token would disconnect the bureau), and the new token is committed before anybody uses it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select, update

from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.db.vault import Vault
from app.ledgers.errors import AuthRevokedError
from app.ledgers.models import Connection
from app.ledgers.ports import Credential, RenewCall


def binding(bureau_id: uuid.UUID, connection_id: uuid.UUID) -> str:
    """What a sealed credential is bound to."""
    return f"{bureau_id}|connections|credential|{connection_id}"


def _nothing() -> None:
    """Nobody wants to know."""


@dataclass(slots=True)
class StoredCredential:
    """The `CredentialStore` of one connection. `on_use` is called before each call to the ledger."""

    begin: Begin
    vault: Vault
    bureau_id: uuid.UUID
    connection_id: uuid.UUID
    on_use: Callable[[], None] = _nothing

    @property
    def owner(self) -> str:
        return str(self.connection_id)

    def load(self) -> Credential:
        self.on_use()
        with self.begin(BureauScope(self.bureau_id)) as work:
            return self._read(work, lock=False)[1]

    def renew(self, stale: Credential, fetch: RenewCall) -> Credential:
        try:
            with self.begin(BureauScope(self.bureau_id)) as work:
                row, current = self._read(work, lock=True)
                if dict(current.values) != dict(stale.values):
                    return current
                fresh = fetch(current)
                row.credential = self.vault.seal(fresh.values, binding(self.bureau_id, self.connection_id))
                row.credential_version += 1
                row.expires_at, row.ends_at = fresh.expires_at, fresh.ends_at
                return fresh
        except AuthRevokedError as fault:
            mark(self.begin, self.bureau_id, self.connection_id, "reconnect", str(fault))
            raise

    def _read(self, work: UnitOfWork, *, lock: bool) -> tuple[Connection, Credential]:
        query = select(Connection).where(Connection.id == self.connection_id)
        row = work.session.execute(query.with_for_update() if lock else query).scalar_one_or_none()
        if row is None or row.credential is None or row.state == "revoked":
            raise AuthRevokedError("the connection is closed")
        opened = self.vault.open(row.credential, binding(self.bureau_id, self.connection_id))
        return row, Credential(opened, row.expires_at, row.ends_at)


def mark(begin: Begin, bureau_id: uuid.UUID, connection_id: uuid.UUID, state: str, problem: str | None) -> None:
    """How the connection is doing, for the light on the page."""
    with begin(BureauScope(bureau_id)) as work:
        work.session.execute(
            update(Connection)
            .where(Connection.id == connection_id, Connection.state != "revoked")
            .values(state=state, problem=problem, checked_at=work.now())
        )
