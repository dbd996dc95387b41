"""Tripletex API v2, from its OpenAPI 2.74, recorded answers of its test host, and reported behaviour; and the control of its quirks."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
from litestar import Router, delete, post, put
from litestar.params import FromPath, JSONBody

from sandbox.book_rows import BooksError
from sandbox.books import Books
from sandbox.control import refused
from sandbox.tripletex import events
from sandbox.tripletex.calls import api_handlers
from sandbox.tripletex.door import TEST_PREFIX, Door, EmployeeKey, TripletexState
from sandbox.tripletex.rows import Rows
from sandbox.world import World


class KeyBody(msgspec.Struct, forbid_unknown_fields=True):
    """`clients` (company ids) makes it an accountant's key; without a token a new one is made."""

    company: int
    token: str | None = None
    clients: list[int] | None = None
    may_pay: bool = True


class ClientsBody(msgspec.Struct, forbid_unknown_fields=True):
    clients: list[int]


class ModuleBody(msgspec.Struct, forbid_unknown_fields=True):
    active: bool


class LimitsBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is left out stays as it is. `throttle_next` refuses that many calls with 429."""

    rate_limit: int | None = None
    rate_window_seconds: float | None = None
    throttle_next: int | None = None
    result_cap: int | None = None


def routes(world: World) -> Router:
    """The API under /tripletex/v2, its quirks under /control/tripletex."""
    state = world.part("tripletex", TripletexState)
    books = Books(world)
    door = Door(state, books)
    bell = events.Bell(state, books)
    world.after_change.append(bell.ring)
    api = Router("/tripletex/v2", route_handlers=api_handlers(door, Rows(books, state), world))
    control = Router(
        "/control/tripletex",
        route_handlers=[*_control(state, books), *events.control_handlers(bell)],
        exception_handlers={BooksError: refused},
    )
    return Router("/", route_handlers=[api, control])


def _control(state: TripletexState, books: Books) -> list[Any]:
    @post("/keys", sync_to_thread=False)
    def make_key(data: JSONBody[KeyBody]) -> EmployeeKey:
        for company in (data.company, *(data.clients or ())):
            books.company(company)
        token = data.token or f"{TEST_PREFIX}{secrets.token_urlsafe(24)}"
        if token in state.keys:
            raise BooksError("duplicate", "a key with that token exists")
        employee = max((key.employee for key in state.keys.values()), default=9_000) + 1
        made = EmployeeKey(token=token, employee=employee, company=data.company, clients=data.clients, may_pay=data.may_pay)
        state.keys[token] = made
        return made

    @put("/keys/{token:str}/clients", sync_to_thread=False)
    def set_clients(token: FromPath[str], data: JSONBody[ClientsBody]) -> EmployeeKey:
        _key(state, token).clients = data.clients
        return _key(state, token)

    @delete("/keys/{token:str}", sync_to_thread=False)
    def revoke(token: FromPath[str]) -> None:
        _key(state, token).revoked = True

    @delete("/sessions", sync_to_thread=False)
    def end_sessions() -> None:
        state.sessions.clear()

    @put("/companies/{company:int}/module", sync_to_thread=False)
    def module(company: FromPath[int], data: JSONBody[ModuleBody]) -> dict[str, Any]:
        without = set(state.without_module) - {books.company(company).id}
        state.without_module = sorted(without if data.active else {*without, company})
        return {"company": company, "active": data.active}

    @put("/limits", sync_to_thread=False)
    def limits(data: JSONBody[LimitsBody]) -> dict[str, Any]:
        for name in data.__struct_fields__:
            if (value := getattr(data, name)) is not None:
                setattr(state, name, value)
        return {name: getattr(state, name) for name in data.__struct_fields__}

    return [make_key, set_clients, revoke, end_sessions, module, limits]


def _key(state: TripletexState, token: str) -> EmployeeKey:
    if token not in state.keys:
        raise BooksError("not_found", "no such key")
    return state.keys[token]
