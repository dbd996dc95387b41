"""What a test or a demo can do behind PowerOffice Go's back, under `/control/poweroffice`."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from sandbox.book_rows import BooksError, Posting
from sandbox.control import refused
from sandbox.poweroffice.desk import Desk
from sandbox.poweroffice.memory import Settings


class WriteOffBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    invoice: int
    amount_ore: int
    on: date


def control_router(desk: Desk) -> Router:
    return Router("/control/poweroffice", route_handlers=_handlers(desk), exception_handlers={BooksError: refused})


def _handlers(desk: Desk) -> list[Any]:
    memory, books = desk.memory, desk.books

    @patch("/settings", sync_to_thread=False)
    def change_settings(data: JSONBody[dict[str, Any]]) -> Settings:
        memory.settings = msgspec.convert({**msgspec.to_builtins(memory.settings), **data}, Settings)
        return memory.settings

    @get("/companies/{company:int}", sync_to_thread=False)
    def client(company: FromPath[int]) -> dict[str, str]:
        """The key that an onboarding of this client gives."""
        return {"client_key": memory.key_of(books.company(company).id)}

    @delete("/companies/{company:int}", sync_to_thread=False)
    def remove_extension(company: FromPath[int]) -> None:
        """Somebody at the client removes our extension: its key and tokens are worthless."""
        memory.keys.pop(company, None)
        memory.tokens = {name: token for name, token in memory.tokens.items() if token.company != company}

    @delete("/tokens", sync_to_thread=False)
    def expire_tokens() -> None:
        memory.tokens.clear()

    @post("/reversals", sync_to_thread=False)
    def book_reversals() -> int:
        """Go comes round to the reversals it has accepted."""
        waiting, memory.reversing = memory.reversing, []
        for posting in waiting:
            books.reverse_payment(posting, books.posting(posting).on)
        return len(waiting)

    @post("/write-offs", sync_to_thread=False)
    def write_off(data: JSONBody[WriteOffBody]) -> Posting:
        """What is left of an invoice is given up: matched like a payment, but no money came."""
        made = books.pay(data.invoice, data.amount_ore, data.on, "MANUAL", text="Avskrevet")
        memory.written_off.append(made.id)
        return made

    return [change_settings, client, remove_extension, expire_tokens, book_reversals, write_off]
