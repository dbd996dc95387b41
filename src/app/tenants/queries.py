"""Read-only views of the tenants' room, for pages and API."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.db.unit_of_work import UnitOfWork
from app.tenants.models import ApiKey, AuditEntry, Company, Membership, User
from app.tenants.permissions import Role


@dataclass(frozen=True, slots=True)
class Member:
    """A person with a place in the bureau."""

    membership_id: uuid.UUID
    user_id: uuid.UUID
    name: str
    email: str
    role: Role
    company_id: uuid.UUID | None
    company_name: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Key:
    """An API key as it may be shown: never its secret."""

    id: uuid.UUID
    name: str
    prefix: str
    role: Role
    company_id: uuid.UUID | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the audit trail."""

    at: datetime
    actor_kind: str
    actor_name: str
    action: str
    subject_kind: str
    subject_id: uuid.UUID | None
    company_id: uuid.UUID | None
    detail: dict[str, Any]


def members(work: UnitOfWork) -> list[Member]:
    """Everybody with a place in the work's bureau, the bureau's own people first."""
    rows = work.session.execute(
        select(Membership, User, Company.name)
        .join(User, User.id == Membership.user_id)
        .outerjoin(Company, (Company.bureau_id == Membership.bureau_id) & (Company.id == Membership.company_id))
        .where(Membership.bureau_id == work.bureau_id, Membership.ended_at.is_(None))
        .order_by(Membership.company_id.is_not(None), Company.sort_key, User.name, Membership.id)
    ).all()
    return [
        Member(place.id, user.id, user.name, user.email, Role(place.role), place.company_id, company_name, place.created_at)
        for place, user, company_name in rows
    ]


def api_keys(work: UnitOfWork) -> list[Key]:
    """The work's bureau's keys, newest first, ended ones included."""
    rows = work.session.execute(
        select(ApiKey).where(ApiKey.bureau_id == work.bureau_id).order_by(ApiKey.created_at.desc(), ApiKey.id.desc())
    ).scalars()
    return [
        Key(
            row.id, row.name, row.prefix, Role(row.role), row.company_id, row.created_at, row.expires_at, row.last_used_at, row.revoked_at
        )
        for row in rows
    ]  # fmt: skip


def audit_lines(work: UnitOfWork, *, subject_id: uuid.UUID | None = None, most: int = 200) -> list[AuditLine]:
    """The newest lines of the audit trail that this scope sees, of one subject or of all."""
    found = select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(most)
    if subject_id is not None:
        found = found.where(AuditEntry.subject_id == subject_id)
    return [
        AuditLine(
            row.at, row.actor_kind, row.actor_name, row.action, row.subject_kind, row.subject_id, row.company_id, row.detail
        )
        for row in work.session.execute(found).scalars()
    ]  # fmt: skip
