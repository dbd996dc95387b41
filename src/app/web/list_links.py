"""The links of the weekly list's e-mail: signed, for one list, until its deadline. Opening one shows a page; only its form acts."""

from __future__ import annotations

import base64
import hmac
import struct
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from app.dunning.weekly_lists import ListLinks

PURPOSE = b"weekly-list-link:v1:"
_FACTS = struct.Struct(">16s16s16sQ")
_SIGNATURE = 16


class LinkError(ValueError):
    """A link that opens nothing. `expired`: it was ours, and its time is over."""

    def __init__(self, *, expired: bool) -> None:
        super().__init__("the link has expired" if expired else "not a link of ours")
        self.expired = expired


@dataclass(frozen=True, slots=True)
class ListLink:
    """What a link opens: one list of one company, until an instant."""

    bureau_id: uuid.UUID
    company_id: uuid.UUID
    list_id: uuid.UUID
    until: datetime
    token: str


def make_links(public_url: str, secret: bytes) -> ListLinks:
    """The two links of the e-mail, below the product's public address."""

    def list_url(bureau_id: uuid.UUID, company_id: uuid.UUID, list_id: uuid.UUID, until: datetime) -> str:
        return f"{public_url.rstrip('/')}/l/{seal(bureau_id, company_id, list_id, until, secret)}"

    def stop_url(bureau_id: uuid.UUID, company_id: uuid.UUID, list_id: uuid.UUID, entry_id: uuid.UUID, until: datetime) -> str:
        return f"{list_url(bureau_id, company_id, list_id, until)}/stop/{entry_id}"

    return ListLinks(list_url, stop_url)


def seal(
    bureau_id: uuid.UUID, company_id: uuid.UUID, list_id: uuid.UUID, until: datetime, secret: bytes, *, purpose: bytes = PURPOSE
) -> str:
    """The token: the three ids and the second it ends, signed. 96 letters, safe in an address."""
    facts = _FACTS.pack(bureau_id.bytes, company_id.bytes, list_id.bytes, int(until.timestamp()))
    return base64.urlsafe_b64encode(facts + _sign(facts, secret, purpose)).decode().rstrip("=")


def open_link(token: str, secret: bytes, now: datetime, *, purpose: bytes = PURPOSE) -> ListLink:
    """LinkError for a token that we did not make, or whose time is over."""
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise LinkError(expired=False) from None
    facts, signature = sealed[:-_SIGNATURE], sealed[-_SIGNATURE:]
    if len(facts) != _FACTS.size or not hmac.compare_digest(signature, _sign(facts, secret, purpose)):
        raise LinkError(expired=False)
    bureau, company, weekly, seconds = _FACTS.unpack(facts)
    until = datetime.fromtimestamp(seconds, UTC)
    if until <= now:
        raise LinkError(expired=True)
    return ListLink(uuid.UUID(bytes=bureau), uuid.UUID(bytes=company), uuid.UUID(bytes=weekly), until, token)


def _sign(facts: bytes, secret: bytes, purpose: bytes) -> bytes:
    return hmac.new(secret, purpose + facts, sha256).digest()[:_SIGNATURE]
