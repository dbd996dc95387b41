"""The front page: one row per company, worst first, every state of the list in the address."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery, QueryParameter
from litestar.response import Template

from app.portfolio.overview import SORTS, CompanyLine, arranged, overview, totals
from app.portfolio.worklist import waiting_counts
from app.receivables import book_state
from app.receivables.readiness import Light
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import HxRequest, PageFrame, Work
from app.web.pages import fragment, page

SIZES = (25, 50, 100)
WORST_FIRST = "-old"


@dataclass(frozen=True, slots=True)
class PortfolioView:
    """The list's state as it stands in the address, and the rows it shows."""

    q: str
    sort: str
    size: int
    number: int
    rows: tuple[CompanyLine, ...]
    found: int
    book: str = ""

    def href(self, **changes: str | int) -> str:
        """This list with something changed; what is usual is left out of the address."""
        wanted = {"q": self.q, "sort": self.sort, "size": self.size, "page": self.number, "book": self.book} | changes
        usual = {"q": "", "sort": WORST_FIRST, "size": 50, "page": 1, "book": ""}
        said = {name: value for name, value in wanted.items() if value != usual[name]}
        return f"/?{urlencode(said)}" if said else "/"

    def sort_href(self, key: str, *, number: bool = True) -> str:
        """The other way round where it is sorted by this already; figures begin with the largest."""
        first, other = (f"-{key}", key) if number else (key, f"-{key}")
        return self.href(sort=other if self.sort == first else first, page=1)

    @property
    def pages(self) -> list[tuple[str, str, bool]]:
        last = max(1, -(-self.found // self.size))
        return [(str(number), self.href(page=number), number == self.number) for number in range(1, last + 1)]


@get("/", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_portfolio(
    work: Work, frame: PageFrame, hx: HxRequest, q: FromQuery[str] = "", book: FromQuery[str] = "",
    sort: FromQuery[str] = WORST_FIRST, size: FromQuery[int] = 50, page_number: Annotated[int, QueryParameter(name="page")] = 1,
) -> Template:  # fmt: skip
    lines, decisions = overview(work), waiting_counts(work)
    lights = {company_id: one.readiness.light.value for company_id, one in book_state.standings(work).items()}
    shown = view_of(lines, q, sort, size, page_number, book, lights)
    if hx.fragment and hx.target and hx.target.endswith("#companies"):
        return fragment("pages/portfolio/_companies.html", view=shown, now=work.now(), decisions=decisions, lights=lights)
    return page(
        "pages/portfolio/index.html", frame, view=shown, totals=totals(lines), now=work.now(), sizes=SIZES, decisions=decisions,
        lights=lights, held=sum(1 for one in lines if lights.get(one.company_id) == Light.RED.value),
    )  # fmt: skip


def view_of(
    lines: list[CompanyLine], q: str, sort: str, size: int, number: int, book: str = "", lights: Mapping[uuid.UUID, str] | None = None
) -> PortfolioView:
    """404 for a sort or a light there is not; an odd size or page number becomes the nearest sensible one."""
    if sort.removeprefix("-") not in SORTS or (book and book not in {light.value for light in Light}):
        raise NotFoundException
    found = [one for one in arranged(lines, sort, q[:200]) if not book or (lights or {}).get(one.company_id) == book]
    size = size if size in SIZES else 50
    number = min(max(number, 1), max(1, -(-len(found) // size)))
    return PortfolioView(q, sort, size, number, tuple(found[(number - 1) * size : number * size]), len(found), book)


HANDLERS = [show_portfolio]
