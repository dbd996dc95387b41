"""Tripletex's webhooks: what we have sent to us, is it really from there, and what does it hint at?

https://github.com/Tripletex/tripletex-api2, docs/webhooks: a subscription belongs to the employee key that made it. The signature is
HMAC-SHA512 over "{idempotency-key}&{body}" in base64. Events may skip versions and come twice, and after too many errors they stop.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.ledgers.adapters.tripletex.wire import GoneError, Wire, reading
from app.ledgers.ports import ChangeHint, CredentialStore
from app.ledgers.vendors import Subscription
from app.net.errors import RefusedError

SUBSCRIPTIONS = "/event/subscription"
#: what moves an open post or a customer's card; the vendor tells which of these it has, and the close groups are new
EVENTS = (
    "invoice.charged", "voucher.create", "voucher.update", "voucher.delete", "closeGroup.create", "closeGroup.delete",
    "customer.create", "customer.update", "customer.delete",
)  # fmt: skip
SIGNATURE, KEY = "x-request-signature", "idempotency-key"


class TripletexHooks:
    """`sends_plainly`: this is the simulator, which sends to plain http too; the vendor itself does not."""

    def __init__(self, wire: Callable[[CredentialStore], Wire], *, sends_plainly: bool = False) -> None:
        self._wire = wire
        self._schemes = ("https://", "http://") if sends_plainly else ("https://",)

    def accepts(self, url: str) -> bool:
        return url.startswith(self._schemes)

    def subscribe(self, store: CredentialStore, company: str, url: str, secret: str) -> Subscription:
        """Only ids are asked for: what a webhook holds is not read anyway."""
        wire = self._wire(store)
        _end(wire, company, [str(row["id"]) for row in _subscriptions(wire, company) if row["targetUrl"] == url])
        with reading("the events there are"):
            known = set(wire.get(company, "/event")["value"])
        asked = [{"event": event, "targetUrl": url, "fields": "id", "hmacSharedSecret": secret} for event in EVENTS if event in known]
        if not asked:
            raise RefusedError("Tripletex knows none of the events we listen for")
        answer = wire.post(company, f"{SUBSCRIPTIONS}/list", asked)
        with reading("the subscriptions made"):
            return Subscription(tuple(str(row["id"]) for row in answer["values"]), secret)

    def is_alive(self, store: CredentialStore, company: str, external_ids: Sequence[str]) -> bool:
        active = {str(row["id"]) for row in _subscriptions(self._wire(store), company) if row["status"] == "ACTIVE"}
        return bool(external_ids) and set(external_ids) <= active

    def unsubscribe(self, store: CredentialStore, company: str, external_ids: Sequence[str]) -> None:
        wire = self._wire(store)
        there = {str(row["id"]) for row in _subscriptions(wire, company)}
        _end(wire, company, [one for one in external_ids if one in there])

    def read(self, secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> tuple[ChangeHint, ...]:
        return read_hook(secret, headers, body, now)


def read_hook(secret: str, headers: Mapping[str, str], body: bytes, _now: datetime) -> tuple[ChangeHint, ...]:
    """The hint in a delivery signed with `secret`. The company is not named: whoever owns the address knows it.

    Nothing signed says when it was sent, so that an old one cannot be told from a late one: neither does harm.
    """
    told = {name.lower(): value for name, value in headers.items()}
    signed = told.get(KEY, "").encode() + b"&" + body
    expected = base64.b64encode(hmac.digest(secret.encode(), signed, "sha512"))
    if not secret or not hmac.compare_digest(expected, told.get(SIGNATURE, "").encode()):
        raise RefusedError("the delivery is not signed with the key of this subscription")
    with reading("a webhook"):
        event = json.loads(body)
        subject, row = str(event["event"]).partition(".")[0], event["id"]
    return (ChangeHint("", invoice_id=str(row)) if subject == "invoice" else ChangeHint(""),)


def _subscriptions(wire: Wire, company: str) -> list[Mapping[str, Any]]:
    rows = wire.all(company, SUBSCRIPTIONS, {"fields": "id,event,targetUrl,status"})
    with reading("the subscriptions"):
        return [{name: row[name] for name in ("id", "targetUrl", "status")} for row in rows]


def _end(wire: Wire, company: str, ids: Sequence[str]) -> None:
    if not ids:
        return
    try:
        wire.delete(company, f"{SUBSCRIPTIONS}/list", {"ids": ",".join(ids)})
    except GoneError:
        return
