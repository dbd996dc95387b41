"""Who gets in, what he may do, and what does not exist for him."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import text

from api.conftest import Book, build_app, key_of
from app.api.routes import RESOURCES
from app.db.unit_of_work import Database
from app.tenants import api_keys
from app.tenants.permissions import Role
from app.tenants.requests import requires
from app.values.clock import FixedClock
from support import make
from support.neighbour import MARK, Neighbour

LISTS = (
    "companies", "debtors", "open-items", "claims", "notices", "sync-runs", "credit-checks", "weekly-lists", "agency-cases",
    "settlements", "explanations",
    "postings",
)  # fmt: skip
SEGMENT = {"name": "ok", "position": 1, "conditions": {"amount_from_ore": 1}}
BODIES: dict[str, Any] = {
    "hold": {"reason": "ok"},
    "dispute": {"text": "no"},
    "decision": {"decision": "upheld", "text": "yes"},
    "stop": {},
    "approval": {},
    "calls": {"outcome": "reached"},
    "restarts": {"reason": "Feil adresse"},
    "reversal": {"reason": "Feil sak"},
    "evidence": {"name": "ok.pdf", "content": "JVBERi0xLjc="},
    "verdict": {"answer": "yes"},
    "claim": {"claim_id": "01a00000-0000-7000-8000-000000000000"},
    "handled": {},
    "confirmation": {"through_on": "2026-11-01"},
    "sender": {},
    "letter": {"postal_code": "5010", "city": "Bergen"},
    "email": {"email": "a@b.no"},
    "phone": {"phone": "900 00 000"},
    "policy": {"wishes": {}},
    "follow-up": {"leave_old": True},
    "arrangement": {"kind": "promise", "terms": [{"due_on": "2099-01-01", "amount_ore": 1}]},
    "companies": {"city": "Oslo"},
    "limitation-events": {"kind": "acknowledgement", "on": "2026-11-02", "evidence": "ok"},
    "circumstances": {"kind": "deceased"},
    "answer": {"answer": "rest", "reason": "ok"},
    "booking": {"booked_on": "2026-11-02"},
    "orders": {"kind": "message", "text": "ok"},
    "posting-accounts": {},
    "outcome": {"outcome": "cancel", "note": "ok"},
}


@pytest.mark.parametrize("header", ["", "Basic YWJj", "Bearer ", "Bearer rk_x_y", "bearer rk_abc_def", "Bearer rk_æ_ø", "Bearer rk_a\tb_c"])
def test_nobody_gets_in_without_a_live_key(client: TestClient[Litestar], header: str) -> None:
    answer = client.get("/api/v1/companies", headers=[(b"authorization", header.encode())] if header else None)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["type"] == "urn:reskontro:problem:unauthenticated"


def test_a_browsers_session_opens_nothing_here(client: TestClient[Litestar], database: Database, book: Book) -> None:
    from app.tenants import sessions

    token = sessions.start(database, make.member(database, book.bureau).id)
    for name in ("session", "__Host-session", "reskontro_session"):
        client.cookies.set(name, token)
    assert client.get("/api/v1/companies").status_code == 401
    assert client.get("/api/v1/companies", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_revoked_key_and_an_expired_key_are_nobodys(
    client: TestClient[Litestar], database: Database, book: Book, clock: FixedClock
) -> None:
    with database.begin(make.scope(book.bureau)) as work:
        ended = api_keys.create(work, "ended", Role.ADMIN)
        short = api_keys.create(work, "short", Role.ADMIN, expires_at=work.now() + timedelta(hours=1))
    assert client.get("/api/v1/companies", headers={"Authorization": f"Bearer {short.key}"}).status_code == 200
    assert client.get("/api/v1/companies", headers={"Authorization": f"Bearer {ended.key}"}).status_code == 200
    with database.begin(make.scope(book.bureau)) as work:
        api_keys.revoke(work, ended.id)
    clock.move(timedelta(hours=1))
    assert client.get("/api/v1/companies", headers={"Authorization": f"Bearer {short.key}"}).status_code == 401
    assert client.get("/api/v1/companies", headers={"Authorization": f"Bearer {ended.key}"}).status_code == 401


def test_a_used_key_says_when(client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]) -> None:
    client.get("/api/v1/companies", headers=admin)
    with database.begin(make.scope(book.bureau)) as work:
        used = work.session.execute(text("select last_used_at from api_keys where bureau_id = :b"), {"b": book.bureau.id}).scalar_one()
    assert used is not None


def routes_with_ids() -> Iterator[tuple[str, str]]:
    """Every method and path that names something by id."""
    for resource in RESOURCES:
        for handler in resource.HANDLERS:
            for path in handler.paths:
                if ":uuid}" in path:
                    for method in sorted(handler.http_methods):
                        yield str(method), path


@pytest.mark.parametrize(("method", "path"), list(routes_with_ids()))
def test_what_is_the_neighbours_does_not_exist(
    client: TestClient[Litestar], admin: dict[str, str], neighbour: Neighbour, method: str, path: str
) -> None:
    ids = neighbour.ids() | {"list_id": str(neighbour.weekly_list.id), "entry_id": str(neighbour.list_entry.id)}
    ids |= {"run_id": str(neighbour.sync_run.id), "check_id": str(neighbour.credit_check.id), "case_id": str(neighbour.agency_case.id)}
    ids |= {"posting_id": str(neighbour.posting.id)}
    ids |= {"approval_id": str(neighbour.approval_request.id), "event_id": str(neighbour.limitation_event.id)}
    address = "/api/v1" + path.replace(":uuid}", "}").format(**ids)
    last = address.rsplit("/", 1)[-1]
    usual = SEGMENT if "/segments/" in path else BODIES["companies"]
    body = BODIES.get(last, usual) if method in {"PUT", "PATCH"} else BODIES.get(last) if method == "POST" else None
    answer = client.request(method, address, headers=admin, json=body)
    assert answer.status_code == 404, answer.text
    assert MARK not in answer.text


@pytest.mark.parametrize("name", LISTS)
def test_no_list_shows_the_neighbour(
    client: TestClient[Litestar], admin: dict[str, str], book: Book, neighbour: Neighbour, name: str
) -> None:
    answer = client.get(f"/api/v1/{name}", headers=admin)
    assert answer.status_code == 200
    assert len(answer.json()["items"]) == 1
    assert MARK not in answer.text
    theirs = client.get(f"/api/v1/{name}", headers=admin, params={} if name == "companies" else {"company_id": str(neighbour.company.id)})
    assert MARK not in theirs.text


@pytest.mark.parametrize("name", LISTS)
def test_a_companys_key_sees_that_company_only(client: TestClient[Litestar], database: Database, book: Book, name: str) -> None:
    other = make.company(database, book.bureau)
    make.debtor(database, other)
    own = key_of(database, book.bureau, Role.COMPANY, book.company)
    theirs = key_of(database, book.bureau, Role.COMPANY, other)
    assert len(client.get(f"/api/v1/{name}", headers=own).json()["items"]) == 1
    assert len(client.get(f"/api/v1/{name}", headers=theirs).json()["items"]) == (name in {"companies", "debtors"})
    assert client.get(f"/api/v1/claims/{book.claim.id}", headers=theirs).status_code == 404


@pytest.mark.parametrize(
    ("role", "method", "path", "expected"),
    [
        (Role.READER, "PUT", "/claims/{claim}/hold", 403),
        (Role.READER, "DELETE", "/claims/{claim}/hold", 403),
        (Role.READER, "PUT", "/claims/{claim}/dispute", 403),
        (Role.READER, "PUT", "/list-entries/{entry}/stop", 403),
        (Role.READER, "DELETE", "/list-entries/{entry}/stop", 403),
        (Role.READER, "PUT", "/weekly-lists/{week}/approval", 403),
        (Role.READER, "POST", "/companies/{company}/sync-runs", 403),
        (Role.READER, "POST", "/credit-checks", 403),
        (Role.READER, "PATCH", "/companies/{company}", 403),
        (Role.MANAGER, "PATCH", "/companies/{company}", 403),
        (Role.MANAGER, "PUT", "/claims/{claim}/hold", 200),
        (Role.COMPANY, "PUT", "/claims/{claim}/hold", 403),
        (Role.COMPANY, "POST", "/credit-checks", 403),
        (Role.COMPANY, "PUT", "/list-entries/{entry}/stop", 200),
        (Role.COMPANY, "PUT", "/weekly-lists/{week}/approval", 200),
        (Role.ADMIN, "PATCH", "/companies/{company}", 200),
    ],
)
def test_a_role_may_do_what_it_may(
    client: TestClient[Litestar], database: Database, book: Book, role: Role, method: str, path: str, expected: int
) -> None:
    key = key_of(database, book.bureau, role, book.company if role is Role.COMPANY else None)
    address = "/api/v1" + path.format(claim=book.claim.id, entry=book.entry.id, week=book.week.id, company=book.company.id)
    body = {} if path.endswith("credit-checks") else BODIES.get(address.rsplit("/", 1)[-1], BODIES["companies"])
    answer = client.request(method, address, headers=key, json=body)
    assert answer.status_code == expected, answer.text
    if expected == 403:
        assert answer.json()["type"] == "urn:reskontro:problem:forbidden"


def test_every_route_says_what_it_needs() -> None:
    handlers = [handler for resource in RESOURCES for handler in resource.HANDLERS]
    unguarded = [handler.handler_name for handler in handlers if not any(isinstance(one, requires) for one in handler.guards or ())]
    assert not unguarded, f"a route without requires(...) is open to every key: {unguarded}"


def test_a_key_that_asks_too_often_must_wait(database: Database, book: Book, clock: FixedClock) -> None:
    key, other = key_of(database, book.bureau), key_of(database, book.bureau)
    with TestClient(build_app(database, api_requests_max=3), raise_server_exceptions=False) as client:
        assert [client.get("/api/v1/companies", headers=key).status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = client.get("/api/v1/companies", headers=key)
        assert refused.json()["type"] == "urn:reskontro:problem:too-many-requests"
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert client.get("/api/v1/companies", headers=other).status_code == 200
        clock.move(timedelta(seconds=int(refused.headers["Retry-After"])))
        assert client.get("/api/v1/companies", headers=key).status_code == 200
