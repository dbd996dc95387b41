"""All pages in one router. A new page is a handler in one of the modules below, and a line in `PAGES`."""

from __future__ import annotations

from litestar import Router
from litestar.types import ControllerRouterHandler

from app.db.unit_of_work import Database
from app.values.clock import Clock, SystemClock
from app.web.assets import static_router
from app.web.bureau import (
    account,
    act_impact,
    addresses,
    agency_cases,
    approvals,
    arrangements,
    bank_payments,
    calls,
    circumstances,
    claims,
    companies,
    connections,
    credit_checks,
    debtors,
    demo_clock,
    departure,
    deviations,
    documents,
    evidence,
    held_runs,
    imports,
    ladders,
    ledger_conflicts,
    limitation,
    many_rules,
    payouts,
    people,
    portfolio,
    quote,
    readiness,
    reconciliation,
    replies,
    restarts,
    routine,
    rules,
    search,
    segments,
    senders,
    settings,
    sms_stops,
    stop_list,
    sync_progress,
    texts,
    what_happens,
    why,
    wide_holds,
    worklist,
    write_off,
)
from app.web.bureau import weekly_list as bureau_lists
from app.web.company import away, own
from app.web.dependencies import dependencies
from app.web.errors import page_exception_handlers
from app.web.house import House
from app.web.platform import act_impact as platform_impact
from app.web.platform import law as platform_law
from app.web.public import approvals as approval_link
from app.web.public import links, login
from app.web.session import SessionMiddleware

PAGES: list[ControllerRouterHandler] = [
    *login.HANDLERS,
    *links.HANDLERS,
    *approval_link.HANDLERS,
    *portfolio.HANDLERS,
    *worklist.HANDLERS,
    *approvals.HANDLERS,
    *arrangements.HANDLERS,
    *calls.HANDLERS,
    *restarts.HANDLERS,
    *wide_holds.HANDLERS,
    *people.HANDLERS,
    *bureau_lists.HANDLERS,
    *claims.HANDLERS,
    *companies.HANDLERS,
    *departure.HANDLERS,
    *readiness.HANDLERS,
    *held_runs.HANDLERS,
    *ledger_conflicts.HANDLERS,
    *documents.HANDLERS,
    *evidence.HANDLERS,
    *what_happens.HANDLERS,
    *why.HANDLERS,
    *debtors.HANDLERS,
    *agency_cases.HANDLERS,
    *reconciliation.HANDLERS,
    *payouts.HANDLERS,
    *replies.HANDLERS,
    *credit_checks.HANDLERS,
    *connections.HANDLERS,
    *sync_progress.HANDLERS,
    *imports.HANDLERS,
    *bank_payments.HANDLERS,
    *quote.HANDLERS,
    *search.HANDLERS,
    *demo_clock.HANDLERS,
    *settings.HANDLERS,
    *senders.HANDLERS,
    *rules.HANDLERS,
    *ladders.HANDLERS,
    *routine.HANDLERS,
    *segments.HANDLERS,
    *deviations.HANDLERS,
    *many_rules.HANDLERS,
    *texts.HANDLERS,
    *account.HANDLERS,
    *away.HANDLERS,
    *own.HANDLERS,
    *platform_law.HANDLERS,
    *platform_impact.HANDLERS,
    *act_impact.HANDLERS,
    *limitation.HANDLERS,
    *addresses.HANDLERS,
    *sms_stops.HANDLERS,
    *circumstances.HANDLERS,
    *stop_list.HANDLERS,
    *write_off.HANDLERS,
]


def web_routes(house: House, *, wall_clock: Clock | None = None) -> list[Router]:
    """The pages and their static files, for `Litestar(route_handlers=[...])`.

    `wall_clock` is what sessions age by: the machine's own time, whatever the demo clock says. The application itself brings
    `template_config()`, `security_headers(...)` and, for addresses that lead nowhere, `page_exception_handlers()`.
    """
    https = house.settings.secure_cookies
    accounts = Database(house.database.engine, wall_clock or SystemClock())
    pages = Router(
        path="/",
        route_handlers=PAGES,
        dependencies=dependencies(house, accounts),
        middleware=[SessionMiddleware(accounts, house.app_secret, https=https)],
        exception_handlers=page_exception_handlers(),
        include_in_schema=False,
    )
    return [static_router(), pages]
