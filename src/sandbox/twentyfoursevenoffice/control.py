"""What a test or a demo can do behind 24SevenOffice's back, under `/control/twentyfoursevenoffice`."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, delete, get, post, put
from litestar.params import FromQuery, JSONBody

from sandbox.book_rows import BooksError
from sandbox.books import Books
from sandbox.control import refused
from sandbox.twentyfoursevenoffice.memory import OfficeMemory, User


class UserBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    companies: list[int]
    password: str = "hemmelig"  # noqa: S105 - the sandbox guards nothing


class WaysBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How the vendor behaves where that is not documented, or not always so."""

    tells_utc: bool = False
    silent: bool = False
    stale_number: bool = False
    items_per_page: int = 1000


def control_router(books: Books, memory: OfficeMemory) -> Router:
    @post("/users", sync_to_thread=False)
    def add_user(data: JSONBody[UserBody]) -> dict[str, str]:
        """A user who may look into these companies; the first is where he begins."""
        memory.last_user += 1
        username = f"bruker{memory.last_user}@example.no"
        memory.users[username] = User(password=data.password, companies=[books.company(company).id for company in data.companies])
        return {"username": username, "password": data.password}

    @put("/users/locked-out", sync_to_thread=False)
    def lock_out(username: FromQuery[str], locked: FromQuery[bool] = True) -> None:
        """His password is changed: nothing he has opened stays open."""
        memory.users[username].locked_out = locked
        memory.sessions = {key: session for key, session in memory.sessions.items() if session.username != username}

    @delete("/sessions", sync_to_thread=False)
    def end_sessions() -> None:
        memory.sessions.clear()

    @get("/sessions", sync_to_thread=False)
    def sessions() -> list[dict[str, Any]]:
        return [{"username": one.username, "company": one.company} for one in memory.sessions.values()]

    @put("/ways", sync_to_thread=False)
    def set_ways(data: JSONBody[WaysBody]) -> None:
        for name, value in msgspec.structs.asdict(data).items():
            setattr(memory, name, value)

    handlers = [add_user, lock_out, end_sessions, sessions, set_ways]
    return Router("/control/twentyfoursevenoffice", route_handlers=handlers, exception_handlers={BooksError: refused})
