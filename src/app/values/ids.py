"""Our ids: UUIDs that sort by the time they were made."""

from __future__ import annotations

import uuid

from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A fresh UUIDv7: ordered by creation to the millisecond, so that indexes grow at one end."""
    return uuid.UUID(bytes=uuid7().bytes)
