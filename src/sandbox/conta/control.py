"""What a test or a demo can do behind Conta's back, under `/control/conta`."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
from litestar import Router, delete, post, put
from litestar.params import FromPath, JSONBody

from sandbox.book_rows import BooksError
from sandbox.books import Books
from sandbox.conta.memory import ContaMemory
from sandbox.control import refused
from sandbox.world import World


class KeyBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    companies: list[int]


class StatusBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    status: str


def control_router(_world: World, books: Books, memory: ContaMemory) -> Router:
    @post("/keys", sync_to_thread=False)
    def make_key(data: JSONBody[KeyBody]) -> dict[str, Any]:
        key = secrets.token_urlsafe(24)
        memory.keys[key] = [books.company(company).id for company in data.companies]
        return {"key": key}

    @delete("/keys", sync_to_thread=False)
    def revoke_keys() -> None:
        memory.keys.clear()

    @put("/invoices/{invoice:int}/status", sync_to_thread=False)
    def set_status(invoice: FromPath[int], data: JSONBody[StatusBody]) -> dict[str, Any]:
        memory.statuses[books.invoice(invoice).id] = data.status
        return {"invoice": invoice, "status": data.status}

    @put("/payments/{payment:int}/booked", sync_to_thread=False)
    def book(payment: FromPath[int]) -> dict[str, int]:
        """The payment has a voucher of its own from now on."""
        memory.booked.append(books.posting(payment).id)
        return {"payment": payment}

    @put("/short-lists", sync_to_thread=False)
    def short_lists(data: JSONBody[bool]) -> bool:
        memory.short_lists = data
        return data

    handlers = [make_key, revoke_keys, set_status, book, short_lists]
    return Router("/control/conta", route_handlers=handlers, exception_handlers={BooksError: refused})
