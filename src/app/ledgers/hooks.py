"""Webhooks of ledgers: a reason to fetch, never data. What one says is not read beyond "something happened in this company".

Each company has an address of its own. Its last part names bureau and hook and ends in a secret, of which only the hash is kept: the
bureau's own scope is all that is needed to find the row, and a token with another bureau's name in it finds nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, update

from app.db.scope import BureauScope
from app.db.unit_of_work import UnitOfWork
from app.db.vault import Vault
from app.ledgers import runs
from app.ledgers.credentials import StoredCredential
from app.ledgers.models import CompanyLink, Connection, LedgerHook, SyncRun
from app.ledgers.sync import Doorway
from app.ledgers.vendors import Hooks
from app.net.errors import BrokenError, OutsideError
from app.values.ids import new_id

log = logging.getLogger(__name__)
PATH = "/api/inbound/ledgers"
#: what is heard in between is read in one go
PAUSE = timedelta(minutes=1)
CHECKED_EVERY = timedelta(hours=20)
IDS_BYTES, SECRET_BYTES = 32, 24


class UnknownDoorError(LookupError):
    """Nobody listens at that address, or not any more."""


@dataclass(frozen=True, slots=True)
class HookAddress:
    """Where ledgers reach us, below the product's public address."""

    public_url: str

    def url(self, token: str) -> str:
        return f"{self.public_url}{PATH}/{token}"


@dataclass(frozen=True, slots=True)
class _Kept:
    """A company behind a connection, and its hook, as far as there is one."""

    link: CompanyLink
    connection: Connection
    hook: LedgerHook | None

    @property
    def is_over(self) -> bool:
        return self.link.company_id is None or self.link.lost_at is not None or self.connection.state == "revoked"


def due(work: UnitOfWork, ledgers: Sequence[str]) -> list[uuid.UUID]:
    """Links whose hook is missing, has not been looked at for a day, or is still there after the company has left."""
    over = or_(CompanyLink.company_id.is_(None), CompanyLink.lost_at.is_not(None), Connection.state == "revoked")
    checked = LedgerHook.checked_at
    unchecked = or_(checked.is_(None), checked <= work.now() - CHECKED_EVERY, checked > work.now())
    rows = (
        select(CompanyLink.id)
        .join(Connection, Connection.id == CompanyLink.connection_id)
        .outerjoin(LedgerHook, LedgerHook.link_id == CompanyLink.id)
        .where(Connection.ledger.in_(ledgers))
        .where(
            or_(
                and_(not_(over), Connection.state.in_(["working", "failing"]), unchecked),
                and_(over, LedgerHook.state.in_(["active", "failing"])),
            )
        )
    )
    return list(work.session.execute(rows).scalars())


def keep(door: Doorway, address: HookAddress, bureau_id: uuid.UUID, link_id: uuid.UUID) -> str:
    """Let the ledger send, as it should. Returns `active`, `failing`, `ended`, or `none`: it sends to no such address as ours."""
    with door.begin(BureauScope(bureau_id)) as work:
        kept = _find(work, CompanyLink.id == link_id)[0]
        hooks = door.ledgers.hooks(kept.connection.ledger)
        if hooks is None or (kept.hook is None and (kept.is_over or not hooks.accepts(address.url("")))):
            return "none"
        hook = kept.hook
        if hook is None or (hook.state == "ended" and not kept.is_over):
            hook = _open_door(work, door.vault, kept)
    if kept.is_over:
        return _end(door, kept, hook)
    return _ask(door, hooks, address, kept, hook)


def end_all(door: Doorway, bureau_id: uuid.UUID, connection_id: uuid.UUID) -> None:
    """The connection is about to be given up: while its credential works, the ledger is asked to send no more."""
    with door.begin(BureauScope(bureau_id)) as work:
        found = _find(work, Connection.id == connection_id)
    for kept in found:
        if kept.hook is not None and kept.hook.state != "ended":
            _end(door, kept, kept.hook)


def hear(door: Doorway, token: str, headers: Mapping[str, str], body: bytes) -> None:
    """Somebody knocks. `UnknownDoorError`: nobody listens there. `RefusedError`: the ledger has not signed it, and nothing changes.

    Said twice, late or about nothing of ours it does no harm: the book is read once more.
    """
    bureau_id, hook_id = _named(token)
    with door.begin(BureauScope(bureau_id)) as work:
        row = work.session.execute(
            select(LedgerHook, CompanyLink, Connection.ledger)
            .join(CompanyLink, CompanyLink.id == LedgerHook.link_id)
            .join(Connection, Connection.id == CompanyLink.connection_id)
            .where(LedgerHook.id == hook_id, LedgerHook.state != "ended")
        ).one_or_none()
        if row is None or not hmac.compare_digest(row.LedgerHook.token_hash, _hashed(token)):
            raise UnknownDoorError("no such address")
        hooks = door.ledgers.hooks(row.ledger)
        if hooks is None or row.LedgerHook.secret is None:
            raise UnknownDoorError("no such address")
        secret = door.vault.open(row.LedgerHook.secret, _binding(bureau_id, hook_id))["secret"]
        try:
            hints = hooks.read(secret, headers, body, work.now())
        except BrokenError as fault:
            log.warning("a webhook of %s is signed and makes no sense: %s", row.ledger, fault)
            hints = ()
        about = [hint for hint in hints if hint.company in ("", row.CompanyLink.external_id)]
        wanted = func.coalesce(LedgerHook.wanted_at, work.now()) if about else LedgerHook.wanted_at
        work.session.execute(update(LedgerHook).where(LedgerHook.id == hook_id).values(last_heard_at=work.now(), wanted_at=wanted))
        ring(work)


def ring(work: UnitOfWork) -> int:
    """Ring for the books of which something was heard: at most once in a minute, and not while the whole book is read. Returns how many.

    What is heard meanwhile is kept, and rung for by the next call: the last word is never lost.
    """
    now = work.now()
    reading = select(SyncRun.id).where(SyncRun.company_id == CompanyLink.company_id, SyncRun.state == "running", runs.lives(now))
    rested = or_(LedgerHook.rung_at.is_(None), LedgerHook.rung_at <= now - PAUSE, LedgerHook.rung_at > now)
    ready = (
        select(LedgerHook.id)
        .join(CompanyLink, CompanyLink.id == LedgerHook.link_id)
        .where(LedgerHook.wanted_at.is_not(None), rested, CompanyLink.company_id.is_not(None), ~reading.exists())
        .with_for_update(skip_locked=True, of=LedgerHook)
    )
    rung = update(LedgerHook).where(LedgerHook.id.in_(ready)).values(wanted_at=None, rung_at=now).returning(LedgerHook.link_id)
    links = list(work.session.execute(rung.execution_options(synchronize_session=False)).scalars())
    rows = work.session.execute(select(CompanyLink.company_id, CompanyLink.cursor).where(CompanyLink.id.in_(links))).all()
    for company_id, cursor in rows:
        # a ledger that tells of changes is asked for these only
        job = "ledgers.sync_company" if cursor is None else "ledgers.read_changes"
        work.enqueue(job, bureau_id=str(work.bureau_id), company_id=str(company_id))
    return len(rows)


def _find(work: UnitOfWork, which: ColumnElement[bool]) -> list[_Kept]:
    rows = work.session.execute(
        select(CompanyLink, Connection, LedgerHook)
        .join(Connection, Connection.id == CompanyLink.connection_id)
        .outerjoin(LedgerHook, LedgerHook.link_id == CompanyLink.id)
        .where(which)
    ).all()
    return [_Kept(link, connection, hook) for link, connection, hook in rows]


def _open_door(work: UnitOfWork, vault: Vault, kept: _Kept) -> LedgerHook:
    """A new address. It is written down before the ledger hears of it: an answer that is lost leaves nothing we cannot find again."""
    hook = kept.hook or LedgerHook(bureau_id=work.bureau_id, id=new_id(), link_id=kept.link.id)
    token = _new_token(work.bureau_id, hook.id)
    hook.token_hash, hook.state, hook.external_ids = _hashed(token), "failing", []
    hook.secret = vault.seal({"token": token, "secret": secrets.token_urlsafe(32)}, _binding(work.bureau_id, hook.id))
    work.session.add(hook)
    work.session.flush()
    return hook


def _ask(door: Doorway, hooks: Hooks, address: HookAddress, kept: _Kept, hook: LedgerHook) -> str:
    bound = _binding(hook.bureau_id, hook.id)
    known = {} if hook.secret is None else door.vault.open(hook.secret, bound)
    store = StoredCredential(door.begin, door.vault, hook.bureau_id, kept.connection.id)
    try:
        if hook.state == "active" and hooks.is_alive(store, kept.link.external_id, hook.external_ids):
            return _note(door, hook, state="active", problem=None)
        made = hooks.subscribe(store, kept.link.external_id, address.url(known["token"]), known["secret"])
    except OutsideError as fault:
        return _note(door, hook, state="failing", problem=str(fault))
    sealed = door.vault.seal({**known, "secret": made.secret}, bound)
    return _note(door, hook, state="active", problem=None, external_ids=list(made.external_ids), secret=sealed)


def _end(door: Doorway, kept: _Kept, hook: LedgerHook) -> str:
    """Closed here in any case: what a ledger still sends finds no address."""
    problem = None
    hooks = door.ledgers.hooks(kept.connection.ledger)
    try:
        if hooks is not None and hook.external_ids:
            store = StoredCredential(door.begin, door.vault, hook.bureau_id, kept.connection.id)
            hooks.unsubscribe(store, kept.link.external_id, hook.external_ids)
    except OutsideError as fault:
        problem = str(fault)
    return _note(door, hook, state="ended", problem=problem, secret=None, wanted_at=None)


def _note(door: Doorway, hook: LedgerHook, *, state: str, **columns: object) -> str:
    with door.begin(BureauScope(hook.bureau_id)) as work:
        noted = {"state": state, "checked_at": work.now(), **columns}
        work.session.execute(update(LedgerHook).where(LedgerHook.id == hook.id).values(noted))
    return state


def _new_token(bureau_id: uuid.UUID, hook_id: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(bureau_id.bytes + hook_id.bytes + secrets.token_bytes(SECRET_BYTES)).decode().rstrip("=")


def _named(token: str) -> tuple[uuid.UUID, uuid.UUID]:
    try:
        told = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise UnknownDoorError("no such address") from None
    if len(told) != IDS_BYTES + SECRET_BYTES:
        raise UnknownDoorError("no such address")
    return uuid.UUID(bytes=told[:16]), uuid.UUID(bytes=told[16:IDS_BYTES])


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _binding(bureau_id: uuid.UUID, hook_id: uuid.UUID) -> str:
    return f"{bureau_id}|ledger_hooks|secret|{hook_id}"
