"""Agreeing about payment on a claim's page: a promise, time given, or an instalment plan."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from app.dunning import arrangements, queries
from app.dunning.arrangements import ArrangementError, Term
from app.dunning.facts import ArrangementKind
from app.tenants.permissions import Permission
from app.values.money import parse_kroner
from app.web.access import requires
from app.web.asked import PageFrame, Work
from app.web.bureau.claims import claim_context
from app.web.error_texts import said_of
from app.web.pages import Form, refuse, see_other, text_of
from app.web.typed import parse_day

#: dates and amounts a form holds; more are agreed by the API
ROWS = 6


@post("/claims/{claim_id:uuid}/arrangement", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def agree(work: Work, frame: PageFrame, claim_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    """The follow-up waits for the dates that are agreed. Time given and plans are confirmed to the debtor in writing."""
    queries.claim_detail(work, claim_id)
    names = ["agreed", "agreement_note", *(f"{name}_{row}" for row in range(1, ROWS + 1) for name in ("due", "pay"))]
    typed = {name: text_of(data, name) for name in names}
    try:
        if typed["agreed"] not in {one.value for one in ArrangementKind}:
            raise ArrangementError("kind", "Choose what has been agreed.")
        arrangements.agree(work, claim_id, ArrangementKind(typed["agreed"]), read_terms(typed, work.today()), typed["agreement_note"][:500])
    except ArrangementError as fault:
        field = {"kind": "agreed", "terms": "due_1"}.get(fault.field, fault.field)
        context = claim_context(work, claim_id, typed, {field: said_of(fault)})
        raise refuse(work, "pages/claims/claim.html", frame, message=None, **context) from fault
    return see_other(f"/claims/{claim_id}", "agreed")


@post("/claims/{claim_id:uuid}/arrangement/withdraw", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def withdraw(work: Work, claim_id: FromPath[uuid.UUID]) -> Response[Any]:
    arrangements.withdraw(work, claim_id)
    return see_other(f"/claims/{claim_id}", "agreement-withdrawn")


def read_terms(typed: Mapping[str, str], today: date) -> list[Term]:
    """The rows that hold anything. ArrangementError names the row that cannot be read."""
    found = []
    for row in range(1, ROWS + 1):
        day, amount = typed[f"due_{row}"], typed[f"pay_{row}"]
        if not day and not amount:
            continue
        try:
            due_on = parse_day(day, today)
        except ValueError:
            raise ArrangementError(f"due_{row}", "Write the date as dd.mm.yyyy.") from None
        try:
            found.append(Term(due_on, parse_kroner(amount)))
        except ValueError:
            raise ArrangementError(f"pay_{row}", "Write an amount in kroner, such as 1 234,50.") from None
    return found


HANDLERS = [agree, withdraw]
