"""What another act would change for the bureau's companies, before it does."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

from litestar import get
from litestar.params import FromQuery
from litestar.response import Template

from app.dunning.act_impact import Change, CompanyImpact, asked, impact
from app.dunning.law import Law
from app.dunning.law_book import LawBook
from app.dunning.law_recording import ACT_FROM_MAX, ACT_FROM_MIN
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, TheHouse, Work
from app.web.i18n import gettext
from app.web.pages import page
from app.web.typed import parse_day

SHOWN_MAX = 200


@get("/act-impact", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_act_impact(work: Work, frame: PageFrame, house: TheHouse, date: FromQuery[str] = "") -> Template:
    """Every active claim, decided twice: under the law as it is and as it would be on that day. Nothing is written."""
    law = house.resources.of(LawBook).read(work)
    day, errors = day_asked(date, law, work.today())
    companies: dict[uuid.UUID, CompanyImpact] = {}
    shown: list[Change] = []
    for batch in impact(work, asked(law, day), companies):
        shown += batch[: SHOWN_MAX - len(shown)]
    context: dict[str, Any] = {"day": day, "date": date, "errors": errors, "companies": list(companies.values()), "changes": shown}
    changed = sum(one.changed for one in companies.values())
    return page("pages/act_impact.html", frame, changed=changed, left=max(0, changed - len(shown)), **context)


def day_asked(typed: str, law: Law, today: datetime.date) -> tuple[datetime.date, dict[str, str]]:
    """The day to ask about: as typed, else the act's own day, else the next New Year; with what is wrong about what was typed."""
    usual = law.act_2026.whole or datetime.date(today.year + 1, 1, 1)
    if not typed:
        return usual, {}
    try:
        day = parse_day(typed, today)
    except ValueError:
        return usual, {"date": gettext("Write the date as dd.mm.yyyy.")}
    if not ACT_FROM_MIN <= day <= ACT_FROM_MAX:
        return usual, {"date": gettext("The act was sanctioned on 22 May 2026: it takes effect after that, and before 2035.")}
    return day, {}


HANDLERS = [show_act_impact]
