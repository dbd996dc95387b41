"""A person's own account: language, and where he is logged in."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select, update

from app.db.scope import PlatformScope
from app.db.unit_of_work import Database
from app.tenants import sessions
from app.tenants.models import LoginSession, User

LOCALES = ("nb", "en")


def set_locale(database: Database, user_id: uuid.UUID, locale: str) -> None:
    """The language of the pages, `nb` or `en`. ValueError for another."""
    if locale not in LOCALES:
        raise ValueError(f"no such language: {locale}")
    with database.begin(PlatformScope()) as work:
        work.session.execute(update(User).where(User.id == user_id).values(locale=locale))


def other_sessions(database: Database, user_id: uuid.UUID, token: str | None) -> int:
    """In how many other browsers he is logged in."""
    with database.begin(PlatformScope()) as work:
        alive = (
            LoginSession.user_id == user_id, LoginSession.ended_at.is_(None), LoginSession.expires_at > work.now(),
            LoginSession.last_seen_at > work.now() - sessions.IDLE,
        )  # fmt: skip
        here = sessions.token_hash(token) if token else b""
        return int(work.session.execute(select(func.count()).where(*alive, LoginSession.token_hash != here)).scalar_one())


def log_out_elsewhere(database: Database, user_id: uuid.UUID, token: str | None) -> int:
    """End every other session of his. Returns how many."""
    with database.begin(PlatformScope()) as work:
        return sessions.end_all(work, user_id, but=token)
