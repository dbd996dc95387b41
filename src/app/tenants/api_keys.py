"""Integrators' keys: `rk_<prefix>_<secret>`, shown once. The prefix finds the row; the secret has 256 random bits, so SHA-256 is enough."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from app.db.scope import PlatformScope
from app.db.unit_of_work import Database, UnitOfWork
from app.tenants import audit
from app.tenants.identity import Identity
from app.tenants.models import ApiKey, Bureau
from app.tenants.permissions import Role

PREFIX_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
PREFIX_LENGTH = 12
SECRET_BYTES = 32
USED_EVERY = timedelta(minutes=5)
KEY_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. `key` is the only time its whole text is seen."""

    id: uuid.UUID
    key: str


def create(work: UnitOfWork, name: str, role: Role, *, company_id: uuid.UUID | None = None, expires_at: datetime | None = None) -> NewKey:
    """Make a key of the work's bureau. ValueError when the role and `company_id` do not fit, or it would be dead already."""
    if (role is Role.COMPANY) != (company_id is not None):
        raise ValueError("a company's key has the role company, and a bureau's key another")
    if expires_at is not None and expires_at <= work.now():
        raise ValueError("a key cannot expire before it is made")
    prefix = "".join(secrets.choice(PREFIX_LETTERS) for _ in range(PREFIX_LENGTH))
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = ApiKey(
        bureau_id=work.bureau_id, company_id=company_id, name=name, prefix=prefix, secret_hash=_hashed(secret), role=role.value,
        created_at=work.now(), expires_at=expires_at,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    audit.record(work, "api_key.created", "api_key", row.id, company_id, name=name, role=role.value, expires_at=expires_at)
    return NewKey(row.id, f"rk_{prefix}_{secret}")


def resolve(database: Database, key: str | None) -> Identity | None:
    """Who holds this key; None for anything that is not a live key."""
    parts = (key or "").split("_", 2)
    if len(parts) != 3 or parts[0] != "rk" or len(key or "") > KEY_LENGTH_MAX:
        return None
    with database.begin(PlatformScope()) as work:
        row = work.session.execute(
            select(ApiKey).join(Bureau, Bureau.id == ApiKey.bureau_id).where(ApiKey.prefix == parts[1], Bureau.closed_at.is_(None))
        ).scalar_one_or_none()
        same = hmac.compare_digest(row.secret_hash if row is not None else bytes(32), _hashed(parts[2]))
        if row is None or not same or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= work.now()):
            return None
        if row.last_used_at is None or row.last_used_at < work.now() - USED_EVERY:
            work.session.execute(update(ApiKey).where(ApiKey.id == row.id).values(last_used_at=work.now()))
        return Identity(None, row.id, None, row.bureau_id, row.company_id, Role(row.role), row.name, None, "nb")


def revoke(work: UnitOfWork, key_id: uuid.UUID) -> None:
    """End a key of the work's bureau at once. LookupError when there is none such."""
    gone = update(ApiKey).where(ApiKey.id == key_id, ApiKey.bureau_id == work.bureau_id, ApiKey.revoked_at.is_(None))
    row = work.session.execute(gone.values(revoked_at=work.now()).returning(ApiKey.name, ApiKey.company_id)).one_or_none()
    if row is None:
        raise LookupError("no such key")
    audit.record(work, "api_key.revoked", "api_key", key_id, row.company_id, name=row.name)


def _hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
