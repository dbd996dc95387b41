"""A SAF-T file as the company's book: the derived open items become the mirror, all of them or none.

What has left the book since the last file is paid only where the file accounts for the customer's whole closing balance by named
documents; otherwise its disappearance is unexplained, which is for a person, never "paid".
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.ledgers.facts import debtor_facts, item_facts
from app.ledgers.file_book import FileBook, check_unconnected, newest_unnamed, take_book
from app.ledgers.ports import Confidence
from app.ledgers.saft import Doubt, SaftImport, to_ledger_items
from app.ledgers.sync import announce
from app.tenants.companies import lock

SOURCE = "saft"
#: what such an item stands for may contain a document that no longer has an item of its own
_COVERS_OTHERS = frozenset({Doubt.OPENING, Doubt.DIFFERENCE, Doubt.NOT_RECONCILED, Doubt.NO_CLOSING_BALANCE})


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
        done = take_book(work, company_id, _book_of(result))
        low = sum(item.confidence is Confidence.LOW for item in result.items)
        announce(work, company_id)
    return SaftSummary(len(result.customers), len(result.items), done.opened, done.changed, done.paid, done.unexplained, low)


def _book_of(result: SaftImport) -> FileBook:
    items = zip(to_ledger_items(result), result.items, strict=True)
    explained = _explained(result)
    return FileBook(
        source=SOURCE,
        cards=[debtor_facts(customer.card) for customer in result.customers],
        items=[(item, replace(item_facts(item), proposed_due_on=source.proposed_due)) for item, source in items],
        book_on=result.period_end,
        is_paid=lambda customer: customer in explained,
    )


def _check(work: UnitOfWork, company_id: uuid.UUID, result: SaftImport) -> None:
    """Also locks the company, so that two imports come one after the other."""
    company = lock(work, company_id)
    if company.organisation_number != result.organisation_number:
        raise SaftRefusedError(
            f"The file is the book of {result.company.name} ({result.organisation_number}), not of {company.name} "
            f"({company.organisation_number})."
        )
    ledger = check_unconnected(work, company_id)
    if ledger is not None:
        raise SaftRefusedError(f"{company.name} is connected to {ledger}; its book is read from there.")
    newest = newest_unnamed(work, company_id, [item.key for item in result.items])
    if newest is not None and newest > result.period_end:
        raise SaftRefusedError(
            f"The file ends on {result.period_end}, but the book already holds documents up to {newest}: export a newer one."
        )


def _explained(result: SaftImport) -> set[str]:
    """Customers whose stated closing balance consists of named documents alone: what is not among them is not owed."""
    stated = {customer.card.external_id for customer in result.customers if customer.closing_ore is not None}
    differing = {difference.customer_id for difference in result.differences}
    covered = {item.customer_id for item in result.items if _COVERS_OTHERS.intersection(item.doubts)}
    return stated - covered - {customer for customer in differing if customer is not None}
