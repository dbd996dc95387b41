"""A bureau with one company, one claim on an open weekly list, and the people who look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from app.db.unit_of_work import Database
from app.dunning.models import Claim, ListEntry, WeeklyList
from app.dunning.reasons import because
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Bureau, Company, User
from support import make
from support.pages import Browser, app_of, house_of


@dataclass(frozen=True, slots=True)
class Scene:
    bureau: Bureau
    company: Company
    debtor: Debtor
    item: OpenItem
    claim: Claim
    weekly: WeeklyList
    entry: ListEntry
    admin: User


@pytest.fixture
def scene(database: Database) -> Scene:
    bureau = make.bureau(database)
    company = make.company(database, bureau, name="Ærlig Handel AS")
    debtor = make.debtor(database, company, name="Østfold Elektro AS")
    item = make.open_item(database, debtor, original_ore=12_345_67)
    ready = [because("ready_for_list_warning", days=30, list_on=database.clock.today()).as_json()]
    claim = make.claim(database, item, reasons=ready)
    weekly = make.weekly_list(database, company)
    entry = make.list_entry(database, weekly, claim, item, reasons=ready)
    return Scene(bureau, company, debtor, item, claim, weekly, entry, make.member(database, bureau))


@pytest.fixture
def house(database: Database) -> Any:
    return house_of(database)


@pytest.fixture
def browse(house: Any) -> Iterator[Callable[..., Browser]]:
    """A new browser on the pages; with a user he is logged in."""
    app = app_of(house)
    with ExitStack() as stack:

        def browser(user: User | None = None) -> Browser:
            made = stack.enter_context(Browser(app))
            if user is not None:
                made.come_in(house, user)
            return made

        yield browser
