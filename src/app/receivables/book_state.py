"""Remembering how far a company's book had come at each reading, and asking for it again: one row a sync, one query for many companies."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.db.among import among
from app.db.unit_of_work import UnitOfWork
from app.receivables import guard_limits
from app.receivables.book_confirmations import holds
from app.receivables.models import BookConfirmation, BookReading, OpenItem
from app.receivables.readiness import BankMatch, BookFacts, Check, Confirmed, Readiness, ReadinessLimits, judge
from app.values.calendar import oslo_date
from app.values.ids import new_id

#: long enough to see since when something has been wrong
KEPT_FOR = timedelta(days=35)
#: what is money of the debtor's, as against a credit the company has given him
MONEY = ("payment", "other")


@dataclass(frozen=True, slots=True)
class ToldOfBook:
    """What a ledger or a file tells of its own state; None where it does not. `link`: where the company lies in the ledger's own pages.

    `book_on`: the last day the book goes to, where that is not today: a file ends with its period.
    """

    banks: tuple[BankMatch, ...] | None = None
    unposted: int | None = None
    unposted_since: date | None = None
    link: str | None = None
    book_on: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A company's light now, with the ledger it comes from and the way into it. `confirmation`: a person's word in force, if any."""

    readiness: Readiness
    source: str
    link: str | None
    read_at: datetime | None
    confirmation: BookConfirmation | None = None

    @property
    def is_told(self) -> bool:
        """Does the ledger itself tell how far bank and vouchers are booked? Then nobody needs to confirm it."""
        told = [one for one in self.readiness.findings if one.check in (Check.BANK, Check.UNPOSTED)]
        return not any(one.is_unknown or one.said_on is not None for one in told)


@dataclass(frozen=True, slots=True)
class LooseMoney:
    """What one debtor has to his credit that is tied to no invoice. Øre, above zero. `covers`: it could pay one of his open invoices."""

    money_ore: int
    credit_note_ore: int
    covers: bool


def remember(work: UnitOfWork, company_id: uuid.UUID, source: str, told: ToldOfBook) -> Readiness:
    """Add the reading just finished, with the light it gave, and let go of what is too old."""
    book_on = min(told.book_on or work.today(), work.today())
    facts = BookFacts(
        read_on=book_on, banks=told.banks, unposted=told.unposted, unposted_since=told.unposted_since,
        confirmed=_word(_confirmation(work, company_id)), **_in_the_mirror(work, company_id),
    )  # fmt: skip
    readiness = judge(facts, work.today(), limits(work))
    work.session.add(
        BookReading(
            bureau_id=work.bureau_id, id=new_id(), company_id=company_id, read_at=work.now(), source=source, link=told.link,
            book_on=book_on,
            banks=None if told.banks is None else [[one.account, one.matched_on and one.matched_on.isoformat()] for one in told.banks],
            unposted=facts.unposted, unposted_since=facts.unposted_since, unallocated_count=facts.unallocated_count,
            unallocated_ore=facts.unallocated_ore, credit_note_count=facts.credit_note_count, credit_note_ore=facts.credit_note_ore,
            overdue_ore=facts.overdue_ore, light=readiness.light.value, findings=[one.as_json() for one in readiness.findings],
        )
    )  # fmt: skip
    work.session.execute(delete(BookReading).where(BookReading.company_id == company_id, BookReading.read_at < work.now() - KEPT_FOR))
    return readiness


def standings(work: UnitOfWork, company_ids: Collection[uuid.UUID] | None = None) -> dict[uuid.UUID, Standing]:
    """The light now of these companies, or of all. One query. A company whose book was never read is not among them."""
    newest = (
        select(BookReading, BookConfirmation, guard_limits.newest("readiness").scalar_subquery())
        .outerjoin(BookConfirmation, (BookConfirmation.company_id == BookReading.company_id) & holds())
        .ext(distinct_on(BookReading.company_id))
        .order_by(BookReading.company_id, BookReading.read_at.desc())
    )
    if company_ids is not None:
        newest = newest.where(BookReading.company_id.in_(company_ids))
    return {
        row.company_id: Standing(judge(facts_of(row, word), work.today(), _limits_from(ours)), row.source, row.link, row.read_at, word)
        for row, word, ours in work.session.execute(newest).all()
    }


def standing_of(work: UnitOfWork, company_id: uuid.UUID) -> Standing:
    """One company's light; where its book was never read, of an empty one."""
    found = standings(work, [company_id]).get(company_id)
    if found is not None:
        return found
    word = _confirmation(work, company_id)
    return Standing(judge(BookFacts(confirmed=_word(word)), work.today(), limits(work)), "", None, None, word)


def history(work: UnitOfWork, company_id: uuid.UUID, rows: int = 14) -> list[BookReading]:
    """The last readings, newest first."""
    query = select(BookReading).where(BookReading.company_id == company_id).order_by(BookReading.read_at.desc()).limit(rows)
    return list(work.session.execute(query).scalars())


def loose_money(work: UnitOfWork, debtor_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, LooseMoney]:
    """Of these debtors, those who have something to their credit that is tied to no invoice. Two queries. NOK only."""
    if not debtor_ids:
        return {}
    credits = (
        select(
            OpenItem.debtor_id, _sum(OpenItem.kind.in_(MONEY)).label("money"), _sum(OpenItem.kind.not_in(MONEY)).label("notes"),
        )
        .where(among(OpenItem.debtor_id, debtor_ids), OpenItem.state == "open", OpenItem.remaining_ore < 0, OpenItem.currency == "NOK")
        .group_by(OpenItem.debtor_id)
    )  # fmt: skip
    found = {row.debtor_id: (int(row.money), int(row.notes)) for row in work.session.execute(credits)}
    if not found:
        return {}
    owed = (
        select(OpenItem.debtor_id, func.min(OpenItem.remaining_ore))
        .where(OpenItem.debtor_id.in_(found), OpenItem.state == "open", OpenItem.remaining_ore > 0, OpenItem.currency == "NOK")
        .group_by(OpenItem.debtor_id)
    )
    smallest: dict[uuid.UUID, int] = {debtor_id: int(ore) for debtor_id, ore in work.session.execute(owed).all()}
    return {
        debtor_id: LooseMoney(money, notes, debtor_id in smallest and money >= smallest[debtor_id])
        for debtor_id, (money, notes) in found.items()
    }


def loose_items(work: UnitOfWork, company_id: uuid.UUID, debtor_id: uuid.UUID | None = None) -> list[OpenItem]:
    """Payments and credit notes tied to no invoice, the largest first."""
    query = select(OpenItem).where(OpenItem.company_id == company_id, OpenItem.state == "open", OpenItem.remaining_ore < 0)
    if debtor_id is not None:
        query = query.where(OpenItem.debtor_id == debtor_id)
    return list(work.session.execute(query.order_by(OpenItem.remaining_ore, OpenItem.id).limit(200)).scalars())


def limits(work: UnitOfWork) -> ReadinessLimits:
    """The bureau's own, or the standard ones."""
    return _limits_from(guard_limits.stored(work, "readiness"))


def facts_of(row: BookReading, word: BookConfirmation | None = None) -> BookFacts:
    banks = row.banks
    return BookFacts(
        read_on=row.book_on,
        banks=None if banks is None else tuple(BankMatch(str(name), date.fromisoformat(on) if on else None) for name, on in banks),
        unposted=row.unposted, unposted_since=row.unposted_since, unallocated_count=row.unallocated_count,
        unallocated_ore=row.unallocated_ore, credit_note_count=row.credit_note_count, credit_note_ore=row.credit_note_ore,
        overdue_ore=row.overdue_ore, confirmed=_word(word),
    )  # fmt: skip


def _confirmation(work: UnitOfWork, company_id: uuid.UUID) -> BookConfirmation | None:
    return work.session.execute(select(BookConfirmation).where(BookConfirmation.company_id == company_id, holds())).scalar_one_or_none()


def _word(row: BookConfirmation | None) -> Confirmed | None:
    return None if row is None else Confirmed(row.through_on, row.confirmed_by, oslo_date(row.confirmed_at))


def _limits_from(stored: dict[str, Any] | None) -> ReadinessLimits:
    return ReadinessLimits() if stored is None else ReadinessLimits.from_json(stored)


def _in_the_mirror(work: UnitOfWork, company_id: uuid.UUID) -> dict[str, Any]:
    """Payments and credit notes tied to nothing, and what is overdue: asked of the whole book, once for each reading."""
    below = OpenItem.remaining_ore < 0
    money, notes = below & OpenItem.kind.in_(MONEY), below & OpenItem.kind.not_in(MONEY)
    row = work.session.execute(
        select(
            func.count().filter(money).label("unallocated_count"), _sum(money).label("unallocated_ore"),
            func.count().filter(notes).label("credit_note_count"), _sum(notes).label("credit_note_ore"),
            func.coalesce(
                func.sum(OpenItem.remaining_ore).filter((OpenItem.remaining_ore > 0) & (OpenItem.due_on < work.today())), 0
            ).label("overdue_ore"),
        ).where(OpenItem.company_id == company_id, OpenItem.state == "open", OpenItem.currency == "NOK")
    ).one()  # fmt: skip
    return {name: int(value) for name, value in row._mapping.items()}


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(-func.sum(OpenItem.remaining_ore).filter(condition), 0)
