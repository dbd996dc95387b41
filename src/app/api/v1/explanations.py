"""Why / why not: for every overdue invoice the one rule that decided it, and the next day on which something happens."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Annotated, Any, cast

import msgspec
from litestar import Request, get
from litestar.params import QueryParameter

from app.api.paging import AskedPage
from app.api.v1.claims import ClaimStep
from app.api.v1.words import OfCompany, Ore, ReasonOut, reason_of
from app.dunning.law_book import LawBook
from app.portfolio import explanations
from app.portfolio.explanations import Explanation, Wanted
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Claims"


class ComingOut(msgspec.Struct, frozen=True):
    """What is decided on the next day if nothing changes but that the ledger is read."""

    step: ClaimStep
    reason: ReasonOut


class ExplanationOut(msgspec.Struct, frozen=True):
    """An overdue invoice (or one without a due date) and its one explanation.

    `step` is what was decided last, null for what is no claim. `on_list`: on an open weekly list, and not stopped there. `next_on`
    is when it is decided on next, today or later; null where nothing happens by itself.
    """

    open_item_id: uuid.UUID
    claim_id: uuid.UUID | None
    company_id: uuid.UUID
    debtor_id: uuid.UUID
    debtor_name: str
    invoice: str
    due_on: date | None
    remaining_ore: Ore
    currency: str
    on_list: bool
    step: ClaimStep | None
    reason: ReasonOut
    next_on: date | None
    then: ComingOut | None


class ExplanationPage(msgspec.Struct, frozen=True):
    """Some explanations, in the order in which the invoices were first seen; `next_cursor` gives those after them."""

    items: list[ExplanationOut]
    next_cursor: str | None


@get("/explanations", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listExplanations", tags=[TAG])
def list_explanations(
    work: Work,
    request: Request[Any, Any, Any],
    paging: AskedPage,
    company_id: OfCompany = None,
    reason: Annotated[str | None, QueryParameter(max_length=60, description="Only with this explanation (a reason's code).")] = None,
) -> ExplanationPage:
    """Every overdue invoice, claimed or not, with why it is followed up or not."""
    book: LawBook = request.app.state.law_book
    found = explanations.explanations(work, paging.position, Wanted(company_id, reason), book.read(work))
    return paging.listed(ExplanationPage, found, _out)


def _out(one: Explanation) -> ExplanationOut:
    then = None if one.then is None else ComingOut(cast("ClaimStep", one.then.step_name), reason_of(one.then.reasons[0]))
    return ExplanationOut(
        one.open_item_id, one.claim_id, one.company_id, one.debtor_id, one.debtor, one.invoice, one.due_on, one.remaining_ore,
        one.currency, one.on_list, cast("ClaimStep | None", one.step), reason_of(one.reason), one.next_on, then,
    )  # fmt: skip


HANDLERS = (list_explanations,)
