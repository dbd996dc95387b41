"""One search box over everything a bureau has: companies, debtors, invoices, KID."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from app.db.unit_of_work import UnitOfWork
from app.dunning.models import Claim
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Company

GROUP_ROWS = 20
TEXT_MIN = 2
#: as short as this a number finds too much to be a part of anything: only the whole matches
_WHOLE_BELOW = 4


@dataclass(frozen=True, slots=True)
class FoundCompany:
    id: uuid.UUID
    name: str
    organisation_number: str


@dataclass(frozen=True, slots=True)
class FoundDebtor:
    id: uuid.UUID
    name: str
    organisation_number: str | None
    company_name: str


@dataclass(frozen=True, slots=True)
class FoundItem:
    """`claim_id` is None for an item that is no claim; `by_kid` when the KID was what matched."""

    id: uuid.UUID
    claim_id: uuid.UUID | None
    debtor_id: uuid.UUID
    debtor_name: str
    company_name: str
    document_number: str | None
    kid: str | None
    due_on: date | None
    remaining_ore: int
    currency: str
    state: str
    by_kid: bool


@dataclass(frozen=True, slots=True)
class Found:
    """At most `GROUP_ROWS` in each group. `too_short`: nothing was looked for."""

    companies: tuple[FoundCompany, ...] = ()
    debtors: tuple[FoundDebtor, ...] = ()
    items: tuple[FoundItem, ...] = ()
    too_short: bool = False

    @property
    def count(self) -> int:
        return len(self.companies) + len(self.debtors) + len(self.items)


def search(work: UnitOfWork, text: str) -> Found:
    """Names by any part of them, numbers by their beginning. Row-level security decides what there is to find."""
    part = text.strip()
    digits = "".join(part.split())
    if len(part) < TEXT_MIN:
        return Found(too_short=True)
    return Found(_companies(work, part, digits), _debtors(work, part, digits), _items(work, part, digits))


def _companies(work: UnitOfWork, part: str, digits: str) -> tuple[FoundCompany, ...]:
    matches = Company.name.icontains(part, autoescape=True)
    if digits.isdigit():
        matches = or_(matches, Company.organisation_number.startswith(digits))
    rows = work.session.execute(
        select(Company.id, Company.name, Company.organisation_number)
        .where(matches, Company.closed_at.is_(None))
        .order_by(Company.sort_key, Company.id)
        .limit(GROUP_ROWS)
    )
    return tuple(FoundCompany(*row) for row in rows.all())


def _debtors(work: UnitOfWork, part: str, digits: str) -> tuple[FoundDebtor, ...]:
    matches = or_(Debtor.name.icontains(part, autoescape=True), Debtor.number == part)
    if digits.isdigit() and len(digits) >= _WHOLE_BELOW:
        matches = or_(matches, Debtor.organisation_number.startswith(digits))
    rows = work.session.execute(
        select(Debtor.id, Debtor.name, Debtor.organisation_number, Company.name)
        .join(Company, Company.id == Debtor.company_id)
        .where(matches)
        .order_by(Debtor.sort_key, Debtor.id)
        .limit(GROUP_ROWS)
    )
    return tuple(FoundDebtor(*row) for row in rows.all())


def _items(work: UnitOfWork, part: str, digits: str) -> tuple[FoundItem, ...]:
    matches = OpenItem.document_number == part
    if len(part) >= _WHOLE_BELOW:
        matches = or_(matches, OpenItem.document_number.startswith(part, autoescape=True))
    if digits.isdigit() and len(digits) >= _WHOLE_BELOW:
        matches = or_(matches, OpenItem.kid.startswith(digits))
    rows = work.session.execute(
        select(OpenItem, Claim.id, Debtor.name, Company.name)
        .join(Debtor, Debtor.id == OpenItem.debtor_id)
        .join(Company, Company.id == OpenItem.company_id)
        .outerjoin(Claim, Claim.open_item_id == OpenItem.id)
        .where(matches)
        .order_by(OpenItem.state != "open", OpenItem.document_number, OpenItem.id)
        .limit(GROUP_ROWS)
    )
    return tuple(
        FoundItem(
            item.id, claim_id, item.debtor_id, debtor, company, item.document_number, item.kid, item.due_on, item.remaining_ore,
            item.currency, item.state, digits.isdigit() and (item.kid or "").startswith(digits),
        )
        for item, claim_id, debtor, company in rows.all()
    )  # fmt: skip
