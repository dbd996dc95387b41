"""The street: who lives there, who goes from door to door, and what the doors are."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from httpx import Response
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from sqlalchemy import text

from app.db.scope import BureauScope
from app.main import create_app
from app.settings import read_settings
from app.tenants import api_keys
from app.tenants.permissions import Role
from app.web.security import csrf_token
from app.wiring import House, build_house
from support import make
from support.belongings import Belongings, belongings, log_in
from support.neighbour import Neighbour, move_in

#: marks are words that occur nowhere else
OURS, SISTER = "EGENRAD", "SØSKENRAD"
#: what every request may change: when a login or a key was last seen, and how often somebody asked
RESTLESS = {"sessions", "rate_counters", "heartbeats", "outbox", "alembic_version", "oauth_states"}
#: what serves nobody in particular
STATELESS = ("/static", "/schema", "/health")
SNAPSHOT = """
    select coalesce(md5(string_agg(line, '|' order by line)), '')
    from (select (row - 'last_used_at')::text line from (select to_jsonb(t) row from {} t) rows where row ->> '{}' = :his) lines
"""


@dataclass(slots=True)
class Caller:
    """Somebody who goes from door to door: a browser with a session, or a program with a key."""

    name: str
    client: TestClient[Litestar]
    headers: Mapping[str, str]
    csrf: str
    token: str | None

    @property
    def is_program(self) -> bool:
        return "Authorization" in self.headers

    def ask(self, method: str, address: str, body: Mapping[str, Any] | None = None, **query: str) -> Response:
        if method in {"GET", "HEAD"}:
            return self.client.request(method, address, headers=self.headers, params=query)
        if self.is_program:
            return self.client.request(method, address, headers=self.headers, json=body)
        return self.client.request(method, address, headers=self.headers, data={**(body or {}), "_csrf": self.csrf})


@dataclass(slots=True)
class Street:
    house: House
    app: Litestar
    ours: Neighbour
    sister: Neighbour
    neighbour: Neighbour
    callers: dict[str, Caller]

    def doors(self) -> Iterator[tuple[str, str]]:
        """Every method and path of pages and API, as the application itself lists them."""
        for route in self.app.routes:
            if isinstance(route, HTTPRoute) and not route.path.startswith(STATELESS):
                for method in sorted(set(route.methods) - {"OPTIONS", "HEAD"}):
                    yield str(method), route.path

    def belongings(self, his: Neighbour, caller: Caller | None = None) -> Belongings:
        """What stands in the addresses of that household's pages. The parts that are made for it are made anew at each call."""
        return belongings(self.house, his, None if caller is None else caller.token)

    def snapshot(self, of: Neighbour) -> dict[str, str]:
        """A checksum of his rows in every table."""
        his = {"bureaus": ("id", of.bureau.id), "users": ("id", of.user.id)}
        found = {}
        with self.house.database.begin(BureauScope(of.bureau.id)) as work:
            tables = work.session.execute(text("select tablename from pg_tables where schemaname = 'public'")).scalars()
            for name in sorted(set(tables) - RESTLESS):
                column, value = his.get(name, ("bureau_id", of.bureau.id))
                found[name] = work.session.execute(text(SNAPSHOT.format(name, column)), {"his": str(value)}).scalar_one()
        return found

    def has_upload(self, token: str) -> bool:
        """Do the files of that upload still wait on disk, in whosever folder?"""
        return any((self.house.settings.data_dir / "uploads").glob(f"*/{token}"))

    def rung(self) -> str:
        """All that waits in the outbox, as text."""
        with self.house.engine.connect() as connection:
            return "\n".join(connection.execute(text("select job || ' ' || arguments::text from outbox")).scalars())


@contextmanager
def build_street(database_url: str, data_dir: Path) -> Iterator[Street]:
    key = base64.b64encode(b"k" * 32).decode()
    settings = read_settings(
        {
            # nobody listens there: what is refused must be refused before anybody outside is asked
            "RESKONTRO_SANDBOX": "on", "RESKONTRO_SANDBOX_PORT": "1", "RESKONTRO_DATA_DIR": str(data_dir),
            "RESKONTRO_VAULT_KEYS": f"t1:{key}", "RESKONTRO_SECRET_KEY": "s" * 40,
        }
    )  # fmt: skip
    house = build_house(settings, database_url)
    try:
        app = create_app(house)
        app.state["api_requests_max"] = 1_000_000
        house.database.after_commit = lambda: None  # what is rung stays in the outbox, to be looked at
        ours, neighbour = move_in(house.database, OURS), move_in(house.database)
        sister = move_in(house.database, SISTER, ours.bureau)
        callers = {caller.name: caller for caller in _callers(house, app, ours)}
        yield Street(house, app, ours, sister, neighbour, callers)
    finally:
        house.close()


def words_in(answer: Response) -> str:
    """All that an answer says: status line, headers, body, and the text of a PDF."""
    head = f"{answer.reason_phrase} {answer.url.path} " + " ".join(f"{name}: {value}" for name, value in answer.headers.items())
    body = answer.content.decode("utf-8", errors="replace")
    if answer.content.startswith(b"%PDF") and b"%%EOF" in answer.content:
        body += _pdf_text(answer.content)
    return f"{head}\n{body}"


def leaks(answer: Response, *marks: str) -> list[str]:
    """The marks that an answer shows, in any letters."""
    said = words_in(answer).casefold()
    return [mark for mark in marks if re.search(re.escape(mark.casefold()), said)]


def _pdf_text(content: bytes) -> str:
    try:
        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    except PyPdfError:
        return ""


def _callers(house: House, app: Litestar, ours: Neighbour) -> Iterator[Caller]:
    database = house.database
    stranger = make.bureau(database)
    for name, bureau, role, company in (
        ("admin", ours.bureau, "admin", None), ("manager", ours.bureau, "manager", None), ("reader", ours.bureau, "reader", None),
        ("company's own user", ours.bureau, "company", ours.company), ("another bureau's admin", stranger, "admin", None),
    ):  # fmt: skip
        token = log_in(database, make.member(database, bureau, role=role, company=company).id)
        client: TestClient[Litestar] = TestClient(app, raise_server_exceptions=False, cookies={"rk": token})
        client.follow_redirects = False
        yield Caller(name, client, {}, csrf_token(token, house.app_secret), token)
    for name, role_, company in (
        ("admin's key", Role.ADMIN, None), ("reader's key", Role.READER, None), ("company's key", Role.COMPANY, ours.company)
    ):  # fmt: skip
        with database.begin(make.scope(ours.bureau)) as work:
            made = api_keys.create(work, f"key of {OURS}", role_, company_id=None if company is None else company.id)
        keyed: TestClient[Litestar] = TestClient(app, raise_server_exceptions=False)
        yield Caller(name, keyed, {"Authorization": f"Bearer {made.key}"}, "", None)
