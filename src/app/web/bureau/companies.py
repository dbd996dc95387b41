"""One company: how it stands, its facts, its rules, and the switch that starts the follow-up."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import overrides, policies, queries, starting, wide_holds
from app.dunning.law_book import LawBook
from app.dunning.queries import ClaimFilter
from app.dunning.tiers import Level, Place
from app.ledgers import queries as ledger_queries
from app.portfolio.overview import overview
from app.receivables import book_state
from app.tenants import companies
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, TheHouse, Work
from app.web.bureau import company_form, policy_form
from app.web.bureau.book_words import told_book
from app.web.house import House
from app.web.pages import Form, page, refuse, see_other, text_of


@get("/companies/{company_id:uuid}", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_company(work: Work, frame: PageFrame, company_id: FromPath[uuid.UUID]) -> Template:
    company = companies.find(work, company_id)
    line = next(iter(overview(work, company_id)), None)
    newest = queries.latest_list(work, company_id)
    oldest = queries.list_claims(work, ClaimFilter(company_id=company_id), limit=10)
    context: dict[str, Any] = {
        "company": company,
        "line": line,
        "balance": ledger_queries.balance(work, company_id),
        "weekly": newest,
        "claims": oldest,
        "old": starting.old_invoices(work, company_id),
        "stopped": wide_holds.standing(work, company_id, None),
        "book": told_book(book_state.standing_of(work, company_id), company_id),
    }
    return page("pages/companies/index.html", frame, now=work.now(), **context)


@get("/companies/{company_id:uuid}/settings", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def show_settings(work: Work, frame: PageFrame, house: TheHouse, company_id: FromPath[uuid.UUID]) -> Template:
    return page("pages/companies/settings.html", frame, **settings_context(work, house, company_id))


@post("/companies/{company_id:uuid}/settings", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def save_settings(
    work: Work,
    frame: PageFrame,
    house: TheHouse,
    company_id: FromPath[uuid.UUID],
    data: Form,
) -> Response[Any]:
    companies.find(work, company_id)
    form = company_form.read(data)
    if form.errors:
        raise refuse(work, "pages/companies/settings.html", frame, message=None, **settings_context(work, house, company_id, facts=form))
    companies.change(work, company_id, **form.changes)
    work.enqueue("dunning.keep_bureau_routines", bureau_id=str(work.bureau_id))
    return see_other(f"/companies/{company_id}/settings", "saved")


@post("/companies/{company_id:uuid}/policy", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def save_policy(
    work: Work,
    frame: PageFrame,
    house: TheHouse,
    company_id: FromPath[uuid.UUID],
    data: Form,
) -> Response[Any] | Template:
    companies.find(work, company_id)
    before = policies.for_companies(work, [company_id])[company_id].policy
    form = policy_form.read(data, before, house.resources.of(LawBook).read(work).statute_on(work.today()))
    if form.changed:
        return page("pages/companies/settings.html", frame, **settings_context(work, house, company_id, rules=form))
    if form.errors:
        raise refuse(work, "pages/companies/settings.html", frame, message=None, **settings_context(work, house, company_id, rules=form))
    overrides.save(work, Place(company_id), form.policy)
    return see_other(f"/companies/{company_id}/settings", "policy-saved")


@post("/companies/{company_id:uuid}/start", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def start_following_up(work: Work, company_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    """Switch on; old invoices are left alone unless somebody chose otherwise."""
    companies.find(work, company_id)
    starting.start(work, company_id, leave_old=text_of(data, "old") != "include")
    return see_other(f"/companies/{company_id}", "started")


@post("/companies/{company_id:uuid}/stop", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def stop_following_up(work: Work, company_id: FromPath[uuid.UUID]) -> Response[Any]:
    companies.change(work, company_id, active_from=None)
    return see_other(f"/companies/{company_id}", "ended")


def settings_context(
    work: UnitOfWork, house: House, company_id: uuid.UUID, *, facts: company_form.CompanyForm | None = None,
    rules: policy_form.PolicyForm | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What the settings page shows; a form that comes back keeps what was typed."""
    company = companies.find(work, company_id)
    resolved = policies.for_companies(work, [company_id])[company_id]
    policy, version = resolved.policy, max(tier.origin.version for tier in resolved.tiers if tier.origin.level is not Level.BUREAU)
    return {
        "company": company, "form": facts or company_form.shown(company), "rules": rules or policy_form.shown(policy), "version": version,
        "now": work.now(), "today": work.today(), "statute": house.resources.of(LawBook).read(work).statute_on(work.today()),
        **policy_form.choices(house.settings), "policy_action": f"/companies/{company_id}/policy",
    }  # fmt: skip


HANDLERS = [show_company, show_settings, save_settings, save_policy, start_following_up, stop_following_up]
