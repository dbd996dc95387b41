"""What 24SevenOffice remembers beside the books: users, their sessions, and the numbers vouchers were given."""

from __future__ import annotations

import uuid
from datetime import datetime

import msgspec


class User(msgspec.Struct, kw_only=True):
    password: str
    companies: list[int]
    locked_out: bool = False


class Session(msgspec.Struct, kw_only=True):
    """It looks into one company at a time, and ends when nobody has asked anything for a while."""

    username: str
    company: int
    ends_at: datetime


class OfficeMemory(msgspec.Struct):
    application_id: str = "24500000-0000-4000-8000-000000000001"
    #: e-mail to user
    users: dict[str, User] = {}
    sessions: dict[str, Session] = {}
    #: the number a voucher was saved with, by its id in the books
    numbers: dict[int, int] = {}
    last_number: int = 70_000
    items_per_page: int = 1000
    #: dates are told as instants in UTC and not as midnights
    tells_utc: bool = False
    #: what a session that has ended is answered with: a fault, or a list that is empty
    silent: bool = False
    #: the next number that is given out is one that is taken
    stale_number: bool = False
    last_user: int = 0


def identity_of(username: str, company: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{username}:{company}"))


def guid_of(row: int) -> str:
    return str(uuid.UUID(int=(0x24 << 120) | row))


def row_of(guid: str) -> int:
    try:
        return max(0, uuid.UUID(guid).int - (0x24 << 120))
    except ValueError:
        return 0
