"""Policies, segments, routines and the switch of the follow-up, as a program reads and sets them."""

from __future__ import annotations

from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.conftest import Book, key_of
from app.db.unit_of_work import Database
from app.dunning import loading, policies, routines
from app.dunning.law import Law
from app.tenants.permissions import Role
from support import make


@pytest.fixture
def ask(client: TestClient[Litestar], admin: dict[str, str]) -> Any:
    def send(method: str, path: str, body: Any = None, **more: Any) -> Any:
        return client.request(method, f"/api/v1{path}", headers=admin, json=body, **more)

    return send


def held(answer: Any, field: str) -> tuple[object, str]:
    one = next(one for one in answer.json()["effective"] if one["field"] == field)
    return one["value"], one["origin"]["tier"]


def test_each_tier_is_set_read_with_its_origin_and_cleared(ask: Any, database: Database, book: Book) -> None:
    claim, debtor = f"/claims/{book.claim.id}/policy", f"/debtors/{book.debtor.id}/policy"
    assert ask("PUT", "/policy", {"wishes": {"minimum_ore": 200, "grace_business_days": 4}}).status_code == 200
    assert ask("PUT", f"/companies/{book.company.id}/policy", {"wishes": {"minimum_ore": 300}}).json()["version"] == 1
    made = ask("POST", "/segments", {"name": "All", "position": 1, "conditions": {"amount_from_ore": 1}, "wishes": {"minimum_ore": 400}})
    assert made.status_code == 201
    assert held(ask("GET", claim), "minimum_ore") == (400, "segment")
    assert ask("PUT", debtor, {"wishes": {"minimum_ore": 500}}).status_code == 200
    assert held(ask("GET", claim), "minimum_ore") == (500, "debtor")
    assert ask("PUT", claim, {"wishes": {"minimum_ore": 600}}).json()["wishes"] == {"minimum_ore": 600}
    assert held(ask("GET", claim), "minimum_ore") == (600, "claim")
    assert held(ask("GET", claim), "grace_business_days") == (4, "bureau")
    with database.begin(make.scope(book.bureau)) as work:
        assert policies.for_claims(work, loading.load(work, [book.claim.id]))[book.claim.id].policy.minimum_ore == 600
    for path in (claim, debtor, f"/companies/{book.company.id}/policy"):
        assert ask("DELETE", path).status_code == 204
    assert ask("DELETE", f"/segments/{made.json()['id']}").status_code == 204
    assert held(ask("GET", claim), "minimum_ore") == (200, "bureau")


def test_a_segment_is_listed_changed_and_ended(ask: Any, book: Book) -> None:
    said = {"name": "Bygg", "position": 2, "conditions": {"industries": ["41"]}, "wishes": {"grace_business_days": 8}}
    made = ask("POST", "/segments", said | {"company_id": str(book.company.id)}).json()
    assert (made["version"], made["conditions"]["industries"], made["company_id"]) == (1, ["41"], str(book.company.id))
    path = f"/segments/{made['id']}"
    assert ask("PUT", path, said | {"position": 1}).json()["version"] == 2
    assert [one["position"] for one in ask("GET", "/segments", params={"company_id": str(book.company.id)}).json()["items"]] == [1]
    assert ask("GET", "/segments").json()["items"] == []
    versions = ask("GET", "/policy-versions", params={"segment_id": made["id"]}).json()["items"]
    assert [one["version"] for one in versions] == [2, 1]
    assert ask("DELETE", path).status_code == 204
    assert ask("GET", path).status_code == 404
    assert len(ask("GET", "/policy-versions", params={"segment_id": made["id"]}).json()["items"]) == 3
    empty = ask("POST", "/segments", said | {"conditions": {}})
    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (422, "conditions")


@pytest.mark.parametrize(
    ("wishes", "field"),
    [
        ({"warning_deadline_days": 3}, "wishes.warning_deadline_days"), ({"shoe_size": 42}, "wishes"), ({"minimum_ore": "mye"}, "wishes"),
        ({"minimum_ore": None}, "wishes"), ({"warning_weekday": 2}, "wishes"), ({"minimum_ore": 10**30}, "wishes"),
    ],
)  # fmt: skip
def test_what_cannot_be_wished_is_refused_by_name_and_nothing_is_kept(ask: Any, book: Book, wishes: dict[str, Any], field: str) -> None:
    answer = ask("PUT", f"/companies/{book.company.id}/policy", {"wishes": wishes})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    if field.endswith("deadline_days"):
        assert "14" in answer.json()["errors"][0]["problem"]
        assert "§ 9" in answer.json()["errors"][0]["problem"]
    assert ask("GET", f"/companies/{book.company.id}/policy").json()["version"] == 0


def test_deviations_and_versions_tell_who_and_what(ask: Any, book: Book) -> None:
    company = {"company_id": str(book.company.id)}
    ask("PUT", f"/companies/{book.company.id}/policy", {"wishes": {"minimum_ore": 700}})
    (one,) = ask("GET", "/policy-deviations").json()["items"]
    assert (one["field"], one["value"], one["standard"], one["standard_moved"]) == ("minimum_ore", 700, 10_000, False)
    assert one["made_by"]
    (version,) = ask("GET", "/policy-versions", params=company).json()["items"]
    assert version["changes"] == [{"field": "minimum_ore", "before": None, "after": 700}]
    assert ask("GET", "/policy-versions", params=company | {"claim_id": str(book.claim.id)}).status_code == 422


def test_the_routine_is_read_in_words_as_pdf_and_by_version(ask: Any, database: Database, book: Book) -> None:
    path = f"/companies/{book.company.id}/routine"
    assert ask("GET", path).json()["version"] is None
    with database.begin(make.scope(book.bureau)) as work:
        routines.keep(work, Law())
    seen = ask("GET", path, params={"language": "en"}).json()
    assert (seen["version"], seen["blocks"][0]["heading"]) == (1, "The weekly list")
    ask("PUT", f"/companies/{book.company.id}/policy", {"wishes": {"grace_business_days": 9}})
    assert ask("GET", path).json()["version"] is None
    assert ask("GET", path, params={"version": 1}).json()["content_hash"] == seen["content_hash"]
    assert [one["version"] for one in ask("GET", f"{path}/versions").json()["items"]] == [1]
    assert ask("GET", f"{path}/document", params={"version": 1}).content.startswith(b"%PDF")
    assert ask("GET", path, params={"version": 2}).status_code == 404


def test_starting_is_seen_before_it_is_done_and_doing_it_again_stops_nothing_more(ask: Any, database: Database, book: Book) -> None:
    company = make.company(database, book.bureau, active_from=None)
    make.open_item(database, make.debtor(database, company), original_ore=1_234_00)
    path = f"/companies/{company.id}/follow-up"
    before = ask("GET", path).json()
    assert (before["active_from"], before["old_invoices"], before["old_remaining_ore"]) == (None, 1, 1_234_00)
    assert ask("PUT", path, {"leave_old": True}).json()["old_invoices"] == 0
    make.open_item(database, make.debtor(database, company))
    again = ask("PUT", path, {"leave_old": True}).json()
    assert (again["active_from"] is None, again["old_invoices"]) == (False, 1)
    assert ask("DELETE", path).status_code == 204
    assert ask("GET", path).json()["active_from"] is None


@pytest.mark.parametrize(
    ("role", "path", "expected"),
    [
        (Role.READER, "/claims/{claim}/policy", 403), (Role.MANAGER, "/claims/{claim}/policy", 200), (Role.MANAGER, "/policy", 403),
        (Role.MANAGER, "/debtors/{debtor}/policy", 200), (Role.MANAGER, "/companies/{company}/policy", 403),
        (Role.COMPANY, "/companies/{company}/policy", 403), (Role.COMPANY, "/claims/{claim}/policy", 403),
    ],
)  # fmt: skip
def test_a_tier_is_changed_by_whom_it_may(
    client: TestClient[Litestar], database: Database, book: Book, role: Role, path: str, expected: int
) -> None:
    key = key_of(database, book.bureau, role, book.company if role is Role.COMPANY else None)
    address = "/api/v1" + path.format(claim=book.claim.id, debtor=book.debtor.id, company=book.company.id)
    assert client.put(address, headers=key, json={"wishes": {"minimum_ore": 1}}).status_code == expected
    assert client.get(address, headers=key).status_code == 200
