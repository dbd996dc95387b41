"""The API against its own description: whatever the description allows is answered as it says, whatever it does not allow is refused.

In process, over the real database, with requests made by Schemathesis from the description.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from litestar import Litestar
from litestar.testing import TestClient
from schemathesis.checks import CHECKS, load_all_checks
from sqlalchemy import Engine

from api.conftest import book_of, build_app, key_of
from app.api.openapi import openapi_document
from app.db.unit_of_work import Database
from app.values.clock import FixedClock
from support import make

load_all_checks()

#: left out, and why
EXCLUDED = {
    "positive_data_acceptance": "some refusals depend on the day or on what is there: a stop that would end yesterday, no open objection",
    "allow_header_conformance": "Litestar's own answer to OPTIONS names the methods of one handler only",
    "ensure_resource_availability": "what is asked for (a sync) is made by the worker, which is not running here",
    "use_after_free": "nothing can be deleted through the API: a stop that is lifted stays as history",
    "max_response_time": "a shared machine",
    "object_level_authorization": "needs two running applications; tests/api/test_access.py tries every id of a neighbour instead",
}
EXAMPLES = 6
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def fuzzed(engine: Engine) -> Iterator[tuple[TestClient[Litestar], dict[str, str], dict[str, str]]]:
    """A client, a key, and the ids of what its bureau has."""
    database = Database(engine, FixedClock(datetime(2026, 11, 23, 8, 0, tzinfo=UTC)))
    book = book_of(database, make.bureau(database))
    make.company_link(database, make.connection(database, book.bureau), book.company)
    ids = {
        "company_id": book.company.id, "debtor_id": book.debtor.id, "open_item_id": book.item.id, "claim_id": book.claim.id,
        "notice_id": book.notice.id, "list_id": book.week.id, "entry_id": book.entry.id, "run_id": book.run_id, "check_id": book.check_id,
        "case_id": book.case_id, "segment_id": make.segment(database, book.company).id,
    }  # fmt: skip
    key = key_of(database, book.bureau)
    with TestClient(build_app(database, api_requests_max=1_000_000), raise_server_exceptions=False) as client:
        yield client, key, {name: str(value) for name, value in ids.items()}


def described() -> list[tuple[str, str]]:
    from litestar.datastructures import State

    from app.api.openapi import METHODS, openapi_config
    from app.api.routes import api_routes

    app = Litestar(route_handlers=[api_routes()], openapi_config=openapi_config(), state=State({}), logging_config=None)
    paths = openapi_document(app)["paths"]
    return [(method.upper(), path) for path, item in sorted(paths.items()) for method in METHODS if method in item]


@pytest.mark.parametrize(("method", "path"), described())
def test_an_operation_keeps_its_word(fuzzed: Any, method: str, path: str) -> None:
    client, key, ids = fuzzed
    schema = schemathesis.openapi.from_asgi("/schema/openapi.json", client.app)
    operation = schema[path][method]
    checks = [check for check in CHECKS.get_all() if check.__name__ not in EXCLUDED]
    strategy = operation.as_strategy() | operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

    @given(case=strategy)
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),
    )  # fmt: skip
    def ask(case: schemathesis.Case) -> None:
        for place in (case.path_parameters, case.query, case.body):
            _point_at_what_is_there(place, ids)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            case.call_and_validate(headers=key, checks=checks)

    ask()


def _point_at_what_is_there(place: Any, ids: dict[str, str]) -> None:
    """A made-up id finds nothing, so that only the refusal would be tested."""
    if isinstance(place, dict):
        for name in ids.keys() & place.keys():
            if isinstance(place[name], str) and UUID.fullmatch(place[name]):
                place[name] = ids[name]
