"""Tables of the tenants. The platform tables here (bureaus, users, memberships, sessions, api_keys, ...) carry no row-level security: they
are what a request is resolved *from*. `companies`, `audit_trail` and `idempotency_keys` are tenant tables."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, TenantRow, within_bureau
from app.values.ids import new_id


class Bureau(Base):
    """An accounting bureau (regnskapsbyrå, regnskapsførerloven 2022): the tenant. `sending_stopped_reason` stops every outward act.
    `decided_through`: what had changed by then has been decided on. `restored_at`: the database was put back from a backup; what is decided
    after it may have been done before."""

    __tablename__ = "bureaus"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    organisation_number: Mapped[str] = mapped_column(String(9), unique=True)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    sending_stopped_reason: Mapped[str | None] = mapped_column(Text)
    decided_through: Mapped[datetime | None]
    restored_at: Mapped[datetime | None]


class User(Base):
    """A person who can log in. Belongs to no tenant; memberships do."""

    __tablename__ = "users"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(5), default="nb", server_default="nb")
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class PlatformStaff(Base):
    """A person who keeps the platform itself: the law's figures and dates, nothing of any bureau. Has no place in a bureau."""

    __tablename__ = "platform_staff"
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Membership(Base):
    """A user's place in a bureau; with `company_id` it is a company's own user, who sees that company only."""

    __tablename__ = "memberships"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    bureau_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bureaus.id"))
    company_id: Mapped[uuid.UUID | None]
    role: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"]),
        UniqueConstraint("bureau_id", "user_id", "company_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("role in ('admin','manager','reader','company')", name="role"),
        CheckConstraint("(role = 'company') = (company_id is not null)", name="company_role"),
        Index("ix_memberships_user_id", "user_id"),
    )


class LoginSession(Base):
    """A logged-in browser. The key is the SHA-256 of a random token that only the browser holds."""

    __tablename__ = "sessions"
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    membership_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("memberships.id"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (Index("ix_sessions_user_id", "user_id"),)


class ApiKey(Base):
    """An integrator's key: shown once, stored as SHA-256 (256 random bits need no slow hash)."""

    __tablename__ = "api_keys"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    bureau_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bureaus.id"))
    company_id: Mapped[uuid.UUID | None]
    name: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(String(12), unique=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    role: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    __table_args__ = (
        ForeignKeyConstraint(["bureau_id", "company_id"], ["companies.bureau_id", "companies.id"]),
        CheckConstraint("role in ('admin','manager','reader','company')", name="role"),
        Index("ix_api_keys_bureau_id", "bureau_id"),
    )


class OAuthState(Base):
    """A consent that is under way at a ledger: single use, ten minutes, bound to the session that began it."""

    __tablename__ = "oauth_states"
    state_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    bureau_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bureaus.id"))
    session_hash: Mapped[bytes] = mapped_column(LargeBinary)
    ledger: Mapped[str] = mapped_column(String(30))
    verifier: Mapped[str | None] = mapped_column(String(200))
    expires_at: Mapped[datetime]


class CompanyMove(Base):
    """A company on its way from one bureau to another: offered by a code, taken with it. `package` is sealed and there only half-way."""

    __tablename__ = "company_moves"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    from_bureau_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bureaus.id"))
    company_id: Mapped[uuid.UUID]
    company_name: Mapped[str] = mapped_column(String(200))
    organisation_number: Mapped[str] = mapped_column(String(9))
    offered_by: Mapped[str] = mapped_column(String(200))
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="offered", server_default="offered")
    to_bureau_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("bureaus.id"))
    taken_by: Mapped[str | None] = mapped_column(String(200))
    taken_at: Mapped[datetime | None]
    package: Mapped[bytes | None] = mapped_column(LargeBinary)
    __table_args__ = (
        CheckConstraint("state in ('offered','packed','received','withdrawn')", name="state"),
        CheckConstraint("(state = 'packed') = (package is not null)", name="package"),
        CheckConstraint("state not in ('packed','received') or to_bureau_id is not null", name="taken"),
        Index("uq_company_moves_offered", "from_bureau_id", "company_id", unique=True, postgresql_where=text("state = 'offered'")),
    )


class RateCounter(Base):
    """Tries per key and window, counted in one atomic statement so that two processes share one limit."""

    __tablename__ = "rate_counters"
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    window_start: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]


class Company(TenantRow, Base):
    """A bureau's client company (oppdragsgiver); in a claim the creditor (fordringshaver). Its weekly list has its own day and deadline."""

    __tablename__ = "companies"
    name: Mapped[str] = mapped_column(String(200))
    sort_key: Mapped[str] = mapped_column(String(400))
    organisation_number: Mapped[str] = mapped_column(String(9))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(30))
    address_line: Mapped[str | None] = mapped_column(String(200))
    postal_code: Mapped[str | None] = mapped_column(String(10))
    city: Mapped[str | None] = mapped_column(String(100))
    account_number: Mapped[str | None] = mapped_column(String(11))
    vat_liable: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    list_weekday: Mapped[int] = mapped_column(default=1, server_default="1")
    list_hour: Mapped[int] = mapped_column(default=8, server_default="8")
    list_deadline_days: Mapped[int] = mapped_column(default=2, server_default="2")
    active_from: Mapped[datetime | None]
    paused_reason: Mapped[str | None] = mapped_column(Text)
    account_manager_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    ledger_owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    backup_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    needs_approval: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    __table_args__ = (
        UniqueConstraint("bureau_id", "organisation_number"),
        CheckConstraint("list_weekday between 1 and 5", name="list_weekday"),
        CheckConstraint("list_hour between 6 and 20", name="list_hour"),
        CheckConstraint("list_deadline_days between 1 and 10", name="list_deadline_days"),
        Index("ix_companies_bureau_id_sort_key", "bureau_id", "sort_key"),
    )


class Absence(TenantRow, Base):
    """Days on which a member is away (fravær), both ends counted, and who is asked instead; without a backup, the company's."""

    __tablename__ = "absences"
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    from_on: Mapped[date]
    to_on: Mapped[date]
    backup_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    made_by: Mapped[str] = mapped_column(String(200))
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("to_on >= from_on", name="days"),
        CheckConstraint("backup_id <> user_id", name="backup"),
    )


class AuditEntry(TenantRow, Base):
    """Who did what, when: append-only (the application's role may not update or delete it)."""

    __tablename__ = "audit_trail"
    company_id: Mapped[uuid.UUID | None]
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[uuid.UUID | None]
    detail: Mapped[dict[str, Any]]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        Index("ix_audit_trail_subject", "bureau_id", "subject_id", "at"),
    )


class IdempotencyKey(TenantRow, Base):
    """An integrator's Idempotency-Key with what was answered: same key and body, same answer; same key and other body, conflict."""

    __tablename__ = "idempotency_keys"
    key: Mapped[str] = mapped_column(String(100))
    credential: Mapped[str] = mapped_column(String(40))
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("bureau_id", "credential", "key"),)
