"""What stands behind each path parameter of each route, so that tests can be generated over every route there is.

`PARAMETERS` names, for each parameter, what its value is: the id of a row (a field of `support.neighbour.Neighbour` without `_id`), or a
plain word. A parameter that is missing here fails the test that walks the routes: say what it is when you add a route.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from litestar import Litestar
from litestar.routes import HTTPRoute

#: parameter name to the field of the neighbour's row whose id it carries
ROWS = {
    "company_id": "company", "claim_id": "claim", "entry_id": "list_entry", "list_id": "weekly_list", "document_id": "document",
    "debtor_id": "debtor", "open_item_id": "open_item", "item_id": "open_item", "notice_id": "notice", "connection_id": "connection",
    "link_id": "company_link", "segment_id": "segment",
    "case_id": "agency_case", "agency_case_id": "agency_case", "check_id": "credit_check", "credit_check_id": "credit_check",
    "event_id": "limitation_event", "circumstance_id": "circumstance",
    "reply_id": "reply", "run_id": "sync_run", "sync_run_id": "sync_run", "agreement_id": "agreement",
    "approval_id": "approval_request", "absence_id": "absence",
    "held_run_id": "held_run", "posting_id": "posting", "file_id": "file", "bank_payment_id": "bank_payment",
    "settlement_id": "settlement", "payout_id": "settlement",
}  # fmt: skip
#: parameters that carry no row's id, with a value that leads somewhere
WORDS = {
    "ledger": "tripletex", "report_secret": "not-the-secret", "door_token": "not-a-token",
    "token": "not-a-token", "approval": "not-a-token", "api_key_id": "01a00000-0000-7000-8000-000000000000",
    "effect_id": "01a00000-0000-7000-8000-000000000000",
    "upload_token": "01a00000-0000-7000-8000-000000000000", "guard": "readiness", "file_path": "css/house.css",
    "kind": "reminder", "language": "nb", "tone": "neutral",
}  # fmt: skip


def routes_of(app: Litestar) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(method, path as it is written in the handler, names of its parameters) of every route of the pages and the API."""
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for method in sorted(route.methods - {"OPTIONS", "HEAD"}):
            yield method, route.path_format, tuple(sorted(route.path_parameters))


def path_for(path_format: str, rows: Any, words: dict[str, str] | None = None) -> str:
    """The path with every parameter filled in from `rows` (a Neighbour). KeyError names a parameter nobody has told about."""
    known = {name: str(getattr(rows, field).id) for name, field in ROWS.items()} | WORDS | (words or {})
    return path_format.format_map(known)
