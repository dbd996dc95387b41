"""Visma eAccounting, simulated: consent for one company, refresh tokens that rotate, and the API v2 over the reference books."""

from __future__ import annotations

from litestar import Router

from sandbox.books import Books
from sandbox.eaccounting.api import api_router
from sandbox.eaccounting.control import control_router
from sandbox.eaccounting.identity import identity_router
from sandbox.eaccounting.memory import EAccountingMemory
from sandbox.world import World

__all__ = ["routes"]


def routes(world: World) -> Router:
    """`/eaccounting/connect/...`, `/eaccounting/v2/...` and `/control/eaccounting/...`."""
    books, memory = Books(world), world.part("eaccounting", EAccountingMemory)
    return Router("/", route_handlers=[make(world, books, memory) for make in (identity_router, api_router, control_router)])
