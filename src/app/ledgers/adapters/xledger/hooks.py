"""Xledger's webhooks: is it really from there, and what does it hint at? Pure.

https://github.com/xledger/graphql-samples: the signature is HMAC-SHA256 over "{unix seconds of the Date header}.{body}", keyed with the
API token itself, both in base64url. What stands in the body is what the subscription asked for, in the shape of a GraphQL answer.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from app.ledgers.adapters.xledger.wire import reading
from app.ledgers.ports import ChangeHint
from app.net.errors import RefusedError

SIGNATURE = "x-xl-webhook-signature"
LATE_AFTER = timedelta(minutes=15)
#: what a hook is to be subscribed with: https://github.com/xledger/graphql-samples names the query <entity>Mutated
SUBSCRIPTION = "subscription { arTransactionsMutated { edges { syncVersion node { dbId ownerDbId } } } }"


def read_hook(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> tuple[ChangeHint, ...]:
    """The hints in a delivery signed with `secret`, the connection's API token. Never data: a reason to fetch.

    Raises `RefusedError` for a signature that is missing or wrong and for one that is more than 15 minutes from `now`, `BrokenError` for a
    body that makes no sense.
    """
    told = {name.lower(): value for name, value in headers.items()}
    at = _instant(told.get("date", ""))
    if not (key := _bytes(secret)):
        raise RefusedError("the token of this connection cannot have signed anything")
    expected = hmac.digest(key, f"{int(at.timestamp())}.".encode() + body, hashlib.sha256)
    if not hmac.compare_digest(expected, _bytes(told.get(SIGNATURE, ""))):
        raise RefusedError("the delivery is not signed with the token of this connection")
    if abs(now - at) > LATE_AFTER:
        raise RefusedError("the delivery is signed too long ago")
    with reading("a webhook"):
        hints = dict.fromkeys(_hints(json.loads(body)["data"]))
    return tuple(hints)


def _hints(data: Mapping[str, Any]) -> Iterator[ChangeHint]:
    for connection in data.values():
        for edge in connection["edges"]:
            yield ChangeHint(str(edge["node"]["ownerDbId"]), str(edge["node"]["dbId"]))


def _instant(text: str) -> datetime:
    try:
        found = parsedate_to_datetime(text)
    except ValueError as fault:
        raise RefusedError("the delivery has no Date that can be read") from fault
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _bytes(text: str) -> bytes:
    """Base64url with or without padding; nothing where it is neither, which matches no signature."""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
