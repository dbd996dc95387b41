"""A SAF-T file as the company's book: the derived open items become the mirror, all of them or none.

What has left the book since the last file is paid only where the file accounts for the customer's whole closing balance by named
documents; otherwise its disappearance is unexplained, which is for a person, never "paid".
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeVar

from sqlalchemy import func, select

from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.ledgers.facts import debtor_facts, item_facts, payment_facts
from app.ledgers.models import SyncRun
from app.ledgers.ports import Confidence, LedgerItem
from app.ledgers.saft import Doubt, SaftImport, SaftItem, to_ledger_items
from app.ledgers.sync import NoLedgerError, announce, find_link
from app.receivables import book, book_state
from app.receivables.models import Debtor, OpenItem
from app.tenants import audit
from app.tenants.models import Company
from app.values.ids import new_id

PAGE_ROWS = 500
SOURCE = "saft"
#: what such an item stands for may contain a document that no longer has an item of its own
_COVERS_OTHERS = frozenset({Doubt.OPENING, Doubt.DIFFERENCE, Doubt.NOT_RECONCILED, Doubt.NO_CLOSING_BALANCE})
Row = TypeVar("Row")


class SaftRefusedError(ValueError):
    """The file is readable, but must not become this company's book. The text says why."""


@dataclass(frozen=True, slots=True)
class SaftSummary:
    """What an import did. Counts of items, but for `customers`; `low` ones wait for a person's yes."""

    customers: int
    items: int
    opened: int
    changed: int
    paid: int
    unexplained: int
    low: int


def import_saft(begin: Begin, bureau_id: uuid.UUID, company_id: uuid.UUID, result: SaftImport) -> SaftSummary:
    """Make the file's open items the company's book, in one transaction, and ring the decisions.

    `SaftRefusedError` when the file is another company's, older than what is held, or the company's book comes from a connected ledger.
    """
    with begin(BureauScope(bureau_id)) as work:
        _check(work, company_id, result)
        seen_at = work.now()
        for cards in _pages(customer.card for customer in result.customers):
            book.mirror_debtors(work, company_id, [debtor_facts(card) for card in cards], seen_at)
        opened = changed = 0
        for page in _pages(zip(to_ledger_items(result), result.items, strict=True)):
            new, moved = _mirror(work, company_id, page)
            opened, changed = opened + new, changed + moved
        paid, unexplained = _settle_gone(work, company_id, result)
        low = sum(item.confidence is Confidence.LOW for item in result.items)
        summary = SaftSummary(len(result.customers), len(result.items), opened, changed, paid, unexplained, low)
        _remember(work, company_id, result, summary)
        announce(work, company_id)
    return summary


def _check(work: UnitOfWork, company_id: uuid.UUID, result: SaftImport) -> None:
    """Also locks the company, so that two imports come one after the other."""
    query = select(Company.organisation_number, Company.name).where(Company.id == company_id).with_for_update()
    row = work.session.execute(query).one_or_none()
    if row is None:
        raise LookupError("no such company")
    if row.organisation_number != result.organisation_number:
        raise SaftRefusedError(
            f"The file is the book of {result.company.name} ({result.organisation_number}), not of {row.name} ({row.organisation_number})."
        )
    try:
        linked = find_link(work, company_id)
    except NoLedgerError:
        linked = None
    if linked is not None:
        raise SaftRefusedError(f"{row.name} is connected to {linked.ledger}; its book is read from there.")
    named = [item.key for item in result.items]
    newest = work.session.execute(
        select(func.max(OpenItem.issued_on)).where(OpenItem.company_id == company_id, OpenItem.external_id.not_in(named))
    ).scalar_one()
    if newest is not None and newest > result.period_end:
        raise SaftRefusedError(
            f"The file ends on {result.period_end}, but the book already holds documents up to {newest}: export a newer one."
        )


def _mirror(work: UnitOfWork, company_id: uuid.UUID, page: list[tuple[LedgerItem, SaftItem]]) -> tuple[int, int]:
    facts = [replace(item_facts(item), proposed_due_on=source.proposed_due) for item, source in page]
    counts = book.mirror_items(work, company_id, facts, work.now())
    paid = {item.external_id: item.payments for item, _ in page if item.payments}
    if paid:
        known = select(OpenItem.external_id, OpenItem.id).where(OpenItem.company_id == company_id, OpenItem.external_id.in_(paid))
        for external_id, item_id in work.session.execute(known).all():
            book.mirror_payments(work, company_id, item_id, [payment_facts(payment) for payment in paid[external_id]])
    return counts


def _settle_gone(work: UnitOfWork, company_id: uuid.UUID, result: SaftImport) -> tuple[int, int]:
    """What we held open and the file does not show. Returns (paid, unexplained)."""
    held = select(OpenItem.id, OpenItem.external_id, Debtor.external_id.label("customer")).join(
        Debtor, (Debtor.bureau_id == OpenItem.bureau_id) & (Debtor.id == OpenItem.debtor_id)
    )
    rows = work.session.execute(held.where(OpenItem.company_id == company_id, OpenItem.state.in_(["open", "unexplained"]))).all()
    named = {item.key for item in result.items}
    explained = _explained(result)
    paid = unexplained = 0
    for row in rows:
        if row.external_id in named:
            continue
        if row.customer in explained:
            book.set_state(work, row.id, "paid", remaining_ore=0)
            paid += 1
        else:
            book.set_state(work, row.id, "unexplained")
            unexplained += 1
    return paid, unexplained


def _explained(result: SaftImport) -> set[str]:
    """Customers whose stated closing balance consists of named documents alone: what is not among them is not owed."""
    stated = {customer.card.external_id for customer in result.customers if customer.closing_ore is not None}
    differing = {difference.customer_id for difference in result.differences}
    covered = {item.customer_id for item in result.items if _COVERS_OTHERS.intersection(item.doubts)}
    return stated - covered - {customer for customer in differing if customer is not None}


def _remember(work: UnitOfWork, company_id: uuid.UUID, result: SaftImport, summary: SaftSummary) -> None:
    # a file tells neither how far the bank is matched nor what is not posted; its book ends with its period
    book_state.remember(work, company_id, SOURCE, book_state.ToldOfBook(book_on=result.period_end))
    work.session.add(
        SyncRun(
            bureau_id=work.bureau_id, id=new_id(), company_id=company_id, state="done", step="done", source=SOURCE, done=summary.items,
            opened=summary.opened, changed=summary.changed, closed=summary.paid, unexplained=summary.unexplained,
            started_at=work.now(), finished_at=work.now(),
        )
    )  # fmt: skip
    audit.record(
        work, "book.imported", "company", company_id, company_id, source=SOURCE, period_end=result.period_end, items=summary.items,
        paid=summary.paid, unexplained=summary.unexplained,
    )  # fmt: skip


def _pages(rows: Iterable[Row]) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while page := list(islice(iterator, PAGE_ROWS)):
        yield page
