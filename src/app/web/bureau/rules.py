"""The rules of one tier: what holds there and where each field comes from, setting and clearing what it wants otherwise, its history."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import overrides, policy_view
from app.dunning.law_book import LawBook
from app.dunning.tiers import Level, Place
from app.tenants.identity import Identity
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import Asker, PageFrame, TheHouse, Work
from app.web.bureau import rule_form, rule_words
from app.web.bureau.rule_form import RuleForm
from app.web.house import House
from app.web.pages import Form, page, refuse, safe_path, see_other, text_of
from app.web.templating import Frame

#: whoever handles cases may say it otherwise for one debtor or one invoice; what reaches further is a setting
NEEDED = {Level.DEBTOR: Permission.RULES, Level.CLAIM: Permission.RULES}


@get("/rules", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_bureau(work: Work, frame: PageFrame, identity: Asker) -> Template:
    return _shown(work, frame, identity, Place())


@post("/rules", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def save_bureau(work: Work, frame: PageFrame, identity: Asker, house: TheHouse, data: Form) -> Response[Any]:
    return _saved(work, frame, identity, house, Place(), data)


@post("/rules/clear", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def clear_bureau(work: Work, data: Form) -> Response[Any]:
    return _cleared(work, Place(), data)


@get("/rules/history", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def bureau_history(work: Work, frame: PageFrame) -> Template:
    return _history(work, frame, Place())


@get("/companies/{company_id:uuid}/rules", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_company(work: Work, frame: PageFrame, identity: Asker, company_id: FromPath[uuid.UUID]) -> Template:
    return _shown(work, frame, identity, Place(company_id))


@post("/companies/{company_id:uuid}/rules", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def save_company(
    work: Work, frame: PageFrame, identity: Asker, house: TheHouse, company_id: FromPath[uuid.UUID], data: Form
) -> Response[Any]:
    return _saved(work, frame, identity, house, Place(company_id), data)


@post("/companies/{company_id:uuid}/rules/clear", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def clear_company(work: Work, company_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    return _cleared(work, Place(company_id), data)


@get("/companies/{company_id:uuid}/rules/history", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def company_history(work: Work, frame: PageFrame, company_id: FromPath[uuid.UUID]) -> Template:
    return _history(work, frame, Place(company_id))


@get("/debtors/{debtor_id:uuid}/rules", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_debtor(work: Work, frame: PageFrame, identity: Asker, debtor_id: FromPath[uuid.UUID]) -> Template:
    return _shown(work, frame, identity, overrides.place_of_debtor(work, debtor_id))


@post("/debtors/{debtor_id:uuid}/rules", guards=[requires(Permission.RULES)], sync_to_thread=True)
def save_debtor(
    work: Work, frame: PageFrame, identity: Asker, house: TheHouse, debtor_id: FromPath[uuid.UUID], data: Form
) -> Response[Any]:
    return _saved(work, frame, identity, house, overrides.place_of_debtor(work, debtor_id), data)


@post("/debtors/{debtor_id:uuid}/rules/clear", guards=[requires(Permission.RULES)], sync_to_thread=True)
def clear_debtor(work: Work, debtor_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    return _cleared(work, overrides.place_of_debtor(work, debtor_id), data)


@get("/debtors/{debtor_id:uuid}/rules/history", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def debtor_history(work: Work, frame: PageFrame, debtor_id: FromPath[uuid.UUID]) -> Template:
    return _history(work, frame, overrides.place_of_debtor(work, debtor_id))


@get("/claims/{claim_id:uuid}/rules", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_claim(work: Work, frame: PageFrame, identity: Asker, claim_id: FromPath[uuid.UUID]) -> Template:
    return _shown(work, frame, identity, overrides.place_of_claim(work, claim_id))


@post("/claims/{claim_id:uuid}/rules", guards=[requires(Permission.RULES)], sync_to_thread=True)
def save_claim(work: Work, frame: PageFrame, identity: Asker, house: TheHouse, claim_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    return _saved(work, frame, identity, house, overrides.place_of_claim(work, claim_id), data)


@post("/claims/{claim_id:uuid}/rules/clear", guards=[requires(Permission.RULES)], sync_to_thread=True)
def clear_claim(work: Work, claim_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    return _cleared(work, overrides.place_of_claim(work, claim_id), data)


@get("/claims/{claim_id:uuid}/rules/history", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def claim_history(work: Work, frame: PageFrame, claim_id: FromPath[uuid.UUID]) -> Template:
    return _history(work, frame, overrides.place_of_claim(work, claim_id))


def tier_context(work: UnitOfWork, identity: Identity, place: Place, form: RuleForm | None = None) -> dict[str, Any]:
    """What a tier's page shows; a form that comes back keeps what was typed."""
    view = policy_view.tier_view(work, place)
    holds_segments = place.level in (Level.BUREAU, Level.COMPANY)
    return {
        "view": view, "form": form or rule_form.shown(view), "path": path_of(place), "level": place.level.value,
        "ladder": ladder_path_of(place), "may": identity.may(NEEDED.get(place.level, Permission.SETTINGS)),
        "segments": policy_view.segments(work, place.company_id) if holds_segments else None,
        "ended": policy_view.ended_segments(work, place.company_id) if holds_segments else (), "words": rule_words,
    }  # fmt: skip


def path_of(place: Place) -> str:
    match place.level:
        case Level.CLAIM:
            return f"/claims/{place.claim_id}/rules"
        case Level.DEBTOR:
            return f"/debtors/{place.debtor_id}/rules"
        case Level.SEGMENT:
            return f"/segments/{place.segment_id}"
        case Level.COMPANY:
            return f"/companies/{place.company_id}/rules"
        case _:
            return "/rules"


def ladder_path_of(place: Place) -> str:
    """Where the whole ladder of a place is changed: beside the settings for a company and the bureau."""
    match place.level:
        case Level.COMPANY:
            return f"/companies/{place.company_id}/settings#rules"
        case Level.SEGMENT | Level.DEBTOR | Level.CLAIM:
            return f"{path_of(place)}/ladder"
        case _:
            return "/settings#rules"


def history_context(work: UnitOfWork, place: Place) -> dict[str, Any]:
    """A segment that is over keeps its history, under the name it had last."""
    view, versions = policy_view.tier_view(work, place, ended=True), policy_view.versions(work, place)
    over = place.level is Level.SEGMENT and view.own is not None and view.own.rule is None
    return {
        "view": view, "path": None if over else path_of(place), "level": place.level.value, "versions": versions,
        "name": next((one.name for one in versions if one.name), ""),
        "words": rule_words, "now": work.now(),
    }  # fmt: skip


def _shown(work: UnitOfWork, frame: Frame, identity: Identity, place: Place) -> Template:
    return page("pages/rules/tier.html", frame, **tier_context(work, identity, place))


def _saved(work: UnitOfWork, frame: Frame, identity: Identity, house: House, place: Place, data: Form) -> Response[Any]:
    view = policy_view.tier_view(work, place)
    form = rule_form.read(data, work, view, house.resources.of(LawBook).read(work), work.today())
    if form.errors:
        raise refuse(work, "pages/rules/tier.html", frame, message=None, **tier_context(work, identity, place, form))
    overrides.put(work, place, form.wishes)
    return see_other(path_of(place), "policy-saved")


def _cleared(work: UnitOfWork, place: Place, data: Form) -> Response[Any]:
    """One field goes back to what is inherited; without a field, all of them."""
    view, field = policy_view.tier_view(work, place), text_of(data, "field")
    overrides.put(work, place, {name: value for name, value in view.wishes.items() if field and name != field})
    return see_other(safe_path(text_of(data, "back"), path_of(place)), "rules-cleared")


def _history(work: UnitOfWork, frame: Frame, place: Place) -> Template:
    return page("pages/rules/history.html", frame, **history_context(work, place))


HANDLERS = [
    show_bureau, save_bureau, clear_bureau, bureau_history, show_company, save_company, clear_company, company_history, show_debtor,
    save_debtor, clear_debtor, debtor_history, show_claim, save_claim, clear_claim, claim_history,
]  # fmt: skip
