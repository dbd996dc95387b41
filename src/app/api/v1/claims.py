"""Claims: what is pursued, where it stands, what happens next and why."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Literal, cast

import msgspec
from litestar import get
from litestar.params import QueryParameter

from app.api.paging import AskedPage
from app.api.v1.holds import DisputeOut, HoldOut, dispute_of, hold_of
from app.api.v1.words import Id, OfCompany, OfDebtor, Ore, ReasonOut, UpdatedSince, reason_of
from app.dunning import feeds, queries
from app.dunning.claim_list import as_reasons
from app.dunning.feeds import ClaimEntry, ClaimWish
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Claims"
ClaimState = Literal["active", "closed"]
ClaimStep = Literal[
    "wait", "send_due_notice", "send_reminder", "send_collection_warning", "send_payment_demand", "hand_over", "ask_person", "close"
]
Standing = Literal[
    "paid", "credited", "closed", "handed_over", "disputed", "held", "ask_person", "ready", "approved", "stopped", "warned", "reminded",
    "not_due", "overdue",
]  # fmt: skip


class ClaimOut(msgspec.Struct, frozen=True):
    """A claim, one per open item. `step` is what was decided last and `reasons` say why; it is decided anew on `next_action_on`.

    `standing` says in one word where it stands today. `awaits_decision`: somebody has done something since, and it is decided anew in a
    moment.
    """

    id: uuid.UUID
    company_id: uuid.UUID
    debtor_id: uuid.UUID
    debtor_name: str
    open_item_id: uuid.UUID
    invoice: str
    kid: str | None
    due_on: date | None
    remaining_ore: Ore
    currency: str
    state: ClaimState
    standing: Standing
    step: ClaimStep
    reasons: list[ReasonOut]
    next_action_on: date | None
    awaits_list: bool
    awaits_decision: bool
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    close_reason: str | None


class ClaimPage(msgspec.Struct, frozen=True):
    """Some claims, oldest first; `next_cursor` gives those after them."""

    items: list[ClaimOut]
    next_cursor: str | None


class OwedOut(msgspec.Struct, frozen=True):
    """What is owed on a day. From `interest_missing_from` on no rate is confirmed, and the interest is not complete."""

    on: date
    principal_ore: Ore
    interest_ore: Ore
    fees_ore: Ore
    total_ore: Ore
    interest_missing_from: date | None


class ClaimDetailOut(msgspec.Struct, frozen=True):
    """A claim with what is owed today, and the stop and the objection in force, if any."""

    claim: ClaimOut
    owed: OwedOut
    hold: HoldOut | None
    dispute: DisputeOut | None
    notice_ids: list[uuid.UUID]
    agency_case_id: uuid.UUID | None


@get("/claims", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listClaims", tags=[TAG])
def list_claims(
    work: Work,
    paging: AskedPage,
    company_id: OfCompany = None,
    debtor_id: OfDebtor = None,
    in_state: Annotated[ClaimState | None, QueryParameter(name="state", description="Only in this state.")] = None,
    step: Annotated[ClaimStep | None, QueryParameter(description="Only where this was decided last.")] = None,
    updated_since: UpdatedSince = None,
) -> ClaimPage:
    """Claims, active and closed. Keep a copy up to date with `updated_since`."""
    wanted = ClaimWish(in_state, step, company_id, debtor_id, updated_since)
    return paging.listed(ClaimPage, feeds.claims(work, paging.position, wanted), claim_of)


@get("/claims/{claim_id:uuid}", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getClaim", tags=[TAG])
def get_claim(work: Work, claim_id: Id) -> ClaimDetailOut:
    """One claim, with what happens next and why."""
    found = queries.claim_detail(work, claim_id)
    return ClaimDetailOut(
        claim=claim_of(ClaimEntry(found.claim, found.item, found.debtor, found.standing)),
        owed=_owed(found.amounts),
        hold=None if found.hold is None else hold_of(found.hold, found.claim.id),
        dispute=None if found.dispute is None else dispute_of(found.dispute),
        notice_ids=[line.notice.id for line in found.notices],
        agency_case_id=None if found.case is None else found.case.id,
    )


def claim_of(found: ClaimEntry) -> ClaimOut:
    row, item = found.claim, found.item
    return ClaimOut(
        id=row.id, company_id=row.company_id, debtor_id=row.debtor_id, debtor_name=found.debtor.name, open_item_id=row.open_item_id,
        invoice=item.document_number or item.external_id, kid=item.kid, due_on=item.due_on, remaining_ore=item.remaining_ore,
        currency=item.currency, state=cast("ClaimState", row.state), standing=cast("Standing", found.standing),
        step=cast("ClaimStep", row.step), reasons=[reason_of(one) for one in as_reasons(row.reasons)], next_action_on=row.next_action_on,
        awaits_list=row.awaits_list, awaits_decision=row.awaits_decision, opened_at=row.opened_at,
        updated_at=max(row.decided_at, item.changed_at), closed_at=row.closed_at, close_reason=row.close_reason,
    )  # fmt: skip


def _owed(amounts: queries.AmountsToday) -> OwedOut:
    return OwedOut(
        amounts.on, amounts.principal_ore, amounts.interest_ore, amounts.fees_ore, amounts.total_ore, amounts.interest_missing_from
    )  # fmt: skip


HANDLERS = (list_claims, get_claim)
