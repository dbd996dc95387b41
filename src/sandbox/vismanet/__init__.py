"""Visma.net ERP, simulated: Visma Connect's tokens for one company (tenant) at a time, and the ERP interface over the reference books."""

from __future__ import annotations

from litestar import Router

from sandbox.books import Books
from sandbox.vismanet.api import api_router
from sandbox.vismanet.control import control_router
from sandbox.vismanet.memory import VismaMemory
from sandbox.world import World

__all__ = ["routes"]


def routes(world: World) -> Router:
    """`/vismanet/connect/token`, `/vismanet/API/controller/api/...` and `/control/vismanet/...`."""
    books, memory = Books(world), world.part("vismanet", VismaMemory)
    return Router("/", route_handlers=[api_router(world, books, memory), control_router(books, memory)])
