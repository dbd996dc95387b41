"""From the outbox to the broker: a crash in between rings twice, never not at all."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, text

log = logging.getLogger(__name__)
RELAY_MAX = 500

TAKE = text(
    "delete from outbox where id in (select id from outbox order by position limit :most for update skip locked)"
    " returning position, job, arguments"
)


def relay(engine: Engine, send: Callable[[str, dict[str, Any]], None]) -> int:
    """Hand what waits to the broker, oldest first. Rows go only if the broker took all of them. Returns how many."""
    with engine.begin() as connection:
        rows = sorted(connection.execute(TAKE, {"most": RELAY_MAX}).all(), key=lambda row: row.position)
        for _, job, arguments in rows:
            send(job, arguments)
    return len(rows)


def relay_quietly(engine: Engine, send: Callable[[str, dict[str, Any]], None]) -> None:
    """The fast path after a commit. A broker that is down costs only time: the clock relays what is left."""
    try:
        relay(engine, send)
    except Exception as fault:
        log.warning("could not relay the outbox now (%s); the clock will", type(fault).__name__)


def waiting(engine: Engine) -> int:
    """How many messages have not reached the broker."""
    with engine.connect() as connection:
        return int(connection.scalar(text("select count(*) from outbox")) or 0)
