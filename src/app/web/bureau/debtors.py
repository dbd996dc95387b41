"""Debtors: the list in Norwegian order, and one debtor with everything about it in this company only."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from litestar import get
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from app.credit.queries import checks
from app.dunning import correcting, letter_language, wide_holds
from app.dunning.policy_view import tier_view
from app.dunning.tiers import Place
from app.messaging import sms_stops
from app.portfolio.debtor_book import DebtorFilter, debtor_detail, list_debtors
from app.receivables import book_state
from app.tenants import companies
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import Asker, HxRequest, PageFrame, Work
from app.web.bureau import rule_words
from app.web.pages import fragment, page

CHECKS_SHOWN = 5
TEXT_LENGTH_MAX = 100


@get("/debtors", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_debtors(
    work: Work, frame: PageFrame, hx: HxRequest, q: FromQuery[str] = "",
    company: FromQuery[str] = "", show: FromQuery[str] = "owing", after: FromQuery[uuid.UUID | None] = None,
    before: FromQuery[uuid.UUID | None] = None,
) -> Template:  # fmt: skip
    wanted = DebtorFilter(" ".join(q.split())[:TEXT_LENGTH_MAX], _id_of(company), show != "all")
    found = list_debtors(work, wanted, after=after, before=before)
    context: dict[str, Any] = {
        "page": found, "wanted": wanted, "previous_href": _href(wanted, before=found.before) if found.before else None,
        "next_href": _href(wanted, after=found.after) if found.after else None,
    }  # fmt: skip
    if hx.fragment and hx.target and hx.target.endswith("#debtors"):
        return fragment("pages/debtors/_rows.html", **context)
    choices = [(one.id, one.name) for one in companies.all_open(work)]
    return page("pages/debtors/index.html", frame, **context, companies=choices)


@get("/debtors/{debtor_id:uuid}", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_debtor(debtor_id: FromPath[uuid.UUID], work: Work, frame: PageFrame, identity: Asker) -> Template:
    found = debtor_detail(work, debtor_id)
    may_check = identity.may(Permission.CHECK_CREDIT)
    known = checks(work, company_id=found.company.id, debtor_id=debtor_id, limit=CHECKS_SHOWN).rows if may_check else []
    loose = book_state.loose_money(work, [debtor_id]).get(debtor_id)
    resolved = tier_view(work, Place(found.company.id, debtor_id=debtor_id)).effective
    rules: dict[str, Any] = {
        "may_name": identity.may(Permission.HOLD),
        "stopped": wide_holds.standing(work, found.company.id, debtor_id),
        "resolved": resolved,
        "language": letter_language.language_of(resolved, found.debtor.language),
        "language_origin": letter_language.origin_of(resolved, found.debtor.language),
        "rules_path": f"/debtors/{debtor_id}/rules",
        "words": rule_words,
        "loose": loose,
        "sms_stop": sms_stops.standing(work, [found.company.id]).get(found.company.id, {}).get(found.reached.mobile or ""),
        "failed": correcting.failed(work, debtor_id),
    }
    return page("pages/debtors/show.html", frame, it=found, checks=known, may_check=may_check, now=work.now(), **rules)


def _href(wanted: DebtorFilter, **place: uuid.UUID | None) -> str:
    usual = {"q": wanted.text, "company": wanted.company_id or "", "show": "" if wanted.owing else "all"}
    return f"/debtors?{urlencode({name: value for name, value in (usual | place).items() if value})}"


def _id_of(text: str) -> uuid.UUID | None:
    """A company that cannot be one is none: the list is then of nobody, not of everybody."""
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return uuid.UUID(int=0)


HANDLERS = [show_debtors, show_debtor]
