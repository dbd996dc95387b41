"""`reskontro run`: everything on one machine, as one family of processes that starts, is looked after and ends together.

Children read standard input from a pipe of ours and end when it does, so that even a killed parent leaves nobody behind.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from app.db.embedded import embedded_postgres
from app.db.migrate import migrate
from app.running import demo_logins, has_demo, only_run, tell_others
from app.settings import Settings, child_environment
from app.start_checks import RunError, check_ports, check_rights

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.25
READY_SECONDS = 120.0
STOP_SECONDS = 30.0
BACKOFF_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
#: who lived this long has recovered
HEALTHY_SECONDS = 60.0
#: ends the embedded PostgreSQL when we were killed: it is nobody's child
GUARD = (
    'cat >/dev/null; sleep 2; pid=$(head -n 1 "$1" 2>/dev/null) && [ -n "$pid" ] && kill -INT "$pid" 2>/dev/null && while kill -0 "$pid" '
    "2>/dev/null; do sleep 0.1; done"
)


@dataclass(slots=True)
class Child:
    """One process of the family. `failures` counts ends since it last lived for a minute."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    start_at: float = field(default=0.0)


def run(settings: Settings, say: Callable[[str], None], *, seed: bool = True) -> None:
    """Start everything and look after it until Ctrl-C or SIGTERM. Raises `RunError`, `AlreadyRunningError` or what the database says."""
    check_rights(settings.data_dir)
    with _stoppable(), only_run(settings.data_dir) as lock:
        check_ports(settings)
        environment = _environment(settings)
        tell_others(settings.data_dir, settings.public_url, environment)
        family = Family(lock, environment)
        try:
            _live(settings, family, say, seed)
        except KeyboardInterrupt:
            log.debug("asked to stop")
        finally:
            family.stop()
    say("Stopped. Nothing is lost; `reskontro run` goes on from here.")


class Family:
    """The children, by name."""

    def __init__(self, lock: int, environment: Mapping[str, str], stop_seconds: float = STOP_SECONDS) -> None:
        self._lock = lock
        self._stop_seconds = stop_seconds
        self.environment = dict(environment)
        self.children: dict[str, Child] = {}

    def start(self, name: str, command: list[str]) -> Child:
        child = self.children.setdefault(name, Child(name, command))
        child.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, env=child_environment(**self.environment), pass_fds=(self._lock,), start_new_session=True
        )
        child.started_at = time.monotonic()
        return child

    def look_after(self) -> None:
        """Start again who has ended: at once the first time, then more and more slowly."""
        now = time.monotonic()
        for child in self.children.values():
            if child.process is None:
                if now >= child.start_at:
                    self.start(child.name, child.command)
            elif child.process.poll() is not None:
                if now - child.started_at > HEALTHY_SECONDS:
                    child.failures = 0
                pause = BACKOFF_SECONDS[min(child.failures, len(BACKOFF_SECONDS) - 1)]
                log.error("%s ended (%s); starting it again in %g s", child.name, how_it_ended(child.process.returncode), pause)
                child.failures += 1
                _close_pipe(child.process)
                child.process, child.start_at = None, now + pause

    def run_to_end(self, name: str, command: list[str]) -> int:
        """Run a child that does its work and ends; returns its exit code."""
        process = self.start(name, command).process
        try:
            return process.wait() if process is not None else 1
        finally:
            if process is not None and process.poll() is not None:
                _close_pipe(process)
                del self.children[name]

    @contextlib.contextmanager
    def guarding(self, pid_file: Path) -> Iterator[None]:
        """While we live somebody waits for our death, to end the server whose pid file this is."""
        guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, "guard", str(pid_file)], stdin=subprocess.PIPE, pass_fds=(self._lock,), start_new_session=True
        )
        try:
            yield
        finally:
            guard.kill()
            guard.wait()
            _close_pipe(guard)

    def stop(self) -> None:
        """Ask every child to end, once, and wait; who does not, or a second Ctrl-C, is ended hard."""
        running = [child.process for child in self.children.values() if child.process is not None]
        self.children.clear()
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + self._stop_seconds
        try:
            for process in running:
                process.wait(max(0.1, deadline - time.monotonic()))
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            for process in running:
                process.kill()
        for process in running:
            process.wait()
            _close_pipe(process)


def how_it_ended(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def _live(settings: Settings, family: Family, say: Callable[[str], None], seed: bool) -> None:
    if settings.sandbox:
        family.start("sandbox", _command("sandbox"))
    with _database(settings, family, say) as url:
        try:
            say("Bringing the database up to date ...")
            migrate(settings.migrations_database_url or url)
            family.environment["DATABASE_URL"] = url
            family.start("web", _command("web"))
            if settings.sandbox and seed and (settings.database_url or not has_demo(settings.data_dir)):
                _seed(settings, family, say)
            family.start("worker", _command("worker"))
            family.start("clock", _command("clock"))
            _wait_until_ready(settings, family)
            _welcome(settings, say)
            while True:
                family.look_after()
                time.sleep(LOOK_SECONDS)
        finally:
            _finish(family, say)


def _finish(family: Family, say: Callable[[str], None]) -> None:
    """Children end before the database they use."""
    if family.children:
        say("Stopping ...")
    family.stop()


@contextlib.contextmanager
def _database(settings: Settings, family: Family, say: Callable[[str], None]) -> Iterator[str]:
    if settings.database_url:
        yield settings.database_url
        return
    say(f"Starting the embedded PostgreSQL in {settings.data_dir / 'postgres'} ...")
    with embedded_postgres(settings.data_dir) as url, family.guarding(settings.data_dir / "postgres" / "postmaster.pid"):
        yield url


def _seed(settings: Settings, family: Family, say: Callable[[str], None]) -> None:
    _wait_for(f"{settings.sandbox_url}/health", family, "sandbox")
    say("Preparing the demo bureau ...")
    if family.run_to_end("seed", _command("seed")) != 0:
        raise RunError("The demo bureau could not be made; the lines above say why. `reskontro run --no-seed` starts without it.")


def _wait_until_ready(settings: Settings, family: Family) -> None:
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::", ""} else settings.host  # noqa: S104 - compared, not bound
    _wait_for(f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/health", family, "web")


def _wait_for(url: str, family: Family, name: str) -> None:
    """Wait for a 200. A child that keeps ending before it ever answered will not answer: `RunError`."""
    deadline = time.monotonic() + READY_SECONDS
    status = "no answer"
    while time.monotonic() < deadline:
        family.look_after()
        if name in family.children and family.children[name].failures > 2:
            raise RunError(f"{name} does not start; the lines above say why.")
        with contextlib.suppress(httpx.TransportError):
            answer = httpx.get(url, timeout=5, trust_env=False)
            if answer.status_code == 200:
                return
            status = f"status {answer.status_code}: {answer.text[:300]}"
        time.sleep(LOOK_SECONDS)
    raise RunError(f"{url} did not answer as it should within {READY_SECONDS:.0f} s ({status}).")


def _welcome(settings: Settings, say: Callable[[str], None]) -> None:
    say("")
    say(f"Reskontro is ready:  {settings.public_url}")
    if settings.sandbox:
        say(f"The world outside:   {settings.sandbox_url}  (simulated ledgers, agency, registers, mail, print)")
        for line in demo_logins(settings.data_dir):
            say(line)
        say("Move the day:        reskontro demo-clock +7d  (or the banner on the page)")
    say("Stop with Ctrl-C; the data stays in " + str(settings.data_dir))
    say("")


def _command(name: str) -> list[str]:
    return [sys.executable, "-m", "app.cli", name, "--end-with-parent"]


def _environment(settings: Settings) -> dict[str, str]:
    """What the children, and other commands on this data directory, must agree on with us."""
    return {
        "RESKONTRO_DATA_DIR": str(settings.data_dir),
        "RESKONTRO_HOST": settings.host,
        "RESKONTRO_PORT": str(settings.port),
        "RESKONTRO_PUBLIC_URL": settings.public_url,
        "RESKONTRO_SANDBOX": "on" if settings.sandbox else "off",
        "RESKONTRO_SANDBOX_PORT": str(settings.sandbox_port),
        "RESKONTRO_SANDBOX_SMTP_PORT": str(settings.sandbox_smtp_port),
        "RESKONTRO_SANDBOX_IMAP_PORT": str(settings.sandbox_imap_port),
        "RESKONTRO_SANDBOX_SFTP_PORT": str(settings.sandbox_sftp_port),
        "RESKONTRO_SANDBOX_DNS_PORT": str(settings.sandbox_dns_port),
        "RESKONTRO_SANDBOX_AGENCY_PORT": str(settings.sandbox_agency_port),
    }


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM and a closed terminal stop us as Ctrl-C does; Ctrl-C itself too where a shell started us with it ignored."""

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _close_pipe(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
