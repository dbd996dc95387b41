"""What Conta remembers beside the books: keys, statuses set by hand, and which payments are booked."""

from __future__ import annotations

import msgspec


class ContaMemory(msgspec.Struct):
    #: key -> the organisations its user may see
    keys: dict[str, list[int]] = {}
    #: invoice -> a status the books have no word for, e.g. SENT_TO_KRAVIA
    statuses: dict[int, str] = {}
    #: payments with a voucher of their own, which must go first
    booked: list[int] = []
    #: lists are told in the shorter of the two kinds there are, without currency and type
    short_lists: bool = False
