"""The bureau's companies page by page, for integrators; the pages want them all, by name (`companies.all_open`)."""

from __future__ import annotations

from sqlalchemy import select

from app.db.paging import Page, Position, read_page
from app.db.unit_of_work import UnitOfWork
from app.tenants.models import Company


def company_page(work: UnitOfWork, position: Position, *, closed: bool = False) -> Page[Company]:
    """Companies in the order in which they came; with `closed` those the bureau works for no longer, too."""
    query = select(Company)
    if not closed:
        query = query.where(Company.closed_at.is_(None))
    page = read_page(work, query, Company.id, position)
    return Page(tuple(row for (row,) in page.rows), page.next_after)
