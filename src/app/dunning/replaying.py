"""Every stored decision of a bureau made again, page by page: the proof that the record can be trusted."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from sqlalchemy import func, select

from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.dunning.law import Law
from app.dunning.law_book import LawBook, recordings
from app.dunning.models import DecisionRow
from app.dunning.replay import LawAt, Replayed, StoredDecision, Verdict, replay

PAGE = 1000
_FIRST = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that did not come out the same."""

    decision_id: uuid.UUID
    claim_id: uuid.UUID
    decided_on: date
    rule_version: str
    replayed: Replayed


@dataclass(slots=True)
class Tally:
    """How many came out how, under this release's rules and, apart, under earlier ones."""

    current: Counter[Verdict] = field(default_factory=Counter)
    earlier: dict[str, Counter[Verdict]] = field(default_factory=dict)

    @property
    def is_proven(self) -> bool:
        return not self.current[Verdict.DIFFERS] and not self.current[Verdict.UNREADABLE]

    def count(self, stored: StoredDecision, replayed: Replayed) -> None:
        of = self.current if stored.is_current else self.earlier.setdefault(stored.rule_version, Counter())
        of[replayed.verdict] += 1


def how_many(begin: Begin, bureau_id: uuid.UUID, since: date | None) -> int:
    with begin(BureauScope(bureau_id)) as work:
        query = select(func.count()).select_from(DecisionRow)
        return work.session.execute(query if since is None else query.where(DecisionRow.decided_on >= since)).scalar_one()


def replay_bureau(
    begin: Begin, book: LawBook, bureau_id: uuid.UUID, since: date | None, tally: Tally, page: int = PAGE
) -> Iterator[list[Difference]]:
    """What differs, one page of decisions at a time; `tally` counts along. Writes nothing, and keeps no page longer than it takes."""
    law_at: LawAt | None = None
    last = _FIRST
    while True:
        with begin(BureauScope(bureau_id)) as work:
            law_at = law_at or law_of(work, book)
            rows = _page(work, last, since, page)
            if not rows:
                return
            last = rows[-1].id
            found = [one for row in rows if (one := _again(row, law_at, tally)) is not None]
            work.session.expunge_all()
        yield found


def law_of(work: UnitOfWork, book: LawBook) -> LawAt:
    """The law as it was known at a recording's number."""
    known = recordings(work)

    @lru_cache(maxsize=256)
    def at(number: int) -> Law:
        return known.law(book.released, through=number)

    return at


def _page(work: UnitOfWork, after: uuid.UUID, since: date | None, size: int) -> list[DecisionRow]:
    query = select(DecisionRow).where(DecisionRow.id > after).order_by(DecisionRow.id).limit(size)
    return list(work.session.execute(query if since is None else query.where(DecisionRow.decided_on >= since)).scalars())


def _again(row: DecisionRow, law_at: LawAt, tally: Tally) -> Difference | None:
    stored = StoredDecision(row.decided_on, row.step, row.reasons, row.facts, row.rules, row.rule_version)
    replayed = replay(stored, law_at)
    tally.count(stored, replayed)
    if replayed.verdict is Verdict.SAME:
        return None
    return Difference(row.id, row.claim_id, row.decided_on, row.rule_version, replayed)
