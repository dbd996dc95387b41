"""The sandbox on a free local port, for as long as a test needs it."""

from __future__ import annotations

import atexit
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import uvicorn

from app.values.clock import SystemClock
from sandbox.main import create_app, start_server
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that is being served. `url` is its base address, e.g. `http://127.0.0.1:41233`."""

    world: World
    url: str


#: served for the rest of the process, and used by no test now: making one takes longer than most tests
_idle: list[Running] = []
_open_until_the_end = ExitStack()
atexit.register(_open_until_the_end.close)


@contextmanager
def borrowed_sandbox(now: Callable[[], datetime] = SystemClock().now) -> Iterator[Running]:
    """The whole sandbox over real HTTP, as empty as on its first day."""
    running = _idle.pop() if _idle else _serve_for_good()
    running.world.begin_anew(now)
    try:
        yield running
    finally:
        _idle.append(running)


@contextmanager
def running_sandbox(world: World) -> Iterator[str]:
    """A sandbox over a world of the test's own, such as one that keeps its state in a file; gives its base address."""
    # TCP by name: else asyncio leaves Nagle's algorithm on, and each answer waits 40 ms for the client's delayed acknowledgement
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(create_app(world), log_level="critical", lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the sandbox did not start")
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


@contextmanager
def running_server(world: World, name: str) -> Iterator[int]:
    """The sandbox's `smtp`, `imap` or `sftp` over that world; gives its port."""
    for attempt in range(20):
        port = free_port()
        try:
            server = start_server(world, name, "127.0.0.1", port)
        except OSError:
            # another process may take the port before it is ours
            if attempt == 19:
                raise
            continue
        break
    try:
        yield port
    finally:
        server.stop()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _serve_for_good() -> Running:
    world = World()
    return Running(world, _open_until_the_end.enter_context(running_sandbox(world)))


class Control:
    """The sandbox's control API as a test drives it; anything but success is the test's own mistake and raises."""

    def __init__(self, base_url: str) -> None:
        self.client = httpx.Client(base_url=f"{base_url}/control", trust_env=False, verify=False, timeout=30)

    def post(self, path: str, body: Any) -> Any:
        return self._done(self.client.post(path, json=body))

    def put(self, path: str, body: Any) -> Any:
        return self._done(self.client.put(path, json=body))

    def get(self, path: str) -> Any:
        return self._done(self.client.get(path))

    def delete(self, path: str) -> None:
        self._done(self.client.delete(path))

    def fault(self, path: str, kind: str, times: int = 1, **facts: Any) -> None:
        """Order trouble for the next `times` calls whose "METHOD /path" contains `path`."""
        self.post("/faults", {"path": path, "kind": kind, "times": times, **facts})

    def close(self) -> None:
        self.client.close()

    @staticmethod
    def _done(answer: httpx.Response) -> Any:
        if not answer.is_success:
            raise AssertionError(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None
