"""Claims: the list with every filter in its address, one claim with what comes next and why, and what a person may do about it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import approval_view, arrangement_view, claims, evidence, holds, policies, queries
from app.dunning.holds import HoldError
from app.dunning.queries import ClaimFilter, ClaimPage
from app.receivables import book
from app.tenants import audit, companies
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import HxRequest, PageFrame, Work
from app.web.bureau import rule_words
from app.web.error_texts import said_of
from app.web.i18n import gettext
from app.web.pages import Form, fragment, page, refuse, see_other, text_of
from app.web.templating import Frame
from app.web.typed import parse_day

STATES = ("active", "ask_person", "overdue", "reminded", "ready", "warned", "handed_over", "held", "disputed", "not_due", "closed", "all")
SORTS = ("due", "amount", "invoice", "debtor", "company", "next")


@dataclass(frozen=True, slots=True)
class ClaimsView:
    """The list's state as it stands in the address, and its page."""

    wanted: ClaimFilter
    found: ClaimPage
    base: str = "/claims"

    def href(self, cursor: str | None = None, **changes: Any) -> str:
        wanted = replace(self.wanted, **changes)
        usual = ClaimFilter()
        said = {
            name: getattr(wanted, field)
            for name, field in (("state", "state"), ("step", "step"), ("company", "company_id"), ("debtor", "debtor_id"), ("q", "text"),
                                ("age", "age"), ("sort", "sort"))
            if getattr(wanted, field) != getattr(usual, field)
        }  # fmt: skip
        if cursor is not None:
            said["cursor"] = cursor
        return f"{self.base}?{urlencode(said)}" if said else self.base

    def sort_href(self, key: str, *, largest_first: bool = False) -> str:
        first, other = (f"-{key}", key) if largest_first else (key, f"-{key}")
        return self.href(sort=other if self.wanted.sort == first else first)

    @property
    def narrowed(self) -> bool:
        return replace(self.wanted, sort="due") != ClaimFilter()


@get("/claims", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_claims(
    work: Work, frame: PageFrame, hx: HxRequest, standing: Annotated[str, QueryParameter(name="state")] = "active",
    step: FromQuery[str | None] = None, company: FromQuery[str] = "", debtor: FromQuery[uuid.UUID | None] = None, q: FromQuery[str] = "",
    age: FromQuery[str] = "", sort: FromQuery[str] = "due", cursor: FromQuery[str | None] = None,
) -> Template:  # fmt: skip
    wanted = ClaimFilter(standing, step or None, _id(company), debtor, q[:200], age or None, sort)
    view = read_claims(work, wanted, cursor)
    if hx.fragment and hx.target and hx.target.endswith("#claims"):
        return fragment("pages/claims/_list.html", view=view)
    choices = [(one.id, one.name) for one in companies.all_open(work)]
    return page("pages/claims/index.html", frame, view=view, companies=choices, states=STATES, ages=tuple(queries.AGES))


@get("/claims/{claim_id:uuid}", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_claim(work: Work, frame: PageFrame, claim_id: FromPath[uuid.UUID]) -> Template:
    return page("pages/claims/claim.html", frame, **claim_context(work, claim_id))


@get("/claims/{claim_id:uuid}/panel", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_panel(work: Work, claim_id: FromPath[uuid.UUID]) -> Template:
    """The side panel beside a list: what happens next and what has happened."""
    return fragment("pages/claims/_panel.html", **claim_context(work, claim_id))


@post("/claims/{claim_id:uuid}/hold", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def hold_claim(work: Work, frame: PageFrame, claim_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    """Stop a claim with a reason, until a day or until somebody lets it go on."""
    typed, until = {"reason": text_of(data, "reason"), "until": text_of(data, "until")}, None
    queries.claim_detail(work, claim_id)
    try:
        until = parse_day(typed["until"], work.today()) if typed["until"] else None
    except ValueError:
        raise _again(work, frame, claim_id, typed, {"until": gettext("Write the date as dd.mm.yyyy.")}) from None
    try:
        holds.place(work, claim_id, typed["reason"], until)
    except HoldError as fault:
        raise _again(work, frame, claim_id, typed, {fault.field: said_of(fault)}) from None
    return see_other(f"/claims/{claim_id}", "held")


@post("/claims/{claim_id:uuid}/lift", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def lift_hold(work: Work, claim_id: FromPath[uuid.UUID]) -> Response[Any]:
    holds.lift(work, claim_id)
    return see_other(f"/claims/{claim_id}", "lifted")


@post("/claims/{claim_id:uuid}/dispute", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def record_dispute(work: Work, frame: PageFrame, claim_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    """The debtor objects: everything rests until somebody has decided."""
    typed = {"text": text_of(data, "text")}
    try:
        holds.object_to(work, claim_id, typed["text"])
    except HoldError as fault:
        raise _again(work, frame, claim_id, typed, {fault.field: said_of(fault)}) from None
    return see_other(f"/claims/{claim_id}", "disputed")


@post("/claims/{claim_id:uuid}/dispute/decide", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def decide_dispute(work: Work, frame: PageFrame, claim_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    typed = {"decision": text_of(data, "decision"), "decision_text": text_of(data, "decision_text")}
    try:
        groundless = typed["decision"] == "groundless"
        decision = "rejected" if groundless else typed["decision"]
        holds.decide_dispute(work, claim_id, decision, typed["decision_text"], obviously_groundless=groundless)
    except HoldError as fault:
        field = "decision_text" if fault.field == "text" else fault.field
        raise _again(work, frame, claim_id, typed, {field: said_of(fault)}) from None
    return see_other(f"/claims/{claim_id}", "dispute-decided")


@post("/claims/{claim_id:uuid}/confirm-item", guards=[requires(Permission.APPROVE)], sync_to_thread=True)
def confirm_item(work: Work, claim_id: FromPath[uuid.UUID]) -> Response[Any]:
    """A person's yes to an invoice the ledger did not tell fully about."""
    detail = queries.claim_detail(work, claim_id)
    if not book.approve_item(work, detail.item.id):
        raise NotFoundException
    audit.record(work, "item.confirmed", "claim", claim_id, detail.claim.company_id, invoice=detail.invoice)
    claims.touch(work, claim_id)
    return see_other(f"/claims/{claim_id}", "item-confirmed")


def read_claims(work: UnitOfWork, wanted: ClaimFilter, cursor: str | None, base: str = "/claims") -> ClaimsView:
    """404 for a filter there is not: the address was not made by us."""
    try:
        return ClaimsView(wanted, queries.list_claims(work, wanted, cursor), base)
    except ValueError:
        raise NotFoundException from None


def claim_context(
    work: UnitOfWork, claim_id: uuid.UUID, typed: dict[str, str] | None = None, errors: dict[str, str] | None = None
) -> dict[str, Any]:
    """What the claim's page shows; `typed` and `errors` when a form comes back."""
    detail = queries.claim_detail(work, claim_id)
    return {
        "resolved": policies.for_claims(work, [detail])[claim_id], "rules_path": f"/claims/{claim_id}/rules", "words": rule_words,
        "detail": detail, "events": queries.timeline(detail), "now": work.now(), "today": work.today(), "typed": typed or {},
        "evidence": evidence.of_claim(work, claim_id),
        "asked": approval_view.waiting(work, claim_id=claim_id),
        "agreements": arrangement_view.of_claim(work, claim_id, detail.item.remaining_ore),
        "errors": errors or {}, "in_a_fortnight": work.today() + timedelta(days=14),
    }  # fmt: skip


def _again(work: UnitOfWork, frame: Frame, claim_id: uuid.UUID, typed: dict[str, str], errors: dict[str, str]) -> Exception:
    return refuse(work, "pages/claims/claim.html", frame, message=None, **claim_context(work, claim_id, typed, errors))


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise NotFoundException from None


HANDLERS = [show_claims, show_claim, show_panel, hold_claim, lift_hold, record_dispute, decide_dispute, confirm_item]
