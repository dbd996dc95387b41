"""What the engine may know of a company's book and of money nobody has tied to an invoice: three queries, however many claims."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from app.db.unit_of_work import UnitOfWork
from app.dunning.facts import BookFault
from app.receivables import book_state
from app.receivables.book_state import LooseMoney

_NOTHING = LooseMoney(0, 0, False)


@dataclass(frozen=True, slots=True)
class BookAround:
    """By company, and by debtor."""

    faults: Mapping[uuid.UUID, tuple[BookFault, ...]]
    loose: Mapping[uuid.UUID, LooseMoney]

    def of(self, company_id: uuid.UUID, debtor_id: uuid.UUID) -> dict[str, Any]:
        """The fields of `ClaimFacts` that are about this."""
        loose = self.loose.get(debtor_id, _NOTHING)
        return {
            "book_faults": self.faults.get(company_id, ()), "unallocated_ore": loose.money_ore, "unallocated_covers": loose.covers,
            "credit_note_ore": loose.credit_note_ore,
        }  # fmt: skip


def load(work: UnitOfWork, companies: Collection[uuid.UUID], debtors: Collection[uuid.UUID]) -> BookAround:
    faults = {
        company_id: tuple(BookFault(one.code, one.on, one.number, one.amount_ore) for one in standing.readiness.faults)
        for company_id, standing in book_state.standings(work, companies).items()
    }
    return BookAround(faults, book_state.loose_money(work, debtors))
