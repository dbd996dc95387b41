"""Webhooks of the Unimicro platform: is it really theirs, and what does it hint at? Pure."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.ledgers.ports import ChangeHint
from app.net.errors import BrokenError, RefusedError

#: as documented, and as DNB Regnskap has been seen to send it
SIGNATURES = ("unimicro-signature", "softrig-signature")
TOLERANCE = timedelta(minutes=5)


def read_hook(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> tuple[ChangeHint, ...]:
    """What changed, by a webhook signed `t=<seconds>,v1=<HMAC-SHA256 of "t.body">`.

    Raises `RefusedError` for one that is unsigned, signed by somebody else, or older than five minutes (a recording), and `BrokenError`
    for a signed one that makes no sense. A company that the platform does not name is "": whoever owns the address knows it.
    """
    _check(secret, {name.lower(): value for name, value in headers.items()}, body, now)
    try:
        told = json.loads(body)
        return _hints(told if isinstance(told, list) else [told])
    except (ValueError, TypeError, AttributeError) as fault:
        raise BrokenError("the webhook has not the shape we know") from fault


def _check(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    header = next((headers[name] for name in SIGNATURES if name in headers), "")
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    signed_at, shown = parts.get("t", ""), parts.get("v1", "")
    if not secret or not (signed_at.isascii() and signed_at.isdigit()) or not shown:
        raise RefusedError("the webhook is not signed")
    expected = hmac.new(secret.encode(), signed_at.encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), shown.lower().encode()):
        raise RefusedError("the webhook's signature is not the platform's")
    if abs(now.timestamp() - int(signed_at)) > TOLERANCE.total_seconds():
        raise RefusedError("the webhook is too old")


def _hints(events: list[dict[str, Any]]) -> tuple[ChangeHint, ...]:
    return tuple(dict.fromkeys(_hint(event) for event in events))


def _hint(event: dict[str, Any]) -> ChangeHint:
    entity = event.get("Entity") or {}
    company = str(event.get("CompanyKey") or "")
    invoice: Any = None
    if event.get("EntityName") == "CustomerInvoice":
        # a deletion comes with an empty entity
        invoice = event.get("EntityID") or entity.get("ID")
    elif event.get("EntityName") in ("Payment", "CustomerInvoiceReminder", "JournalEntryLine"):
        invoice = entity.get("CustomerInvoiceID")
    return ChangeHint(company, str(invoice), str(invoice)) if invoice else ChangeHint(company)
