"""Changing the rules of many companies at once: choose, look at what it would do, and then do it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import drift, many_rules
from app.dunning.law import Law
from app.dunning.law_book import LawBook
from app.dunning.many_rules import Plan
from app.tenants import companies
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, TheHouse, Work
from app.web.bureau import many_form, rule_words
from app.web.bureau.many_form import ManyForm
from app.web.i18n import gettext
from app.web.pages import Form, page, refuse, see_other, text_of

MOST_SHOWN = 50


@get("/rules/many", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def choose(work: Work, frame: PageFrame, who: FromQuery[str] = "picked", reset: FromQuery[str] = "") -> Template:
    return page("pages/rules/many.html", frame, **_context(work, many_form.asked({"who": who, "reset": reset})))


@post("/rules/many", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def change_many(work: Work, frame: PageFrame, house: TheHouse, data: Form) -> Response[Any] | Template:
    """First what it would do, then, once that has been looked at, the doing."""
    law, form = house.resources.of(LawBook).read(work), many_form.asked(data)
    context = _context(work, form)
    chosen: list[uuid.UUID] = context["chosen"]
    planned, form = _planned(work, form, chosen, law)
    if form.errors or planned is None:
        raise refuse(work, "pages/rules/many.html", frame, message=None, **context | {"form": form})
    if text_of(data, "step") == "save":
        done = many_rules.carry_out(work, chosen, form.change, text_of(data, "fingerprint"))
        if done is not None:
            return see_other("/rules/deviations", "rules-of-many", len(done.companies))
        context["changed_since"] = True
    shown = many_rules.preview(work, law, planned)
    return page("pages/rules/many.html", frame, **context | {"plan": planned, "preview": shown, "most": MOST_SHOWN})


def _planned(work: UnitOfWork, form: ManyForm, chosen: list[uuid.UUID], law: Law) -> tuple[Plan | None, ManyForm]:
    planned = None
    try:
        planned = None if form.errors else many_rules.plan(work, chosen, form.change)
    except ValueError as fault:
        name = next((name for name in form.change.wishes if str(fault).startswith(name)), "change")
        form = replace(form, errors={name: gettext("That is out of bounds.")})
    return planned, replace(form, errors=many_form.complaints(form, planned, len(chosen), law, work.today()))


def _context(work: UnitOfWork, form: ManyForm) -> dict[str, Any]:
    everybody = [(one.id, one.name) for one in companies.all_open(work)]
    counts: dict[uuid.UUID, int] = {}
    for one in drift.deviations(work):
        counts[one.company_id] = counts.get(one.company_id, 0) + 1
    chosen = form.chosen([company_id for company_id, _ in everybody], frozenset(counts))
    return {
        "form": form, "companies": everybody, "deviations": counts, "chosen": chosen, "words": rule_words, "plan": None, "preview": None,
        "changed_since": False,
    }  # fmt: skip


HANDLERS = [choose, change_many]
