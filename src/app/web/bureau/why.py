"""Why / why not: every overdue invoice with the one rule that decided it and what comes next; for the bureau, and a company itself."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery
from litestar.response import Template

from app.db.paging import Page, Position
from app.db.unit_of_work import UnitOfWork
from app.dunning.law_book import LawBook
from app.portfolio import explanations
from app.portfolio.explanations import Explanation, Wanted
from app.tenants import companies
from app.tenants.permissions import Permission
from app.web.access import Place, requires
from app.web.asked import PageFrame, TheHouse, Work
from app.web.house import House
from app.web.pages import page

ROWS = 50


@dataclass(frozen=True, slots=True)
class WhyView:
    """The page as its address asks for it. `counts`: how many invoices have each explanation."""

    base: str
    claims: str
    wanted: Wanted
    found: Page[Explanation]
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def onwards(self) -> str | None:
        if self.found.next_after is None:
            return None
        said = {"company": self.wanted.company_id, "reason": self.wanted.code, "after": self.found.next_after}
        return f"{self.base}?{urlencode({name: value for name, value in said.items() if value is not None})}"


@get("/why", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_why(
    work: Work, frame: PageFrame, house: TheHouse, company: FromQuery[str] = "", reason: FromQuery[str] = "",
    after: FromQuery[uuid.UUID | None] = None,
) -> Template:  # fmt: skip
    choices = [(one.id, one.name) for one in companies.all_open(work)]
    chosen = next((company_id for company_id, _ in choices if str(company_id) == company), None)
    if company and chosen is None:
        raise NotFoundException
    view = _read(work, house, "/why", "/claims", Wanted(chosen, reason or None), after)
    return page("pages/why/index.html", frame, view=view, companies=choices, today=work.today())


@get("/own/why", guards=[requires(Permission.VIEW, Place.COMPANY)], sync_to_thread=True)
def show_own_why(
    work: Work, frame: PageFrame, house: TheHouse, reason: FromQuery[str] = "", after: FromQuery[uuid.UUID | None] = None
) -> Template:
    view = _read(work, house, "/own/why", "/own/claims", Wanted(None, reason or None), after)
    return page("pages/why/own.html", frame, view=view, today=work.today())


def _read(work: UnitOfWork, house: House, base: str, claims: str, wanted: Wanted, after: uuid.UUID | None) -> WhyView:
    if wanted.code is not None and not explanations.is_known(wanted.code):
        raise NotFoundException
    law = house.resources.of(LawBook).read(work)
    found = explanations.explanations(work, Position(after, ROWS), wanted, law)
    return WhyView(base, claims, wanted, found, explanations.counts(work, wanted))


HANDLERS = [show_why, show_own_why]
