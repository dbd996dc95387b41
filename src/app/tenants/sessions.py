"""Logged-in browsers. Only the browser holds the token; we keep its SHA-256.

A token that we did not make is nobody's. It is changed at login and at every change of place, and a session that has ended is only ever
updated `where ended_at is null`, never inserted again: a request that was under way at logout cannot bring it back.

The time here is the caller's `database.clock`. A door should hand in a `Database` on the machine's own clock: moving the demo clock by a
week is no reason to log anybody out.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Row, Select, delete, or_, select, update

from app.db.scope import BureauScope, PlatformScope
from app.db.unit_of_work import Database, UnitOfWork
from app.tenants.identity import Identity
from app.tenants.models import Bureau, Company, LoginSession, Membership, PlatformStaff, User
from app.tenants.permissions import Role

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=1)
KEPT_FOR = timedelta(days=30)
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Place:
    """One of a user's places: a bureau, and for a company's own user the company there."""

    membership_id: uuid.UUID
    bureau_id: uuid.UUID
    bureau_name: str
    company_id: uuid.UUID | None
    company_name: str | None
    role: Role


def start(database: Database, user_id: uuid.UUID, membership_id: uuid.UUID | None = None, *, replacing: str | None = None) -> str:
    """A fresh session in that place, or the user's first one; returns the token. Ends the session of the token it replaces.

    LookupError when the user has no such place.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with database.begin(PlatformScope()) as work:
        place = work.session.execute(_places_of(user_id, membership_id)).first()
        if place is None and not _is_staff(work, user_id):
            raise LookupError("this user has no place to log in to")
        if replacing:
            _end(work, LoginSession.token_hash == token_hash(replacing))
        work.session.add(_row(token, user_id, None if place is None else place.Membership.id, work.now(), work.now() + ABSOLUTE))
    return token


def resolve(database: Database, token: str | None) -> Identity | None:
    """Who holds this token; None for an unknown, ended or expired one, a disabled user, an ended place or a closed bureau."""
    if not token:
        return None
    with database.begin(PlatformScope()) as work:
        row = work.session.execute(_live(token, work.now())).one_or_none()
        if row is None:
            return None
        if row.LoginSession.last_seen_at < work.now() - SEEN_EVERY:
            alive = (LoginSession.token_hash == row.LoginSession.token_hash, LoginSession.ended_at.is_(None))
            work.session.execute(update(LoginSession).where(*alive).values(last_seen_at=work.now()))
        return _identity(row)


def without_a_place(database: Database, token: str | None) -> User | None:
    """Who holds a live session that is in no bureau at all: one of the platform's own people."""
    if not token:
        return None
    with database.begin(PlatformScope()) as work:
        alive = (*_alive(token, work.now()), LoginSession.membership_id.is_(None), User.disabled_at.is_(None))
        row = work.session.execute(select(LoginSession, User).join(User, User.id == LoginSession.user_id).where(*alive)).one_or_none()
        if row is None:
            return None
        if row.LoginSession.last_seen_at < work.now() - SEEN_EVERY:
            row.LoginSession.last_seen_at = work.now()
        user: User = row.User
        return user


def switch(database: Database, token: str, membership_id: uuid.UUID) -> str:
    """Go to another of one's own places: a new token, the old one ends; the absolute limit stays. LookupError when it is not one's own."""
    fresh = secrets.token_urlsafe(TOKEN_BYTES)
    with database.begin(PlatformScope()) as work:
        row = work.session.execute(_live(token, work.now())).one_or_none()
        if row is None:
            raise LookupError("no such session")
        if work.session.execute(_places_of(row.User.id, membership_id)).first() is None:
            raise LookupError("no such place")
        if _end(work, LoginSession.token_hash == token_hash(token)) != 1:
            raise LookupError("no such session")
        work.session.add(_row(fresh, row.User.id, membership_id, work.now(), row.LoginSession.expires_at))
    return fresh


def places(database: Database, user_id: uuid.UUID) -> list[Place]:
    """Where this user can go, oldest first."""
    with database.begin(PlatformScope()) as work:
        rows = work.session.execute(_places_of(user_id)).all()
    return [
        Place(
            row.Membership.id, row.Membership.bureau_id, row.Bureau.name, row.Membership.company_id,
            _company_name(database, row.Membership), Role(row.Membership.role),
        )
        for row in rows
    ]  # fmt: skip


def end(database: Database, token: str | None) -> None:
    """Log out. Final: nothing revives this token."""
    if token:
        with database.begin(PlatformScope()) as work:
            _end(work, LoginSession.token_hash == token_hash(token))


def end_all(work: UnitOfWork, user_id: uuid.UUID, *, but: str | None = None) -> int:
    """Log a user out everywhere, except where he is now when `but` is that token. Returns how many sessions ended."""
    here = token_hash(but) if but else b""
    return _end(work, LoginSession.user_id == user_id, LoginSession.token_hash != here)


def end_at(work: UnitOfWork, membership_id: uuid.UUID) -> int:
    """Log out whoever is in that place."""
    return _end(work, LoginSession.membership_id == membership_id)


def forget_old(work: UnitOfWork) -> None:
    """Drop sessions that ended or ran out more than a month ago."""
    long_ago = work.now() - KEPT_FOR
    work.session.execute(delete(LoginSession).where(or_(LoginSession.ended_at < long_ago, LoginSession.expires_at < long_ago)))


def token_hash(token: str) -> bytes:
    """What we keep of a token; also what binds other things, such as a consent under way, to this session."""
    return hashlib.sha256(token.encode()).digest()


def _live(token: str, now: datetime) -> Select[LoginSession, User, Membership, Bureau]:
    return (
        select(LoginSession, User, Membership, Bureau)
        .join(User, User.id == LoginSession.user_id)
        .join(Membership, Membership.id == LoginSession.membership_id)
        .join(Bureau, Bureau.id == Membership.bureau_id)
        .where(
            *_alive(token, now),
            User.disabled_at.is_(None),
            Membership.user_id == User.id,
            Membership.ended_at.is_(None),
            Bureau.closed_at.is_(None),
        )
    )


def _alive(token: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        LoginSession.token_hash == token_hash(token),
        LoginSession.ended_at.is_(None),
        LoginSession.expires_at > now,
        LoginSession.last_seen_at > now - IDLE,
    )


def _is_staff(work: UnitOfWork, user_id: uuid.UUID) -> bool:
    row = work.session.get(PlatformStaff, user_id)
    return row is not None and row.ended_at is None


def _places_of(user_id: uuid.UUID, membership_id: uuid.UUID | None = None) -> Select[Membership, Bureau]:
    found = (
        select(Membership, Bureau)
        .join(Bureau, Bureau.id == Membership.bureau_id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.user_id == user_id, Membership.ended_at.is_(None), Bureau.closed_at.is_(None), User.disabled_at.is_(None))
        .order_by(Membership.created_at, Membership.id)
    )
    return found if membership_id is None else found.where(Membership.id == membership_id)


def _identity(row: Row[LoginSession, User, Membership, Bureau]) -> Identity:
    user, place = row.User, row.Membership
    return Identity(user.id, None, place.id, place.bureau_id, place.company_id, Role(place.role), user.name, user.email, user.locale)


def _row(token: str, user_id: uuid.UUID, membership_id: uuid.UUID | None, now: datetime, expires_at: datetime) -> LoginSession:
    return LoginSession(
        token_hash=token_hash(token), user_id=user_id, membership_id=membership_id, created_at=now, last_seen_at=now, expires_at=expires_at
    )


def _end(work: UnitOfWork, *which: object) -> int:
    ended = update(LoginSession).where(*which, LoginSession.ended_at.is_(None)).values(ended_at=work.now())  # type: ignore[arg-type]
    return len(work.session.execute(ended.returning(LoginSession.token_hash)).all())


def _company_name(database: Database, place: Membership) -> str | None:
    if place.company_id is None:
        return None
    with database.begin(BureauScope(place.bureau_id)) as work:
        return work.session.execute(select(Company.name).where(Company.id == place.company_id)).scalar_one_or_none()
