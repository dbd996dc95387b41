"""Kravia's webhook: no content, only "something changed on this claim", weakly signed. Read the details afterwards."""

from __future__ import annotations

import hashlib
import json
import threading
from typing import Any

import httpx

from sandbox.kravia.book import Book, Claim
from sandbox.world import World


def announce(world: World, book: Book, claims: list[Claim]) -> None:
    """Send one event per claim from a thread of its own: it may well arrive before the call that caused it has been answered."""
    for claim in claims:
        creditor = book.creditors.get(claim.creditor_id)
        if creditor is not None and creditor.webhook_enabled and creditor.webhook_url:
            event = signed_event(claim.id, int(world.now().timestamp()), creditor.webhook_secret, book.settings.webhook_signature)
            threading.Thread(target=_deliver, args=(book, claim.id, creditor.webhook_url, event), daemon=True).start()


def signed_event(claim_id: int, timestamp: int, secret: str, variant: str) -> dict[str, Any]:
    data = {"timestamp": timestamp, "eventType": "CaseUpdate", "claimId": claim_id}
    text = json.dumps(data, separators=(",", ":"))
    signed = text + secret if variant == "json_secret" else secret + text
    return {"header": {"algorithm": "MD5"}, "data": data, "signature": hashlib.md5(signed.encode()).hexdigest()}


def _deliver(book: Book, claim_id: int, url: str, event: dict[str, Any]) -> None:
    """One try only: the vendor publishes no retry policy."""
    try:
        outcome = str(httpx.post(url, json=event, timeout=5, trust_env=False).status_code)
    except httpx.HTTPError as fault:
        outcome = type(fault).__name__
    book.webhooks.append((claim_id, outcome))
    del book.webhooks[:-50]
