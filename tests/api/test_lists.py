"""Lists: pages, filters, and a cost that does not follow the number of rows."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import Engine, event

from api.conftest import Book
from app.api.paging import sealed
from app.db.unit_of_work import Database
from app.values.clock import FixedClock
from support import make

NAMES = (
    "companies", "debtors", "open-items", "claims", "notices", "sync-runs", "credit-checks", "weekly-lists", "agency-cases",
    "settlements", "postings"
)  # fmt: skip


def grow(database: Database, book: Book, times: int) -> None:
    """As many more of everything that is listed."""
    agreement = None
    for number in range(times):
        company = make.company(database, book.bureau)
        debtor = make.debtor(database, company)
        item = make.open_item(database, debtor)
        claim = make.claim(database, item)
        make.notice(database, claim)
        week = make.weekly_list(database, company, week=f"2026-W{number + 1:02}")
        make.list_entry(database, week, claim, item)
        make.sync_run(database, company)
        make.posting(database, item)
        make.credit_check(database, company)
        agreement = make.agreement(database, company)
        make.agency_case(database, agreement, claim)
        make.settlement(database, agreement)


def pages(client: TestClient[Litestar], key: dict[str, str], name: str, limit: int) -> list[list[str]]:
    """The ids of every page, by following the cursor."""
    found: list[list[str]] = []
    cursor: str | None = None
    while True:
        answer = client.get(f"/api/v1/{name}", headers=key, params={"limit": limit} | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        found.append([one["id"] for one in answer.json()["items"]])
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.parametrize("name", NAMES)
def test_pages_show_everything_once(client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str], name: str) -> None:
    grow(database, book, 4)
    found = pages(client, admin, name, 2)
    assert [len(page) for page in found] == [2, 2, 1]
    ids = [one for page in found for one in page]
    assert len(set(ids)) == 5
    assert ids in (sorted(ids), sorted(ids, reverse=True))
    assert [one for page in pages(client, admin, name, 100) for one in page] == ids


def test_a_row_that_changes_between_two_pages_is_neither_skipped_nor_shown_twice(
    client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str], clock: FixedClock
) -> None:
    grow(database, book, 3)
    first = client.get("/api/v1/claims?limit=2", headers=admin).json()
    clock.move(timedelta(hours=1))
    client.put(f"/api/v1/claims/{first['items'][0]['id']}/hold", headers=admin, json={"reason": "changed"})
    second = client.get("/api/v1/claims", headers=admin, params={"cursor": first["next_cursor"]}).json()
    ids = [one["id"] for one in first["items"] + second["items"]]
    assert len(ids) == len(set(ids)) == 4


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("cursor", ["x", "", "æ", "AAAA", "%00", "'; drop table claims", sealed("/api/v1/elsewhere", uuid.UUID(int=7))])
def test_a_cursor_that_is_not_the_lists_own_is_refused(client: TestClient[Litestar], admin: dict[str, str], name: str, cursor: str) -> None:
    answer = client.get(f"/api/v1/{name}", headers=admin, params={"cursor": cursor})
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["cursor"]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many", "1.5", "٣", "", "null", "1e2"])
def test_a_limit_out_of_bounds_is_refused(client: TestClient[Litestar], admin: dict[str, str], limit: str) -> None:
    answer = client.get("/api/v1/claims", headers=admin, params={"limit": limit})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "limit"


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("open-items", {"state": "paid"}, 1),
        ("open-items", {"state": "open"}, 1),
        ("open-items", {"due_from": "2026-10-25"}, 1),
        ("open-items", {"due_to": "2026-10-24"}, 1),
        ("open-items", {"due_from": "2026-10-24", "due_to": "2026-10-25"}, 2),
        ("open-items", {"updated_since": "2026-11-23T10:00:00+01:00"}, 1),
        ("open-items", {"updated_since": "2026-11-23T08:00:00Z"}, 2),
        ("claims", {"state": "closed"}, 1),
        ("claims", {"step": "ask_person"}, 1),
        ("claims", {"updated_since": "2026-11-23T08:30:00Z"}, 1),
        ("claims", {}, 2),
    ],
)
def test_filters_narrow(
    client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str], clock: FixedClock, name: str, query: Any,
    expected: int,
) -> None:  # fmt: skip
    clock.move(timedelta(hours=1))
    item = make.open_item(database, book.debtor, state="paid", due_on=book.item.due_on + timedelta(days=1))  # type: ignore[operator]
    make.claim(database, item, state="closed", step="ask_person")
    answer = client.get(f"/api/v1/{name}", headers=admin, params=query)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["items"]) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=gone", "state"),
        ("state=open&state=paid", "state"),
        ("colour=red", "colour"),
        ("due_to=yesterday", "due_to"),
        ("due_to=2026-02-30", "due_to"),
        ("updated_since=2026-11-23T08:00:00", "updated_since"),
        ("updated_since=0", "updated_since"),
        ("company_id=null", "company_id"),
        ("company_id=1", "company_id"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(client: TestClient[Litestar], admin: dict[str, str], query: str, field: str) -> None:
    answer = client.get(f"/api/v1/open-items?{query}", headers=admin)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("name", NAMES)
def test_the_cost_of_a_page_does_not_follow_its_rows(
    client: TestClient[Litestar], database: Database, engine: Engine, book: Book, admin: dict[str, str], name: str
) -> None:
    statements: list[str] = []

    def note(*args: Any) -> None:
        statements.append(args[2])

    client.get(f"/api/v1/{name}", headers=admin)
    event.listen(engine, "before_cursor_execute", note)
    try:
        client.get(f"/api/v1/{name}", headers=admin)
        few, statements[:] = len(statements), []
        event.remove(engine, "before_cursor_execute", note)
        grow(database, book, 5)
        event.listen(engine, "before_cursor_execute", note)
        client.get(f"/api/v1/{name}", headers=admin)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    # two for the key, two for its limit, the scope, the page itself, and what stands beside its rows
    assert len(statements) == few <= 7, statements
