"""Open items: the rows of the ledgers' open post lists."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Literal, cast

import msgspec
from litestar import get
from litestar.params import QueryParameter

from app.api.paging import AskedPage
from app.api.v1.words import Id, OfCompany, OfDebtor, Ore, UpdatedSince
from app.receivables import queries
from app.receivables.models import OpenItem
from app.receivables.queries import ItemFilter
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Open items"
ItemState = Literal["open", "paid", "credited", "unexplained"]
Confidence = Literal["high", "medium", "low"]


class OpenItemOut(msgspec.Struct, frozen=True):
    """What the ledger says of one invoice or posting. Amounts are signed: a debt positive, a credit negative.

    `unexplained` means that it left the list and the ledger could not say why; that is never "paid". It is
    `asked_about` until a second reading has not been told the reason either; then a person is asked. `doubts` say why the confidence is
    not high; nothing is sent for a low one before a person has confirmed it.
    """

    id: uuid.UUID
    company_id: uuid.UUID
    debtor_id: uuid.UUID
    external_id: str
    kind: str
    document_number: str | None
    kid: str | None
    issued_on: date | None
    due_on: date | None
    original_ore: Ore
    remaining_ore: Ore
    currency: str
    state: ItemState
    asked_about: bool
    confidence: Confidence
    doubts: list[str]
    confirmed_by: str | None
    first_seen_at: datetime
    updated_at: datetime
    closed_at: datetime | None


class OpenItemPage(msgspec.Struct, frozen=True):
    """Some open items, in the order in which they were first seen; `next_cursor` gives those after them."""

    items: list[OpenItemOut]
    next_cursor: str | None


@get("/open-items", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listOpenItems", tags=[TAG])
def list_open_items(
    work: Work,
    paging: AskedPage,
    company_id: OfCompany = None,
    debtor_id: OfDebtor = None,
    in_state: Annotated[ItemState | None, QueryParameter(name="state", description="Only in this state.")] = None,
    due_from: Annotated[date | None, QueryParameter(description="Due on this day or later.")] = None,
    due_to: Annotated[date | None, QueryParameter(description="Due on this day or earlier.")] = None,
    updated_since: UpdatedSince = None,
) -> OpenItemPage:
    """Open items, and those that were open once. Keep a copy up to date with `updated_since`."""
    wanted = ItemFilter(company_id, debtor_id, in_state, due_from, due_to, updated_since)
    return paging.listed(OpenItemPage, queries.open_items(work, paging.position, wanted), open_item_of)


@get("/open-items/{open_item_id:uuid}", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getOpenItem", tags=[TAG])
def get_open_item(work: Work, open_item_id: Id) -> OpenItemOut:
    """One open item."""
    return open_item_of(queries.find_open_item(work, open_item_id))


def open_item_of(row: OpenItem) -> OpenItemOut:
    return OpenItemOut(
        id=row.id, company_id=row.company_id, debtor_id=row.debtor_id, external_id=row.external_id, kind=row.kind,
        document_number=row.document_number, kid=row.kid, issued_on=row.issued_on, due_on=row.due_on, original_ore=row.original_ore,
        remaining_ore=row.remaining_ore, currency=row.currency, state=cast("ItemState", row.state),
        asked_about=row.is_asked_about,
        confidence=cast("Confidence", row.confidence), doubts=list(row.doubts), confirmed_by=row.approved_by,
        first_seen_at=row.first_seen_at, updated_at=row.changed_at, closed_at=row.closed_at,
    )  # fmt: skip


HANDLERS = (list_open_items, get_open_item)
