"""Webhooks as this vendor has them: subscriptions of a key, and signed events about what has happened in the books since the last call.

They come from a thread of their own, perhaps before the call that caused them is answered. One try each: the vendor's are not known.
"""

from __future__ import annotations

import base64
import hmac
import json
import threading
import uuid
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import httpx
from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody

from sandbox.book_rows import BooksError
from sandbox.books import AnyRow, Books
from sandbox.tripletex.answers import HOST, Query, invalid, listed, not_found
from sandbox.tripletex.door import Caller, Delivery, Door, EventSettings, Subscription, TripletexState
from sandbox.world import Fidelity

Req = Request[Any, Any, Any]
Json = dict[str, Any]
KINDS = (
    "invoice.charged", "voucher.create", "voucher.update", "voucher.delete", "closeGroup.create", "closeGroup.delete",
    "customer.create", "customer.update", "customer.delete",
)  # fmt: skip
STATUSES = ("ACTIVE", "DISABLED", "DISABLED_TOO_MANY_ERRORS", "DISABLED_RATE_LIMIT_EXCEEDED", "DISABLED_MISUSE")
KEPT = 200

#: fields, paths and the signature are specified; which keys `/event` names is not, and the vendor's takes https only
FIDELITY: dict[str, Fidelity] = {
    "GET /tripletex/v2/event": "assumed",
    "GET /tripletex/v2/event/subscription": "spec",
    "POST /tripletex/v2/event/subscription": "spec",
    "POST /tripletex/v2/event/subscription/list": "spec",
    "DELETE /tripletex/v2/event/subscription/list": "spec",
    "DELETE /tripletex/v2/event/subscription/{id}": "spec",
    "-> POST targetUrl (tripletex)": "spec",
    "-> POST targetUrl (tripletex) over plain http": "assumed",
}


def event_calls(door: Door) -> list[Any]:
    state = door.state

    def mine(caller: Caller) -> list[Subscription]:
        return [one for one in state.subscriptions.values() if (one.key, one.company) == (caller.key.token, caller.company)]

    def made(caller: Caller, asked: Any) -> Json:
        fresh = _asked(asked, caller, max(state.subscriptions, default=0) + 1)
        state.subscriptions[fresh.id] = fresh
        return _shown(fresh)

    def end(caller: Caller, ids: set[int]) -> None:
        if ids - {one.id for one in mine(caller)}:
            raise not_found()
        for one in ids:
            del state.subscriptions[one]

    @get("/event", sync_to_thread=False)
    def kinds(request: Req) -> Response[Any]:
        def told(_caller: Caller, _query: Query) -> Json:
            return {"value": {kind: {"description": kind, "payloadModel": kind.partition(".")[0]} for kind in KINDS}}

        return door.serve(request, "event", told)

    @get("/event/subscription", sync_to_thread=False)
    def subscriptions(request: Req) -> Response[Any]:
        return door.serve(request, "event/subscription", lambda caller, query: listed(mine(caller), _shown, query, state.result_cap))

    @post("/event/subscription")
    async def subscribe(request: Req) -> Response[Any]:
        asked = await _body(request)
        return door.serve(request, "event/subscription", lambda caller, _query: {"value": made(caller, asked)}, 201)

    @post("/event/subscription/list")
    async def subscribe_to_many(request: Req) -> Response[Any]:
        asked = await _body(request)

        def told(caller: Caller, query: Query) -> Json:
            rows = [made(caller, one) for one in (asked if isinstance(asked, list) else [asked])]
            return listed(rows, lambda row: row, query, state.result_cap)

        return door.serve(request, "event/subscription/list", told, 201)

    @delete("/event/subscription/list", sync_to_thread=False, status_code=200)
    def end_many(request: Req) -> Response[Any]:
        return door.serve(request, "event/subscription/list", lambda caller, query: end(caller, query.numbers("ids") or set()), 204)

    @delete("/event/subscription/{subscription:int}", sync_to_thread=False, status_code=200)
    def end_one(request: Req, subscription: FromPath[int]) -> Response[Any]:
        return door.serve(request, "event/subscription", lambda caller, _query: end(caller, {subscription}), 204)

    return [kinds, subscriptions, subscribe, subscribe_to_many, end_many, end_one]


class Bell:
    """Tells what has happened since it was last rung. While nobody subscribes it only keeps count."""

    def __init__(self, state: TripletexState, books: Books) -> None:
        self.state = state
        self.books = books

    def ring(self) -> None:
        with self.books.world.lock:
            news = list(self._news()) if self.state.subscriptions else []
            self._keep_count()
            made = [one for kind, row, company in news for one in self._made(kind, row, company)]
            if self.state.events.hold:
                return
        self._send(made)

    def release(self) -> None:
        self._send([one for one in self.state.deliveries if one.outcome is None])

    def _news(self) -> Iterator[tuple[str, int, int]]:
        """Event, id, company."""
        books, seen = self.books.state, self.state.told_to
        for invoice in _after(seen, books.invoices):
            if invoice.charged:
                yield "invoice.charged", invoice.id, invoice.company
        yield from {("voucher.create", line.voucher, line.company): None for line in _after(seen, books.postings)}
        for group in _after(seen, books.close_groups):
            yield "closeGroup.create", group.id, group.company
        for gone, company in self.state.told_groups.items():
            if gone not in books.close_groups:
                yield "closeGroup.delete", gone, company
        for customer in books.customers.values():
            if customer.id > seen:
                yield "customer.create", customer.id, customer.company
            elif self.state.told_customers.get(customer.id, customer.version) != customer.version:
                yield "customer.update", customer.id, customer.company

    def _keep_count(self) -> None:
        books, listening = self.books.state, bool(self.state.subscriptions)
        self.state.told_to = books.last_id
        self.state.told_groups = {group.id: group.company for group in books.close_groups.values()} if listening else {}
        self.state.told_customers = {customer.id: customer.version for customer in books.customers.values()} if listening else {}

    def _made(self, kind: str, row: int, company: int) -> Iterator[Delivery]:
        settings = self.state.events
        for one in self.state.subscriptions.values():
            if (one.event, one.company, one.status) != (kind, company, "ACTIVE"):
                continue
            if settings.skip:
                settings.skip -= 1
                continue
            event = delivery_of(one, row)
            copies = [event]
            if settings.twice:
                settings.twice -= 1
                copies.append(Delivery(event.subscription, event.url, event.headers, event.body))
            self.state.deliveries = [*self.state.deliveries, *copies][-KEPT:]
            yield from copies

    @staticmethod
    def _send(made: list[Delivery]) -> None:
        if made:
            threading.Thread(target=_deliver, args=(made,), daemon=True).start()


def control_handlers(bell: Bell) -> list[Any]:
    state = bell.state

    @put("/events", sync_to_thread=False)
    def settle(data: JSONBody[EventSettings]) -> EventSettings:
        state.events = data
        return data

    @get("/events", sync_to_thread=False)
    def deliveries() -> list[Delivery]:
        return state.deliveries

    @post("/events/release", sync_to_thread=False)
    def release() -> int:
        bell.release()
        return len(state.deliveries)

    @get("/subscriptions", sync_to_thread=False)
    def subscriptions() -> list[Json]:
        return [{**_shown(one), "company": one.company} for one in state.subscriptions.values()]

    @put("/subscriptions/{subscription:int}/{status:str}", sync_to_thread=False)
    def set_status(subscription: FromPath[int], status: FromPath[str]) -> Json:
        if subscription not in state.subscriptions or status not in STATUSES:
            raise BooksError("not_found", "no such subscription or status")
        state.subscriptions[subscription].status = status
        return _shown(state.subscriptions[subscription])

    return [settle, deliveries, release, subscriptions, set_status]


def delivery_of(one: Subscription, row: int) -> Delivery:
    """Signed as the vendor does: HMAC-SHA512 over the key, an ampersand, and the body."""
    verb = one.event.partition(".")[2]
    body = json.dumps({"subscriptionId": one.id, "event": one.event, "id": row, "value": None if verb == "delete" else {"id": row}})
    headers = {"content-type": "application/json", "idempotency-key": str(uuid.uuid4())}
    if one.secret is not None:
        signed = hmac.digest(one.secret.encode(), f"{headers['idempotency-key']}&{body}".encode(), "sha512")
        headers["x-request-signature"] = base64.b64encode(signed).decode()
    return Delivery(one.id, one.target, headers, body)


def _after(seen: int, rows: dict[int, AnyRow]) -> list[AnyRow]:
    """Rows made since, oldest first: ids only grow."""
    return list(takewhile(lambda row: row.id > seen, reversed(rows.values())))[::-1]


def _deliver(made: list[Delivery]) -> None:
    with httpx.Client(timeout=5, trust_env=False) as client:
        for one in made:
            try:
                one.outcome = str(client.post(one.url, content=one.body.encode(), headers=one.headers).status_code)
            except httpx.HTTPError as fault:
                one.outcome = type(fault).__name__


def _asked(asked: Any, caller: Caller, fresh: int) -> Subscription:
    told = asked if isinstance(asked, dict) else {}
    event, target = told.get("event"), told.get("targetUrl")
    if event not in KINDS:
        raise invalid({"event": "Ukjent hendelse."})
    if not isinstance(target, str) or not target.startswith(("https://", "http://")):
        raise invalid({"targetUrl": "Må være en absolutt adresse med HTTPS."})
    return Subscription(
        fresh, caller.key.token, caller.company, str(event), target, str(told.get("fields") or "*"), told.get("hmacSharedSecret")
    )


def _shown(one: Subscription) -> Json:
    """The secret and the header's value are never shown again."""
    plain = {"id": one.id, "version": 0, "url": f"{HOST}/event/subscription/{one.id}"}
    return {**plain, "event": one.event, "targetUrl": one.target, "fields": one.fields, "status": one.status}


async def _body(request: Req) -> Any:
    try:
        return await request.json()
    except ValueError:
        return None
