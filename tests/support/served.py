"""The product as a person meets it: the demo over the whole simulated outside, served over HTTP, its worker and clock in the test's hand.

The clock stands on Monday 23 November 2026 at 09:00 in Oslo when the demo is made, whenever the test runs.
"""

from __future__ import annotations

import base64
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import uvicorn
from litestar import Litestar
from sqlalchemy import select, text

from app.db.scope import BureauScope, PlatformScope
from app.db.unit_of_work import UnitOfWork
from app.demo_walk import Walker, set_goal, tell_sandbox, walk
from app.dunning.list_view import ShownList, open_lists
from app.main import create_app
from app.net.http import HttpClient
from app.seeding import BUREAU_NUMBER, seed_demo
from app.settings import read_settings
from app.tenants.models import Bureau
from app.values.calendar import OSLO
from app.values.clock import SystemClock
from app.wiring import House, build_house
from support.drain import drain
from support.town import Outside, outside_world

START = datetime(2026, 11, 23, 9, 0, tzinfo=OSLO)


@dataclass(slots=True)
class Served:
    """`url` is where the pages are. Jobs run when the test says so, so that a page never changes behind its back."""

    house: House
    app: Litestar
    outside: Outside
    url: str
    walker: Walker

    def work_off(self) -> None:
        """What the worker would do now."""
        drain(self.house.resources)

    def arrive(self) -> int:
        """What the clock process would do: walk to where the demo clock was sent, a day at a time."""
        return walk(self.walker)

    def days(self, days: int) -> None:
        """Send the demo clock ahead, and walk there."""
        set_goal(self.house.database, timedelta(days=days))
        self.arrive()

    def open_list(self, ready: int = 3) -> ShownList:
        """A company's open list with so many invoices that nobody has looked at; the clock goes on until there is one."""
        for _ in range(10):
            with self.begin() as work:
                found = [one for one in open_lists(work) if len(one.waiting) >= ready]
            if found:
                return found[0]
            self.days(1)
        raise AssertionError("no company of the demo gets a list any more")

    def begin(self) -> AbstractContextManager[UnitOfWork]:
        return self.house.database.begin(self.scope)

    @property
    def bureau(self) -> Bureau:
        with self.house.database.begin(PlatformScope()) as work:
            return work.session.execute(select(Bureau).where(Bureau.organisation_number == BUREAU_NUMBER)).scalar_one()

    @property
    def scope(self) -> BureauScope:
        return BureauScope(self.bureau.id)


@contextmanager
def served_demo(database_url: str, data_dir: Path) -> Iterator[Served]:
    """The demo's bureau, on a database of its own."""
    with outside_world(SystemClock()) as outside, listening() as (listener, port):
        house = _house(outside, port, database_url, data_dir)
        try:
            app = create_app(house)
            house.database.after_commit = lambda: None  # no broker: what is rung waits for `work_off`
            ahead = int((START - SystemClock().now()).total_seconds())
            with house.engine.begin() as connection:
                connection.execute(text("update demo_clock set offset_seconds = :ahead, goal_seconds = :ahead"), {"ahead": ahead})
            walker = Walker(
                house.database, house.demo_clock, HttpClient(house.settings.sandbox_url), queued=lambda: 0, settle_seconds=0,
                pulse=lambda: drain(house.resources),
            )  # fmt: skip
            tell_sandbox(walker)
            seed_demo(house, lambda _: None)
            drain(house.resources)
            with serving(app, listener):
                yield Served(house, app, outside, house.settings.public_url, walker)
        finally:
            house.close()


@contextmanager
def listening() -> Iterator[tuple[socket.socket, int]]:
    """A free port, taken."""
    # TCP by name, as in `running_sandbox`
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        yield listener, int(listener.getsockname()[1])


@contextmanager
def serving(app: Litestar, listener: socket.socket) -> Iterator[None]:
    """The application over real HTTP, in a thread."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("the pages are not served")
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def _house(outside: Outside, port: int, database_url: str, data_dir: Path) -> House:
    sandbox_port = outside.url.rsplit(":", 1)[1]
    settings = read_settings(
        {
            "RESKONTRO_SANDBOX": "on", "RESKONTRO_SANDBOX_PORT": sandbox_port, **outside.settings,
            "RESKONTRO_PORT": str(port), "RESKONTRO_PUBLIC_URL": f"http://127.0.0.1:{port}", "RESKONTRO_DATA_DIR": str(data_dir),
            "RESKONTRO_VAULT_KEYS": f"t1:{base64.b64encode(b'k' * 32).decode()}", "RESKONTRO_SECRET_KEY": "s" * 40,
        }
    )  # fmt: skip
    return build_house(settings, database_url)
