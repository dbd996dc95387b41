"""What Xledger remembers beside the books: tokens, its import queue, its list of changes, and how it behaves."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec


class Token(msgspec.Struct, kw_only=True):
    """Made on one entity; `below` are the entities under it that it reaches as well."""

    token: str
    entity: int
    below: list[int] = []
    may_write: bool = True


class Settings(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`auto_match`: whether a posted import is tied to the invoice it names; not public, so it can be either. `queue_seconds`: how long a
    voucher waits before it is processed; None: until somebody does. `by_place`: whether a cursor is a place in the list."""

    auto_match: bool = True
    queue_seconds: float | None = 20.0
    by_place: bool = False
    #: whether `ownerDbId` in a filter holds; that it does is assumed
    owner_filter: bool = True
    #: calls left before the credits are used up; None: no end
    credits_left: int | None = None
    credits_reset_minutes: int = 30


class Throttle(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The next `times` calls get this code."""

    times: int
    code: str = "BAD_REQUEST.BURST_RATE_LIMIT_REACHED"


class OperationFault(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """There is one address for all, so trouble is ordered by what is asked for: a root field."""

    operation: str
    kind: str
    times: int = 1
    status: int = 500


class ImportItem(msgspec.Struct, kw_only=True):
    """A line in the import queue, as it was sent."""

    id: int
    owner: int
    node: dict[str, Any]
    created_at: datetime


class ImportFault(msgspec.Struct, kw_only=True):
    id: int
    owner: int
    item: int
    message: str
    created_at: datetime


class Delta(msgspec.Struct, kw_only=True):
    id: int
    row: int
    owner: int
    kind: str
    at: datetime


class Seen(msgspec.Struct):
    owner: int
    digest: str


class XledgerMemory(msgspec.Struct):
    settings: Settings = msgspec.field(default_factory=Settings)
    throttle: Throttle = msgspec.field(default_factory=lambda: Throttle(times=0))
    faults: list[OperationFault] = []
    tokens: dict[str, Token] = {}
    last_id: int = 700_000
    queue: dict[int, ImportItem] = {}
    errors: dict[int, ImportFault] = {}
    deltas: list[Delta] = []
    seen: dict[int, Seen] = {}
    #: entities that are closed, and since when
    closed: dict[int, date] = {}

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id
