"""What a test or a demo can do behind Xledger's back, under `/control/xledger`."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

import msgspec
from litestar import Router, delete, patch, post, put
from litestar.params import FromPath, JSONBody

from sandbox.book_rows import BooksError
from sandbox.control import refused
from sandbox.xledger.door import Door
from sandbox.xledger.memory import OperationFault, Settings, Throttle, Token
from sandbox.xledger.queue import process


class TokenBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A token on a company; `below` are companies (ids) under it in the tree. Without `token` a new one is made."""

    company: int
    below: list[int] = []
    may_write: bool = True
    token: str | None = None


class ClosedBody(msgspec.Struct, forbid_unknown_fields=True):
    on: date


def control_router(door: Door) -> Router:
    handlers = [*_token_handlers(door), *_behaviour_handlers(door), *_queue_handlers(door)]
    return Router("/control/xledger", route_handlers=handlers, exception_handlers={BooksError: refused})


def _token_handlers(door: Door) -> list[Any]:
    memory, books = door.memory, door.books

    @post("/tokens", sync_to_thread=False)
    def make_token(data: JSONBody[TokenBody]) -> Token:
        for company in (data.company, *data.below):
            books.company(company)
        made = Token(token=data.token or secrets.token_urlsafe(32), entity=data.company, below=data.below, may_write=data.may_write)
        memory.tokens[made.token] = made
        return made

    @delete("/tokens", sync_to_thread=False)
    def wipe() -> None:
        """As when the vendor's demo environment is refreshed: no token works any more."""
        memory.tokens.clear()

    @delete("/tokens/{token:str}", sync_to_thread=False)
    def revoke(token: FromPath[str]) -> None:
        memory.tokens.pop(token, None)

    @put("/entities/{company:int}/closing", sync_to_thread=False)
    def close(company: FromPath[int], data: JSONBody[ClosedBody]) -> dict[str, Any]:
        memory.closed[books.company(company).id] = data.on
        return {"company": company, "on": data.on}

    return [make_token, wipe, revoke, close]


def _behaviour_handlers(door: Door) -> list[Any]:
    memory = door.memory

    @patch("/settings", sync_to_thread=False)
    def behave(data: JSONBody[dict[str, Any]]) -> Settings:
        try:
            memory.settings = msgspec.convert({**msgspec.structs.asdict(memory.settings), **data}, Settings)
        except msgspec.ValidationError as fault:
            raise BooksError("invalid", str(fault)) from fault
        return memory.settings

    @put("/throttle", sync_to_thread=False)
    def throttle(data: JSONBody[Throttle]) -> Throttle:
        memory.throttle = data
        return data

    @post("/faults", sync_to_thread=False)
    def order_fault(data: JSONBody[OperationFault]) -> OperationFault:
        memory.faults.append(data)
        return data

    @delete("/faults", sync_to_thread=False)
    def clear_faults() -> None:
        memory.faults.clear()

    return [behave, throttle, order_fault, clear_faults]


def _queue_handlers(door: Door) -> list[Any]:
    memory, books = door.memory, door.books

    @post("/queue/processing", sync_to_thread=False)
    def process_queue() -> dict[str, int]:
        """Post all that waits, now."""
        process(books, memory, now=True)
        return {"waiting": len(memory.queue), "errors": len(memory.errors)}

    @delete("/queue", sync_to_thread=False)
    def clear_queue() -> None:
        """Somebody deletes what waits in the import queue."""
        memory.queue.clear()
        memory.errors.clear()

    return [process_queue, clear_queue]
