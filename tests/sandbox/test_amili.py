"""Amili's simulator where no adapter of ours looks: what it posts by itself, and the paths we do not use."""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx

from support.sandbox import Control, borrowed_sandbox

ORG = "0e0a2a4c-6f0e-4d0a-9d0c-5f1f2b3c4d5e"
INVOICE = {
    "type": "NOTICE", "invoiceNumber": "2041", "vat": True, "fees": True, "originalInvoiceAmount": 100, "currency": "NOK",
    "invoiceDate": "2026-09-01", "dueDate": "2026-09-15", "uniqueSourceInvoiceId": "r-1",
    "debtors": [
        {
            "type": "PRIVATE", "fullName": "Kari Nordmann",
            "address": {"addressLine1": "Storgata 1", "postalCode": "0155", "city": "Oslo", "countryCode": "NO"},
        }
    ],
}  # fmt: skip


@contextmanager
def listening() -> Iterator[tuple[str, queue.Queue[tuple[dict[str, str], bytes]]]]:
    heard: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.put(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/heard", heard
    finally:
        server.shutdown()
        server.server_close()


def test_events_are_posted_signed_with_their_quirks_and_both_paths_tell_of_a_batch() -> None:
    with (
        borrowed_sandbox() as sandbox,
        listening() as (url, heard),
        httpx.Client(base_url=f"{sandbox.url}/amili", trust_env=False) as client,
    ):
        control = Control(sandbox.url)
        control.put(f"/amili/organisations/{ORG}", {"name": "Bø AS", "webhook_url": url, "webhook_secret": "key"})
        form = {"grant_type": "client_credentials", "client_id": "amili-sandbox-client", "client_secret": "amili-sandbox-secret"}
        token = client.post("/auth/token", data=form).json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        taken = client.post(f"/collection/v1/orgs/{ORG}/invoices", json={"invoices": [INVOICE]})
        assert (taken.status_code, taken.json()["summary"]) == (202, {"status": "SUCCESS"})
        batch = taken.json()["data"]["batchId"]
        told = [client.get(f"/collection/v1{path}/batches/{batch}").json()["data"] for path in (f"/orgs/{ORG}", "")]
        assert told[0] == told[1]
        assert told[0]["status"] == "SUCCESS"
        events = {}
        for _ in range(2):
            headers, body = heard.get(timeout=10)
            assert headers["x-webhook-signature"] == hmac.new(b"key", body, hashlib.sha256).hexdigest()
            assert headers["idempotencykey"] == json.loads(body)["id"]
            events[headers["x-amili-event"]] = json.loads(body)
        assert events["CASE"]["eventType"] == "CASE"
        assert events["CASE"]["data"]["orgId"] == ORG
        assert isinstance(events["CASE"]["data"]["caseNumber"], str)
        assert events["BATCH_COMPLETED"]["type"] == "BATCH_COMPLETED"
        assert events["BATCH_COMPLETED"]["data"] == {"batchId": batch, "organizationId": ORG, "status": "SUCCESS"}
        listed = client.get(f"/collection/v1/orgs/{ORG}/cases").json()["data"]
        assert [type(one["caseNumber"]) for one in listed] == [int]
        assert client.get(f"/collection/v1/orgs/{ORG[::-1]}/cases").status_code == 404
        assert httpx.get(f"{sandbox.url}/amili/collection/v1/orgs/{ORG}/cases", trust_env=False).status_code == 401
        control.close()
