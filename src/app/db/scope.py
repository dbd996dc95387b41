"""Whose rows a transaction may see. Resolved once at the edge (session, API key, job) and enforced by row-level security."""

from __future__ import annotations

import uuid
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlatformScope:
    """No tenant: sees platform tables only, zero rows of every tenant table."""


@dataclass(frozen=True, slots=True)
class BureauScope:
    """A bureau's own people, its API keys and its jobs: all of its companies."""

    bureau_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class CompanyScope:
    """A company's own user (self-service): one company, and nothing that belongs to the bureau alone."""

    bureau_id: uuid.UUID
    company_id: uuid.UUID


Scope = PlatformScope | BureauScope | CompanyScope
TenantScope = BureauScope | CompanyScope


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, for the audit trail: a user, an API key, or the system itself."""

    kind: str
    id: uuid.UUID | None
    name: str


SYSTEM = Actor("system", None, "Reskontro")
