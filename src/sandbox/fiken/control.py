"""What a test or a demo can do behind Fiken's back, under `/control/fiken`."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from litestar import Router, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody

from sandbox.book_rows import BooksError, BooksState
from sandbox.books import Books
from sandbox.control import refused
from sandbox.fiken.memory import DEFAULT_USER, Consent, FikenMemory, LooseNote, Settings
from sandbox.fiken.rows import FikenRows
from sandbox.world import World


class _Body(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    pass


class ConsentBody(_Body):
    companies: list[int]
    user: str = DEFAULT_USER


class ModuleBody(_Body):
    on: bool


class NoteBody(_Body):
    customer: int
    amount_ore: int
    issued_on: date


def control_router(world: World, books: Books, memory: FikenMemory) -> Router:
    """Settings, consents, tokens, module, bans, and the marks on sales."""
    handlers = [*_access_handlers(world, memory, FikenRows(books, memory)), *_book_handlers(books.state, memory)]
    return Router("/control/fiken", route_handlers=handlers, exception_handlers={BooksError: refused})


def _access_handlers(world: World, memory: FikenMemory, rows: FikenRows) -> list[Any]:
    @get("/state", sync_to_thread=False)
    def state() -> dict[str, Any]:
        """Consents without their tokens, and what has been counted."""
        consents = [{**msgspec.structs.asdict(c), "refresh_token": None} for c in memory.consents.values()]
        return {
            "settings": memory.settings, "consents": consents, "granted": memory.granted,
            "collisions": memory.collisions, "slowed": memory.slowed, "banned": memory.banned,
        }  # fmt: skip

    @patch("/settings", sync_to_thread=False)
    def change_settings(data: JSONBody[dict[str, Any]]) -> Settings:
        memory.settings = msgspec.convert({**msgspec.to_builtins(memory.settings), **data}, Settings)
        return memory.settings

    @post("/consents", sync_to_thread=False)
    def consent(data: JSONBody[ConsentBody]) -> dict[str, Any]:
        """A consent given without the page: its tokens."""
        made = Consent(id=memory.next_id(), user=data.user, client_id=memory.settings.client_id, companies=data.companies)
        memory.consents[made.id] = made
        return {"consent": made.id, **memory.new_tokens(world, made, rotate=True)}

    @delete("/consents", sync_to_thread=False)
    def revoke_consents() -> None:
        """Every user takes his consent back."""
        for given in memory.consents.values():
            given.revoked = True

    @put("/consents/{consent:int}/companies", sync_to_thread=False)
    def tick(consent: FromPath[int], data: JSONBody[list[int]]) -> Consent:
        """The user changes which companies the app may see."""
        memory.consents[consent].companies = data
        return memory.consents[consent]

    @delete("/access-tokens", sync_to_thread=False)
    def expire_tokens() -> None:
        """All access tokens run out now; refresh tokens live on."""
        memory.access.clear()

    @delete("/bans", sync_to_thread=False)
    def lift_bans() -> None:
        memory.forgive()

    @put("/companies/{company:int}/module", sync_to_thread=False)
    def switch_module(company: FromPath[int], data: JSONBody[ModuleBody]) -> dict[str, Any]:
        _set(memory.without_module, company, not data.on)
        return {"company": company, "on": data.on}

    @get("/companies/{company:int}", sync_to_thread=False)
    def company(company: FromPath[int]) -> dict[str, Any]:
        """As the API tells it: the slug is what the outside knows it by."""
        return rows.company(rows.books.company(company))

    return [company, state, change_settings, consent, revoke_consents, tick, expire_tokens, lift_bans, switch_module]


def _book_handlers(books: BooksState, memory: FikenMemory) -> list[Any]:
    @put("/sales/{sale:int}/{mark:str}", sync_to_thread=False)
    def mark_sale(sale: FromPath[int], mark: FromPath[str]) -> dict[str, Any]:
        """external (made outside Fiken, no invoice), deleted, written_off, ticked_off (settled by hand), reminded (reminder attached)."""
        _set(_marks(memory, mark), _sale(books, sale), True)
        return {"sale": sale, "mark": mark}

    @delete("/sales/{sale:int}/{mark:str}", sync_to_thread=False)
    def unmark_sale(sale: FromPath[int], mark: FromPath[str]) -> None:
        _set(_marks(memory, mark), _sale(books, sale), False)

    @post("/credit-notes", sync_to_thread=False)
    def loose_note(data: JSONBody[NoteBody]) -> LooseNote:
        """A credit note tied to no invoice."""
        if data.customer not in books.customers:
            raise BooksError("not_found", f"customer {data.customer} does not exist")
        company = books.customers[data.customer].company
        made = LooseNote(
            id=900_000_000 + memory.next_id(), company=company, customer=data.customer, number=50_000 + len(memory.loose_notes),
            amount_ore=data.amount_ore, issued_on=data.issued_on,
        )  # fmt: skip
        memory.loose_notes[made.id] = made
        return made

    @put("/credit-notes/{note:int}/settled", sync_to_thread=False)
    def settle_note(note: FromPath[int]) -> LooseNote:
        memory.loose_notes[note].settled = True
        return memory.loose_notes[note]

    return [mark_sale, unmark_sale, loose_note, settle_note]


def _marks(memory: FikenMemory, mark: str) -> list[int]:
    known: dict[str, list[int]] = {
        "external": memory.external, "deleted": memory.deleted, "written_off": memory.written_off,
        "ticked_off": memory.ticked_off, "reminded": memory.reminded,
    }  # fmt: skip
    if mark not in known:
        raise BooksError("not_found", f"there is no mark {mark}; choose from {sorted(known)}")
    return known[mark]


def _sale(books: BooksState, sale: int) -> int:
    if sale not in books.invoices:
        raise BooksError("not_found", f"sale {sale} does not exist")
    return sale


def _set(marks: list[int], row: int, on: bool) -> None:
    if on and row not in marks:
        marks.append(row)
    elif not on and row in marks:
        marks.remove(row)
