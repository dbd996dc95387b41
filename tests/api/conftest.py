"""The API in process, over a real database: a bureau with one of everything, and keys of each role."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.testing import TestClient
from sqlalchemy import Engine

from app.api.openapi import openapi_config
from app.api.problems import answer_problem, is_under_api
from app.api.routes import api_routes
from app.db.unit_of_work import Database
from app.db.vault import Vault, new_key
from app.dunning.law import Law
from app.dunning.law_book import LawBook
from app.dunning.models import Claim, ListEntry, Notice, WeeklyList
from app.messaging.senders import MailHouse
from app.receivables.models import Debtor, OpenItem
from app.tenants import api_keys
from app.tenants.models import Bureau, Company
from app.tenants.permissions import Role
from app.values.clock import SystemClock
from support import make
from support.agency_desk import OneAgency, PaperAgency


@dataclass(frozen=True, slots=True)
class Book:
    """A bureau with one company, and one of everything an integrator can read."""

    bureau: Bureau
    company: Company
    debtor: Debtor
    item: OpenItem
    claim: Claim
    notice: Notice
    week: WeeklyList
    entry: ListEntry
    run_id: uuid.UUID
    check_id: uuid.UUID
    case_id: uuid.UUID


HOUSE = MailHouse("post.reskontro.example", True, Vault(new_key()))


def build_app(database: Database, **state: Any) -> Litestar:
    """The application around the API, as small as it can be."""
    return Litestar(
        route_handlers=[api_routes()],
        openapi_config=openapi_config(),
        state=State({"database": database, "law_book": LawBook(Law()), "mail_house": HOUSE, "agencies": OneAgency(PaperAgency()), **state}),
        exception_handlers={HTTPException: answer, Exception: answer},
        logging_config=None,
    )


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    return answer_problem(request, error) if is_under_api(request) else Response("no such page", status_code=404)


def book_of(database: Database, bureau: Bureau) -> Book:
    company = make.company(database, bureau)
    debtor = make.debtor(database, company)
    item = make.open_item(database, debtor)
    claim = make.claim(database, item)
    make.posting(database, item)
    notice = make.notice(database, claim, document_id=make.document(database, company).id)
    week = make.weekly_list(database, company)
    agreement = make.agreement(database, company)
    make.settlement(database, agreement)
    return Book(
        bureau, company, debtor, item, claim, notice, week, make.list_entry(database, week, claim, item),
        make.sync_run(database, company).id, make.credit_check(database, company).id,
        make.agency_case(database, agreement, claim).id,
    )  # fmt: skip


def key_of(database: Database, bureau: Bureau, role: Role = Role.ADMIN, company: Company | None = None) -> dict[str, str]:
    """The header of a new key."""
    with database.begin(make.scope(bureau)) as work:
        made = api_keys.create(work, f"{role.value} key", role, company_id=None if company is None else company.id)
    return {"Authorization": f"Bearer {made.key}"}


@pytest.fixture
def book(database: Database) -> Book:
    return book_of(database, make.bureau(database))


@pytest.fixture(scope="session")
def shared_client(engine: Engine) -> Iterator[TestClient[Litestar]]:
    """One application for all tests of this process: it is the same whoever asks, and takes longer to make than a test."""
    with TestClient(build_app(Database(engine, SystemClock())), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def client(shared_client: TestClient[Litestar], database: Database) -> Iterator[TestClient[Litestar]]:
    """The application on this test's clock, knowing nothing of the test before."""
    shared_client.app.state.update({"database": database, "law_book": LawBook(Law())})
    yield shared_client
    shared_client.cookies.clear()


@pytest.fixture
def admin(database: Database, book: Book) -> dict[str, str]:
    return key_of(database, book.bureau)
