"""Ledger troubles with a name of their own: each tells the user something different to do."""

from __future__ import annotations

from app.net.errors import RefusedError, TryLaterError


class AuthRevokedError(RefusedError):
    """The key or consent no longer works: stop, show "connect again", never loop."""


class LoginRefusedError(AuthRevokedError):
    """A user's name and password are not accepted, or no longer."""


class WrongEnvironmentError(AuthRevokedError):
    """A test key was used against production, or the reverse."""


class ModuleMissingError(RefusedError):
    """The company has not switched on (or paid for) what the API needs. The text names it."""


class PermissionMissingError(RefusedError):
    """The key lacks a right. The text names it."""


class PeriodLockedError(RefusedError):
    """The accounting period of the posting is closed."""


class RateLimitedError(TryLaterError):
    """Asked too often. `after` is what the vendor asked for, if it said."""


class CursorExpiredError(RefusedError):
    """The ledger no longer keeps the changes since that cursor: take a snapshot and begin anew."""


class ConflictError(RefusedError):
    """Somebody changed the row meanwhile, or it exists already."""


class QuotaSpentError(TryLaterError):
    """The paid quota is used up; `after` says when it fills again, if the vendor does."""
