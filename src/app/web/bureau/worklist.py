"""What waits for a decision, across all companies; and the page on which a person says what became of an act nobody can tell about."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import get, post
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect, Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import handovers
from app.dunning.handovers import OfferError
from app.dunning.law_book import LawBook
from app.jobs import reviews
from app.jobs.effects import Performers
from app.jobs.reviews import ReviewError, Verdict
from app.portfolio.unsettled_acts import WEIGHTY, unsettled_act
from app.portfolio.worklist import Kind, WorkRow, worklist
from app.tenants import audit, companies
from app.tenants.identity import Identity
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import Asker, HxRequest, PageFrame, TheHouse, Work
from app.web.bureau.worklist_words import KINDS, VERDICTS, WHERE_TO_LOOK, Told, act_name, facts_of, told
from app.web.error_texts import said_of
from app.web.i18n import gettext
from app.web.pages import Form, fragment, page, refuse, safe_path, see_other, text_of

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class WorklistView:
    """The list's state as it stands in the address, and the rows it shows. `total` counts without the filter."""

    kind: str
    company: uuid.UUID | None
    number: int
    rows: tuple[Told, ...]
    found: int
    total: int
    kinds: tuple[tuple[str, str], ...]

    def href(self, **changes: Any) -> str:
        wanted = {"kind": self.kind, "company": self.company or "", "page": self.number} | changes
        said = {name: value for name, value in wanted.items() if value not in ("", 1)}
        return f"/worklist?{urlencode(said)}" if said else "/worklist"

    @property
    def pages(self) -> list[tuple[str, str, bool]]:
        last = max(1, -(-self.found // PAGE_ROWS))
        return [(str(number), self.href(page=number), number == self.number) for number in range(1, last + 1)]


@get("/worklist", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_worklist(
    work: Work, frame: PageFrame, hx: HxRequest, identity: Asker, kind: FromQuery[str] = "", company: FromQuery[str] = "",
    page_number: Annotated[int, QueryParameter(name="page")] = 1, settled: FromQuery[uuid.UUID | None] = None,
) -> Template:  # fmt: skip
    view = view_of(worklist(work), kind, _id(company), page_number)
    context: dict[str, Any] = {
        "view": view,
        "now": work.now(),
        "may_hand_over": identity.may(Permission.HAND_OVER),
        "undo": _given_up(work, settled),
    }
    if hx.fragment and hx.target and hx.target.endswith("#waiting"):
        return fragment("pages/worklist/_rows.html", **context)
    return page("pages/worklist/index.html", frame, companies=[(one.id, one.name) for one in companies.all_open(work)], **context)


@get("/worklist/reviews/{effect_id:uuid}", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_review(work: Work, frame: PageFrame, identity: Asker, effect_id: FromPath[uuid.UUID], back: FromQuery[str] = "") -> Template:
    return page("pages/worklist/review.html", frame, **_review(work, identity, effect_id, back))


@post("/worklist/reviews/{effect_id:uuid}", guards=[requires(Permission.APPROVE)], sync_to_thread=True)
def settle_review(work: Work, frame: PageFrame, identity: Asker, house: TheHouse, effect_id: FromPath[uuid.UUID], data: Form) -> Redirect:
    """Say what became of it. The rooms' own rows follow in the same transaction."""
    typed = {name: text_of(data, name) for name in ("verdict", "note", "reference", "back")}
    context = _review(work, identity, effect_id, typed["back"]) | {"typed": typed}
    act = context["act"]
    if not context["may_settle"]:
        raise PermissionDeniedException("this needs the permission to hand over")
    try:
        if typed["verdict"] not in act.verdicts:
            raise ReviewError("verdict", reviews.SETTLED_ALREADY if not act.verdicts else CHOOSE)
        performers = house.resources.of(Performers)
        verdict = Verdict(typed["verdict"])
        reviews.settle(work, performers, effect_id, verdict, typed["note"][:500], reference=typed["reference"][:60])
    except ReviewError as fault:
        raise refuse(
            work, "pages/worklist/review.html", frame, message=None, **context | {"errors": {fault.field: said_of(fault)}}
        ) from fault
    audit.record(
        work, f"effect.{verdict.value}", "effect", effect_id, act.row.company_id, act=act.row.kind, note=typed["note"][:500],
        reference=typed["reference"][:60],
    )  # fmt: skip
    return see_other(_with_settled(context["back"], effect_id), f"act-{verdict.value.replace('_', '-')}")


@post("/worklist/reviews/{effect_id:uuid}/take-back", guards=[requires(Permission.APPROVE)], sync_to_thread=True)
def take_back(work: Work, identity: Asker, house: TheHouse, effect_id: FromPath[uuid.UUID]) -> Redirect:
    """What was let be waits again."""
    act = unsettled_act(work, effect_id)
    if not _may_settle(identity, act.row.kind):
        raise PermissionDeniedException("this needs the permission to hand over")
    try:
        reviews.take_back(work, house.resources.of(Performers), effect_id)
    except ReviewError:
        return see_other(f"/worklist/reviews/{effect_id}", "act-settled-already")
    audit.record(work, "effect.taken_back", "effect", effect_id, act.row.company_id, act=act.row.kind)
    return see_other("/worklist", "act-taken-back")


@post("/worklist/claims/{claim_id:uuid}/offer-again", guards=[requires(Permission.HAND_OVER)], sync_to_thread=True)
def offer_again(work: Work, house: TheHouse, claim_id: FromPath[uuid.UUID]) -> Redirect:
    """Offer a claim the agency refused once more, without waiting out the week."""
    try:
        handovers.offer_again(work, house.resources.of(LawBook).read(work), claim_id)
    except OfferError:
        return see_other(f"/claims/{claim_id}", "not-offered")
    return see_other("/worklist", "offered-again")


def view_of(rows: list[WorkRow], kind: str, company_id: uuid.UUID | None, number: int) -> WorklistView:
    """404 for a kind there is not; an odd page number becomes the nearest sensible one."""
    if kind and kind not in {known.value for known in Kind}:
        raise NotFoundException
    here = [row for row in rows if company_id is None or row.company_id == company_id]
    found = [row for row in here if not kind or row.kind.value == kind]
    counted = Counter(row.kind for row in here)
    kinds = tuple((known.value, f"{gettext(KINDS[known])} ({counted[known]})") for known in Kind if counted[known] or known.value == kind)
    number = min(max(number, 1), max(1, -(-len(found) // PAGE_ROWS)))
    shown = tuple(told(row) for row in found[(number - 1) * PAGE_ROWS : number * PAGE_ROWS])
    return WorklistView(kind, company_id, number, shown, len(found), len(rows), kinds)


def _review(work: UnitOfWork, identity: Identity, effect_id: uuid.UUID, back: str) -> dict[str, Any]:
    act = unsettled_act(work, effect_id)
    choices = [(verdict.value, *(gettext(text) for text in VERDICTS[verdict])) for verdict in act.verdicts]
    return {
        "act": act, "name": act_name(act.row.kind), "facts_shown": facts_of(act), "choices": choices, "typed": {}, "errors": {},
        "where_to_look": gettext(WHERE_TO_LOOK[act.row.kind]) if act.row.kind in WHERE_TO_LOOK else "",
        "may_settle": _may_settle(identity, act.row.kind), "back": safe_path(back, "/worklist"), "now": work.now(),
    }  # fmt: skip


def _may_settle(identity: Identity, kind: str) -> bool:
    """What moves money or cases asks for more than what is said to a debtor."""
    return identity.may(Permission.HAND_OVER if kind in WEIGHTY else Permission.APPROVE)


def _given_up(work: UnitOfWork, effect_id: uuid.UUID | None) -> uuid.UUID | None:
    """The act just let be, for the button that takes it back."""
    if effect_id is None:
        return None
    try:
        return effect_id if reviews.find(work, effect_id).given_up else None
    except LookupError:
        return None


def _with_settled(back: str, effect_id: uuid.UUID) -> str:
    if not back.startswith("/worklist"):
        return back
    return f"{back}{'&' if '?' in back else '?'}settled={effect_id}"


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise NotFoundException from None


def N_(message: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return message


CHOOSE = N_("Choose what became of it.")
HANDLERS = [show_worklist, show_review, settle_review, take_back, offer_again]
