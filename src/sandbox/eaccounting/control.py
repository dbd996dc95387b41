"""What a test or a demo can do behind eAccounting's back, under `/control/eaccounting`."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, delete, get, patch, put
from litestar.params import FromPath, JSONBody

from sandbox.book_rows import BooksError
from sandbox.books import Books
from sandbox.control import refused
from sandbox.eaccounting.memory import EAccountingMemory, Settings
from sandbox.world import World


class LicenceBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    on: bool


def control_router(world: World, books: Books, memory: EAccountingMemory) -> Router:
    return Router("/control/eaccounting", route_handlers=_handlers(books, memory), exception_handlers={BooksError: refused})


def _handlers(books: Books, memory: EAccountingMemory) -> list[Any]:
    @get("/state", sync_to_thread=False)
    def state() -> dict[str, int]:
        """How many refreshes were granted, and refused for a token used before."""
        return {"refreshed": memory.refreshed, "reused": memory.reused}

    @patch("/settings", sync_to_thread=False)
    def change_settings(data: JSONBody[dict[str, Any]]) -> Settings:
        memory.settings = msgspec.convert({**msgspec.to_builtins(memory.settings), **data}, Settings)
        return memory.settings

    @delete("/consents", sync_to_thread=False)
    def end_consents() -> None:
        """Every user changes his password, or takes his consent back."""
        for consent in memory.consents.values():
            consent.ended = True

    @delete("/access-tokens", sync_to_thread=False)
    def expire_tokens() -> None:
        memory.access.clear()

    @put("/companies/{company:int}/licence", sync_to_thread=False)
    def switch_licence(company: FromPath[int], data: JSONBody[LicenceBody]) -> None:
        wanted = books.company(company).id
        memory.unlicensed = [c for c in memory.unlicensed if c != wanted] + ([] if data.on else [wanted])

    @put("/invoices/{invoice:int}/ledger-only", sync_to_thread=False)
    def take_invoice_away(invoice: FromPath[int]) -> None:
        """The invoice came from an earlier system: it stands in the customer ledger and not among the invoices."""
        memory.ledger_only.append(books.invoice(invoice).id)

    return [state, change_settings, end_consents, expire_tokens, switch_licence, take_invoice_away]
