"""What a job is handed besides its ids: the database, the time, and the counterparts that `wiring` chose."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from app.db.unit_of_work import Begin, Database
from app.values.clock import Clock

Port = TypeVar("Port")


@dataclass(slots=True)
class Resources:
    """The house's doors to the outside, by port. Only `jobs.py` files and composition roots read it."""

    database: Database
    clock: Clock
    ports: dict[type[Any], Any] = field(default_factory=dict)

    @property
    def begin(self) -> Begin:
        return self.database.begin

    def provide(self, port: type[Any], value: Any) -> None:
        self.ports[port] = value

    def of(self, port: type[Port]) -> Port:
        """The counterpart behind a port; a missing one is a mistake in `wiring`."""
        try:
            return cast("Port", self.ports[port])
        except KeyError:
            raise LookupError(f"wiring provides nothing for {port.__name__}") from None
