"""A `reskontro run` and who belongs to it: one per data directory, and nobody outlives it.

The lock is held by the run and by every process it started, and the kernel lets go of it with the last of them, however they ended.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

LOCK = "run.lock"
FACTS = "run.json"
DEMO = "demo.json"
SANDBOX = "sandbox.json"
LEAVING_SECONDS = 30.0
GRACE_SECONDS = 25.0


class AlreadyRunningError(RuntimeError):
    """Another run has this data directory. The text says which, and the way out."""


@contextmanager
def only_run(data_dir: Path) -> Iterator[int]:
    """Hold the data directory. Gives the lock's file descriptor, for the children to hold it too.

    Waits for the children of a killed run to end. `AlreadyRunningError` while another run lives.
    """
    with (data_dir / LOCK).open("a") as lock:
        _take(lock, data_dir)
        try:
            yield lock.fileno()
        finally:
            (data_dir / FACTS).unlink(missing_ok=True)


def tell_others(data_dir: Path, url: str, environment: Mapping[str, str]) -> None:
    """Write down what other commands on this data directory should know; never a secret."""
    fresh = data_dir / f"{FACTS}.new"
    fresh.write_text(json.dumps({"pid": os.getpid(), "url": url, "environment": dict(environment)}))
    fresh.replace(data_dir / FACTS)


def settings_of_the_run(data_dir: Path) -> dict[str, str]:
    """The environment of the run that lives on this data directory; empty when none does."""
    facts = _facts(data_dir)
    if facts is None or not _is_held(data_dir):
        return {}
    return {str(name): str(value) for name, value in facts["environment"].items()}


def note_demo(data_dir: Path, password: str, logins: Sequence[tuple[str, str]]) -> None:
    """Remember that the demo bureau is made, and who may log in (e-mail, who it is): the next start need not look."""
    (data_dir / DEMO).write_text(json.dumps({"password": password, "logins": list(logins)}))


def demo_logins(data_dir: Path) -> list[str]:
    """The demo's logins in lines to show; empty when no demo was made here."""
    try:
        demo = json.loads((data_dir / DEMO).read_text())
        return [f"Log in as (password {demo['password']}):", *(f"  {email:<34} {who}" for email, who in demo["logins"])]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def has_demo(data_dir: Path) -> bool:
    """Whether the demo was made in the embedded database that is there now, and the sandbox still remembers its side of it."""
    try:
        return (data_dir / DEMO).stat().st_mtime > (data_dir / "postgres" / "PG_VERSION").stat().st_mtime and (data_dir / SANDBOX).exists()
    except OSError:
        return False


def end_with_parent() -> None:
    """End when standard input does: the parent holds the other end of the pipe, and a killed parent lets go of it too."""
    threading.Thread(target=_watch_standard_input, name="end-with-parent", daemon=True).start()


def _watch_standard_input() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


def _take(lock: IO[str], data_dir: Path) -> None:
    deadline = time.monotonic() + LEAVING_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            facts = _facts(data_dir)
            if facts is not None and _is_alive(facts["pid"]):
                raise AlreadyRunningError(
                    f"Reskontro is already running on {data_dir} (process {facts['pid']}, {facts['url']}). "
                    "Stop it with Ctrl-C, or set RESKONTRO_DATA_DIR and RESKONTRO_PORT to run a second one."
                ) from None
            if time.monotonic() > deadline:
                raise AlreadyRunningError(
                    f"Processes of an earlier run still hold {data_dir / LOCK}. End them, or set RESKONTRO_DATA_DIR to another directory."
                ) from None
            time.sleep(0.2)
        else:
            return


def _facts(data_dir: Path) -> dict[str, Any] | None:
    try:
        facts = json.loads((data_dir / FACTS).read_text())
    except (OSError, ValueError):
        return None
    return facts if isinstance(facts, dict) and {"pid", "url", "environment"} <= facts.keys() else None


def _is_held(data_dir: Path) -> bool:
    try:
        with (data_dir / LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _is_alive(pid: object) -> bool:
    if not isinstance(pid, int):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
