"""What a test or a demo can do behind Visma.net's back, under `/control/vismanet`."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, delete, get, put
from litestar.params import FromPath, JSONBody

from sandbox.book_rows import BooksError
from sandbox.books import Books
from sandbox.control import refused
from sandbox.vismanet.memory import VismaMemory, tenant_of


class ApprovalBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    approved: bool = True
    licensed: bool = True


def control_router(books: Books, memory: VismaMemory) -> Router:
    @get("/companies/{company:int}", sync_to_thread=False)
    def where(company: FromPath[int]) -> dict[str, Any]:
        """The company's tenant id, and the payments that wait to be released."""
        drafts = [d for d in memory.drafts.values() if d.company == books.company(company).id]
        return {"tenant": tenant_of(company), "drafts": drafts}

    @put("/companies/{company:int}/approval", sync_to_thread=False)
    def approve(company: FromPath[int], data: JSONBody[ApprovalBody]) -> None:
        """Withdrawn: its tokens are dead and there are no new ones."""
        memory.withdrawn = [c for c in memory.withdrawn if c != company] + ([] if data.approved else [company])
        memory.unlicensed = [c for c in memory.unlicensed if c != company] + ([] if data.licensed else [company])
        if not data.approved:
            memory.access = {token: access for token, access in memory.access.items() if access.company != company}

    @delete("/tokens", sync_to_thread=False)
    def expire() -> None:
        memory.access.clear()

    @put("/invoices/{invoice:int}/collected", sync_to_thread=False)
    def collect(invoice: FromPath[int]) -> None:
        """Visma's own collection has taken a case of it."""
        memory.collected.append(books.invoice(invoice).id)

    handlers = [where, approve, expire, collect]
    return Router("/control/vismanet", route_handlers=handlers, exception_handlers={BooksError: refused})
