"""Notices: reminders and collection warnings as they were said, and the letters themselves."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection
from datetime import date, datetime
from typing import Literal, cast

import msgspec
from litestar import Response, get

from app.api.paging import AskedPage
from app.api.v1.words import Id, OfClaim, OfCompany, Ore, ReasonOut, reason_of
from app.dunning import feeds, restart_facts
from app.dunning.claim_list import as_reasons
from app.dunning.models import Notice
from app.messaging import deliveries
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Notices"
NoticeKind = Literal["due_notice", "reminder", "collection_warning", "payment_demand"]
NoticeState = Literal["planned", "issued", "sent", "cancelled", "undeliverable", "review"]


class NoticeOut(msgspec.Struct, frozen=True):
    """A notice. Once issued its text, amounts and dates are never changed; `has_document` tells whether there is a letter to fetch.

    Several invoices of a debtor may be told of in one letter with one fee: `carried_by` is then the notice that has the fee and the
    deliveries, and the amounts are each invoice's own share. `review`: nobody can tell whether it went out, and a person must look.
    `problem` says what is wrong, where something is. `set_aside`: said before the follow-up began anew, it counts no more, and its
    fee is not claimed.
    """

    id: uuid.UUID
    company_id: uuid.UUID
    claim_id: uuid.UUID
    carried_by: uuid.UUID | None
    kind: NoticeKind
    round: int
    state: NoticeState
    set_aside: bool
    statute: str
    language: str
    issued_on: date | None
    payment_deadline: date | None
    principal_ore: Ore
    fee_ore: Ore
    interest_ore: Ore
    total_ore: Ore
    subject: str | None
    body: str | None
    has_document: bool
    reasons: list[ReasonOut]
    problem: str | None
    planned_at: datetime
    issued_at: datetime | None


class NoticePage(msgspec.Struct, frozen=True):
    """Some notices, oldest first; `next_cursor` gives those after them."""

    items: list[NoticeOut]
    next_cursor: str | None


@get("/notices", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listNotices", tags=[TAG])
def list_notices(work: Work, paging: AskedPage, company_id: OfCompany = None, claim_id: OfClaim = None) -> NoticePage:
    """Notices, perhaps of one company or claim."""
    page = feeds.notices(work, paging.position, company_id=company_id, claim_id=claim_id)
    past = restart_facts.set_aside(work, {row.claim_id for row in page.rows})
    return paging.listed(NoticePage, page, lambda row: notice_of(row, past))


@get("/notices/{notice_id:uuid}", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getNotice", tags=[TAG])
def get_notice(work: Work, notice_id: Id) -> NoticeOut:
    """One notice."""
    row = feeds.find_notice(work, notice_id)
    return notice_of(row, restart_facts.set_aside(work, [row.claim_id]))


@get(
    "/notices/{notice_id:uuid}/document", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getNoticeDocument",
    tags=[TAG], media_type="application/pdf",
)  # fmt: skip
def get_notice_document(work: Work, notice_id: Id) -> Response[bytes]:
    """The letter as PDF, as it was sent. 404 when the notice has none."""
    document_id = feeds.find_notice(work, notice_id).document_id
    if document_id is None:
        raise LookupError("this notice has no letter")
    name, media_type, content = deliveries.read_document(work, document_id)
    shown = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{shown}"'})


def notice_of(row: Notice, past: Collection[uuid.UUID]) -> NoticeOut:
    return NoticeOut(
        id=row.id, company_id=row.company_id, claim_id=row.claim_id, carried_by=row.carried_by,
        kind=cast("NoticeKind", row.kind), round=row.round, state=cast("NoticeState", row.state), set_aside=row.id in past,
        statute=row.statute, language=row.language, issued_on=row.issued_on,
        payment_deadline=row.payment_deadline, principal_ore=row.principal_ore, fee_ore=row.fee_ore, interest_ore=row.interest_ore,
        total_ore=row.total_ore, subject=row.subject, body=row.body, has_document=row.document_id is not None,
        reasons=[reason_of(one) for one in as_reasons(row.reasons)], problem=row.problem, planned_at=row.planned_at,
        issued_at=row.issued_at,
    )  # fmt: skip


HANDLERS = (list_notices, get_notice, get_notice_document)
