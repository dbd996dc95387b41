"""An open item list as the company's book. What it no longer shows is unexplained, and asked about: a list proves no payment."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import func, select

from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.ledgers.facts import debtor_facts, item_facts
from app.ledgers.file_book import FileBook, check_unconnected, newest_unnamed, take_book
from app.ledgers.file_intake import Origin, row_of
from app.ledgers.files.open_list import OpenList
from app.ledgers.files.records import N_, FileKind
from app.ledgers.ports import Confidence
from app.ledgers.sync import announce
from app.receivables.book import DebtorFacts
from app.receivables.file_models import FileImport
from app.receivables.models import BookReading, Debtor, OpenItem
from app.tenants import companies
from app.values.calendar import OSLO
from app.values.ids import new_id

SOURCE = "open_items"


class ListRefusedError(ValueError):
    """The list is readable, but must not become this company's book. An English message id that says why; `named` fills it in."""

    def __init__(self, why: str, **named: Any) -> None:
        super().__init__(why % named if named else why)
        self.why, self.named = why, named


@dataclass(frozen=True, slots=True)
class ListSummary:
    """What an import did. `low` items wait for a person's yes; `unexplained` ones are asked about."""

    customers: int
    items: int
    opened: int
    changed: int
    unexplained: int
    low: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A list beside the book that is held: how many of its items are known, and how many held ones it does not show."""

    held: int
    known: int
    gone: int


def remembered_layout(work: UnitOfWork, company_id: uuid.UUID) -> dict[str, str] | None:
    """How the company's last list was read: by field the column's name."""
    query = select(FileImport.layout).where(FileImport.company_id == company_id, FileImport.kind == SOURCE, FileImport.layout.is_not(None))
    return work.session.execute(query.order_by(FileImport.imported_at.desc(), FileImport.id.desc()).limit(1)).scalar_one_or_none()


def standing(work: UnitOfWork, company_id: uuid.UUID, told: OpenList) -> Standing:
    """Compare a list with the book before anything is taken in: the wrong company's list knows nothing of it."""
    held = dict(_held_open(work, company_id))
    named = set(_resolved(work, company_id, told).values())
    gone = [key for key, number in held.items() if key not in named and number not in told.left_numbers]
    return Standing(len(held), sum(key in named for key in held), len(gone))


def import_open_list(
    begin: Begin, bureau_id: uuid.UUID, company_id: uuid.UUID, told: OpenList, origin: Origin, book_on: date
) -> ListSummary:
    """Make the list the company's book as of that day, in one transaction, and ring the decisions.

    `ListRefusedError` when it is older than what is held, of a day to come, without items, or the company's book is read from a ledger.
    """
    with begin(BureauScope(bureau_id)) as work:
        company = companies.lock(work, company_id)
        if ledger := check_unconnected(work, company_id):
            named = {"company": company.name, "ledger": ledger}
            raise ListRefusedError(N_("%(company)s is connected to %(ledger)s; its book is read from there."), **named)
        keys = _resolved(work, company_id, told)
        _check(work, company_id, told, set(keys.values()), book_on)
        done = take_book(work, company_id, _book_of(work, company_id, told, keys, book_on))
        left = told.left_out
        row = row_of(work, company_id, FileKind.OPEN_ITEMS, origin, left, new_id(), taken=len(told.items), layout=told.columns.layout)
        work.session.add(row)
        announce(work, company_id)
    low = sum(item.confidence is Confidence.LOW for item in told.items)
    return ListSummary(len(told.customers), len(told.items), done.opened, done.changed, done.unexplained, low, len(left))


def _check(work: UnitOfWork, company_id: uuid.UUID, told: OpenList, named: Collection[str], book_on: date) -> None:
    if told.columns.missing or not told.items:
        raise ListRefusedError(N_("The list has no open items that can be read. Say which column is which, or export it again."))
    if book_on > work.today():
        raise ListRefusedError(N_("The day of the list has not come yet. Give the day it was made on."))
    latest = work.session.execute(select(func.max(BookReading.book_on)).where(BookReading.company_id == company_id)).scalar_one()
    if latest is not None and latest > book_on:
        days = {"told": book_on.strftime("%d.%m.%Y"), "held": latest.strftime("%d.%m.%Y")}
        raise ListRefusedError(N_("The list is of %(told)s, but the book is held as of %(held)s already: export a newer one."), **days)
    newest = newest_unnamed(work, company_id, list(named))
    if newest is not None and newest > book_on:
        days = {"told": book_on.strftime("%d.%m.%Y"), "held": newest.strftime("%d.%m.%Y")}
        raise ListRefusedError(N_("The list is of %(told)s, but the book holds documents up to %(held)s: export a newer one."), **days)


def _book_of(work: UnitOfWork, company_id: uuid.UUID, told: OpenList, keys: dict[str, str], book_on: date) -> FileBook:
    customers = _known_customers(work, company_id, told)
    known_amounts = _original_amounts(work, company_id, set(keys.values()))
    items = []
    for item in told.items:
        facts = replace(item_facts(item), external_id=keys[item.external_id], debtor_external_id=customers[item.customer_id])
        original = known_amounts.get(facts.external_id, facts.original_ore)
        if facts.original_ore == facts.remaining_ore and (original > 0) == (facts.remaining_ore > 0):
            # a list that shows the rest only: the amount is the largest there has been
            facts = replace(facts, original_ore=max(original, facts.original_ore, key=abs))
        items.append((item, facts))
    noon = datetime.combine(book_on, time(12), OSLO)
    return FileBook(
        source=SOURCE, cards=_cards(work, company_id, told, customers), items=items, book_on=book_on, is_paid=lambda customer: False,
        read_at=noon if book_on < work.today() else None, spared=told.left_numbers,
    )  # fmt: skip


def _resolved(work: UnitOfWork, company_id: uuid.UUID, told: OpenList) -> dict[str, str]:
    """By the list's key of an item the key it is held under: the same invoice may have come by another kind of file before."""
    customers = _known_customers(work, company_id, told)
    numbers = {item.document_number for item in told.items if item.document_number}
    held = (
        select(Debtor.external_id, OpenItem.document_number, func.min(OpenItem.external_id))
        .join(Debtor, Debtor.id == OpenItem.debtor_id)
        .where(OpenItem.company_id == company_id, OpenItem.document_number.in_(numbers))
        .group_by(Debtor.external_id, OpenItem.document_number)
        .having(func.count() == 1)
    )
    known = {(customer, number): key for customer, number, key in work.session.execute(held).all()} if numbers else {}
    return {item.external_id: known.get((customers[item.customer_id], item.document_number), item.external_id) for item in told.items}


def _known_customers(work: UnitOfWork, company_id: uuid.UUID, told: OpenList) -> dict[str, str]:
    """By the list's customer the id of the card that is held: by number, else by organisation number, where only one has it."""
    rows = work.session.execute(
        select(Debtor.external_id, Debtor.number, Debtor.organisation_number).where(Debtor.company_id == company_id)
    ).all()
    by_id = {row.external_id for row in rows}
    by_number = _unique((row.number, row.external_id) for row in rows)
    by_organisation = _unique((row.organisation_number, row.external_id) for row in rows)
    found = {}
    for one in told.customers:
        key = one.external_id
        if key not in by_id:
            key = by_number.get(one.number) or (None if one.number else by_organisation.get(one.organisation_number)) or key
        found[one.external_id] = key
    return found


def _unique(pairs: Any) -> dict[str | None, str]:
    found: dict[str | None, str | None] = {}
    for mark, key in pairs:
        if mark:
            found[mark] = None if mark in found else key
    return {mark: key for mark, key in found.items() if key is not None}


def _cards(work: UnitOfWork, company_id: uuid.UUID, told: OpenList, customers: dict[str, str]) -> list[DebtorFacts]:
    """The list's cards, with what it does not tell left as it is held."""
    query = select(Debtor).where(Debtor.company_id == company_id, Debtor.external_id.in_(set(customers.values())))
    held = {row.external_id: row for row in work.session.execute(query).scalars()}
    cards = []
    for one in told.customers:
        card = replace(debtor_facts(one), external_id=customers[one.external_id])
        known = held.get(card.external_id)
        if known is not None:
            number = card.organisation_number or known.organisation_number
            card = replace(
                card, number=card.number or known.number, organisation_number=number, email=card.email or known.email,
                phone=card.phone or known.phone, kind=known.kind if not one.organisation_number else card.kind, language=known.language,
            )  # fmt: skip
            if not (card.address_lines or card.postal_code):
                card = replace(
                    card, address_lines=tuple(known.address_lines), postal_code=known.postal_code, city=known.city, country=known.country
                )
        cards.append(card)
    return cards


def _held_open(work: UnitOfWork, company_id: uuid.UUID) -> list[tuple[str, str | None]]:
    held = select(OpenItem.external_id, OpenItem.document_number).where(OpenItem.company_id == company_id, OpenItem.state == "open")
    return [(key, number) for key, number in work.session.execute(held).all()]


def _original_amounts(work: UnitOfWork, company_id: uuid.UUID, keys: Collection[str]) -> dict[str, int]:
    held = select(OpenItem.external_id, OpenItem.original_ore).where(OpenItem.company_id == company_id, OpenItem.external_id.in_(keys))
    return {row.external_id: row.original_ore for row in work.session.execute(held)}
