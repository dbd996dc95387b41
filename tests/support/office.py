"""A bureau's person at work in a browser, over the house as wiring builds it and the simulated outside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from app.db.scope import BureauScope
from app.tenants.models import Bureau, Company, User
from app.values.clock import FixedClock
from app.wiring import House
from support import make
from support.drain import drain
from support.pages import Browser, browser_of
from support.town import Outside, house_in

#: pages show dates, figures and other people's words in their own language; everything else must be Norwegian
SAFE_FETCH = {"Sec-Fetch-Site": "same-origin"}


@dataclass(slots=True)
class Office:
    """`browser` is logged in as `person`. More people of the same bureau: `enter`."""

    house: House
    outside: Outside
    clock: FixedClock
    bureau: Bureau
    person: User
    browser: Browser

    def enter(self, role: str = "admin", *, company: Company | None = None, bureau: Bureau | None = None) -> Browser:
        """Another browser, logged in as somebody new."""
        person = make.member(self.house.database, bureau or self.bureau, role=role, company=company)
        return browser_of(self.house, person)

    @property
    def scope(self) -> BureauScope:
        return BureauScope(self.bureau.id)

    def work_off(self) -> None:
        drain(self.house.resources)


@contextmanager
def office_in(outside: Outside, database_url: str, engine: Engine, clock: FixedClock, data_dir: Path) -> Iterator[Office]:
    """An office with one administrator and no companies."""
    with house_in(outside, database_url, engine, clock, data_dir) as house:
        bureau = make.bureau(house.database)
        person = make.member(house.database, bureau)
        yield Office(house, outside, clock, bureau, person, browser_of(house, person))
