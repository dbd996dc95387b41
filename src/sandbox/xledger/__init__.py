"""Xledger: one GraphQL address, from the vendor's samples and published templates of its operations; and the control of its quirks."""

from __future__ import annotations

from litestar import Router

from sandbox.books import Books
from sandbox.world import Fidelity, World
from sandbox.xledger.control import control_router
from sandbox.xledger.door import Door, graphql_handler
from sandbox.xledger.memory import XledgerMemory

#: one address; what is asked for stands behind it
FIDELITY: dict[str, Fidelity] = {
    "entities": "example",
    "currencies": "example",
    "customers": "example",
    "suppliers": "example",
    "arTransactions": "example",
    "apTransactions": "example",
    "transactions": "example",
    "entityBankAccounts": "example",
    "arTransaction_deltas": "example",
    "addGLImportItems": "example",
    "glImportItems": "assumed",
    "glImportItemErrors": "assumed",
}


def routes(world: World) -> Router:
    """The API under /xledger/graphql, its quirks under /control/xledger."""
    for operation, mark in FIDELITY.items():
        world.fidelity[f"POST /xledger/graphql#{operation}"] = mark
    books, memory = Books(world), world.part("xledger", XledgerMemory)
    door = Door(world, books, memory)
    return Router("/", route_handlers=[Router("/xledger", route_handlers=[graphql_handler(door)]), control_router(door)])
