"""Amili's webhooks with their quirks as published: `type` here and `eventType` there, `organizationId` here and `orgId` there.

Events wait in an outbox and go out after the change that made them. How `X-Webhook-Signature` is made is not published: hex of HMAC-SHA256
over the raw body is assumed. One try only: a retry schedule is not published either.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading

import httpx

from sandbox.amili.book import Batch, Book, Case, Json, Settlement
from sandbox.world import World


def tell_batch(world: World, book: Book, batch: Batch) -> None:
    data = {"batchId": batch.id, "organizationId": batch.organisation_id, "status": batch.status}
    _put(book, batch.organisation_id, "BATCH_COMPLETED", {
        "type": "BATCH_COMPLETED", "source": "COLLECTION", "timeStamp": f"{world.now():%Y-%m-%dT%H:%M:%SZ}", "data": data,
    })  # fmt: skip


def tell_settlement(book: Book, settlement: Settlement, case: Case) -> None:
    data = {
        "settlementId": settlement.id, "organizationId": settlement.organisation_id, "settlementDate": settlement.settled_on.isoformat(),
        "invoiceId": case.invoice_id, "invoiceNumber": case.given["invoiceNumber"], "caseNumber": str(case.number),
    }  # fmt: skip
    _put(book, settlement.organisation_id, "SETTLEMENT_CREATED", {"type": "SETTLEMENT_CREATED", "source": "COLLECTION", "data": data})


def tell_case(world: World, book: Book, case: Case, fields: list[str] | None) -> None:
    """`fields`: what has changed; None for a new case."""
    event = "CASE" if fields is None else "CASE_UPDATED"
    data = {
        "orgId": case.organisation_id, "caseId": case.id, "caseNumber": str(case.number), "type": case.type, "status": case.status,
        "invoices": [case.invoice_id], **({} if fields is None else {"fields": fields}),
    }  # fmt: skip
    _put(book, case.organisation_id, event, {"eventType": event, "source": "COLLECTION", "data": data})


def send_all(world: World, book: Book) -> None:
    """Send what waits, in a thread of its own: the receiver may well ask back before its answer."""
    with world.lock:
        waiting, book.outbox[:] = list(book.outbox), []
        ready = [(book.organisations.get(name), event, body) for name, event, body in waiting]
    told = [(one.webhook_url, one.webhook_secret, event, body) for one, event, body in ready if one is not None and one.webhook_url]
    if told:
        threading.Thread(target=_deliver, args=(book, told), daemon=True).start()


def signed(secret: str, event: str, body: Json) -> tuple[bytes, dict[str, str]]:
    raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    return raw, {
        "content-type": "application/json", "x-amili-event": event, "idempotencykey": str(body["id"]),
        "x-amili-request-id": str(body["id"]),
        "x-webhook-signature": hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest(),
    }  # fmt: skip


def _put(book: Book, organisation_id: str, event: str, body: Json) -> None:
    book.outbox.append((organisation_id, event, {"id": book.new_id("event"), **body}))
    # nobody may be listening for a long time
    del book.outbox[:-500]


def _deliver(book: Book, told: list[tuple[str, str, str, Json]]) -> None:
    for url, secret, event, body in told:
        raw, headers = signed(secret, event, body)
        try:
            outcome = str(httpx.post(url, content=raw, headers=headers, timeout=5, trust_env=False).status_code)
        except httpx.HTTPError as fault:
            outcome = type(fault).__name__
        book.delivered.append((event, outcome))
        del book.delivered[:-50]
