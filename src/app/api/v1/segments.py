"""Segments: rules that say which claims some wishes are for."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta

from app.api.idempotency import Repeatable
from app.api.problems import invalid
from app.api.v1.policies import Wishes, check_wishes
from app.api.v1.words import END, Id, OfCompany
from app.db.unit_of_work import UnitOfWork
from app.dunning import overrides, policy_view
from app.dunning.policies import Stored
from app.dunning.policy import AMOUNT_MAX_ORE, DAYS_MAX
from app.dunning.segments import SegmentRule
from app.dunning.tiers import Place
from app.tenants import companies
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Segments"
Amount = Annotated[int, Meta(ge=0, le=AMOUNT_MAX_ORE)]
Days = Annotated[int, Meta(ge=-DAYS_MAX, le=DAYS_MAX)]
Nace = Annotated[str, Meta(pattern=r"^[0-9]{1,2}(\.[0-9]{1,3})?" + END, description="The beginning of a NACE code, such as 41 or 41.2.")]


class SegmentConditions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every condition that is given must hold, and at least one must be given. Both ends count.

    `days_late_*`: the median over the debtor's last twelve paid invoices to the same company, and never another's. What is not known fits
    no condition.
    """

    debtor_kinds: Annotated[list[Literal["consumer", "sole_proprietor", "business", "public"]], Meta(max_length=4)] = []
    industries: Annotated[list[Nace], Meta(max_length=50)] = []
    amount_from_ore: Amount | None = None
    amount_to_ore: Amount | None = None
    days_late_from: Days | None = None
    days_late_to: Days | None = None


class SegmentIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`position`: the order in which segments are asked; the first that fits is followed."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\u0000-\u001f]*[^\s\u0000-\u001f][^\u0000-\u001f]*" + END)]
    position: Annotated[int, Meta(ge=0, le=999)]
    conditions: SegmentConditions
    wishes: Wishes = {}


class NewSegmentIn(SegmentIn, frozen=True, forbid_unknown_fields=True):
    """A segment of one company, or without one of the bureau and so of all its companies."""

    company_id: uuid.UUID | None = None


class SegmentOut(msgspec.Struct, frozen=True):
    """A segment in its newest version. Without a company it is the bureau's."""

    id: uuid.UUID
    company_id: uuid.UUID | None
    version: int
    name: str
    position: int
    conditions: SegmentConditions
    wishes: Wishes


class Segments(msgspec.Struct, frozen=True):
    """Segments in the order in which they are asked."""

    items: list[SegmentOut]


@get("/segments", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listSegments", tags=[TAG])
def list_segments(work: Work, company_id: OfCompany = None) -> Segments:
    """A company's own segments, or without one the bureau's. A company's are asked before the bureau's."""
    return Segments([segment_of(one) for one in policy_view.segments(work, company_id)])


@post("/segments", sync_to_thread=True, guards=[requires(Permission.SETTINGS)], operation_id="addSegment", tags=[TAG])
def add_segment(
    work: Work, request: Request[Any, Any, State], idempotency: Repeatable, data: JSONBody[NewSegmentIn]
) -> Response[SegmentOut]:
    """Make a segment."""
    if data.company_id is not None:
        companies.find(work, data.company_id)
    return idempotency.once(work, 201, lambda: _put(work, request, None, data.company_id, data))


@get("/segments/{segment_id:uuid}", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getSegment", tags=[TAG])
def get_segment(work: Work, segment_id: Id) -> SegmentOut:
    """One segment."""
    return _shown(work, overrides.place_of_segment(work, segment_id))


@put("/segments/{segment_id:uuid}", sync_to_thread=True, guards=[requires(Permission.SETTINGS)], operation_id="changeSegment", tags=[TAG])
def change_segment(work: Work, request: Request[Any, Any, State], segment_id: Id, data: JSONBody[SegmentIn]) -> SegmentOut:
    """Another version of a segment."""
    place = overrides.place_of_segment(work, segment_id)
    return _put(work, request, place, place.company_id, data)


@delete("/segments/{segment_id:uuid}", sync_to_thread=True, guards=[requires(Permission.SETTINGS)], operation_id="endSegment", tags=[TAG])
def end_segment(work: Work, segment_id: Id) -> None:
    """End a segment: nobody is in it any more. Its versions stay."""
    overrides.end_segment(work, overrides.place_of_segment(work, segment_id))


def segment_of(one: Stored) -> SegmentOut:
    rule = one.rule or SegmentRule(amount_from_ore=0)
    return SegmentOut(
        one.place.segment_id or uuid.UUID(int=0), one.place.company_id, one.version, one.name, one.position,
        msgspec.convert(rule.as_json(), SegmentConditions), dict(one.wishes),
    )  # fmt: skip


def _shown(work: UnitOfWork, place: Place) -> SegmentOut:
    found = policy_view.tier_view(work, place).own
    if found is None:
        raise LookupError("no such segment")
    return segment_of(found)


def _put(
    work: UnitOfWork, request: Request[Any, Any, State], place: Place | None, company_id: uuid.UUID | None, data: SegmentIn
) -> SegmentOut:
    try:
        rule = SegmentRule.from_json(msgspec.to_builtins(data.conditions))
    except ValueError as fault:
        raise invalid("conditions", str(fault)) from fault
    check_wishes(work, request, place or Place(company_id, segment_id=uuid.UUID(int=0)), data.wishes)
    return _shown(work, overrides.put_segment(work, place, company_id, data.name, data.position, rule, data.wishes))


HANDLERS = (list_segments, add_segment, get_segment, change_segment, end_segment)
