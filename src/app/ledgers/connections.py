"""Connecting a ledger: paste a key or go through the vendor's consent page, discover the companies behind it, tick the ones to serve."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.db.scope import Actor, BureauScope, PlatformScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.db.vault import Vault
from app.ledgers import endings, hooks, opened_books
from app.ledgers.capabilities import Capabilities, CredentialKind
from app.ledgers.credentials import StoredCredential, binding, mark
from app.ledgers.doors import Ledgers
from app.ledgers.errors import AuthRevokedError
from app.ledgers.models import CompanyLink, Connection
from app.ledgers.oauth import Authorisation
from app.ledgers.opened_books import BookTakenError
from app.ledgers.ports import Credential, LedgerCompany
from app.ledgers.sync import Doorway
from app.net.errors import OutsideError, RefusedError
from app.tenants import audit
from app.tenants.models import Company, OAuthState
from app.values.ids import new_id
from app.values.sort_key import sort_key

STATE_MINUTES = 10


class ConnectError(ValueError):
    """A connection that could not be made. `field` names what to change, the text says how."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class Door:
    """What connecting needs from outside: the ledgers, the vault, and a way to begin work."""

    begin: Begin
    ledgers: Ledgers
    vault: Vault


def connect_with_secret(
    door: Door, bureau_id: uuid.UUID, actor: Actor, ledger: str, label: str, secret: Mapping[str, str], ends_on: date | None = None
) -> uuid.UUID:
    """Store a pasted key and discover what it covers. Nothing is kept of a key that does not work. `ends_on`: its last day, if any."""
    wanted = _capabilities(door, ledger).fields
    values = {field.name: secret.get(field.name, "").strip() for field in wanted}
    for name, value in values.items():
        if not value:
            raise ConnectError(name, "must be filled in")
    return _store_and_discover(door, bureau_id, actor, ledger, label, Credential(values), ends_on)


def begin_consent(door: Door, bureau_id: uuid.UUID, session_hash: bytes, ledger: str, redirect_uri: str) -> str:
    """The vendor's address to send the user to. Its state is single use, bound to this login session, valid for ten minutes."""
    if not _capabilities(door, ledger).credential_kind.by_consent:
        raise ConnectError("ledger", "this ledger is connected by pasting a key")
    asked = door.ledgers.ask_consent(ledger, redirect_uri)
    with door.begin(PlatformScope()) as work:
        work.session.execute(delete(OAuthState).where(OAuthState.expires_at < work.now()))
        work.session.add(
            OAuthState(
                state_hash=_hashed(asked.state), bureau_id=bureau_id, session_hash=session_hash, ledger=ledger,
                verifier=asked.code_verifier, expires_at=work.now() + timedelta(minutes=STATE_MINUTES),
            )
        )  # fmt: skip
    return asked.url


def finish_consent(
    door: Door, bureau_id: uuid.UUID, actor: Actor, session_hash: bytes, ledger: str, answer: Mapping[str, str], redirect_uri: str
) -> uuid.UUID:
    """The browser came back. The state must be ours, this session's, for this ledger, and unused."""
    state = answer.get("state", "")
    with door.begin(PlatformScope()) as work:
        used = work.session.execute(
            delete(OAuthState)
            .where(
                OAuthState.state_hash == _hashed(state), OAuthState.bureau_id == bureau_id, OAuthState.session_hash == session_hash,
                OAuthState.ledger == ledger, OAuthState.expires_at > work.now(),
            )
            .returning(OAuthState.ledger, OAuthState.verifier)
        ).one_or_none()  # fmt: skip
    if used is None:
        raise ConnectError("state", "this consent was not begun here, or took more than ten minutes; start again")
    credential = door.ledgers.take_consent(ledger, Authorisation("", redirect_uri, state, used.verifier), answer)
    return _store_and_discover(door, bureau_id, actor, ledger, _capabilities(door, ledger).label, credential)


def discover(door: Door, bureau_id: uuid.UUID, connection_id: uuid.UUID) -> int:
    """Ask again which companies the key covers. Returns how many were found; those no longer covered are marked, never deleted.

    `ConnectError` for a company that our own key opens and another bureau has.
    """
    with door.begin(BureauScope(bureau_id)) as work:
        ledger = work.session.execute(select(Connection.ledger).where(Connection.id == connection_id)).scalar_one()
    opened = door.ledgers.open(ledger, StoredCredential(door.begin, door.vault, bureau_id, connection_id))
    try:
        companies = opened.list_companies()
    except AuthRevokedError as fault:
        mark(door.begin, bureau_id, connection_id, "reconnect", str(fault))
        raise
    finally:
        opened.close()
    try:
        with door.begin(BureauScope(bureau_id)) as work:
            if opened.capabilities.credential_kind is CredentialKind.APP_CREDENTIALS:
                opened_books.take(work, ledger, companies)
            _remember_companies(work, connection_id, companies)
    except BookTakenError as fault:
        mark(door.begin, bureau_id, connection_id, "reconnect", str(fault))
        raise ConnectError("book", str(fault)) from fault
    mark(door.begin, bureau_id, connection_id, "working", None)
    return len(companies)


def tick(work: UnitOfWork, link_id: uuid.UUID) -> uuid.UUID:
    """Serve this company from now on: find it by organisation number or create it, and start its first mirroring."""
    link = work.session.execute(select(CompanyLink).where(CompanyLink.id == link_id).with_for_update()).scalar_one_or_none()
    if link is None:
        raise LookupError("no such company behind the connection")
    if link.company_id is not None:
        return link.company_id
    if link.organisation_number is None:
        raise ConnectError("organisation_number", f"{link.name} has no organisation number in the ledger; add it there first")
    company_id = work.session.execute(
        select(Company.id).where(Company.organisation_number == link.organisation_number)
    ).scalar_one_or_none()
    if company_id is None:
        company_id = new_id()
        work.session.add(
            Company(
                bureau_id=work.bureau_id, id=company_id, name=link.name, sort_key=sort_key(link.name),
                organisation_number=link.organisation_number, created_at=work.now(),
            )
        )  # fmt: skip
        work.session.flush()
    _take_over(work, company_id, link.name)
    link.company_id = company_id
    audit.record(work, "ledger.ticked", "company", company_id, company_id=company_id, link=str(link.id))
    work.enqueue("ledgers.sync_company", bureau_id=str(work.bureau_id), company_id=str(company_id))
    return company_id


def _take_over(work: UnitOfWork, company_id: uuid.UUID, name: str) -> None:
    """A new connection may take the place of one that no longer works, or will not for long, never of one that does."""
    row = work.session.execute(
        select(CompanyLink, Connection.state, endings.nearness(work.today()))
        .join(Connection, Connection.id == CompanyLink.connection_id)
        .where(CompanyLink.company_id == company_id)
    ).one_or_none()
    if row is None:
        return
    other, state, ending = row
    if state == "working" and ending is None:
        raise ConnectError("company", f"{name} is already served through another connection")
    other.company_id = None
    work.session.flush()


def leave(work: UnitOfWork, company_id: uuid.UUID) -> list[uuid.UUID]:
    """Read this company no more. Returns the connections that covered it alone: nothing is left for them to do."""
    alone = select(CompanyLink.connection_id).group_by(CompanyLink.connection_id).having(func.count() == 1)
    left = work.session.execute(
        update(CompanyLink).where(CompanyLink.company_id == company_id).values(company_id=None).returning(CompanyLink.connection_id)
    ).scalars()
    found = select(Connection.id).where(Connection.id.in_(list(left)), Connection.id.in_(alone), Connection.state != "revoked")
    opened_books.release_company(work, company_id)
    return list(work.session.execute(found).scalars())


def disconnect(door: Door, bureau_id: uuid.UUID, actor: Actor, connection_id: uuid.UUID) -> None:
    """Revoke at the vendor where that can be done, forget the secret here in any case."""
    with door.begin(BureauScope(bureau_id)) as work:
        row = work.session.execute(select(Connection).where(Connection.id == connection_id)).scalar_one_or_none()
        if row is None:
            raise LookupError("no such connection")
        ledger = row.ledger
    hooks.end_all(Doorway(door.begin, door.ledgers, door.vault), bureau_id, connection_id)
    problem: str | None = None
    try:
        door.ledgers.revoke(ledger, StoredCredential(door.begin, door.vault, bureau_id, connection_id))
    except OutsideError as fault:
        problem = f"forgotten here, but the ledger did not confirm: {fault}"
    with door.begin(BureauScope(bureau_id), actor) as work:
        work.session.execute(
            update(Connection)
            .where(Connection.id == connection_id)
            .values(state="revoked", credential=None, revoked_at=work.now(), problem=problem)
        )
        work.session.execute(update(CompanyLink).where(CompanyLink.connection_id == connection_id).values(company_id=None))
        opened_books.release(work, connection_id)
        audit.record(work, "ledger.disconnected", "connection", connection_id, ledger=ledger)


def _store_and_discover(
    door: Door, bureau_id: uuid.UUID, actor: Actor, ledger: str, label: str, credential: Credential, ends_on: date | None = None
) -> uuid.UUID:
    connection_id = new_id()
    with door.begin(BureauScope(bureau_id), actor) as work:
        work.session.add(
            Connection(
                bureau_id=bureau_id, id=connection_id, ledger=ledger, label=label.strip() or ledger, connected_at=work.now(),
                credential=door.vault.seal(credential.values, binding(bureau_id, connection_id)), expires_at=credential.expires_at,
                ends_at=credential.ends_at, ends_on=ends_on,
            )
        )  # fmt: skip
        audit.record(work, "ledger.connected", "connection", connection_id, ledger=ledger)
    try:
        discover(door, bureau_id, connection_id)
    except (OutsideError, ConnectError) as fault:
        with door.begin(BureauScope(bureau_id), actor) as work:
            work.session.execute(
                update(Connection)
                .where(Connection.id == connection_id)
                .values(state="revoked", credential=None, revoked_at=work.now(), problem=str(fault))
            )
        if isinstance(fault, ConnectError):
            raise
        field = "secret" if isinstance(fault, RefusedError) else "ledger"
        raise ConnectError(field, str(fault)) from fault
    return connection_id


def _remember_companies(work: UnitOfWork, connection_id: uuid.UUID, companies: list[LedgerCompany]) -> None:
    found = {c.external_id: c for c in companies}
    work.session.execute(
        update(CompanyLink)
        .where(CompanyLink.connection_id == connection_id, CompanyLink.external_id.not_in(found), CompanyLink.lost_at.is_(None))
        .values(lost_at=work.now())
    )
    if not found:
        return
    rows = [
        {
            "bureau_id": work.bureau_id, "id": new_id(), "connection_id": connection_id, "external_id": c.external_id, "name": c.name,
            "organisation_number": c.organisation_number, "found_at": work.now(),
            "problem": None if c.has_api_access else "the company has not switched on API access",
        }
        for c in found.values()
    ]  # fmt: skip
    new = insert(CompanyLink).values(rows)
    work.session.execute(
        new.on_conflict_do_update(
            index_elements=["bureau_id", "connection_id", "external_id"],
            set_={"name": new.excluded.name, "organisation_number": new.excluded.organisation_number, "lost_at": None,
                  "problem": new.excluded.problem},
        )
    )  # fmt: skip


def _capabilities(door: Door, ledger: str) -> Capabilities:
    for capabilities in door.ledgers.known():
        if capabilities.ledger == ledger:
            return capabilities
    raise ConnectError("ledger", f"there is no ledger called {ledger!r} here")


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
