"""A worker to be killed at any moment, and a counterpart over HTTP that loses questions and answers and counts what it accepted."""

from __future__ import annotations

import json
import os
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import configure_mappers

from app.db.engine import app_engine
from app.db.unit_of_work import Begin, Database, UnitOfWork
from app.jobs import jobs as _declared  # noqa: F401 - the sweeper's jobs
from app.jobs.effects import Counterpart, Go, Intent, Later, NotThere, Performers, Sent, Stop
from app.jobs.job import run_now
from app.jobs.performing import perform
from app.jobs.resources import Resources
from app.net.errors import TryLaterError, UnknownOutcomeError
from app.tenants import models as _tables  # noqa: F401 - what effects point at
from app.values.clock import SystemClock

KINDS = {Counterpart.KEYED: "agencies.case", Counterpart.LOOKED_UP: "ledgers.posting", Counterpart.NEITHER: "messaging.mail"}
#: dealt like cards, so that ten calls are enough to meet every mood
MOODS = ["well"] * 5 + ["accept_and_drop"] * 2 + ["drop", "slow", "busy"]
CALL_SECONDS = 0.3
ANSWER_SLOWLY_SECONDS = 0.6
ANSWER_SECONDS = 0.1
SWEEP_EVERY_SECONDS = 0.5
configure_mappers()  # once in the fork server, not in every worker
TAKE = text(
    "delete from outbox where id = (select id from outbox order by position limit 1 for update skip locked) returning job, arguments"
)


@dataclass(slots=True)
class Peer:
    """What the counterpart remembers. `accepted` counts each fact every time it is done, under whatever key."""

    url: str = ""
    moody: bool = True
    accepted: Counter[str] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)
    deck: list[str] = field(default_factory=list)
    #: the process whose question was accepted last and, most likely, still waits for the answer
    asker: int = 0
    moods: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def mood(self) -> str:
        # accepting happens on arrival: a peer that accepts minutes after it dropped the line can be helped by nobody
        with self.lock:
            if not self.deck:
                self.deck = random.sample(MOODS, len(MOODS))
            mood = self.deck.pop() if self.moody else "well"
            self.moods[mood] += 1
        return mood

    def accept(self, fact: str, key: str) -> None:
        with self.lock:
            if key and key in self.keys:
                return
            self.keys.add(key)
            self.accepted[fact] += 1


@contextmanager
def running_peer() -> Iterator[Peer]:
    """The counterpart on a free local port."""
    peer = Peer()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            fact = json.loads(self.rfile.read(int(self.headers["content-length"])))["fact"]
            mood = peer.mood()
            if mood == "busy":
                self._answer(503)
                return
            if mood != "drop":
                peer.accept(fact, self.headers.get("idempotency-key", ""))
                peer.asker = int(self.headers["asker"])
            if mood in {"drop", "accept_and_drop"}:
                self.close_connection = True
                self.connection.close()
                return
            time.sleep(ANSWER_SLOWLY_SECONDS if mood == "slow" else ANSWER_SECONDS if peer.moody else 0)
            self._answer(201)

        def do_GET(self) -> None:
            with peer.lock:
                known = peer.accepted[self.path.strip("/")] > 0
            self._answer(200 if known else 404)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            return

        def handle(self) -> None:
            try:
                super().handle()
            except (OSError, ValueError):
                return

        def finish(self) -> None:
            try:
                super().finish()
            except (OSError, ValueError):
                return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    peer.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield peer
    finally:
        server.shutdown()
        server.server_close()


@dataclass(slots=True)
class OverHttp:
    """An act done at that counterpart."""

    counterpart: Counterpart
    url: str
    call_seconds: float = CALL_SECONDS

    def refresh(self, begin: Begin, intent: Intent) -> None:
        return None

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later:
        return Go(intent.business_key)

    def call(self, intent: Intent, package: Any) -> Sent:
        headers = {"asker": str(os.getpid())} | ({"idempotency-key": str(intent.id)} if self.counterpart is Counterpart.KEYED else {})
        status = self._ask("POST", "/", json.dumps({"fact": package}), headers)
        if status == 503:
            raise TryLaterError("busy", timedelta(seconds=0.2))
        return Sent(package)

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        status = self._ask("GET", f"/{intent.business_key}", None, {})
        return Sent(intent.business_key) if status == 200 else NotThere()

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> int:
        line = HTTPConnection(self.url.removeprefix("http://"), timeout=CALL_SECONDS)
        try:
            line.request(method, path, body, headers)
            return line.getresponse().status
        except ConnectionRefusedError as fault:
            raise TryLaterError("not reached", timedelta(seconds=0.2)) from fault
        except (OSError, HTTPException) as fault:
            raise UnknownOutcomeError("no answer") from fault
        finally:
            line.close()

    def record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None:
        return None


def work_until_killed(database_url: str, peer_url: str) -> None:
    """Take doorbells from the outbox and perform; sweep when it is quiet. A doorbell dies with the worker: the sweep rings again."""
    database = Database(app_engine(database_url, pool_size=2), SystemClock())
    resources = Resources(database, database.clock)
    resources.provide(Performers, Performers({kind: OverHttp(counterpart, peer_url) for counterpart, kind in KINDS.items()}))  # type: ignore[misc]
    swept = 0.0
    while True:
        if time.monotonic() - swept > SWEEP_EVERY_SECONDS:
            run_now(resources, "effects.sweep")
            swept = time.monotonic()
        with database.engine.begin() as connection:
            rung = connection.execute(TAKE).one_or_none()
        if rung is None:
            time.sleep(0.02)
        elif rung.job.startswith("effects.perform_"):
            ids = (uuid.UUID(rung.arguments["bureau_id"]), uuid.UUID(rung.arguments["effect_id"]))
            perform(resources.begin, resources.of(Performers), *ids, pause=lambda seconds: time.sleep(CALL_SECONDS))
        else:
            run_now(resources, rung.job, **rung.arguments)
