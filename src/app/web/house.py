"""What the pages need from the house, by shape: the composition root hands in its own."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from app.db.unit_of_work import Database
from app.jobs.resources import Resources
from app.settings import Settings
from app.values.clock import Clock


@runtime_checkable  # the framework checks what it injects
class House(Protocol):
    """`app_secret` signs form tokens and the weekly list's links; `clock` is the product's (the demo clock while the sandbox is on)."""

    @property
    def settings(self) -> Settings: ...

    @property
    def database(self) -> Database: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def resources(self) -> Resources: ...

    @property
    def app_secret(self) -> bytes: ...
