"""Amili's webhooks: events named in two ways, organisations too, and a signature whose making is not published.

`X-Webhook-Signature` is taken as hex of HMAC-SHA256 over the raw body with the key that was agreed (assumed). An agreement whose setup says
`webhook_signature` uses another of `SIGNATURES`. What arrives is a hint, so a wrong guess costs an hour's wait and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from app.agencies.ports import Agency
from app.agencies.vendors import Hint
from app.net.errors import BrokenError, RefusedError, UnsupportedError

SIGNATURES: Mapping[str, Callable[[bytes, bytes], str]] = {
    "hmac-sha256-hex": lambda key, body: hmac.new(key, body, hashlib.sha256).hexdigest(),
    "hmac-sha256-base64": lambda key, body: base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode(),
    "hmac-sha512-hex": lambda key, body: hmac.new(key, body, hashlib.sha512).hexdigest(),
}
DEFAULT = "hmac-sha256-hex"
EVENTS = ("BATCH_COMPLETED", "SETTLEMENT_CREATED", "CASE", "CASE_UPDATED")


class AmiliHooks:
    """How an address is registered there is not published: a person writes it down, or Amili does."""

    asks = False

    def subscribe(self, agency: Agency, creditor_id: str, url: str, secret: str) -> None:
        raise UnsupportedError("Amili cannot be asked from here to send")

    def unsubscribe(self, agency: Agency, creditor_id: str) -> None:
        raise UnsupportedError("Amili cannot be asked from here to send no more")

    def read(self, secret: str, setup: Mapping[str, Any], headers: Mapping[str, str], body: bytes) -> Hint:
        sign = SIGNATURES.get(str(setup.get("webhook_signature") or DEFAULT))
        given = headers.get("x-webhook-signature", "").removeprefix("sha256=")
        if sign is None or not hmac.compare_digest(sign(secret.encode(), body).encode(), given.encode()):
            raise RefusedError("the signature does not fit")
        try:
            event = json.loads(body)
            data = event["data"]
            kind = event.get("type") or event.get("eventType") or headers.get("x-amili-event")
            organisation = data.get("organizationId") or data.get("orgId")
            number, batch = data.get("caseNumber"), data.get("batchId")
            key = headers.get("idempotencykey") or str(event["id"])
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            raise BrokenError("it is no event") from fault
        if kind not in EVENTS:
            raise BrokenError(f"unknown event {str(kind)[:40]!r}")
        return Hint(key, _text(organisation), _text(number), _text(batch))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
