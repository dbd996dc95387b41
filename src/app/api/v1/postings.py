"""Postings: payments we have told the ledger about, and taking one back."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Literal, cast

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody

from app.api.idempotency import Repeatable
from app.api.paging import AskedPage
from app.api.problems import CONFLICT, ProblemError, invalid
from app.api.v1.words import Id, OfCompany, Ore, Words
from app.ledgers import queries, reversals
from app.ledgers.models import Posting
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Postings"
PostingState = Literal["planned", "accepted", "unmatched", "posted", "reversed", "refused", "unknown", "review", "cancelled"]
ReversalState = Literal["planned", "done", "refused", "unknown", "review", "cancelled"]


class PostingOut(msgspec.Struct, frozen=True):
    """A payment registered in the ledger. `accepted`: it waits in the ledger's queue; `unmatched`: booked, but not tied to the invoice.

    `reversal` says how far taking it back has come; null while nobody has asked for it.
    """

    id: uuid.UUID
    company_id: uuid.UUID
    open_item_id: uuid.UUID
    amount_ore: Ore
    currency: str
    paid_on: date
    text: str
    state: PostingState
    problem: str | None
    external_id: str | None
    planned_at: datetime
    posted_at: datetime | None
    reversal: ReversalState | None
    reversal_reason: str | None
    reversal_asked_by: str | None


class PostingPage(msgspec.Struct, frozen=True):
    """Some postings, newest first; `next_cursor` gives those before them."""

    items: list[PostingOut]
    next_cursor: str | None


class ReversalIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the payment is taken back."""

    reason: Words


@get("/postings", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listPostings", tags=[TAG])
def list_postings(work: Work, paging: AskedPage, company_id: OfCompany = None) -> PostingPage:
    """Postings, perhaps of one company."""
    return paging.listed(PostingPage, queries.posting_page(work, paging.position, company_id), _out)


@get("/postings/{posting_id:uuid}", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getPosting", tags=[TAG])
def get_posting(work: Work, posting_id: Id) -> PostingOut:
    """One posting."""
    return _out(queries.find_posting(work, posting_id))


@post(
    "/postings/{posting_id:uuid}/reversal", status_code=202, sync_to_thread=True, guards=[requires(Permission.SYNC)],
    operation_id="reversePosting", tags=[TAG],
)  # fmt: skip
def reverse_posting(work: Work, idempotency: Repeatable, posting_id: Id, data: JSONBody[ReversalIn]) -> Response[PostingOut]:
    """Take the payment back in the ledger, dated today; the invoice stands open again. Asked for again it is the same reversal.

    409 for a payment that is not booked in the ledger.
    """

    def ask() -> PostingOut:
        company_id = queries.find_posting(work, posting_id).company_id
        try:
            return _out(reversals.plan_reversal(work, company_id, posting_id, data.reason))
        except reversals.ReversalError as fault:
            raise (invalid(fault.field, str(fault)) if fault.field == "reason" else ProblemError(CONFLICT, str(fault))) from fault

    return idempotency.once(work, 202, ask)


def _out(row: Posting) -> PostingOut:
    return PostingOut(
        row.id, row.company_id, row.open_item_id, row.amount_ore, row.currency, row.paid_on, row.text_, cast("PostingState", row.state),
        row.problem, row.external_id, row.planned_at, row.posted_at, cast("ReversalState | None", row.reversal), row.reversal_reason,
        row.reversal_asked_by,
    )  # fmt: skip


HANDLERS = (list_postings, get_posting, reverse_posting)
