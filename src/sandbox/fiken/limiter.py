"""One request at a time for each user, slower above four a second, and a ban for those who will not learn."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

from litestar import Request, Response
from litestar.types import ASGIApp, Receive, Scope, Send

from sandbox.fiken.memory import FikenMemory
from sandbox.fiken.site import bearer
from sandbox.world import World


class OneAtATime:
    """Stands before the API. Runs on one event loop, so its counts need no lock; a stranger's token is let through to be refused."""

    def __init__(self, app: ASGIApp, world: World, memory: FikenMemory, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._app, self._world, self._memory, self._monotonic = app, world, memory, monotonic
        self._busy: set[str] = set()
        self._recent: dict[str, deque[float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        consent = self._memory.consent_of(bearer(Request(scope)), self._world.now())
        if consent is None:
            await self._app(scope, receive, send)
            return
        user = consent.user
        if user in self._memory.banned:
            await _refuse(403, "The user is banned. Contact api@fiken.no")(scope, receive, send)
        elif user in self._busy:
            self._count_collision(user)
            await _refuse(429, "Only one concurrent request is allowed")(scope, receive, send)
        else:
            self._busy.add(user)
            try:
                await asyncio.sleep(self._memory.settings.latency_seconds + self._slow_down(user))
                await self._app(scope, receive, send)
            finally:
                self._busy.discard(user)

    def _slow_down(self, user: str) -> float:
        now, recent = self._monotonic(), self._recent.setdefault(user, deque())
        while recent and recent[0] <= now - 1:
            recent.popleft()
        recent.append(now)
        if len(recent) <= self._memory.settings.requests_a_second:
            return 0.0
        self._memory.slowed[user] = self._memory.slowed.get(user, 0) + 1
        return self._memory.settings.slow_seconds

    def _count_collision(self, user: str) -> None:
        with self._world.lock:
            count = self._memory.collisions[user] = self._memory.collisions.get(user, 0) + 1
            if count >= self._memory.settings.ban_after:
                self._memory.banned.append(user)


def _refuse(status: int, message: str) -> ASGIApp:
    answer: Response[dict[str, str]] = Response({"message": message}, status_code=status)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        asgi = answer.to_asgi_response(None, Request(scope))
        await asgi(scope, receive, send)

    return app
