"""A street of three households over the real application: ours, our sister company in the same bureau, and the neighbour."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from support.street import Street, build_street


@pytest.fixture(scope="module")
def street(owner: Engine, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    data_dir: Path = tmp_path_factory.mktemp("street")
    with build_street(database_url, data_dir) as made:
        yield made
    with owner.begin() as connection:
        connection.execute(text("delete from outbox"))
