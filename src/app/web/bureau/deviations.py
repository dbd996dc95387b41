"""Where companies deviate from the bureau's standard: sortable, with a filter, and the way back at each line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromQuery
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import drift
from app.dunning.drift import Deviation
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import Asker, HxRequest, PageFrame, Work
from app.web.bureau import rule_words
from app.web.pages import fragment, page

SORTS = {
    "company": None,
    "field": lambda one: rule_words.label(one.field),
    "since": lambda one: one.since,
    "by": lambda one: one.made_by.lower(),
}


@dataclass(frozen=True, slots=True)
class DeviationsView:
    """The list's state as it stands in the address, and its lines."""

    text: str
    field: str
    sort: str
    lines: tuple[Deviation, ...]
    companies: int

    def href(self, **changes: Any) -> str:
        wanted = replace(self, **changes)
        said = {name: getattr(wanted, name) for name in ("text", "field") if getattr(wanted, name)}
        if wanted.sort != "company":
            said["sort"] = wanted.sort
        asked = {"q" if name == "text" else name: value for name, value in said.items()}
        return f"/rules/deviations?{urlencode(asked)}" if asked else "/rules/deviations"

    def sort_href(self, key: str) -> str:
        return self.href(sort=f"-{key}" if self.sort == key else key)


@get("/rules/deviations", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_deviations(
    work: Work, frame: PageFrame, identity: Asker, hx: HxRequest, q: FromQuery[str] = "", field: FromQuery[str] = "",
    sort: FromQuery[str] = "company",
) -> Template:  # fmt: skip
    context: dict[str, Any] = {
        "seen": read_deviations(work, q[:200], field, sort), "may": identity.may(Permission.SETTINGS), "words": rule_words,
        "now": work.now(),
    }  # fmt: skip
    if hx.fragment and hx.target and hx.target.endswith("#deviations"):
        return fragment("pages/rules/_deviations.html", **context)
    return page("pages/rules/deviations.html", frame, **context)


def read_deviations(work: UnitOfWork, text: str, field: str, sort: str) -> DeviationsView:
    """404 for an order or a field there is not: the address was not made by us."""
    key = sort.removeprefix("-")
    if key not in SORTS or (field and field not in {one.name for one in rule_words.fields()}):
        raise NotFoundException
    part = text.strip().casefold()
    lines = [one for one in drift.deviations(work) if part in one.company.casefold() and field in ("", one.field)]
    by = SORTS[key]
    if by is not None:
        lines.sort(key=by)
    if sort.startswith("-"):
        lines.reverse()
    return DeviationsView(text, field, sort, tuple(lines), len({one.company_id for one in lines}))


HANDLERS = [show_deviations]
