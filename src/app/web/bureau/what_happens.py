"""What would happen on a day, without doing it."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

from litestar import get
from litestar.params import FromQuery
from litestar.response import Template

from app.dunning.dry_run import Prospect, what_happens
from app.dunning.law_book import LawBook
from app.tenants import companies
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, TheHouse, Work
from app.web.i18n import gettext
from app.web.pages import page
from app.web.typed import parse_day

#: in this order on the page: what leaves the house first
STEPS = (
    "hand_over", "send_payment_demand", "send_collection_warning", "send_reminder", "send_due_notice", "ask_person", "close", "wait",
)  # fmt: skip
SHOWN_MAX = 500


@get("/what-happens", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_what_happens(
    work: Work, frame: PageFrame, house: TheHouse, date: FromQuery[str] = "",
    company: FromQuery[str] = "", step: FromQuery[str] = "",
) -> Template:  # fmt: skip
    errors: dict[str, str] = {}
    day = work.today()
    if date:
        try:
            day = parse_day(date, work.today())
        except ValueError:
            errors["date"] = gettext("Write the date as dd.mm.yyyy.")
    chosen = [uuid.UUID(company)] if _is_id(company) else None
    found = what_happens(work, chosen, day, house.resources.of(LawBook).read(work))
    context: dict[str, Any] = {"day": day, "date": date, "company": company, "step": step, "errors": errors, "today": work.today()}
    choices = [(one.id, one.name) for one in companies.all_open(work)]
    return page("pages/what_happens.html", frame, companies=choices, **context, **arranged(found, step))


def arranged(found: list[Prospect], step: str) -> dict[str, Any]:
    """The steps with their counts, and the rows of the chosen one, or of all that are not mere waiting."""
    counted = Counter(one.step for one in found)
    rows = [one for one in found if (one.step == step if step in STEPS else one.step != "wait")]
    rows.sort(key=lambda one: (STEPS.index(one.step), one.company, one.due_on is None, str(one.due_on)))
    return {"counts": [(name, counted[name]) for name in STEPS], "rows": rows[:SHOWN_MAX], "left": max(0, len(rows) - SHOWN_MAX)}


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


HANDLERS = [show_what_happens]
