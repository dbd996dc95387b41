"""Runs held for a person: what they hold and why, the word that lets them go or calls them off, and the limits of the guards."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import held_runs, run_decisions
from app.dunning.blast_radius import Excess, Measure
from app.dunning.run_decisions import WORDS, RunDecidedError
from app.receivables import book_state, guard_limits
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import Asker, PageFrame, Work
from app.web.bureau import guard_form
from app.web.formats import count, kroner
from app.web.i18n import gettext
from app.web.pages import Form, page, refuse, see_other, text_of


def N_(message: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return message


#: what is out of bounds, with its figure, its limit and what is usual
EXCESSES: dict[Measure, tuple[str, str]] = {
    Measure.COUNT: (
        N_("%(value)s steps in one day; at most %(limit)s, and %(usual)s is the usual largest day of a week."),
        N_("%(value)s steps in one day; at most %(limit)s while too few weeks are known."),
    ),
    Measure.AMOUNT: (
        N_("%(value)s kr in one day; at most %(limit)s kr, and %(usual)s kr is the usual largest day of a week."),
        N_("%(value)s kr in one day; at most %(limit)s kr while too few weeks are known."),
    ),
    Measure.GOOD_PAYERS: (
        N_("%(value)s per cent go to debtors who mostly pay on time; at most %(limit)s, and %(usual)s is usual."),
        N_("%(value)s per cent go to debtors who mostly pay on time; at most %(limit)s."),
    ),
    Measure.SPREAD: (
        N_("One debtor is met in %(value)s companies on the same day; at most %(limit)s, and %(usual)s is the most seen before."),
        N_("One debtor is met in %(value)s companies on the same day; at most %(limit)s."),
    ),
}


@get("/held-runs", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_runs(work: Work, frame: PageFrame) -> Template:
    lines = [(line, [excess_words(one) for one in line.excesses]) for line in run_decisions.runs(work)]
    return page("pages/held_runs/index.html", frame, lines=lines, now=work.now())


@get("/held-runs/{held_run_id:uuid}", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_run(work: Work, frame: PageFrame, identity: Asker, held_run_id: FromPath[uuid.UUID]) -> Template:
    return page("pages/held_runs/show.html", frame, **_shown(work, held_run_id), may_decide=identity.may(Permission.APPROVE))


@post("/held-runs/{held_run_id:uuid}", guards=[requires(Permission.APPROVE)], sync_to_thread=True)
def decide_run(work: Work, frame: PageFrame, held_run_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    """Let it go or call it off. A word is needed, and why."""
    word, note = text_of(data, "word"), text_of(data, "note")[:500]
    errors = {} if word in WORDS else {"word": gettext("Choose what is to become of the run.")}
    if not note:
        errors["note"] = gettext("Say how you found out, so that colleagues understand it.")
    if errors:
        context = _shown(work, held_run_id) | {"errors": errors, "typed": {"word": word, "note": note}}
        raise refuse(work, "pages/held_runs/show.html", frame, message=None, may_decide=True, **context)
    try:
        run_decisions.decide(work, held_run_id, word, note)
    except RunDecidedError:
        return see_other(f"/held-runs/{held_run_id}", "run-decided-already")
    return see_other("/held-runs", f"run-{WORDS[word]}")


@get("/settings/guards", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def show_limits(work: Work, frame: PageFrame) -> Template:
    return page("pages/held_runs/limits.html", frame, **_limits(work))


@post("/settings/guards/{guard:str}", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def save_limits(work: Work, frame: PageFrame, guard: FromPath[str], data: Form) -> Response[Any]:
    if guard not in guard_form.KINDS:
        raise NotFoundException
    form = guard_form.read(data, guard)
    if form.errors:
        raise refuse(work, "pages/held_runs/limits.html", frame, message=None, **_limits(work, {guard: form}))
    guard_limits.save(work, guard, form.limits)
    return see_other("/settings/guards", "saved")


def excess_words(one: Excess) -> str:
    """One figure out of bounds, as a sentence."""
    with_history, without = EXCESSES[one.measure]
    text = gettext(without if one.usual is None else with_history)
    for name, value in (("value", one.value), ("limit", one.limit), ("usual", one.usual or 0)):
        text = text.replace(f"%({name})s", kroner(value) if one.measure is Measure.AMOUNT else count(value))
    return text


def _shown(work: UnitOfWork, run_id: uuid.UUID) -> dict[str, Any]:
    detail = run_decisions.find_run(work, run_id)
    words = [excess_words(one) for one in detail.line.excesses]
    return {"it": detail, "words": words, "errors": {}, "typed": {}, "now": work.now()}


def _limits(work: UnitOfWork, typed: dict[str, guard_form.GuardForm] | None = None) -> dict[str, Any]:
    forms = {
        "readiness": guard_form.shown(book_state.limits(work)), "blast_radius": guard_form.shown(held_runs.limits(work)),
    } | (typed or {})  # fmt: skip
    return {"forms": forms, "labels": {guard: guard_form.labels(guard) for guard in guard_form.KINDS}}


HANDLERS = [show_runs, show_run, decide_run, show_limits, save_limits]
