"""Credit checks: may this customer buy on credit, and for how much? Asked before the sale, with a reason."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal, cast

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody
from msgspec import Meta

from app.api.idempotency import Repeatable
from app.api.paging import AskedPage
from app.api.problems import invalid
from app.api.v1.words import END, WORDS_PATTERN, Id, OfCompany, OfDebtor, Ore
from app.credit import checks, queries
from app.credit.advice import explain
from app.credit.models import CreditCheck
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires
from app.values.money import AMOUNT_MAX_ORE

TAG = "Credit checks"
CheckState = Literal["running", "done", "failed"]
CreditAdvice = Literal["open_credit", "part_payment", "prepayment", "decline", "ask_person"]


class CreditCheckIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which company asks, about whom, for an order of how much, and why it may ask (saklig behov, kredittopplysningsloven § 14)."""

    company_id: uuid.UUID
    organisation_number: Annotated[str, Meta(pattern=r"^[0-9]{9}" + END, description="Nine digits with a right check digit.")]
    order_ore: Annotated[int, Meta(ge=0, le=AMOUNT_MAX_ORE, description="Whole øre.")]
    legitimate_need: Annotated[str, Meta(min_length=checks.NEED_LENGTH_MIN, max_length=checks.NEED_LENGTH_MAX, pattern=WORDS_PATTERN)]
    debtor_id: uuid.UUID | None = None


class CreditReasonOut(msgspec.Struct, frozen=True):
    """Why: a code, an English sentence, the register it was read from, and the day its figure speaks of."""

    code: str
    text: str
    source: str
    figure_on: date | None


class CreditCheckOut(msgspec.Struct, frozen=True):
    """A check. While it is `running` there is no advice yet: ask again in a second; `failed` says why in `problem`.

    `limit_ore` is what may be open at one time, `upfront_ore` what to ask for before delivery. `figures` are what the registers and the
    company's own ledger said, each with its source and date; an absent figure is null, never zero.
    """

    id: uuid.UUID
    company_id: uuid.UUID
    organisation_number: str
    subject_name: str | None
    debtor_id: uuid.UUID | None
    order_ore: Ore
    currency: str
    legitimate_need: str
    state: CheckState
    advice: CreditAdvice | None
    limit_ore: int | None
    upfront_ore: int | None
    reasons: list[CreditReasonOut]
    figures: dict[str, Any] | None
    problem: str | None
    requested_by: str
    requested_at: datetime
    answered_at: datetime | None


class CreditCheckPage(msgspec.Struct, frozen=True):
    """Some checks, newest first; `next_cursor` gives those before them."""

    items: list[CreditCheckOut]
    next_cursor: str | None


@get("/credit-checks", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listCreditChecks", tags=[TAG])
def list_credit_checks(work: Work, paging: AskedPage, company_id: OfCompany = None, debtor_id: OfDebtor = None) -> CreditCheckPage:
    """Checks, perhaps of one company or debtor."""
    page = queries.checks(
        work, company_id=company_id, debtor_id=debtor_id, cursor=paging.after_text, limit=paging.position.limit
    )  # fmt: skip
    return CreditCheckPage([check_of(row) for row in page.rows], paging.sealed_text(page.next_cursor))


@get("/credit-checks/{check_id:uuid}", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getCreditCheck", tags=[TAG])
def get_credit_check(work: Work, check_id: Id) -> CreditCheckOut:
    """One check, with its advice once it is done."""
    return check_of(queries.check(work, check_id))


@post(
    "/credit-checks", status_code=202, sync_to_thread=True, guards=[requires(Permission.CHECK_CREDIT)], operation_id="requestCreditCheck",
    tags=[TAG],
)  # fmt: skip
def request_credit_check(work: Work, idempotency: Repeatable, data: JSONBody[CreditCheckIn]) -> Response[CreditCheckOut]:
    """Ask. The registers are read at once, but not while you wait: fetch the check by its `id` for the advice."""

    def ask() -> CreditCheckOut:
        check_id = checks.request_check(
            work, data.company_id, data.organisation_number, data.order_ore, data.legitimate_need, data.debtor_id
        )  # fmt: skip
        work.enqueue("credit.run_check", bureau_id=str(work.bureau_id), check_id=str(check_id))
        return check_of(queries.check(work, check_id))

    try:
        return idempotency.once(work, 202, ask)
    except checks.CheckError as fault:
        raise invalid(fault.field, str(fault)) from fault


def check_of(row: CreditCheck) -> CreditCheckOut:
    return CreditCheckOut(
        id=row.id, company_id=row.company_id, organisation_number=row.organisation_number, subject_name=row.subject_name,
        debtor_id=row.debtor_id, order_ore=row.order_ore, currency=row.currency, legitimate_need=row.legitimate_need,
        state=cast("CheckState", row.state), advice=cast("CreditAdvice | None", row.advice), limit_ore=row.limit_ore,
        upfront_ore=row.upfront_ore, reasons=[_reason(one) for one in row.reasons or []], figures=row.figures, problem=row.problem,
        requested_by=row.requested_by, requested_at=row.requested_at, answered_at=row.answered_at,
    )  # fmt: skip


def _reason(stored: dict[str, Any]) -> CreditReasonOut:
    figure_on = stored.get("figure_on")
    return CreditReasonOut(
        stored["code"], explain(stored["code"], stored.get("params", {})), stored.get("source", ""),
        None if figure_on is None else date.fromisoformat(figure_on),
    )  # fmt: skip


HANDLERS = (list_credit_checks, get_credit_check, request_credit_check)
