"""What a test or a demo can do behind the platform's back, under `/control/unimicro`."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, delete, get, post, put
from litestar.params import FromPath, JSONBody

from sandbox.book_rows import BooksError
from sandbox.books import Books
from sandbox.control import refused
from sandbox.unimicro.memory import BRANDS, Marks, UnimicroMemory, company_key
from sandbox.world import World


class ConsentBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    brand: str
    companies: list[int]


class StopBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    on: bool


class CapBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    rows: int


def control_router(world: World, books: Books, memory: UnimicroMemory) -> Router:
    @post("/consents", sync_to_thread=False)
    def consent(data: JSONBody[ConsentBody]) -> dict[str, Any]:
        """A consent given without the page: its tokens."""
        if data.brand not in BRANDS:
            raise BooksError("not_found", f"there is no brand {data.brand}; choose from {sorted(BRANDS)}")
        return memory.new_tokens(world, memory.give(data.brand, data.companies))

    @delete("/consents", sync_to_thread=False)
    def revoke_consents() -> None:
        """Every user takes his consent back."""
        for given in memory.consents.values():
            given.revoked = True

    @delete("/access-tokens", sync_to_thread=False)
    def expire_tokens() -> None:
        """All access tokens run out now; refresh tokens live on."""
        memory.access.clear()

    @get("/companies/{company:int}", sync_to_thread=False)
    def company(company: FromPath[int]) -> dict[str, str]:
        return {"key": company_key(books.company(company).id)}

    @put("/invoices/{invoice:int}/marks", sync_to_thread=False)
    def mark(invoice: FromPath[int], data: JSONBody[Marks]) -> Marks:
        memory.marks[books.invoice(invoice).id] = data
        return data

    @put("/customers/{customer:int}/reminder-stop", sync_to_thread=False)
    def stop(customer: FromPath[int], data: JSONBody[StopBody]) -> dict[str, Any]:
        stopped = set(memory.stopped) - {books.customer(customer).id}
        memory.stopped = sorted(stopped | ({customer} if data.on else set()))
        return {"customer": customer, "on": data.on}

    @put("/page-cap", sync_to_thread=False)
    def cap(data: JSONBody[CapBody]) -> dict[str, int]:
        """The interface cuts longer pages to so many rows."""
        memory.page_cap = data.rows
        return {"rows": memory.page_cap}

    @put("/dropped-fields", sync_to_thread=False)
    def drop(data: JSONBody[list[str]]) -> list[str]:
        """The platform no longer knows these fields: filters that name them are ignored."""
        memory.dropped = data
        return data

    handlers = [consent, revoke_consents, expire_tokens, company, mark, stop, cap, drop]
    return Router("/control/unimicro", route_handlers=handlers, exception_handlers={BooksError: refused})
