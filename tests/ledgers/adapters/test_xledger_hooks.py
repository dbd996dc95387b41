from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.ledgers.adapters.xledger import read_hook
from app.ledgers.ports import ChangeHint
from app.net.errors import BrokenError, RefusedError

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
TOKEN = "q83vASNFZ4mrze8BI0VniavN7wEjRWeJ"
NODES = [{"dbId": 7, "ownerDbId": 3}, {"dbId": "8", "ownerDbId": "3"}, {"dbId": 7, "ownerDbId": 3}]
BODY = json.dumps({"data": {"rows": {"edges": [{"syncVersion": "1", "node": node} for node in NODES]}}}).encode()


def signed(body: bytes = BODY, at: datetime = NOW, key: bytes | None = None) -> dict[str, str]:
    key = base64.urlsafe_b64decode(TOKEN) if key is None else key
    mac = hmac.digest(key, f"{int(at.timestamp())}.".encode() + body, hashlib.sha256)
    return {
        "Date": format_datetime(at, usegmt=True),
        "X-XL-Webhook-Signature": base64.urlsafe_b64encode(mac).decode().rstrip("="),
    }


def test_a_signed_delivery_is_a_hint_per_row() -> None:
    assert read_hook(TOKEN, signed(), BODY, NOW + timedelta(minutes=14)) == (ChangeHint("3", "7"), ChangeHint("3", "8"))


def test_the_signature_is_what_the_vendor_computes() -> None:
    """Worked out beside the code, with openssl, so that both cannot be wrong alike."""
    headers = {"date": "Fri, 20 Nov 2026 10:00:00 GMT", "x-xl-webhook-signature": "GLpdTXNKJ0PSOhUWY7wst5VaTRShT0VEbqi3lwYtpUE"}
    assert read_hook(TOKEN, headers, b'{"data": {}}', NOW) == ()


@pytest.mark.parametrize(
    ("headers", "body", "now"),
    [
        (signed(key=b"another"), BODY, NOW),
        (signed(), BODY + b" ", NOW),
        ({**signed(), "X-XL-Webhook-Signature": ""}, BODY, NOW),
        ({**signed(), "X-XL-Webhook-Signature": "å"}, BODY, NOW),
        ({**signed(), "Date": "yesterday"}, BODY, NOW),
        ({**signed(), "Date": format_datetime(NOW + timedelta(seconds=1), usegmt=True)}, BODY, NOW),
        (signed(), BODY, NOW + timedelta(minutes=16)),
        (signed(), BODY, NOW - timedelta(minutes=16)),
        ({}, BODY, NOW),
    ],
)
def test_anything_else_is_refused(headers: dict[str, str], body: bytes, now: datetime) -> None:
    with pytest.raises(RefusedError):
        read_hook(TOKEN, headers, body, now)


@pytest.mark.parametrize("secret", ["", "not base64url!"])
def test_a_token_that_is_no_key_lets_nobody_in(secret: str) -> None:
    with pytest.raises(RefusedError):
        read_hook(secret, signed(key=b""), BODY, NOW)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": null}', b'{"data": {"rows": {"edges": [{"node": {"dbId": 1}}]}}}'])
def test_a_signed_body_without_sense_is_broken(body: bytes) -> None:
    with pytest.raises(BrokenError):
        read_hook(TOKEN, signed(body), body, NOW)
