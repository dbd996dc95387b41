"""What another act would change, bureau by bureau, in numbers only: whose claims they are is the bureau's business."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

from litestar import Request, get
from litestar.params import FromQuery
from litestar.response import Template
from sqlalchemy import select

from app.db.scope import BureauScope
from app.dunning.act_impact import CompanyImpact, Question, active_claims, asked, impact
from app.dunning.law_book import LawBook
from app.tenants.models import Bureau
from app.web.access import staff_only
from app.web.asked import TheHouse, Work
from app.web.bureau.act_impact import day_asked
from app.web.house import House
from app.web.pages import bare_page

#: a bureau with more active claims is counted by `reskontro act-impact`, which nobody waits for in a browser
COUNTED_MAX = 20_000


@dataclass(frozen=True, slots=True)
class BureauImpact:
    """A bureau in numbers; `changed` is None where there are too many claims to count while somebody waits."""

    name: str
    companies: int
    claims: int
    changed: int | None
    steps: Counter[tuple[str, str]]


@get("/platform/act-impact", guards=[staff_only], sync_to_thread=True)
def show_act_impact(request: Request[Any, Any, Any], work: Work, house: TheHouse, date: FromQuery[str] = "") -> Template:
    law = house.resources.of(LawBook).read(work)
    day, errors = day_asked(date, law, work.today())
    bureaus = work.session.execute(select(Bureau.id, Bureau.name).where(Bureau.closed_at.is_(None)).order_by(Bureau.name)).all()
    left, rows = COUNTED_MAX, []
    for bureau_id, name in bureaus:
        rows.append(_of_bureau(house, bureau_id, name, asked(law, day), left))
        left -= 0 if rows[-1].changed is None else rows[-1].claims
    return bare_page("pages/platform/act_impact.html", staff=request.state.staff, day=day, date=date, errors=errors, bureaus=rows)


def _of_bureau(house: House, bureau_id: uuid.UUID, name: str, question: Question, most: int) -> BureauImpact:
    with house.database.begin(BureauScope(bureau_id)) as work:
        claims = active_claims(work)
        if claims > most:
            return BureauImpact(name, 0, claims, None, Counter())
        companies: dict[uuid.UUID, CompanyImpact] = {}
        for _ in impact(work, question, companies):
            pass
    steps: Counter[tuple[str, str]] = Counter()
    for one in companies.values():
        steps += one.steps
    return BureauImpact(name, len(companies), claims, sum(one.changed for one in companies.values()), steps)


HANDLERS = [show_act_impact]
