"""The API as one router, for the application to mount. It finds its `Database` and `Law` in the application's state."""

from __future__ import annotations

from litestar import Router
from litestar.di import Provide

from app.api.authentication import ApiKeyMiddleware
from app.api.idempotency import provide_idempotency
from app.api.paging import provide_paging
from app.api.problems import exception_handlers
from app.api.strictness import check_request
from app.api.v1 import (
    addresses,
    agency_cases,
    approvals,
    arrangements,
    calls,
    case_differences,
    circumstances,
    claims,
    companies,
    credit_checks,
    debtors,
    evidence,
    explanations,
    held_runs,
    holds,
    limitation,
    notices,
    open_items,
    policies,
    policy_changes,
    postings,
    quotes,
    readiness,
    replies,
    restarts,
    routines,
    segments,
    senders,
    settlements,
    stop_list,
    sync_runs,
    texts,
    weekly_lists,
    write_off,
)
from app.tenants.requests import provide_unit_of_work

BODY_MAX = 1_000_000
RESOURCES = (
    companies,
    senders,
    debtors,
    addresses,
    open_items,
    claims,
    explanations,
    approvals,
    arrangements,
    calls,
    restarts,
    holds,
    evidence,
    notices,
    weekly_lists,
    sync_runs,
    postings,
    credit_checks,
    agency_cases,
    case_differences,
    settlements,
    replies,
    quotes,
    readiness,
    limitation,
    stop_list,
    write_off,
    circumstances,
    held_runs,
    policies,
    policy_changes,
    segments,
    texts,
    routines,
)


def api_routes() -> Router:
    """Everything under /api/v1. The application's state has `database` (`Database`) and `law` (`Law`), and may have `api_requests_max`, the
    number of requests a key may make in a minute.

    Unknown paths and wrong methods never reach a router: the application's own handlers pass those under /api to `problems.answer_problem`.
    """
    return Router(
        path="/api/v1",
        route_handlers=[handler for resource in RESOURCES for handler in resource.HANDLERS],
        middleware=[ApiKeyMiddleware],
        before_request=check_request,
        dependencies={
            "work": Provide(provide_unit_of_work),
            "paging": Provide(provide_paging, sync_to_thread=False),
            "idempotency": Provide(provide_idempotency),
        },
        exception_handlers=exception_handlers(),
        request_max_body_size=BODY_MAX,
    )
