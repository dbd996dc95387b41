"""Passwords: argon2id, at most a few at a time, since each takes 64 MiB and a fifth of a second."""

from __future__ import annotations

import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LENGTH_MIN = 15
LENGTH_MAX = 500
DIFFERENT_MIN = 6
AT_ONCE = 2
WAIT_SECONDS = 20.0

_hasher = PasswordHasher()
_turns = threading.BoundedSemaphore(AT_ONCE)


class PasswordError(ValueError):
    """A new password that is too easy. `code` is `too_short`, `too_long`, `too_plain` or `too_personal`."""

    def __init__(self, code: str) -> None:
        super().__init__(f"this password cannot be used: {code}")
        self.code = code


class BusyError(Exception):
    """More people are logging in than this machine can check now."""


def hash_new(password: str, *, about: tuple[str, ...] = ()) -> str:
    """The hash to store. PasswordError when it is too short (15), too plain, or little more than one of the words in `about`."""
    text = _normal(password)
    if len(text) < LENGTH_MIN:
        raise PasswordError("too_short")
    if len(text) > LENGTH_MAX:
        raise PasswordError("too_long")
    if len(set(text)) < DIFFERENT_MIN:
        raise PasswordError("too_plain")
    rest = text.casefold()
    for word in (*about, "reskontro"):
        rest = rest.replace(word.casefold(), "") if len(word) > 3 else rest
    if len(rest) < LENGTH_MIN // 2:
        raise PasswordError("too_personal")
    return _in_turn_hash(text)


def is_right(password: str, stored: str | None) -> bool:
    """Does the password match? Takes as long when there is nobody to match (`stored` is None)."""
    text = _normal(password[:LENGTH_MAX])
    if not _turns.acquire(timeout=WAIT_SECONDS):
        raise BusyError
    try:
        return _hasher.verify(stored or _nobody(), text) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
    finally:
        _turns.release()


def is_outdated(stored: str) -> bool:
    """Was it made with weaker settings than today's?"""
    return _hasher.check_needs_rehash(stored)


def hash_again(password: str) -> str:
    """A fresh hash of a password that was just found right."""
    return _in_turn_hash(_normal(password))


def warm_up() -> None:
    """Prepare the comparison for unknown users, so that the first of them takes no longer than the rest."""
    _nobody()


def _in_turn_hash(text: str) -> str:
    if not _turns.acquire(timeout=WAIT_SECONDS):
        raise BusyError
    try:
        return _hasher.hash(text)
    finally:
        _turns.release()


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")


def _normal(password: str) -> str:
    # the same letters typed on two keyboards must be the same password
    return unicodedata.normalize("NFC", password)
