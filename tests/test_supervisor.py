"""The family of processes: who starts, who is looked after, and that nobody is left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.running import AlreadyRunningError, demo_logins, has_demo, note_demo, only_run, settings_of_the_run, tell_others
from app.settings import child_environment, read_settings
from app.start_checks import RunError, check_ports, check_rights
from app.supervisor import Family, how_it_ended

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
READY_SECONDS = 120.0


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def lock(data_dir: Path) -> Iterator[int]:
    with only_run(data_dir) as lock:
        yield lock


@pytest.fixture
def family(lock: int) -> Iterator[Family]:
    family = Family(lock, {"MARK": "of the family"})
    yield family
    family.stop()


def test_a_crashed_child_is_started_again_and_more_slowly_each_time(family: Family) -> None:
    child = family.start("brief", [sys.executable, "-c", "raise SystemExit(3)"])
    pauses = []
    for _ in range(2):
        _until(lambda: child.process is not None and child.process.poll() is not None)
        family.look_after()
        pauses.append(child.start_at - time.monotonic())
        _until(lambda: _look(family) and child.process is not None)
    assert child.failures == 2
    assert 0 < pauses[0] <= 1.0 < pauses[1] <= 2.0


def test_a_healthy_child_is_left_alone(family: Family) -> None:
    child = family.start("sleeper", SLEEPER)
    pid = child.process and child.process.pid
    for _ in range(3):
        family.look_after()
    assert child.process is not None
    assert (child.process.pid, child.failures) == (pid, 0)


def test_stopping_ends_every_child_even_one_that_does_not_listen(lock: int) -> None:
    family = Family(lock, {}, stop_seconds=1.0)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    children = [family.start("sleeper", SLEEPER), family.start("deaf", [sys.executable, "-c", deaf])]
    processes = [child.process for child in children if child.process is not None]
    time.sleep(1.0)
    family.stop()
    assert [how_it_ended(process.returncode) for process in processes] == ["signal SIGTERM", "signal SIGKILL"]


def test_children_get_the_familys_environment(family: Family, tmp_path: Path) -> None:
    note = tmp_path / "note"
    assert family.run_to_end("writer", [sys.executable, "-c", f"import os; open({str(note)!r}, 'w').write(os.environ['MARK'])"]) == 0
    assert note.read_text() == "of the family"
    assert family.children == {}


def test_a_directory_that_a_run_holds_is_refused_with_its_process_and_the_way_out(data_dir: Path) -> None:
    with only_run(data_dir):
        tell_others(data_dir, "http://localhost:8000", {"RESKONTRO_SANDBOX": "on"})
        with pytest.raises(AlreadyRunningError, match=rf"process {os.getpid()}.*RESKONTRO_DATA_DIR"), only_run(data_dir):
            pass
        assert settings_of_the_run(data_dir) == {"RESKONTRO_SANDBOX": "on"}
    assert settings_of_the_run(data_dir) == {}


def test_a_run_that_was_killed_leaves_nothing_that_stands_in_the_way(data_dir: Path) -> None:
    tell_others(data_dir, "http://localhost:8000", {"RESKONTRO_SANDBOX": "on"})
    assert settings_of_the_run(data_dir) == {}, "nobody holds the lock, so nobody runs"
    with only_run(data_dir):
        pass


def test_a_new_run_waits_for_the_children_of_a_killed_one(data_dir: Path) -> None:
    with only_run(data_dir) as lock:
        orphan = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1.5)"], pass_fds=(lock,))
    began = time.monotonic()
    with only_run(data_dir):
        assert time.monotonic() - began > 0.5
    orphan.wait()


def test_a_demo_is_made_again_when_its_database_or_its_outside_world_is_new(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir()
    made = data_dir / "postgres" / "PG_VERSION"
    made.touch()
    (data_dir / "sandbox.json").touch()
    assert not has_demo(data_dir)
    time.sleep(0.02)
    note_demo(data_dir, "hemmelig", [("kari@byraa.example", "administrator")])
    assert has_demo(data_dir)
    assert [line.split() for line in demo_logins(data_dir)][1] == ["kari@byraa.example", "administrator"]
    time.sleep(0.02)
    made.touch()
    assert not has_demo(data_dir)
    note_demo(data_dir, "hemmelig", [])
    (data_dir / "sandbox.json").unlink()
    assert not has_demo(data_dir)


def test_a_child_ends_when_the_pipe_to_its_parent_does(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox", "--port", str(_free_ports()), "--end-with-parent"]
    child = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert child.stdin is not None
    try:
        time.sleep(2.0)
        assert child.poll() is None
        child.stdin.close()
        assert child.wait(timeout=20) is not None
    finally:
        child.kill()


@pytest.mark.parametrize("name", ["RESKONTRO_PORT", "RESKONTRO_SANDBOX_PORT", "RESKONTRO_SANDBOX_SMTP_PORT", "RESKONTRO_SANDBOX_IMAP_PORT"])
def test_a_busy_port_is_told_with_its_setting_and_a_free_one(name: str) -> None:
    base = _free_ports()
    offset = {"RESKONTRO_PORT": 0, "RESKONTRO_SANDBOX_PORT": 1, "RESKONTRO_SANDBOX_SMTP_PORT": 2, "RESKONTRO_SANDBOX_IMAP_PORT": 3}[name]
    settings = read_settings({"RESKONTRO_SANDBOX": "on", "RESKONTRO_PORT": str(base)})
    check_ports(settings)
    with socket.socket() as other:
        other.bind(("127.0.0.1", base + offset))
        other.listen()
        with pytest.raises(RunError, match=rf"Port {base + offset} .*{name}=\d+ reskontro run"):
            check_ports(settings)


def test_the_sandboxes_ports_do_not_matter_without_the_sandbox() -> None:
    base = _free_ports()
    with socket.socket() as other:
        other.bind(("127.0.0.1", base + 1))
        other.listen()
        check_ports(read_settings({"RESKONTRO_SANDBOX": "off", "RESKONTRO_PORT": str(base)}))


def test_a_directory_that_cannot_be_made_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="RESKONTRO_DATA_DIR"):
        check_rights(tmp_path / "file" / "data")


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_directory_that_belongs_to_another_is_told_with_the_way_out(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RunError, match="chown"):
        check_rights(tmp_path)


# --- the whole of it, as a newcomer starts it -------------------------------------------------------------------------------------------


def test_everything_starts_survives_a_killing_and_leaves_nobody_behind(tmp_path: Path) -> None:
    settings = read_settings({"RESKONTRO_PORT": str(_free_ports()), "RESKONTRO_SANDBOX": "on", "RESKONTRO_DATA_DIR": str(tmp_path / "d")})
    with _running(settings.port, settings.data_dir, tmp_path / "first.log") as parent:
        refused = subprocess.run(
            [sys.executable, "-m", "app.cli", "run"], check=False, env=_environment(settings.port, settings.data_dir),
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert (refused.returncode, "already running" in refused.stderr) == (1, True)
        family = _family(parent.pid)
        assert len(family) >= 5, "sandbox, web, worker, clock, and the guard of the database"
        worker = next(pid for pid, command in family.items() if " worker " in command)
        os.kill(worker, signal.SIGKILL)
        _until(lambda: any(" worker " in command for pid, command in _family(parent.pid).items() if pid != worker), 30)
        server = int((settings.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
        family = {**_family(parent.pid), server: "postgres"}
        parent.kill()
        parent.wait()
        _until(lambda: not [pid for pid in family if _is_alive(pid)], 60)
    with _running(settings.port, settings.data_dir, tmp_path / "second.log") as parent:
        family = _family(parent.pid)
        parent.send_signal(signal.SIGINT)
        assert parent.wait(timeout=60) == 0
        assert [pid for pid in family if _is_alive(pid)] == []
    assert not (settings.data_dir / "postgres" / "postmaster.pid").exists()
    assert "Traceback" not in (tmp_path / "second.log").read_text()


@contextmanager
def _running(port: int, data_dir: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        parent = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "run", "--no-seed"], env=_environment(port, data_dir), stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        _until(lambda: parent.poll() is not None or "is ready" in log.read_text(), READY_SECONDS)
        assert parent.poll() is None, log.read_text()
        assert httpx.get(f"http://127.0.0.1:{port}/health", timeout=10).status_code == 200
        yield parent
    finally:
        if parent.poll() is None:
            parent.terminate()
            with suppress(subprocess.TimeoutExpired):
                parent.wait(60)
            parent.kill()


def _environment(port: int, data_dir: Path) -> dict[str, str]:
    unset = ("DATABASE_URL", "MIGRATIONS_DATABASE_URL", "BROKER_URL", "RESKONTRO_PUBLIC_URL")
    return child_environment(**dict.fromkeys(unset, ""), RESKONTRO_PORT=str(port), RESKONTRO_DATA_DIR=str(data_dir))


def _family(parent: int) -> dict[int, str]:
    """The living children of a process with their command lines."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1]) == parent and _is_alive(int(folder.name)):
                found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode() + " "
    return found


def _is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False


def _look(family: Family) -> bool:
    family.look_after()
    return True


def _free_ports() -> int:
    """The first of three free ports in a row."""
    while True:
        sockets: list[socket.socket] = []
        with suppress(OSError):
            sockets.append(socket.socket())
            sockets[0].bind(("127.0.0.1", 0))
            first = sockets[0].getsockname()[1]
            for step in (1, 2):
                sockets.append(socket.socket())
                sockets[-1].bind(("127.0.0.1", first + step))
        for one in sockets:
            one.close()
        if len(sockets) == 3:
            return int(first)


def _until(condition: Callable[[], Any], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)
