"""A server that lives on an event loop, in a thread of its own: what the sandbox's asynchronous protocols share."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

START_SECONDS = 20
STOP_SECONDS = 10


class LoopServer:
    """Listens for as long as `listening` lasts: from the constructor's return until `stop`. OSError where the port is taken."""

    def __init__(self, name: str, listening: Callable[[], AbstractAsyncContextManager[Any]]) -> None:
        self._listening = listening
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()
        self._ready = threading.Event()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()
        self._ready.wait(START_SECONDS)
        if self._fault is not None:
            raise self._fault

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as fault:
            self._fault = fault
        finally:
            self._ready.set()
            self._loop.close()

    async def _serve(self) -> None:
        async with self._listening():
            self._ready.set()
            await self._ending.wait()
