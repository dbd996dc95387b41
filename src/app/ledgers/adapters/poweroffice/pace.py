"""Ten requests a second, whoever they are for: PowerOffice counts by our subscription key, not by client or user."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from app.net.http import HttpClient, Reply

REQUESTS_A_SECOND = 10
#: what the vendor asks for after a 429
HOLD_SECONDS = 1.0


class Pace:
    """Gives out moments to send at, evenly spaced. The clock and the sleep are parameters; seconds."""

    def __init__(
        self,
        requests_a_second: float = REQUESTS_A_SECOND,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._lock = threading.Lock()
        self._spacing, self._monotonic, self._sleep = 1 / requests_a_second, monotonic, sleep
        self._next_at = monotonic()

    def wait(self) -> None:
        """Return when it is the caller's turn. Turns are given out in the order they are asked for."""
        with self._lock:
            now = self._monotonic()
            mine = max(now, self._next_at)
            self._next_at = mine + self._spacing
        if mine > now:
            self._sleep(mine - now)

    def hold(self, seconds: float = HOLD_SECONDS) -> None:
        """Let nobody through for so long: another process of ours has used the second up."""
        with self._lock:
            self._next_at = max(self._next_at, self._monotonic() + seconds)


class PacedHttp(HttpClient):
    """The HTTP client of all connections: tokens, onboarding and books alike wait for their turn."""

    def __init__(self, base_url: str, pace: Pace, **options: Any) -> None:
        super().__init__(base_url, **options)
        self._pace = pace

    def request(self, method: str, path: str, **options: Any) -> Reply:
        self._pace.wait()
        reply = super().request(method, path, **options)
        if reply.status == 429:
            self._pace.hold()
        return reply


_paces: dict[str, Pace] = {}
_paces_lock = threading.Lock()


def shared_pace(subscription_key: str) -> Pace:
    """The one pace in this process for that subscription."""
    with _paces_lock:
        return _paces.setdefault(subscription_key, Pace())
