"""Who is asking, resolved once at the edge from a session or an API key."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from app.db.scope import Actor, BureauScope, CompanyScope, TenantScope
from app.tenants.permissions import ROLE_PERMISSIONS, Permission, Role


@dataclass(frozen=True, slots=True)
class Identity:
    """A person in one of his places (`user_id`, `membership_id`), or an API key (`api_key_id`): one of the two, never both.

    `company_id` is set for a company's own user or key. `locale` is `nb` or `en`.
    """

    user_id: uuid.UUID | None
    api_key_id: uuid.UUID | None
    membership_id: uuid.UUID | None
    bureau_id: uuid.UUID
    company_id: uuid.UUID | None
    role: Role
    name: str
    email: str | None
    locale: str

    @property
    def scope(self) -> TenantScope:
        """Whose rows the asker's transactions see."""
        return BureauScope(self.bureau_id) if self.company_id is None else CompanyScope(self.bureau_id, self.company_id)

    @property
    def actor(self) -> Actor:
        """The asker as the audit trail names him."""
        return Actor("user", self.user_id, self.name) if self.user_id is not None else Actor("api_key", self.api_key_id, self.name)

    def may(self, permission: Permission) -> bool:
        return permission in ROLE_PERMISSIONS[self.role]
