"""Read-only views of what is owed, for the API: debtors and open items, page by page in the order in which we first saw them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from app.db.paging import Page, Position, read_page
from app.db.unit_of_work import UnitOfWork
from app.receivables.models import Debtor, OpenItem


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """What to show. Due dates count both ends; `updated_since` is when the ledger's answer about the item last differed."""

    company_id: uuid.UUID | None = None
    debtor_id: uuid.UUID | None = None
    state: str | None = None
    due_from: date | None = None
    due_to: date | None = None
    updated_since: datetime | None = None


def debtors(work: UnitOfWork, position: Position, company_id: uuid.UUID | None = None) -> Page[Debtor]:
    query = select(Debtor)
    if company_id is not None:
        query = query.where(Debtor.company_id == company_id)
    page = read_page(work, query, Debtor.id, position)
    return Page(tuple(row for (row,) in page.rows), page.next_after)


def find_debtor(work: UnitOfWork, debtor_id: uuid.UUID) -> Debtor:
    """LookupError when it does not exist for this scope."""
    debtor = work.session.execute(select(Debtor).where(Debtor.id == debtor_id)).scalar_one_or_none()
    if debtor is None:
        raise LookupError("no such debtor")
    return debtor


def open_items(work: UnitOfWork, position: Position, wanted: ItemFilter) -> Page[OpenItem]:
    query = select(OpenItem)
    if wanted.company_id is not None:
        query = query.where(OpenItem.company_id == wanted.company_id)
    if wanted.debtor_id is not None:
        query = query.where(OpenItem.debtor_id == wanted.debtor_id)
    if wanted.state is not None:
        query = query.where(OpenItem.state == wanted.state)
    if wanted.due_from is not None:
        query = query.where(OpenItem.due_on >= wanted.due_from)
    if wanted.due_to is not None:
        query = query.where(OpenItem.due_on <= wanted.due_to)
    if wanted.updated_since is not None:
        query = query.where(OpenItem.changed_at >= wanted.updated_since)
    page = read_page(work, query, OpenItem.id, position)
    return Page(tuple(row for (row,) in page.rows), page.next_after)


def find_open_item(work: UnitOfWork, item_id: uuid.UUID) -> OpenItem:
    """LookupError when it does not exist for this scope."""
    item = work.session.execute(select(OpenItem).where(OpenItem.id == item_id)).scalar_one_or_none()
    if item is None:
        raise LookupError("no such open item")
    return item
