"""People and their places: who works at a bureau, in which role, and which company's own users there are.

Users and memberships are platform tables, so every statement here names the bureau itself.
"""

from __future__ import annotations

import uuid

from sqlalchemy import func, select

from app.db.scope import PlatformScope
from app.db.unit_of_work import Database, UnitOfWork
from app.tenants import audit, passwords, sessions
from app.tenants.login import normalise_email
from app.tenants.models import Bureau, Membership, User
from app.tenants.permissions import Role


class LastAdminError(ValueError):
    """A bureau keeps at least one administrator."""


def create_user(database: Database, email: str, name: str, password: str, *, locale: str = "nb") -> User:
    """A person who can log in, or the one who already has this e-mail, unchanged. PasswordError for a password that is too easy."""
    known_as = normalise_email(email)
    local, at, domain = known_as.partition("@")
    if not local or not at or "." not in domain or any(letter.isspace() for letter in known_as):
        raise ValueError(f"not an e-mail address: {known_as!r}")
    with database.begin(PlatformScope()) as work:
        known = work.session.execute(select(User).where(User.email == known_as)).scalar_one_or_none()
        if known is not None:
            return known
        hashed = passwords.hash_new(password, about=(local, *name.split()))
        user = User(email=known_as, name=name.strip(), password_hash=hashed, locale=locale, created_at=work.now())
        work.session.add(user)
    return user


def add(work: UnitOfWork, user_id: uuid.UUID, role: Role, *, company_id: uuid.UUID | None = None) -> Membership:
    """Give a user a place in the work's bureau, or give an ended one back. ValueError when the role and `company_id` do not fit."""
    if (role is Role.COMPANY) != (company_id is not None):
        raise ValueError("a company's own user has the role company, and a bureau's user another")
    same = select(Membership).where(
        Membership.bureau_id == work.bureau_id, Membership.user_id == user_id, Membership.company_id.is_not_distinct_from(company_id)
    )
    place = work.session.execute(same).scalar_one_or_none()
    if place is None:
        place = Membership(user_id=user_id, bureau_id=work.bureau_id, company_id=company_id, role=role.value, created_at=work.now())
        work.session.add(place)
    place.role, place.ended_at = role.value, None
    work.session.flush()
    audit.record(work, "member.added", "membership", place.id, company_id, user=user_id, role=role.value)
    return place


def change_role(work: UnitOfWork, membership_id: uuid.UUID, role: Role) -> None:
    """Another role at the bureau; takes effect at the next request. LookupError for a place that is not here."""
    place = _place(work, membership_id)
    if Role.COMPANY in (role, Role(place.role)):
        raise ValueError("a company's own user has no other role")
    if place.role == Role.ADMIN.value and role is not Role.ADMIN:
        _keep_an_admin(work)
    was, place.role = place.role, role.value
    audit.record(work, "member.role_changed", "membership", place.id, user=place.user_id, was=was, role=role.value)


def end(work: UnitOfWork, membership_id: uuid.UUID) -> None:
    """Take a place away and log its holder out of it. LastAdminError for the only administrator."""
    place = _place(work, membership_id)
    if place.role == Role.ADMIN.value:
        _keep_an_admin(work)
    place.ended_at = work.now()
    sessions.end_at(work, place.id)
    audit.record(work, "member.ended", "membership", place.id, place.company_id, user=place.user_id)


def _place(work: UnitOfWork, membership_id: uuid.UUID) -> Membership:
    here = (Membership.id == membership_id, Membership.bureau_id == work.bureau_id, Membership.ended_at.is_(None))
    place = work.session.execute(select(Membership).where(*here)).scalar_one_or_none()
    if place is None:
        raise LookupError("no such member")
    return place


def _keep_an_admin(work: UnitOfWork) -> None:
    # two administrators who remove each other at the same moment must not both succeed
    work.session.execute(select(Bureau.id).where(Bureau.id == work.bureau_id).with_for_update())
    admins = select(func.count()).where(
        Membership.bureau_id == work.bureau_id, Membership.role == Role.ADMIN.value, Membership.ended_at.is_(None)
    )
    if work.session.execute(admins).scalar_one() < 2:
        raise LastAdminError("a bureau keeps at least one administrator")
