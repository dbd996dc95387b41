"""Agreements about payment, and stops on a debtor or a whole company."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Literal, cast

import msgspec
from litestar import delete, put
from litestar.params import JSONBody

from app.api.problems import invalid
from app.api.v1.holds import UNTIL_MAX, HoldIn
from app.api.v1.words import Id, Note
from app.dunning import arrangements, wide_holds
from app.dunning.arrangements import Term
from app.dunning.facts import ArrangementKind
from app.dunning.models import Hold
from app.portfolio.debtor_book import debtor_detail
from app.tenants import companies
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Agreements"
Kind = Literal["promise", "extension", "plan"]
Amount = Annotated[int, msgspec.Meta(ge=1, le=100_000_000_000, description="Whole øre.")]


class TermIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A date, and how much is to be paid by then."""

    due_on: date
    amount_ore: Amount


class ArrangementIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was agreed. An extension and a plan are about everything that is open, and are confirmed to the debtor in writing."""

    kind: Kind
    terms: Annotated[list[TermIn], msgspec.Meta(min_length=1, max_length=60)]
    note: Note = ""


class ArrangementOut(msgspec.Struct, frozen=True):
    """An agreement in force. `confirmation`: whether a written confirmation was planned, is not needed, or reaches nobody."""

    id: uuid.UUID
    claim_id: uuid.UUID
    kind: Kind
    confirmation: Literal["none", "planned", "impossible"]
    made_by: str
    made_at: datetime


class WideHoldOut(msgspec.Struct, frozen=True):
    """A stop (stans) on everything of a debtor, or (`debtor_id` null) of the whole company."""

    company_id: uuid.UUID
    debtor_id: uuid.UUID | None
    reason: str
    until: date | None
    placed_by: str
    placed_at: datetime


@put("/claims/{claim_id:uuid}/arrangement", sync_to_thread=True, guards=[requires(Permission.HOLD)], operation_id="agree", tags=[TAG])
def put_arrangement(work: Work, claim_id: Id, data: JSONBody[ArrangementIn]) -> ArrangementOut:
    """Record a promise, time given or an instalment plan; one in force is replaced."""
    terms = [Term(one.due_on, one.amount_ore) for one in data.terms]
    row = arrangements.agree(work, claim_id, ArrangementKind(data.kind), terms, data.note)
    confirmation = cast("Literal['none', 'planned', 'impossible']", row.confirmation or "none")
    return ArrangementOut(row.id, row.claim_id, cast("Kind", row.kind), confirmation, row.made_by, row.made_at)


@delete(
    "/claims/{claim_id:uuid}/arrangement", sync_to_thread=True, guards=[requires(Permission.HOLD)], operation_id="withdrawAgreement",
    tags=[TAG],
)  # fmt: skip
def delete_arrangement(work: Work, claim_id: Id) -> None:
    """Take it back. Taking back what is not there is no fault."""
    arrangements.withdraw(work, claim_id)


@put("/debtors/{debtor_id:uuid}/hold", sync_to_thread=True, guards=[requires(Permission.HOLD)], operation_id="holdDebtor", tags=[TAG])
def hold_debtor(work: Work, debtor_id: Id, data: JSONBody[HoldIn]) -> WideHoldOut:
    """Stop everything of the debtor in its company."""
    return _place(work, debtor_detail(work, debtor_id).company.id, debtor_id, data)


@delete(
    "/debtors/{debtor_id:uuid}/hold", sync_to_thread=True, guards=[requires(Permission.HOLD)], operation_id="liftDebtorHold", tags=[TAG]
)
def lift_debtor(work: Work, debtor_id: Id) -> None:
    """Let the debtor's claims go on, but those that are stopped by themselves."""
    wide_holds.lift(work, debtor_detail(work, debtor_id).company.id, debtor_id)


@put("/companies/{company_id:uuid}/hold", sync_to_thread=True, guards=[requires(Permission.HOLD)], operation_id="holdCompany", tags=[TAG])
def hold_company(work: Work, company_id: Id, data: JSONBody[HoldIn]) -> WideHoldOut:
    """Stop everything of the company."""
    return _place(work, company_id, None, data)


@delete(
    "/companies/{company_id:uuid}/hold", sync_to_thread=True, guards=[requires(Permission.HOLD)], operation_id="liftCompanyHold", tags=[TAG]
)
def lift_company(work: Work, company_id: Id) -> None:
    """Let the company's claims go on, but those that are stopped by themselves."""
    companies.find(work, company_id)
    wide_holds.lift(work, company_id, None)


def _place(work: Work, company_id: uuid.UUID, debtor_id: uuid.UUID | None, data: HoldIn) -> WideHoldOut:
    if data.until is not None and data.until > UNTIL_MAX:
        raise invalid("until", f"must be {UNTIL_MAX.isoformat()} or earlier")
    row: Hold = wide_holds.place(work, company_id, debtor_id, data.reason, data.until)
    return WideHoldOut(row.company_id, row.debtor_id, row.reason, row.until, row.placed_by, row.placed_at)


HANDLERS = (put_arrangement, delete_arrangement, hold_debtor, lift_debtor, hold_company, lift_company)
