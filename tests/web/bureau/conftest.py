"""A bureau at work over the whole house and the simulated outside, for pages that reach out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app.values.clock import FixedClock
from support.office import Office, office_in
from support.town import Outside, outside_world


@pytest.fixture
def outside(clock: FixedClock) -> Iterator[Outside]:
    with outside_world(clock) as world:
        yield world


@pytest.fixture
def office(outside: Outside, database_url: str, engine: Engine, owner: Engine, clock: FixedClock, tmp_path: Path) -> Iterator[Office]:
    with owner.begin() as connection:
        connection.execute(text("delete from outbox"))
    with office_in(outside, database_url, engine, clock, tmp_path) as made:
        yield made
