"""Conta, simulated over the reference books: keys, organisations, customers, invoices and payments, and refusals with names."""

from __future__ import annotations

from litestar import Router

from sandbox.books import Books
from sandbox.conta.api import api_router
from sandbox.conta.control import control_router
from sandbox.conta.memory import ContaMemory
from sandbox.world import World

__all__ = ["routes"]


def routes(world: World) -> Router:
    """`/conta/invoice/organizations/...` and `/control/conta/...`."""
    books, memory = Books(world), world.part("conta", ContaMemory)
    return Router("/", route_handlers=[api_router(world, books, memory), control_router(world, books, memory)])
