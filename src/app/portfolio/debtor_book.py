"""Debtors as a bureau looks at them: who owes what in one company. What a debtor does elsewhere is never shown here."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, tuple_

from app.db.unit_of_work import UnitOfWork
from app.dunning import addresses
from app.dunning.addresses import Reached
from app.dunning.charges import effective_due_on, late_interest
from app.dunning.claim_list import standing_of
from app.dunning.models import Claim
from app.dunning.statutes.rates import RATES, Rates
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Company

PAGE_ROWS = 50
CLOSED_ROWS = 50
#: a register's answer older than this is shown as old
STANDING_FRESH = timedelta(days=7)


class Missing(StrEnum):
    """What we should know to reach a debtor, and do not."""

    EMAIL = "email"
    EMAIL_BOUNCES = "email_bounces"
    ADDRESS = "address"
    ORGANISATION_NUMBER = "organisation_number"
    STANDING = "standing"


@dataclass(frozen=True, slots=True)
class DebtorFilter:
    """`text`: part of a name, a customer number or an organisation number. `owing`: only those with something open."""

    text: str = ""
    company_id: uuid.UUID | None = None
    owing: bool = True


@dataclass(frozen=True, slots=True)
class DebtorLine:
    """One debtor of one company. Øre in NOK; items in other currencies are counted, not summed."""

    debtor: Debtor
    company_name: str
    open_count: int
    open_ore: int
    overdue_ore: int


@dataclass(frozen=True, slots=True)
class DebtorPage:
    """`before` and `after` are ids to ask on from, None at the ends."""

    rows: tuple[DebtorLine, ...]
    total: int
    before: uuid.UUID | None
    after: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class DebtorItem:
    """An item of the debtor with its claim, if it has one. `standing` is one of `claim_list.STANDINGS`, or the item's own state."""

    item: OpenItem
    claim_id: uuid.UUID | None
    standing: str
    days_overdue: int | None


@dataclass(frozen=True, slots=True)
class DebtorDetail:
    """Open items by due date, then the last closed ones. `interest_per_day_ore` is None while the rate of the day is not confirmed."""

    debtor: Debtor
    company: Company
    open_items: tuple[DebtorItem, ...]
    closed_items: tuple[DebtorItem, ...]
    open_ore: int
    overdue_ore: int
    interest_ore: int
    interest_per_day_ore: int | None
    missing: tuple[Missing, ...]
    reached: Reached


def list_debtors(
    work: UnitOfWork, wanted: DebtorFilter, *, after: uuid.UUID | None = None, before: uuid.UUID | None = None, limit: int = PAGE_ROWS
) -> DebtorPage:
    """By name in Norwegian order. An `after` or `before` that is none of ours starts at the beginning."""
    conditions = _conditions(wanted)
    total = work.session.execute(select(func.count()).select_from(Debtor).where(*conditions)).scalar_one()
    query = select(Debtor, Company.name).join(Company, Company.id == Debtor.company_id).where(*conditions)
    here = _place(work, before or after)
    by = tuple_(Debtor.sort_key, Debtor.id)
    backwards = before is not None and here is not None
    if here is not None:
        query = query.where(by < here if backwards else by > here)
    order = (Debtor.sort_key.desc(), Debtor.id.desc()) if backwards else (Debtor.sort_key, Debtor.id)
    found = list(work.session.execute(query.order_by(*order).limit(limit + 1)).all())
    more, found = len(found) > limit, found[:limit]
    if backwards:
        found.reverse()
    sums = _sums(work, [debtor.id for debtor, _ in found])
    rows = tuple(DebtorLine(debtor, company, *sums.get(debtor.id, (0, 0, 0))) for debtor, company in found)
    first, last = (rows[0].debtor.id, rows[-1].debtor.id) if rows else (None, None)
    has_before = more if backwards else here is not None
    has_after = True if backwards else more
    return DebtorPage(rows, total, first if has_before else None, last if has_after else None)


def debtor_detail(work: UnitOfWork, debtor_id: uuid.UUID, rates: Rates = RATES) -> DebtorDetail:
    """LookupError when the debtor does not exist for this scope."""
    row = work.session.execute(
        select(Debtor, Company).join(Company, Company.id == Debtor.company_id).where(Debtor.id == debtor_id)
    ).one_or_none()
    if row is None:
        raise LookupError("no such debtor")
    debtor, company = row
    open_items = _items(work, debtor_id, OpenItem.state.in_(["open", "unexplained"]), None)
    today = work.today()
    owed = [one for one in open_items if one.item.state == "open" and one.item.currency == "NOK"]
    overdue = [one for one in owed if one.days_overdue is not None and one.days_overdue > 0 and one.item.remaining_ore > 0]
    reached = addresses.reached_now(work, debtor)
    interest = sum(_interest(one.item, today, rates) for one in overdue)
    return DebtorDetail(
        debtor=debtor, company=company, open_items=open_items,
        closed_items=_items(work, debtor_id, OpenItem.state.in_(["paid", "credited"]), CLOSED_ROWS),
        open_ore=sum(one.item.remaining_ore for one in owed), overdue_ore=sum(one.item.remaining_ore for one in overdue),
        interest_ore=interest, interest_per_day_ore=_per_day(overdue, today, rates),
        missing=_missing(work, debtor, reached), reached=reached,
    )  # fmt: skip


def _conditions(wanted: DebtorFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.company_id is not None:
        found.append(Debtor.company_id == wanted.company_id)
    if wanted.owing:
        found.append(exists().where(OpenItem.debtor_id == Debtor.id, OpenItem.state == "open", OpenItem.remaining_ore != 0))
    part = wanted.text.strip()
    if part:
        digits = part.replace(" ", "").replace("\u00a0", "")
        found.append(
            or_(
                Debtor.name.icontains(part, autoescape=True),
                Debtor.number == part,
                Debtor.organisation_number.startswith(digits, autoescape=True) if digits.isdigit() else Debtor.number == part,
            )
        )
    return found


def _place(work: UnitOfWork, debtor_id: uuid.UUID | None) -> ColumnElement[tuple[str, uuid.UUID]] | None:
    if debtor_id is None:
        return None
    key = work.session.execute(select(Debtor.sort_key).where(Debtor.id == debtor_id)).scalar_one_or_none()
    return None if key is None else tuple_(*_literals(key, debtor_id))


def _literals(key: str, debtor_id: uuid.UUID) -> tuple[ColumnElement[str], ColumnElement[uuid.UUID]]:
    from sqlalchemy import String, Uuid, literal

    return literal(key, String), literal(debtor_id, Uuid)


def _sums(work: UnitOfWork, debtor_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[int, int, int]]:
    krone = OpenItem.currency == "NOK"
    late = and_(krone, OpenItem.due_on < work.today(), OpenItem.remaining_ore > 0)
    rows = work.session.execute(
        select(
            OpenItem.debtor_id, func.count(), func.coalesce(func.sum(OpenItem.remaining_ore).filter(krone), 0),
            func.coalesce(func.sum(OpenItem.remaining_ore).filter(late), 0),
        )
        .where(OpenItem.debtor_id.in_(debtor_ids), OpenItem.state == "open")
        .group_by(OpenItem.debtor_id)
    )  # fmt: skip
    return {debtor_id: (count, int(open_ore), int(overdue_ore)) for debtor_id, count, open_ore, overdue_ore in rows.all()}


def _items(work: UnitOfWork, debtor_id: uuid.UUID, which: ColumnElement[bool], most: int | None) -> tuple[DebtorItem, ...]:
    query: Select[OpenItem, uuid.UUID | None, str | None] = (
        select(OpenItem, Claim.id, standing_of(work.today()))
        .outerjoin(Claim, Claim.open_item_id == OpenItem.id)
        .where(OpenItem.debtor_id == debtor_id, which)
    )
    if most is None:
        query = query.order_by(OpenItem.due_on.nulls_last(), OpenItem.id)
    else:
        query = query.order_by(OpenItem.closed_at.desc(), OpenItem.id.desc()).limit(most)
    return tuple(
        DebtorItem(
            item, claim_id, str(standing) if claim_id is not None and item.state != "unexplained" else item.state,
            None if item.due_on is None else (work.today() - item.due_on).days,
        )
        for item, claim_id, standing in work.session.execute(query).all()
    )  # fmt: skip


def _interest(item: OpenItem, today: date, rates: Rates) -> int:
    """On what is open now; payments made on the way are left out, so it is never too much."""
    return 0 if item.due_on is None else late_interest(item.remaining_ore, effective_due_on(item.due_on), today, (), rates).total_ore


def _per_day(overdue: Sequence[DebtorItem], today: date, rates: Rates) -> int | None:
    running = [one.item for one in overdue if one.item.due_on is not None and effective_due_on(one.item.due_on) <= today]
    tomorrow = late_interest(sum(item.remaining_ore for item in running), today, today + timedelta(days=1), (), rates)
    return None if tomorrow.missing_from is not None else tomorrow.total_ore


def _missing(work: UnitOfWork, debtor: Debtor, reached: Reached) -> tuple[Missing, ...]:
    """What a person has put in the place of the ledger's is not missing."""
    by_mail, by_letter = "email" in reached.corrected, "letter" in reached.corrected
    asked = (
        (Missing.EMAIL, not debtor.email and not by_mail),
        (Missing.EMAIL_BOUNCES, bool(debtor.email) and debtor.email_bad_reason is not None and not by_mail),
        (Missing.ADDRESS, not (debtor.address_lines and debtor.postal_code and debtor.city) and not by_letter),
        (Missing.ORGANISATION_NUMBER, debtor.kind != "consumer" and not debtor.organisation_number),
        (
            Missing.STANDING,
            debtor.organisation_number is not None
            and (debtor.standing_checked_at is None or debtor.standing_checked_at < work.now() - STANDING_FRESH),
        ),
    )
    return tuple(missing for missing, is_so in asked if is_so)
