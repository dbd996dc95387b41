"""Fiken, simulated: its consent page and token endpoint, its API v2, and the rule of one request at a time for each user."""

from __future__ import annotations

from litestar import Router

from sandbox.books import Books
from sandbox.fiken.api import api_router
from sandbox.fiken.control import control_router
from sandbox.fiken.memory import FikenMemory
from sandbox.fiken.site import site_router
from sandbox.world import World

__all__ = ["routes"]


def routes(world: World) -> Router:
    """`/fiken/oauth/...`, `/fiken/api/v2/...` and `/control/fiken/...`."""
    books, memory = Books(world), world.part("fiken", FikenMemory)
    parts = [door(world, books, memory) for door in (site_router, api_router, control_router)]
    return Router("/", route_handlers=parts)
