"""What our own addresses and message ids say about whose they are: a bureau and one of its things, in 52 letters. Pure.

A token is no secret and proves nothing but that somebody has seen a mail of ours; whatever it names is looked up in its bureau's scope.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from dataclasses import dataclass
from enum import StrEnum

_LENGTH = 26
_LOCAL_PART = re.compile(r"(b|svar)\+([df]?)([a-z2-7]{52})", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<([a-z2-7]{52})@[^<>\s]+>", re.IGNORECASE)


class Thing(StrEnum):
    """What a token names: a delivery, or a company (firma)."""

    DELIVERY = "d"
    COMPANY = "f"


@dataclass(frozen=True, slots=True)
class Token:
    bureau_id: uuid.UUID
    thing: Thing
    id: uuid.UUID


def spell(bureau_id: uuid.UUID, thing_id: uuid.UUID) -> str:
    """52 lower-case letters and digits: short enough for the local part of an address (RFC 5321: 64), and the same in any case."""
    return "".join(base64.b32encode(one.bytes).decode().rstrip("=").lower() for one in (bureau_id, thing_id))


def bounce_address(token: str, domain: str) -> str:
    """The envelope sender of one delivery: a report that comes back names it (VERP)."""
    return f"b+{token}@{domain}"


def reply_address(bureau_id: uuid.UUID, thing: Thing, thing_id: uuid.UUID, domain: str) -> str:
    """Where answers to something we sent, or to a company, arrive."""
    return f"svar+{thing.value}{spell(bureau_id, thing_id)}@{domain}"


def read_address(address: str) -> Token | None:
    """What one of our own addresses names; None for anybody else's."""
    found = _LOCAL_PART.fullmatch(address.strip().rpartition("@")[0])
    if found is None:
        return None
    word, thing, token = found[1].lower(), found[2].lower(), found[3]
    if (word == "b") != (thing == ""):
        return None
    return _token(token, Thing.DELIVERY if word == "b" else Thing(thing))


def read_token(text: str) -> Token | None:
    """The delivery that a bare token names; None for anybody else's word."""
    return _token(text, Thing.DELIVERY) if re.fullmatch(r"[a-z2-7]{52}", text) else None


def read_message_ids(header: str) -> list[Token]:
    """The deliveries that In-Reply-To or References name, in their order."""
    found = (_token(token, Thing.DELIVERY) for token in _MESSAGE_ID.findall(header))
    return [token for token in found if token is not None]


def _token(text: str, thing: Thing) -> Token | None:
    try:
        bureau, one = (uuid.UUID(bytes=_bytes(part)) for part in (text[:_LENGTH], text[_LENGTH:]))
    except (binascii.Error, ValueError):
        return None
    return Token(bureau, thing, one)


def _bytes(text: str) -> bytes:
    return base64.b32decode(text.upper() + "======")
