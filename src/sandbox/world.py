"""The sandbox's clock, memory and faults: shared by all simulators, so that one scenario can be played through every door.

State lives in memory as msgspec structs, one `part` per simulator, and is written to one file after every change where a path is given.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec

OSLO = ZoneInfo("Europe/Oslo")
Part = TypeVar("Part", bound=msgspec.Struct)

#: how well an endpoint is known; shown in the log, in /fidelity and in docs/verified.md
Fidelity = Literal["spec", "example", "assumed"]


class Fault(msgspec.Struct):
    """The next `times` calls whose path contains `path` go wrong: a status, a hang, or a lost answer after the act ("drop_after")."""

    path: str
    kind: Literal["status", "slow", "drop_before", "drop_after"]
    times: int = 1
    status: int = 503
    seconds: float = 0.0


class World:
    def __init__(self, state_file: Path | None = None, real_now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.lock = threading.RLock()
        self.faults: list[Fault] = []
        self.fidelity: dict[str, Fidelity] = {}
        #: called after everything that may have changed the world, for simulators that tell others
        self.after_change: list[Callable[[], None]] = []
        self._state_file = state_file
        self._real_now = real_now
        self._parts: dict[str, msgspec.Struct] = {}
        self._stored: dict[str, msgspec.Raw] = {}
        self._offset = timedelta(0)
        if state_file is not None and state_file.exists():
            self._stored = msgspec.json.decode(state_file.read_bytes(), type=dict[str, msgspec.Raw])
            self._offset = timedelta(seconds=msgspec.json.decode(self._stored.pop("clock", msgspec.Raw(b"0")), type=float))

    @property
    def offset(self) -> timedelta:
        """How far the clock is ahead of the real one."""
        return self._offset

    def now(self) -> datetime:
        """The sandbox's instant, UTC: the real one moved by the demo clock."""
        return self._real_now() + self._offset

    def today(self) -> date:
        return self.now().astimezone(OSLO).date()

    def move_clock(self, offset: timedelta) -> None:
        """Set how far the sandbox's clock is ahead of the real one."""
        self._offset = offset
        self.save()

    def begin_anew(self, real_now: Callable[[], datetime]) -> None:
        """Another world in the same place: nothing remembered, no faults, the clock at `real_now`. Doors keep the parts they hold."""
        with self.lock:
            self.faults.clear()
            self._offset, self._real_now = timedelta(0), real_now
            for part in self._parts.values():
                empty = type(part)()
                for field in part.__struct_fields__:
                    setattr(part, field, getattr(empty, field))

    def part(self, name: str, kind: type[Part]) -> Part:
        """The memory of one simulator, created empty or read back from the state file."""
        with self.lock:
            if name not in self._parts:
                raw = self._stored.pop(name, None)
                self._parts[name] = kind() if raw is None else msgspec.json.decode(raw, type=kind)
            found = self._parts[name]
            assert isinstance(found, kind)
            return found

    def save(self) -> None:
        """Write everything down, atomically; without a state file nothing is kept."""
        if self._state_file is None:
            return
        with self.lock:
            whole: dict[str, object] = {**self._stored, **self._parts, "clock": self._offset.total_seconds()}
            fresh = self._state_file.with_suffix(".new")
            fresh.parent.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(msgspec.json.encode(whole))
            os.replace(fresh, self._state_file)

    def take_fault(self, path: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and fault.path in path:
                    fault.times -= 1
                    return fault
        return None
