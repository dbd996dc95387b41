"""Segments of a company or of the bureau: who is in one, what it wants otherwise, and its end."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import overrides, policy_view
from app.dunning.law_book import LawBook
from app.dunning.policies import Stored
from app.dunning.tiers import Place
from app.tenants import companies
from app.tenants.identity import Identity
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import Asker, PageFrame, TheHouse, Work
from app.web.bureau import rule_form, rules, segment_form
from app.web.bureau.rule_form import RuleForm
from app.web.bureau.segment_form import SegmentForm
from app.web.pages import Form, page, refuse, see_other, text_of


@get("/segments/new", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def new_segment(work: Work, frame: PageFrame, identity: Asker, company: FromQuery[str] = "") -> Template:
    return page("pages/rules/segment.html", frame, **_new_context(work, identity, _company(work, company)))


@post("/segments/new", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def add_segment(work: Work, frame: PageFrame, identity: Asker, house: TheHouse, data: Form) -> Response[Any]:
    company_id = _company(work, text_of(data, "company"))
    given = segment_form.read(data)
    view = policy_view.tier_view(work, Place(company_id))
    typed = rule_form.read(data, work, _as_new(view, company_id), house.resources.of(LawBook).read(work), work.today())
    if given.errors or typed.errors or given.rule is None:
        raise refuse(work, "pages/rules/segment.html", frame, message=None, **_new_context(work, identity, company_id, given, typed))
    overrides.put_segment(work, None, company_id, given.values["name"], given.position, given.rule, typed.wishes)
    return see_other(rules.path_of(Place(company_id)), "policy-saved")


@get("/segments/{segment_id:uuid}", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_segment(work: Work, frame: PageFrame, identity: Asker, segment_id: FromPath[uuid.UUID]) -> Template:
    return page("pages/rules/segment.html", frame, **_context(work, identity, overrides.place_of_segment(work, segment_id)))


@post("/segments/{segment_id:uuid}", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def save_segment(
    work: Work, frame: PageFrame, identity: Asker, house: TheHouse, segment_id: FromPath[uuid.UUID], data: Form
) -> Response[Any]:
    place = overrides.place_of_segment(work, segment_id)
    given = segment_form.read(data)
    typed = rule_form.read(data, work, policy_view.tier_view(work, place), house.resources.of(LawBook).read(work), work.today())
    if given.errors or typed.errors or given.rule is None:
        raise refuse(work, "pages/rules/segment.html", frame, message=None, **_context(work, identity, place, given, typed))
    overrides.put_segment(work, place, place.company_id, given.values["name"], given.position, given.rule, typed.wishes)
    return see_other(f"/segments/{segment_id}", "policy-saved")


@post("/segments/{segment_id:uuid}/end", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def end_segment(work: Work, segment_id: FromPath[uuid.UUID]) -> Response[Any]:
    place = overrides.place_of_segment(work, segment_id)
    overrides.end_segment(work, place)
    return see_other(rules.path_of(Place(place.company_id)), "segment-ended")


@get("/segments/{segment_id:uuid}/history", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def segment_history(work: Work, frame: PageFrame, segment_id: FromPath[uuid.UUID]) -> Template:
    return page("pages/rules/history.html", frame, **rules.history_context(work, overrides.place_of_segment(work, segment_id, ended=True)))


def _context(
    work: UnitOfWork, identity: Identity, place: Place, given: SegmentForm | None = None, typed: RuleForm | None = None
) -> dict[str, Any]:
    context = rules.tier_context(work, identity, place, typed)
    return context | {"given": given or segment_form.shown(context["view"].own), "action": context["path"], "company_id": place.company_id}


def _new_context(
    work: UnitOfWork, identity: Identity, company_id: uuid.UUID | None, given: SegmentForm | None = None, typed: RuleForm | None = None
) -> dict[str, Any]:
    context = rules.tier_context(work, identity, Place(company_id))
    view = _as_new(context["view"], company_id)
    following: tuple[Stored, ...] = context["segments"] or ()
    position = max((one.position for one in following), default=0) + 1
    return context | {
        "view": view, "form": typed or rule_form.shown(view), "given": given or segment_form.empty(position), "action": "/segments/new",
        "company_id": company_id,
    }  # fmt: skip


def _as_new(view: policy_view.TierView, company_id: uuid.UUID | None) -> policy_view.TierView:
    """What a segment that is not there yet would inherit: all that holds one tier above."""
    return policy_view.TierView(Place(company_id, segment_id=uuid.UUID(int=0)), view.effective, view.effective, None, view.company)


def _company(work: UnitOfWork, text: str) -> uuid.UUID | None:
    """A company's segment, or without one the bureau's. What is no company of ours does not exist."""
    if not text:
        return None
    try:
        return companies.find(work, uuid.UUID(text)).id
    except ValueError:
        raise NotFoundException from None


HANDLERS = [new_segment, add_segment, show_segment, save_segment, end_segment, segment_history]
