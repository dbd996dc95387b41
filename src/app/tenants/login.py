"""Logging in with e-mail and password. Says only "wrong", never which; takes as long for strangers; slows down guessing.

Tries are counted before the password is looked at, per e-mail and address together, per e-mail, and per address, and a right one is given
back. So somebody who guesses from one address soon locks out that address, not the person he guesses at.
"""

from __future__ import annotations

import logging
import unicodedata
import uuid
from datetime import timedelta

from sqlalchemy import select, update

from app.db.scope import Actor, BureauScope, PlatformScope
from app.db.unit_of_work import Database
from app.tenants import audit, passwords, sessions
from app.tenants.models import Membership, User
from app.tenants.rate_limits import RateLimitError, give_back, spend

log = logging.getLogger(__name__)
WINDOW = timedelta(minutes=15)
PAIR_LIMIT = 10
EMAIL_LIMIT = 60
ADDRESS_LIMIT = 120
EMAIL_LENGTH_MAX = 254


class LoginError(Exception):
    """Not logged in. `code` is `wrong`, `throttled` (try again after `after`) or `no_place` (right password, but no bureau any more)."""

    def __init__(self, code: str, after: timedelta | None = None) -> None:
        super().__init__(f"not logged in: {code}")
        self.code = code
        self.after = after


def log_in(database: Database, email: str, password: str, address: str, *, replacing: str | None = None) -> str:
    """The token of a fresh session; any session of the token `replacing` ends. `address` is the network address of the caller."""
    known_as = normalise_email(email)
    _count_try(database, known_as, address)
    with database.begin(PlatformScope()) as work:
        user = work.session.execute(select(User).where(User.email == known_as)).scalar_one_or_none()
    try:
        right = passwords.is_right(password, None if user is None or user.disabled_at is not None else user.password_hash)
    except passwords.BusyError:
        raise LoginError("throttled", timedelta(seconds=10)) from None
    if user is None or not right:
        _note(database, user, "login.failed")
        raise LoginError("wrong")
    for kind, who, _ in _counters(known_as, address):
        give_back(database, kind, who, window=WINDOW)
    if passwords.is_outdated(user.password_hash):
        _store_hash(database, user.id, passwords.hash_again(password))
    try:
        token = sessions.start(database, user.id, replacing=replacing)
    except LookupError:
        raise LoginError("no_place") from None
    _note(database, user, "login.succeeded")
    return token


def normalise_email(email: str) -> str:
    """One spelling per mailbox, as far as can be told: no blanks around, composed, lower case."""
    return unicodedata.normalize("NFKC", email).strip().lower()[:EMAIL_LENGTH_MAX]


def change_password(database: Database, user_id: uuid.UUID, old: str, new: str, *, token: str | None) -> None:
    """Set a new password and log out everywhere but here. LoginError when the old one is wrong, PasswordError for a too easy new one."""
    with database.begin(PlatformScope()) as work:
        user = work.session.execute(select(User).where(User.id == user_id)).scalar_one()
    _count_try(database, user.email, str(user.id))
    if not passwords.is_right(old, user.password_hash):
        raise LoginError("wrong")
    fresh = passwords.hash_new(new, about=(user.email.split("@", 1)[0], *user.name.split()))
    with database.begin(PlatformScope()) as work:
        work.session.execute(update(User).where(User.id == user_id).values(password_hash=fresh))
        sessions.end_all(work, user_id, but=token)
    _note(database, user, "login.password_changed")


def _counters(email: str, address: str) -> list[tuple[str, str, int]]:
    return [
        ("login.pair", f"{email} {address}", PAIR_LIMIT),
        ("login.email", email, EMAIL_LIMIT),
        ("login.address", address, ADDRESS_LIMIT),
    ]


def _count_try(database: Database, email: str, address: str) -> None:
    try:
        for kind, who, limit in _counters(email, address):
            spend(database, kind, who, limit=limit, window=WINDOW)
    except RateLimitError as fault:
        log.warning("login throttled")
        raise LoginError("throttled", fault.after) from None


def _store_hash(database: Database, user_id: uuid.UUID, password_hash: str) -> None:
    with database.begin(PlatformScope()) as work:
        work.session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))


def _note(database: Database, user: User | None, action: str) -> None:
    """One row in the audit trail of each bureau the user has a place in."""
    if user is None:
        return
    with database.begin(PlatformScope()) as work:
        at = select(Membership.bureau_id).where(Membership.user_id == user.id, Membership.ended_at.is_(None)).distinct()
        bureaus = work.session.execute(at).scalars().all()
    for bureau_id in bureaus:
        with database.begin(BureauScope(bureau_id), Actor("user", user.id, user.name)) as work:
            audit.record(work, action, "user", user.id)
