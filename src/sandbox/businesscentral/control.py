"""What a test or a demo can do behind Business Central's back, under `/control/businesscentral`."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, delete, get, post, put
from litestar.params import FromPath, JSONBody

from sandbox.book_rows import BooksError
from sandbox.books import Books
from sandbox.businesscentral.memory import ENVIRONMENT, TENANT, Consent, EntraMemory, guid
from sandbox.control import refused
from sandbox.world import World


class ConsentBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    companies: list[int] | None = None


class PatternBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    made: bool


def control_router(world: World, books: Books, memory: EntraMemory) -> Router:
    @post("/consents", sync_to_thread=False)
    def consent(data: JSONBody[ConsentBody]) -> dict[str, Any]:
        """A consent given without the page: its tokens."""
        made = Consent(id=memory.next_id(), companies=data.companies)
        memory.consents[made.id] = made
        return memory.new_tokens(world, made)

    @delete("/consents", sync_to_thread=False)
    def revoke() -> None:
        for given in memory.consents.values():
            given.revoked = True

    @delete("/access-tokens", sync_to_thread=False)
    def expire() -> None:
        memory.access.clear()

    @put("/companies/{company:int}/payment-journal", sync_to_thread=False)
    def pattern(company: FromPath[int], data: JSONBody[PatternBody]) -> None:
        """Has the bureau made the journal that says where payments are booked?"""
        memory.without_pattern = [c for c in memory.without_pattern if c != company] + ([] if data.made else [company])

    @get("/companies/{company:int}", sync_to_thread=False)
    def where(company: FromPath[int]) -> dict[str, Any]:
        """How the company is named, and the journals that lie there."""
        mine = [j for j in memory.journals.values() if j.company == books.company(company).id]
        return {"name": f"{TENANT}:{ENVIRONMENT}:{guid(company)}", "journals": mine}

    handlers = [consent, revoke, expire, pattern, where]
    return Router("/control/businesscentral", route_handlers=handlers, exception_handlers={BooksError: refused})
