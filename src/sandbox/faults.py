"""Trouble on order: the next call that matches goes slow, is refused, or loses its answer, before or after the act."""

from __future__ import annotations

import asyncio
import json

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.world import World

#: a head that promises a body which never comes: the server then cuts the connection, and the client cannot tell what happened
CUT_SHORT: Message = {"type": "http.response.start", "status": 502, "headers": [(b"content-length", b"1")]}


class FaultyWire:
    """Stands before every simulator. A fault's `path` is looked for in "METHOD /path", for SOAP followed by its action; control API and
    overview pages are spared."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self.app = app
        self.world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        method, path = str(dict(scope)["method"]), scope["path"]
        spared = path == "/" or path.startswith(("/control", "/health", "/fidelity"))
        fault = None if spared else self.world.take_fault(f"{method} {path}{_action(scope)}")
        kind = None if fault is None else fault.kind
        if fault is not None and kind == "slow":
            await asyncio.sleep(fault.seconds)
        if fault is not None and kind == "status":
            await _answer(send, fault.status)
        elif kind == "drop_before":
            await send(CUT_SHORT)
        elif kind == "drop_after":
            await self.app(scope, receive, _nowhere)
            await send(CUT_SHORT)
        else:
            await self.app(scope, receive, send)
        if method != "GET":
            for tell in self.world.after_change:
                tell()
            self.world.save()


def _action(scope: Scope) -> str:
    """SOAP posts every call of a service to one path: which call it is stands in a header."""
    told = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"soapaction"), "")
    return f" {told}" if told else ""


async def _answer(send: Send, status: int) -> None:
    body = json.dumps({"status": status, "message": "ordered by the sandbox's fault control"}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _nowhere(_message: Message) -> None:
    return
