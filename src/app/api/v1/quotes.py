"""Quotes: the claim calculator. Its input and answer are a fixed contract, the same on the command line."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.params import RawBody
from msgspec import Meta

from app.api.idempotency import Repeatable
from app.api.problems import BAD_REQUEST, ProblemError, invalid
from app.api.strictness import OWN_BODY
from app.api.v1.words import ReasonOut
from app.dunning.law import Law
from app.dunning.law_book import LawBook
from app.dunning.quote import run_quotes
from app.dunning.quote_input import ENTRIES_MAX, FEE_MAX_ORE
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Quotes"
QUOTES_MAX = 500
Kroner = Annotated[str, Meta(pattern=r"^[0-9]{1,12}(?:\.[0-9]{1,2})?$", description="Kroner, e.g. 1234.50; more than 0, at most 10¹¹.")]
Day = Annotated[date, Meta(description="From 1980-01-01 through 2099-12-31.")]


class QuotePaymentIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A payment, set against the principal first."""

    date: Day
    amount: Kroner


class QuoteNoticeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A notice already sent."""

    kind: Literal["reminder", "collection_warning", "payment_demand"]
    sent_on: Day
    payment_deadline: Day | None = None
    fee_ore: Annotated[int, Meta(ge=0, le=FEE_MAX_ORE)] = 0


class QuoteIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A claim to be calculated as of a day. `demand_sent_on`: the written demand, when no due date was agreed."""

    principal: Kroner
    due_date: Day
    as_of: Day
    debtor_kind: Literal["consumer", "sole_proprietor", "business", "public"]
    due_date_agreed: bool = True
    demand_sent_on: Day | None = None
    creditor_vat_liable: bool = True
    payments: Annotated[list[QuotePaymentIn], Meta(max_length=ENTRIES_MAX)] = []
    notices: Annotated[list[QuoteNoticeIn], Meta(max_length=ENTRIES_MAX)] = []
    claim_compensation: bool = False
    delivered_on: Day | None = None


class InterestSpanOut(msgspec.Struct, frozen=True):
    """Interest of one stretch at one rate, in per cent a year; `from` and `to` are both counted."""

    from_: date = msgspec.field(name="from")
    to: date
    days: int
    rate: str
    principal_ore: int
    interest_ore: int


class AllowedFeesOut(msgspec.Struct, frozen=True):
    """What may be charged if that notice were sent on `as_of`, given the history; null where a figure is not confirmed."""

    reminder: int | None
    collection_warning: int | None
    payment_demand: int | None


class QuoteOut(msgspec.Struct, frozen=True):
    """The answer for one claim. A figure nobody has confirmed is null, with a reason that names it."""

    late_interest_ore: int | None
    interest_spans: list[InterestSpanOut]
    allowed_fee_ore: AllowedFeesOut
    earliest_fee_on: date | None
    earliest_collection_warning_on: date | None
    minimum_payment_deadline: date | None
    compensation_ore: int | None
    agency_cost_cap_light_ore: int | None
    agency_cost_cap_heavy_ore: int | None
    heavy_from: date | None
    limitation_on: date | None
    statute: str
    reasons: list[ReasonOut]


class QuoteProblemOut(msgspec.Struct, frozen=True):
    """In an array: what stands in the place of a claim that cannot be calculated, with the path of the field."""

    type: str
    title: str
    status: int
    detail: str
    field: str


@post(
    "/quotes", status_code=200, sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="calculateQuote", tags=[TAG],
    opt={OWN_BODY: True},
)  # fmt: skip
def calculate_quote(work: Work, idempotency: Repeatable, request: Request[Any, Any, State], body: RawBody) -> Response[Any]:
    """Calculate one claim (an object in, an object out) or at most 500 (an array in, an array out).

    An object that cannot be calculated is refused, naming the field; in an array a problem stands in its place and the others are answered.
    """
    book: LawBook = request.app.state.law_book
    law = book.read(work)
    return idempotency.once(work, 200, lambda: calculate(body, law))


def calculate(body: bytes, law: Law) -> bytes:
    """The answer as JSON. 400 when the body is no JSON, 422 naming the field of a single claim that cannot be calculated."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise ProblemError(BAD_REQUEST, "The body is not valid JSON.") from None
    _check_count(body)
    answer, fault = run_quotes(text, law.rates, law.act_2026)
    if fault and answer.startswith("{"):
        problem = json.loads(answer)
        field, detail = problem["field"], problem["detail"]
        if not field and "valid JSON" in detail:
            raise ProblemError(BAD_REQUEST, "The body is not valid JSON.")
        raise invalid(field, detail.removeprefix(f"{field}: "))
    return answer.encode()


def _check_count(body: bytes) -> None:
    """An answer is larger than what it answers, so a short array of nonsense must not become a long one of problems."""
    try:
        claims = msgspec.json.decode(body, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return  # one object, or no JSON: the calculator says which
    if len(claims) > QUOTES_MAX:
        raise invalid("", f"an array may have at most {QUOTES_MAX} claims")


HANDLERS = (calculate_quote,)
