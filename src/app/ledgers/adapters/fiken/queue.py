"""One line for each Fiken user, because Fiken allows him one request at a time and slows down or bans who asks too often."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: a little over a quarter of a second: Fiken slows down who asks more than four times a second
SPACING_SECONDS = 0.26


class UserQueue:
    """One request at a time, spaced. The clock and the sleep are parameters; seconds."""

    def __init__(
        self,
        spacing_seconds: float = SPACING_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._lock = threading.Lock()
        self._spacing, self._monotonic, self._sleep = spacing_seconds, monotonic, sleep
        self._next_at = monotonic()

    @contextmanager
    def turn(self) -> Iterator[None]:
        with self._lock:
            ahead = self._next_at - self._monotonic()
            if ahead > 0:
                self._sleep(ahead)
            self._next_at = max(self._next_at, self._monotonic()) + self._spacing
            yield

    def hold(self, seconds: float) -> None:
        """Let nobody through for so long."""
        self._next_at = max(self._next_at, self._monotonic() + seconds)


_queues: dict[str, UserQueue] = {}
_queues_lock = threading.Lock()


def user_queue(user: str) -> UserQueue:
    """The one queue in this process for that Fiken user or connection, whatever the number of companies and jobs behind it."""
    with _queues_lock:
        return _queues.setdefault(user, UserQueue())
