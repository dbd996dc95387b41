"""A book that comes by file, whatever the file: debtors and open items mirrored, what is gone settled, the run remembered."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import NamedTuple, TypeVar

from sqlalchemy import func, select

from app.db.unit_of_work import UnitOfWork
from app.ledgers.facts import payment_facts
from app.ledgers.invoice_completion import complete_cards, complete_items
from app.ledgers.models import SyncRun
from app.ledgers.ports import LedgerItem
from app.ledgers.sync import NoLedgerError, find_link
from app.receivables import book, book_state
from app.receivables.book import DebtorFacts, ItemFacts
from app.receivables.models import MISSED_BEFORE_ASKING, Debtor, OpenItem
from app.tenants import audit
from app.values.ids import new_id

PAGE_ROWS = 500
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class FileBook:
    """A whole book as of `book_on`. `is_paid`: does the file prove, of a customer, that what it no longer shows of his is paid?

    `read_at`: when the ledger was in that state, if that was before now. `spared`: document numbers the file names without telling enough:
    they are not gone.
    """

    source: str
    cards: Sequence[DebtorFacts]
    items: Sequence[tuple[LedgerItem, ItemFacts]]
    book_on: date
    is_paid: Callable[[str], bool]
    read_at: datetime | None = None
    spared: Collection[str] = frozenset()


class Counts(NamedTuple):
    opened: int
    changed: int
    paid: int
    unexplained: int


def check_unconnected(work: UnitOfWork, company_id: uuid.UUID) -> str | None:
    """The ledger the company is connected to, and read from; None where its book may come by file."""
    try:
        return find_link(work, company_id).ledger
    except NoLedgerError:
        return None


def newest_unnamed(work: UnitOfWork, company_id: uuid.UUID, named: Sequence[str]) -> date | None:
    """The day of the newest document held that the file does not name."""
    newest = select(func.max(OpenItem.issued_on)).where(OpenItem.company_id == company_id, OpenItem.external_id.not_in(named))
    return work.session.execute(newest).scalar_one()


def take_book(work: UnitOfWork, company_id: uuid.UUID, file: FileBook) -> Counts:
    """Make the file's open items the company's book. Whoever calls has locked the company and checked that it may be."""
    seen_at = file.read_at or work.now()
    for cards in _pages(file.cards):
        book.mirror_debtors(work, company_id, complete_cards(work, company_id, cards), seen_at)
    opened = changed = 0
    for page in _pages(file.items):
        new, moved = _mirror(work, company_id, page, seen_at)
        opened, changed = opened + new, changed + moved
    counts = Counts(opened, changed, *_settle_gone(work, company_id, file))
    _remember(work, company_id, file, counts, seen_at)
    return counts


def _mirror(work: UnitOfWork, company_id: uuid.UUID, page: list[tuple[LedgerItem, ItemFacts]], seen_at: datetime) -> tuple[int, int]:
    paid = {item.external_id: [payment_facts(one) for one in item.payments] for item, _ in page if item.payments}
    return book.mirror_items(work, company_id, complete_items(work, company_id, [facts for _, facts in page]), seen_at, paid)


def _settle_gone(work: UnitOfWork, company_id: uuid.UUID, file: FileBook) -> tuple[int, int]:
    """What we held open and the file does not show. Returns (paid, unexplained)."""
    held = select(OpenItem.id, OpenItem.external_id, OpenItem.document_number, Debtor.external_id.label("customer")).join(
        Debtor, (Debtor.bureau_id == OpenItem.bureau_id) & (Debtor.id == OpenItem.debtor_id)
    )
    rows = work.session.execute(held.where(OpenItem.company_id == company_id, OpenItem.state.in_(["open", "unexplained"]))).all()
    named = {facts.external_id for _, facts in file.items}
    paid = unexplained = 0
    for row in rows:
        if row.external_id in named or row.document_number in file.spared:
            continue
        if file.is_paid(row.customer):
            book.set_state(work, row.id, "paid", remaining_ore=0)
            paid += 1
        else:
            # the next file may come in a month: a person is asked at once
            book.set_state(work, row.id, "unexplained", missed_runs=MISSED_BEFORE_ASKING)
            unexplained += 1
    return paid, unexplained


def _remember(work: UnitOfWork, company_id: uuid.UUID, file: FileBook, counts: Counts, seen_at: datetime) -> None:
    # a file tells neither how far the bank is matched nor what is not posted; its book ends with its period
    book_state.remember(work, company_id, file.source, book_state.ToldOfBook(book_on=file.book_on))
    work.session.add(
        SyncRun(
            bureau_id=work.bureau_id, id=new_id(), company_id=company_id, state="done", step="done", source=file.source,
            done=len(file.items), opened=counts.opened, changed=counts.changed, closed=counts.paid, unexplained=counts.unexplained,
            started_at=work.now(), finished_at=seen_at,
        )
    )  # fmt: skip
    audit.record(
        work, "book.imported", "company", company_id, company_id, source=file.source, period_end=file.book_on, items=len(file.items),
        paid=counts.paid, unexplained=counts.unexplained,
    )  # fmt: skip


def _pages(rows: Iterable[Row]) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while page := list(islice(iterator, PAGE_ROWS)):
        yield page
