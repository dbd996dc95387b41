"""Business Central, simulated: Entra's consent page and tokens, the list of environments, and API v2.0 over the reference books."""

from __future__ import annotations

from litestar import Router

from sandbox.books import Books
from sandbox.businesscentral.api import api_router
from sandbox.businesscentral.control import control_router
from sandbox.businesscentral.entra import entra_router
from sandbox.businesscentral.memory import EntraMemory
from sandbox.world import World

__all__ = ["routes"]


def routes(world: World) -> Router:
    """`/businesscentral/login/...`, `/businesscentral/environments`, `/businesscentral/v2.0/...` and `/control/businesscentral/...`."""
    books, memory = Books(world), world.part("businesscentral", EntraMemory)
    return Router("/", route_handlers=[door(world, books, memory) for door in (entra_router, api_router, control_router)])
