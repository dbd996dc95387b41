"""Who may do what. A role is a named set of permissions; doors ask for a permission, never for a role."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """`COMPANY` is a company's own user, who also sees no other company; the rest work at the bureau."""

    ADMIN = "admin"
    MANAGER = "manager"
    READER = "reader"
    COMPANY = "company"


class Permission(StrEnum):
    """A verb. Row-level security decides what exists for the asker, this what he may do with it, the engine what the law allows."""

    VIEW = "view"
    STOP = "stop"
    APPROVE = "approve"
    HOLD = "hold"
    SYNC = "sync"
    CONNECT = "connect"
    IMPORT = "import"
    CHECK_CREDIT = "check_credit"
    HAND_OVER = "hand_over"
    RULES = "rules"
    SETTINGS = "settings"
    MEMBERS = "members"
    KEYS = "keys"


ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.MANAGER: frozenset(Permission) - {Permission.SETTINGS, Permission.MEMBERS, Permission.KEYS},
    Role.READER: frozenset({Permission.VIEW}),
    Role.COMPANY: frozenset({Permission.VIEW, Permission.STOP, Permission.APPROVE}),
}
