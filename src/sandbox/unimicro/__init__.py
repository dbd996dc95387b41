"""The Unimicro platform, simulated under its five names: login, the business interface and its odd way with filters, and statistics."""

from __future__ import annotations

from litestar import Router

from sandbox.books import Books
from sandbox.unimicro.api import api_router
from sandbox.unimicro.control import control_router
from sandbox.unimicro.login import login_router
from sandbox.unimicro.memory import UnimicroMemory
from sandbox.world import World

__all__ = ["routes"]


def routes(world: World) -> Router:
    """`/unimicro/{brand}/login/...`, `/unimicro/{brand}/api/...` and `/control/unimicro/...`."""
    books, memory = Books(world), world.part("unimicro", UnimicroMemory)
    return Router("/", route_handlers=[door(world, books, memory) for door in (login_router, api_router, control_router)])
