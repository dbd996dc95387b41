"""24SevenOffice, simulated: SOAP services over the reference books, behind sessions that look into one company at a time."""

from __future__ import annotations

from litestar import Router

from sandbox.books import Books
from sandbox.twentyfoursevenoffice.api import api_router
from sandbox.twentyfoursevenoffice.control import control_router
from sandbox.twentyfoursevenoffice.memory import OfficeMemory
from sandbox.world import World

__all__ = ["routes"]


def routes(world: World) -> Router:
    """`/twentyfoursevenoffice/...Service.asmx` and `/control/twentyfoursevenoffice/...`."""
    books, memory = Books(world), world.part("twentyfoursevenoffice", OfficeMemory)
    return Router("/", route_handlers=[api_router(world, books, memory), control_router(books, memory)])
