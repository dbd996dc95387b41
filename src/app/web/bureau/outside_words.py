"""What went wrong outside, for the reader: what it means for him and what to do. The vendor's own words may stand beside it."""

from __future__ import annotations

from app.ledgers.errors import (
    AuthRevokedError,
    LoginRefusedError,
    ModuleMissingError,
    PermissionMissingError,
    RateLimitedError,
    WrongEnvironmentError,
)
from app.ledgers.oauth import ConsentDeniedError, ConsentExpiredError, StateMismatchError
from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError
from app.web.i18n import gettext


def N_(message: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return message


#: the first kind that fits
_WORDS: tuple[tuple[type[OutsideError], str], ...] = (
    (WrongEnvironmentError, N_("The key belongs to a test environment and we are not in one, or the other way round.")),
    (ConsentDeniedError, N_("You said no on the ledger's page, so nothing was connected.")),
    (ConsentExpiredError, N_("It took too long, or the answer was used before. Start again.")),
    (StateMismatchError, N_("The answer does not belong to this attempt. Start again.")),
    (LoginRefusedError, N_("The ledger does not accept this user name and password. Try them on its own page first.")),
    (AuthRevokedError, N_("The ledger does not accept the key. Check that it is copied whole and has not been deleted.")),
    (ModuleMissingError, N_("A module that is needed is not switched on in the ledger.")),
    (PermissionMissingError, N_("The user who made the key lacks a right that is needed.")),
    (RefusedError, N_("The ledger said no.")),
    (RateLimitedError, N_("The ledger asks us to wait. Try again in some minutes.")),
    (TryLaterError, N_("The other side does not answer just now. Try again in some minutes.")),
    (BrokenError, N_("The other side answered something we do not understand. We have been told.")),
)
_OTHERWISE = N_("No answer came. It is not known whether it was done; look before you try again.")


def in_words(fault: OutsideError) -> str:
    """A sentence in the reader's language."""
    return gettext(next((words for kind, words in _WORDS if isinstance(fault, kind)), _OTHERWISE))
