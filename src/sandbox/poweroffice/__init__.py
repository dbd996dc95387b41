"""PowerOffice Go, simulated: onboarding of several clients at once, tokens per client key, API v2, and ten requests a second for us all."""

from __future__ import annotations

from litestar import Router

from sandbox.books import Books
from sandbox.poweroffice.control import control_router
from sandbox.poweroffice.desk import Desk
from sandbox.poweroffice.door import door_router
from sandbox.poweroffice.memory import GoMemory
from sandbox.poweroffice.reading import reading_router
from sandbox.poweroffice.writing import writing_router
from sandbox.world import World

__all__ = ["routes"]


def routes(world: World) -> Router:
    """`/poweroffice/OAuth/Token`, `/poweroffice/onboarding/...`, `/poweroffice/v2/...` and `/control/poweroffice/...`."""
    desk = Desk(world, Books(world), world.part("poweroffice", GoMemory))
    return Router("/", route_handlers=[make(desk) for make in (door_router, reading_router, writing_router, control_router)])
