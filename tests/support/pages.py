"""The pages as a browser meets them: one application on the test's database, and a reader who logs in, looks and sends forms."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from html import unescape
from typing import Any

from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import Engine

from app.db.unit_of_work import Database
from app.db.vault import Vault, new_key
from app.dunning.law import Law
from app.dunning.law_book import LawBook
from app.jobs.resources import Resources
from app.messaging.senders import MailHouse
from app.settings import Settings, read_settings
from app.tenants import sessions
from app.tenants.models import User
from app.values.clock import Clock
from app.web.errors import page_exception_handlers
from app.web.router import web_routes
from app.web.security import csrf_token, security_headers
from app.web.session import cookie_name
from app.web.templating import template_config
from support import make

SECRET = b"a secret that only this test house knows"
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@dataclass
class House:
    """The parts the pages ask for. `resources` may be given more ports by a test."""

    database: Database
    clock: Clock
    resources: Resources
    settings: Settings = field(default_factory=lambda: read_settings({"RESKONTRO_SANDBOX": "off"}))
    app_secret: bytes = SECRET


def house_of(database: Database, **changes: Any) -> House:
    resources = Resources(database, database.clock)
    resources.provide(LawBook, LawBook(Law()))
    resources.provide(MailHouse, MailHouse("post.reskontro.example", True, Vault(new_key())))
    return House(database, database.clock, resources, **changes)


@dataclass
class Address:
    """A house as the pages know it, in which one may move out and another in."""

    house: House | None

    @property
    def there(self) -> House:
        assert self.house is not None, "a page of a test that is over"
        return self.house

    @property
    def database(self) -> Database:
        return self.there.database

    @property
    def clock(self) -> Clock:
        return self.there.clock

    @property
    def resources(self) -> Resources:
        return self.there.resources

    @property
    def settings(self) -> Settings:
        return self.there.settings

    @property
    def app_secret(self) -> bytes:
        return self.there.app_secret


@dataclass
class ClockAt:
    """The clock of whoever lives there."""

    address: Address

    def now(self) -> datetime:
        return self.address.clock.now()

    def today(self) -> date:
        return self.address.clock.today()


#: by what is built in. Putting an application together takes longer than most tests of its pages
_built: dict[tuple[Engine, bytes, bool], list[tuple[Address, Litestar]]] = {}


def app_of(house: House) -> Litestar:
    """The application with its pages alone, until the test is over; sessions age by the test's clock."""
    alike = _built.setdefault((house.database.engine, house.app_secret, house.settings.secure_cookies), [])
    for address, app in alike:
        if address.house is house:
            return app
    for address, app in alike:
        if address.house is None:
            address.house = house
            return app
    address = Address(house)
    alike.append((address, _build(address)))
    return alike[-1][1]


def vacate() -> None:
    """The test is over: its houses are gone, their applications serve the next."""
    for alike in _built.values():
        for address, _ in alike:
            address.house = None


def _build(address: Address) -> Litestar:
    return Litestar(
        route_handlers=web_routes(address, wall_clock=ClockAt(address)),
        template_config=template_config(),
        before_send=[security_headers(https=address.settings.secure_cookies)],
        exception_handlers=page_exception_handlers(),
        openapi_config=None,
        logging_config=None,
    )


class Browser(TestClient[Litestar]):
    """A browser that does not follow redirects by itself, and that can read its own form token."""

    def __init__(self, app: Litestar) -> None:
        super().__init__(app, raise_server_exceptions=False)
        self.follow_redirects = False
        self.token = ""

    def log_in(self, email: str, password: str = make.PASSWORD) -> Response:
        answer = self.post("/login", data={"email": email, "password": password})
        if answer.status_code == 303:
            self.token = csrf_in(self.get("/account").text)
        return answer

    def come_in(self, house: Any, user: User) -> None:
        """Logged in as this person without passing the door, which has tests of its own and takes longer than most pages."""
        session = sessions.start(house.database, user.id)
        self.cookies.set(cookie_name(https=house.settings.secure_cookies), session)
        self.token = csrf_token(session, house.app_secret)

    def submit(self, path: str, *, htmx: bool = False, **form: Any) -> Response:
        """Send a form of our own page."""
        return self.post(path, data={"_csrf": self.token, **form}, headers=HTMX if htmx else {})

    def fragment(self, path: str, target: str = "") -> Response:
        return self.get(path, headers=HTMX | ({"HX-Target": target} if target else {}))


def browser_of(house: Any, person: User) -> Browser:
    """A browser on the house's pages with somebody logged in."""
    made = Browser(app_of(house))
    made.come_in(house, person)
    return made


def csrf_in(page: str) -> str:
    found = re.search(r'<meta name="csrf" content="([^"]*)"', page)
    return unescape(found[1]) if found else ""


def words_of(page: str) -> str:
    """The page's text without marks, blanks made one."""
    bare = re.sub(r"<(script|style|title)\b.*?</\1>|<[^>]+>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", unescape(bare).replace("\u00a0", " ")).strip()
