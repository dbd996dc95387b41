"""The platform's own people: they keep what is the same for every bureau, and see nothing of any.

Made by the command line only. A staff member has no place in a bureau; his session is one without a place, so that a bureau's people,
whatever their role, can never be taken for staff, nor staff for them.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select, update

from app.db.scope import Actor, PlatformScope
from app.db.unit_of_work import Database
from app.tenants import members, sessions
from app.tenants.login import normalise_email
from app.tenants.models import Membership, PlatformStaff, User


class StaffError(ValueError):
    """Who cannot be staff, and why (for the command line)."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Who is asking, when it is one of the platform's own people."""

    user_id: uuid.UUID
    name: str
    email: str
    locale: str

    @property
    def actor(self) -> Actor:
        return Actor("staff", self.user_id, self.name)


def appoint(database: Database, email: str, name: str, password: str) -> Staff:
    """A login of its own for a person of the platform. StaffError for somebody who has, or had, a place in a bureau."""
    with database.begin(PlatformScope()) as work:
        known = work.session.execute(select(User).where(User.email == normalise_email(email))).scalar_one_or_none()
        if known is not None and work.session.execute(select(Membership.id).where(Membership.user_id == known.id)).first() is not None:
            raise StaffError("this person belongs to a bureau: use another e-mail address for the platform")
    user = known or members.create_user(database, email, name, password)
    with database.begin(PlatformScope()) as work:
        row = work.session.get(PlatformStaff, user.id) or PlatformStaff(user_id=user.id, since=work.now())
        row.ended_at = None
        work.session.add(row)
    return Staff(user.id, user.name, user.email, user.locale)


def dismiss(database: Database, email: str) -> None:
    """No longer staff, and logged out. StaffError when there is no such member."""
    with database.begin(PlatformScope()) as work:
        user_id = work.session.execute(select(User.id).where(User.email == normalise_email(email))).scalar_one_or_none()
        ended = update(PlatformStaff).where(PlatformStaff.user_id == user_id, PlatformStaff.ended_at.is_(None)).values(ended_at=work.now())
        if user_id is None or not work.session.execute(ended.returning(PlatformStaff.user_id)).all():
            raise StaffError("nobody of the platform has this e-mail address")
        sessions.end_all(work, user_id)


def everybody(database: Database) -> list[Staff]:
    with database.begin(PlatformScope()) as work:
        rows = (
            select(User).join(PlatformStaff, PlatformStaff.user_id == User.id).where(PlatformStaff.ended_at.is_(None)).order_by(User.email)
        )
        return [Staff(one.id, one.name, one.email, one.locale) for one in work.session.execute(rows).scalars()]


def resolve(database: Database, token: str | None) -> Staff | None:
    """Who of the platform holds this token; None for everybody else."""
    user = sessions.without_a_place(database, token)
    if user is None:
        return None
    with database.begin(PlatformScope()) as work:
        row = work.session.get(PlatformStaff, user.id)
        return None if row is None or row.ended_at is not None else Staff(user.id, user.name, user.email, user.locale)
