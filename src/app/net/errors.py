"""What can go wrong outside, in the four words that jobs distinguish.

Adapters translate every vendor's failures into these; nothing above an adapter ever sees a status code.
"""

from __future__ import annotations

from datetime import timedelta


class OutsideError(Exception):
    """Something outside the house did not go as asked. The text is safe to show and to log."""


class TryLaterError(OutsideError):
    """Certainly not done, and worth another try: refused connection, 429, 503 before acceptance."""

    def __init__(self, detail: str, after: timedelta | None = None) -> None:
        super().__init__(detail)
        self.after = after


class RefusedError(OutsideError):
    """Certainly not done, and trying again will not help: the counterpart said no, and why."""


class UnsupportedError(RefusedError):
    """The counterpart has no such thing, and its capabilities said so beforehand."""


class BrokenError(OutsideError):
    """The answer makes no sense to us (garbage, missing field, unknown shape). Nothing may be built on it."""


class UnknownOutcomeError(OutsideError):
    """A write was sent and no answer came: it may or may not have happened. Look it up, never assume."""
