"""What ledger, we and agency do not agree on about the same claims."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Literal, cast

import msgspec
from litestar import get
from litestar.params import QueryParameter

from app.agencies import differences
from app.agencies.differences import DifferenceLine
from app.api.paging import AskedPage
from app.api.v1.words import OfCompany
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Agency cases"
DifferenceKind = Literal["not_there", "found", "unknown_here", "twice", "principal", "paid_in_ledger", "paid_at_agency", "state"]
DifferenceOwner = Literal["ledger", "us", "agency", "travelling"]


class CaseDifferenceOut(msgspec.Struct, frozen=True):
    """One thing the three books do not agree on, with each book's open principal in øre (null where it has none).

    `owner`: whose move it is; `travelling`: money or word on its way explains it. `times`: on how many mornings it was seen.
    """

    id: uuid.UUID
    company_id: uuid.UUID
    agency: str
    case_id: uuid.UUID | None
    external_id: str | None
    kind: DifferenceKind
    owner: DifferenceOwner
    ledger_ore: int | None
    ours_ore: int | None
    theirs_ore: int | None
    times: int
    since: datetime
    seen_on: date
    ended_at: datetime | None


class CaseDifferencePage(msgspec.Struct, frozen=True):
    """Some differences, newest first; `next_cursor` gives those before them."""

    items: list[CaseDifferenceOut]
    next_cursor: str | None


@get("/case-differences", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listCaseDifferences", tags=[TAG])
def list_differences(
    work: Work,
    paging: AskedPage,
    company_id: OfCompany = None,
    ended: Annotated[bool, QueryParameter(description="Those that are gone, too.")] = False,
) -> CaseDifferencePage:
    """What differs between ledger, us and agency, perhaps of one company."""
    found = differences.differences(work, paging.position, company_id=company_id, only_standing=not ended)
    return paging.listed(CaseDifferencePage, found, _out)


def _out(row: DifferenceLine) -> CaseDifferenceOut:
    return CaseDifferenceOut(
        row.id, row.company_id, row.agency, row.case_id, row.external_id, cast("DifferenceKind", row.kind),
        cast("DifferenceOwner", row.owner), row.ledger_ore, row.ours_ore, row.theirs_ore, row.times, row.since, row.seen_on, row.ended_at,
    )  # fmt: skip


HANDLERS = (list_differences,)
