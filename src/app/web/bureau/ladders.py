"""The whole ladder of a segment, a debtor or an invoice: its steps put in, taken away and changed, as for a company."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import overrides, policy_view
from app.dunning.law_book import LawBook
from app.dunning.tiers import Place
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, TheHouse, Work
from app.web.bureau import policy_form, rule_words, rules
from app.web.bureau.policy_form import PolicyForm
from app.web.house import House
from app.web.pages import Form, page, refuse, see_other
from app.web.templating import Frame


@get("/segments/{segment_id:uuid}/ladder", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def show_segment(work: Work, frame: PageFrame, house: TheHouse, segment_id: FromPath[uuid.UUID]) -> Template:
    return _shown(work, frame, house, overrides.place_of_segment(work, segment_id))


@post("/segments/{segment_id:uuid}/ladder", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def save_segment(work: Work, frame: PageFrame, house: TheHouse, segment_id: FromPath[uuid.UUID], data: Form) -> Response[Any] | Template:
    return _saved(work, frame, house, overrides.place_of_segment(work, segment_id), data)


@get("/debtors/{debtor_id:uuid}/rules/ladder", guards=[requires(Permission.RULES)], sync_to_thread=True)
def show_debtor(work: Work, frame: PageFrame, house: TheHouse, debtor_id: FromPath[uuid.UUID]) -> Template:
    return _shown(work, frame, house, overrides.place_of_debtor(work, debtor_id))


@post("/debtors/{debtor_id:uuid}/rules/ladder", guards=[requires(Permission.RULES)], sync_to_thread=True)
def save_debtor(work: Work, frame: PageFrame, house: TheHouse, debtor_id: FromPath[uuid.UUID], data: Form) -> Response[Any] | Template:
    return _saved(work, frame, house, overrides.place_of_debtor(work, debtor_id), data)


@get("/claims/{claim_id:uuid}/rules/ladder", guards=[requires(Permission.RULES)], sync_to_thread=True)
def show_claim(work: Work, frame: PageFrame, house: TheHouse, claim_id: FromPath[uuid.UUID]) -> Template:
    return _shown(work, frame, house, overrides.place_of_claim(work, claim_id))


@post("/claims/{claim_id:uuid}/rules/ladder", guards=[requires(Permission.RULES)], sync_to_thread=True)
def save_claim(work: Work, frame: PageFrame, house: TheHouse, claim_id: FromPath[uuid.UUID], data: Form) -> Response[Any] | Template:
    return _saved(work, frame, house, overrides.place_of_claim(work, claim_id), data)


def _shown(work: UnitOfWork, frame: Frame, house: House, place: Place) -> Template:
    return page("pages/rules/ladder.html", frame, **_context(work, house, place))


def _saved(work: UnitOfWork, frame: Frame, house: House, place: Place, data: Form) -> Response[Any] | Template:
    before = policy_view.tier_view(work, place).effective.policy
    form = policy_form.read(data, before, house.resources.of(LawBook).read(work).statute_on(work.today()))
    if form.changed:
        return page("pages/rules/ladder.html", frame, **_context(work, house, place, form))
    if form.errors:
        raise refuse(work, "pages/rules/ladder.html", frame, message=None, **_context(work, house, place, form))
    overrides.save(work, place, form.policy)
    return see_other(rules.path_of(place), "policy-saved")


def _context(work: UnitOfWork, house: House, place: Place, form: PolicyForm | None = None) -> dict[str, Any]:
    view = policy_view.tier_view(work, place)
    own = [name for name in view.effective.policy.as_json() if name in view.wishes]
    return {
        "view": view, "path": rules.path_of(place), "level": place.level.value, "rules": form or policy_form.shown(view.effective.policy),
        "version": view.version, "own": [rule_words.label(name) for name in own], "policy_action": rules.ladder_path_of(place),
        "steps_from": rule_words.origin_said(view.effective.trace["steps"]),
        "statute": house.resources.of(LawBook).read(work).statute_on(work.today()), **policy_form.choices(house.settings),
    }  # fmt: skip


HANDLERS = [show_segment, save_segment, show_debtor, save_debtor, show_claim, save_claim]
